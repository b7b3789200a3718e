"""Whatever is asked and signed: a verdict that is not trusted says why, with a class."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from hypothesis import event, example, given
from hypothesis import strategies as st

from crosstrust.app.collect import collect, collect_metadata
from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Demand, Question
from crosstrust.evidence.verdict import Decision, Verdict
from crosstrust.oci.digest import Digest
from crosstrust.oci.reference import parse_reference
from crosstrust.sandbox import Sandbox
from crosstrust.sandbox.door import MemoryDoor
from crosstrust.sandbox.image import DOCKER_MANIFEST, Producer, build_image, write_manifest
from crosstrust.sandbox.layer import build_layer
from crosstrust.schemes.notary_v1 import NotaryV1

AT = datetime(2022, 1, 1, tzinfo=UTC)
NAME = "nicolas/webdis"
ORIGIN, MIRROR = f"docker.io/{NAME}", f"public.ecr.aws/{NAME}"
IMAGES = tuple(
    build_image([build_layer({"a": salt})], architecture="amd64") for salt in (b"1", b"2")
)
RAW = tuple(write_manifest(image, Producer.ENGINE).raw for image in IMAGES)
TAGS = ("1", "2")
HASHES = ("sha256", "sha512")

# One entry of the metadata: tag, which image, a wrong length or not, and the role that signs.
entries = st.tuples(
    st.sampled_from(TAGS),
    st.sampled_from([0, 0, 1]),
    st.sampled_from([0, 0, 1]),
    st.sampled_from(["targets", "targets/releases", "targets/bob"]),
)
names = st.one_of(
    st.sampled_from([f":{tag}" for tag in (*TAGS, "3")]),
    st.builds(
        lambda tag, raw, kind: f"{tag}@{Digest.of(raw, kind)}",
        st.sampled_from(["", *(f":{tag}" for tag in (*TAGS, "3"))]),
        st.sampled_from([*RAW, b"nowhere"]),
        st.sampled_from(HASHES),
    ),
)


@cache
def keys() -> Sandbox:
    """The sandbox whose keys all examples share: to make them takes longest."""
    sandbox = Sandbox(at=AT, repository=NAME)
    sandbox.author.add_signer("bob")
    return sandbox


def world(signed: list[tuple[str, int, int, str]], held: dict[str, int]) -> Sandbox:
    sandbox = keys()
    for role in ("targets", "targets/releases", "targets/bob"):
        for tag in TAGS:
            sandbox.author.revoke(tag, roles=[role])
    for tag, number, more, role in signed:
        sandbox.author.sign(tag, Digest.of(RAW[number]), len(RAW[number]) + more, roles=(role,))
    sandbox.publish()
    for registry in sandbox.registries.values():
        for image, raw in zip(IMAGES, RAW, strict=True):
            registry.put_blob(NAME, image.config)
            registry.put_manifest(NAME, raw, DOCKER_MANIFEST)
        for tag, number in held.items():
            registry.put_manifest(NAME, RAW[number], DOCKER_MANIFEST, tag)
    return sandbox


def verdicts(sandbox: Sandbox, name: str, pins: Pins) -> list[Verdict]:
    """What verify says of the author's repository and of the copy, and inspect of the first."""
    own = parse_reference(f"{ORIGIN}{name}", default_tag=None)
    signed = parse_reference(f"{ORIGIN}:{own.tag}" if own.tag else ORIGIN, default_tag=None)
    asked = Question(own, signed, pins, Demand(), AT)
    found = [
        collect(asked, NotaryV1(), MemoryDoor(sandbox)).verdict,
        collect_metadata(asked, NotaryV1(), MemoryDoor(sandbox)).verdict,
    ]
    if own.tag:
        copy = Question(parse_reference(f"{MIRROR}{name}"), signed, pins, Demand(), AT)
        found.append(collect(copy, NotaryV1(), MemoryDoor(sandbox)).verdict)
    return found


@given(
    st.lists(entries, max_size=4),
    st.fixed_dictionaries(dict.fromkeys(TAGS, st.sampled_from([0, 1]))),
    names,
    st.sampled_from(["root", "root", "nothing", "another", "releases"]),
)
# One digest with two lengths, asked for by the digest: no tag is agreed on.
@example(
    [("1", 0, 0, "targets"), ("1", 0, 1, "targets/releases")],
    {"1": 0, "2": 0},
    f"@{Digest.of(RAW[0])}",
    "root",
)
def test_what_is_not_trusted_says_why(
    signed: list[tuple[str, int, int, str]], held: dict[str, int], name: str, pinned: str
) -> None:
    sandbox = world(signed, held)
    root = sandbox.author.pins().root
    pins = {
        "root": Pins(root),
        "nothing": Pins(),
        "another": Pins(("e" * 64,)),
        "releases": Pins(root, releases=("e" * 64,)),
    }[pinned]
    for verdict in verdicts(sandbox, name, pins):
        event(f"{pinned} {verdict.decision.value}")
        assert bool(verdict.failures) is (verdict.decision is Decision.REJECTED)
        assert verdict or verdict.klass is not None
        assert all(check.klass for check in (*verdict.failures, *verdict.gaps))
        assert not verdict or pinned == "root"
