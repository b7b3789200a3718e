"""One side as it is read from a dossier: how far, what is wanting, and what is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crosstrust.chain import side_reader
from crosstrust.chain.answer import Answer
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.side import Side
from crosstrust.chain.side_reader import malformed_check, read_side
from crosstrust.chain.want import ReadBlob, ReadManifest, ResolveTag
from crosstrust.errors import MalformedError
from crosstrust.evidence.check import Outcome
from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import CONFIG_SIZE, INDEX_DEPTH
from crosstrust.sandbox.image import DOCKER_LIST, Manifest, Producer, write_manifest
from tests.unit.chain.world import BOTH, MIRROR, TAG, World, edit

TOP = ResolveTag(MIRROR, TAG)
Entry = dict[str, Any]
MANIFESTS = [write_manifest(image, Producer.ENGINE) for image in BOTH]


def entry_of(manifest: Manifest, **members: object) -> Entry:
    return {
        "mediaType": manifest.media_type,
        "size": len(manifest.raw),
        "digest": str(manifest.digest),
        "platform": dict(manifest.platform),
        **members,
    }


def index_of(*entries: Entry) -> bytes:
    document = {"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": list(entries)}
    return json.dumps(document).encode()


def serving(*entries: Entry) -> World:
    """A mirror that has both images, and ``entries`` in the list under the tag."""
    world = World()
    for image in BOTH:
        world.push_image(MIRROR, image, Producer.ENGINE)
    world.push(MIRROR, index_of(*entries), DOCKER_LIST, TAG)
    return world


def read(world: World, depth: str = "config") -> Side:
    """Answer what is wanting until nothing is."""
    dossier = Dossier(world.fetch_all([TOP]))
    while missing := read_side(dossier, MIRROR, TOP, depth=depth).missing:
        dossier = dossier.with_replies(world.fetch_all(missing))
    return read_side(dossier, MIRROR, TOP, depth=depth)


def problems(side: Side) -> list[str]:
    """Code, class and place of each problem."""
    assert all(check.outcome is Outcome.FAILED and check.remedy for check in side.problems)
    return [
        f"{check.code} {check.klass.value if check.klass else '-'} {check.where}"
        for check in side.problems
    ]


LISTED = [entry_of(manifest) for manifest in MANIFESTS]


def test_it_is_read_as_far_as_it_is_asked_for() -> None:
    manifests = {ReadManifest(MIRROR, manifest.digest) for manifest in MANIFESTS}
    configs = {ReadBlob(MIRROR, Digest.of(image.config), len(image.config)) for image in BOTH}
    for depth, wanted in (("top", set()), ("manifest", manifests), ("config", manifests | configs)):
        world = serving(*LISTED)
        read(world, depth)
        assert set(world.asked) - {TOP} == wanted


def test_without_a_label_the_config_is_read_to_know_the_platform() -> None:
    unlabelled = {name: value for name, value in LISTED[0].items() if name != "platform"}
    world = serving(unlabelled, LISTED[1])
    side = read(world, "manifest")
    assert [member.name for member in side.members] == ["linux/amd64", "linux/arm64/v8"]
    config = BOTH[0].config
    blobs = [want for want in world.asked if isinstance(want, ReadBlob)]
    assert blobs == [ReadBlob(MIRROR, Digest.of(config), len(config))]


def test_of_one_image_only_the_manifest_is_read_where_the_config_is_not_asked_for() -> None:
    world = World()
    world.push_image(MIRROR, BOTH[0], Producer.ENGINE)
    world.push(MIRROR, MANIFESTS[0].raw, MANIFESTS[0].media_type, TAG)
    side = read(world, "manifest")
    assert world.asked == [TOP]
    assert [member.name for member in side.members] == [str(MANIFESTS[0].digest)]
    assert not side.complete
    assert read(world).complete


def test_what_could_not_be_read_is_not_complete() -> None:
    unlabelled = {name: value for name, value in LISTED[0].items() if name != "platform"}
    world = serving(unlabelled, LISTED[1])
    world.broken.add(ReadManifest(MIRROR, MANIFESTS[0].digest))
    side = read(world)
    assert [member.unread for member in side.members] == [True, False]
    assert not side.complete
    assert read(serving(*LISTED)).complete


def test_a_labelled_image_that_could_not_be_read_is_still_known() -> None:
    world = serving(*LISTED)
    world.broken.add(ReadManifest(MIRROR, MANIFESTS[0].digest))
    assert read(world).complete


@pytest.mark.parametrize("nested", [False, True])
def test_entries_at_their_limit_and_one_more(
    monkeypatch: pytest.MonkeyPatch, *, nested: bool
) -> None:
    monkeypatch.setattr(side_reader, "INDEX_CHILDREN", 4)

    def found(count: int) -> Side:
        entries = [LISTED[number % 2] for number in range(count)]
        if not nested:
            return read(serving(*entries))
        world = serving()
        inner = index_of(*entries[1:])
        child = world.push(MIRROR, inner, DOCKER_LIST)
        outer = {"mediaType": DOCKER_LIST, "size": len(inner), "digest": str(child)}
        world.push(MIRROR, index_of(outer), DOCKER_LIST, TAG)
        return read(world)

    assert problems(found(4)) == []
    assert problems(found(5)) == [f"limit.exceeded R {MIRROR}"]


def test_attestations_are_counted_and_what_they_are_about_is_kept() -> None:
    def about(**of: str) -> Entry:
        kind = {"vnd.docker.reference.type": "attestation-manifest"}
        unknown = {"os": "unknown", "architecture": "unknown"}
        return entry_of(MANIFESTS[0], annotations=kind | of, platform=unknown)

    image = {"vnd.docker.reference.digest": str(MANIFESTS[1].digest)}
    side = read(serving(LISTED[1], about(**image), about(), about(**image)))
    assert (side.attestations, side.attested) == (3, [MANIFESTS[1].digest] * 2)
    assert [member.digest for member in side.members] == [MANIFESTS[1].digest]
    assert side.complete


@pytest.mark.parametrize("levels", [INDEX_DEPTH, INDEX_DEPTH + 1])
def test_levels_of_indexes_at_their_limit_and_one_more(levels: int) -> None:
    world, raw = serving(*LISTED), index_of(*LISTED)
    for _ in range(levels - 1):
        child = world.push(MIRROR, raw, DOCKER_LIST)
        raw = index_of({"mediaType": DOCKER_LIST, "size": len(raw), "digest": str(child)})
    world.push(MIRROR, raw, DOCKER_LIST, TAG)
    side = read(world)
    beyond = levels > INDEX_DEPTH
    assert problems(side) == ([f"limit.exceeded R {MIRROR}"] if beyond else [])
    assert len(side.members) == (0 if beyond else 2)


@pytest.mark.parametrize(("size", "read_it"), [(CONFIG_SIZE, True), (CONFIG_SIZE + 1, False)])
def test_a_config_at_its_limit_and_one_byte_more(size: int, *, read_it: bool) -> None:
    config = json.loads(MANIFESTS[0].raw)["config"]
    raw = edit(MANIFESTS[0].raw, config={**config, "size": size})
    world = World()
    world.push(MIRROR, raw, MANIFESTS[0].media_type, TAG)
    side = read(world)
    want = ReadBlob(MIRROR, Digest.parse(config["digest"]), size)
    assert (want in world.asked) is read_it
    missing = f"image.child.present M {MIRROR}@{config['digest']}"
    assert problems(side) == [missing if read_it else f"limit.exceeded R {MIRROR}"]


def test_what_an_index_says_of_a_child_must_be_so() -> None:
    where = f"{MIRROR}@{MANIFESTS[0].digest}"
    longer = {**LISTED[0], "size": LISTED[0]["size"] + 1}
    assert problems(read(serving(longer, LISTED[1]))) == [f"image.size.match M {where}"]
    other = {**LISTED[0], "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    assert problems(read(serving(other, LISTED[1]))) == [f"image.media_type.agrees T {where}"]


def test_a_child_that_the_registry_does_not_have() -> None:
    world = serving(*LISTED)
    del world.manifests[MIRROR, str(MANIFESTS[1].digest)]
    side = read(world)
    assert problems(side) == [f"image.child.present M {MIRROR}@{MANIFESTS[1].digest}"]
    assert (side.problems[0].expected, side.problems[0].actual) == (
        str(MANIFESTS[1].digest),
        "404",
    )


def test_other_bytes_than_those_that_were_asked_for() -> None:
    world = serving(*LISTED)
    world.manifests[MIRROR, str(MANIFESTS[0].digest)] = (b"other", "")
    where = f"{MIRROR}@{MANIFESTS[0].digest}"
    assert problems(read(world)) == [f"image.digest.match M {where}"]


def test_a_header_that_contradicts_the_bytes() -> None:
    world = serving(*LISTED)
    raw, media_type = world.manifests[MIRROR, world.tags[MIRROR, TAG]]
    world.replies[TOP] = Answer(raw, media_type, str(Digest.of(b"other")))
    assert problems(read(world)) == [f"http.header.agrees R {MIRROR}:{TAG}"]
    assert read(world).digest is None


@pytest.mark.parametrize("kind", ["prettyjws", "json; charset=utf-8"])
def test_schema_1_is_refused_by_name_whatever_its_header_says(kind: str) -> None:
    """Registries name the payload of its signatures there, not the bytes."""
    world = serving(*LISTED)
    media_type = f"application/vnd.docker.distribution.manifest.v1+{kind}"
    for raw, code in ((b'{"schemaVersion": 1}', "schema1.refused R"), (b"<", "manifest.form T")):
        world.replies[TOP] = Answer(raw, media_type, str(Digest.of(b"payload")))
        [problem] = problems(read(world))
        assert problem.startswith(f"image.{code} ")
        assert read(world).top is None


def test_schema_1_under_a_digest_is_other_bytes() -> None:
    world = serving(*LISTED)
    want = ReadManifest(MIRROR, MANIFESTS[0].digest)
    media_type = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    world.replies[want] = Answer(b'{"schemaVersion": 1}', media_type, str(want.digest))
    where = f"{MIRROR}@{want.digest}"
    assert problems(read(world)) == [f"image.digest.match M {where}"]


def test_a_config_of_another_size_or_form() -> None:
    config = json.loads(MANIFESTS[0].raw)["config"]
    raw = edit(MANIFESTS[0].raw, config={**config, "size": config["size"] - 1})
    world = serving(*LISTED)
    world.push(MIRROR, raw, MANIFESTS[0].media_type, TAG)
    where = f"{MIRROR}@{config['digest']}"
    assert problems(read(world)) == [f"image.size.match M {where}"]
    broken = b"{}"
    of_broken = {**config, "size": len(broken), "digest": str(Digest.of(broken))}
    world.blobs[MIRROR, str(Digest.of(broken))] = broken
    world.push(MIRROR, edit(raw, config=of_broken), MANIFESTS[0].media_type, TAG)
    (problem,) = problems(read(world))
    assert problem.startswith("image.config.form T ")


@pytest.mark.parametrize(
    ("code", "klass"),
    [
        ("limit.exceeded", "R"),
        ("image.schema1.refused", "R"),
        ("image.manifest.type", "R"),
        ("digest.algorithm.supported", "R"),
        ("image.digest.match", "M"),
        ("image.manifest.form", "T"),
        ("image.manifest.ambiguous", "T"),
        ("image.config.form", "T"),
    ],
)
def test_what_a_parser_refuses_has_a_class(code: str, klass: str) -> None:
    check = malformed_check(MalformedError(code, "here", expected="a", actual="b"))
    assert check.klass is not None
    assert (check.klass.value, check.where, check.expected, check.actual) == (
        klass,
        "here",
        "a",
        "b",
    )
    assert check.remedy == "do not run this image; ask its publisher what wrote it"
    own = malformed_check(MalformedError(code, "here", expected="", actual="", remedy="x"))
    assert own.remedy == "x"
