"""Random copies of a signed image, judged beside an oracle that shares no code with the judge."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from crosstrust.app.collect import collect
from crosstrust.chain.question import Demand, Question
from crosstrust.evidence.verdict import Decision, Verdict
from crosstrust.oci.digest import Digest
from crosstrust.oci.reference import parse_reference
from crosstrust.sandbox import Registry, Sandbox
from crosstrust.sandbox.door import MemoryDoor
from crosstrust.sandbox.image import (
    DOCKER_LIST,
    OCI_INDEX,
    Image,
    Manifest,
    Producer,
    build_image,
    write_index,
    write_list,
    write_manifest,
)
from crosstrust.sandbox.layer import Layer, build_layer, compress
from crosstrust.sandbox.release import push
from crosstrust.schemes.notary_v1 import NotaryV1

AT = datetime(2022, 1, 1, tzinfo=UTC)
NAME = "nicolas/webdis"
TAG = "1"
Json = dict[str, Any]


# --- the world: what is signed, and what a copy may be made of ---


def image(architecture: str, variant: str = "", *, salt: bytes = b"") -> Image:
    """Two layers, the first of which is the same on every platform."""
    layers = [build_layer({"etc/os": b"alpine"}), build_layer({"bin/x": architecture.encode()})]
    labels = {"salt": salt.decode()} if salt else None
    return build_image(layers, architecture=architecture, variant=variant, labels=labels)


SIGNED = (image("amd64"), image("arm64", "v8"))
UNSIGNED = (
    image("arm", "v7"),
    image("amd64", salt=b"other"),
    image("arm64", "v8", salt=b"other"),
)
FOREIGN = build_layer({"bin/x": b"evil"})


@cache
def world() -> Sandbox:
    """An author who signed a list of ``SIGNED``; the mirror is filled anew each time."""
    sandbox = Sandbox(at=AT, repository=NAME)
    _, digest = push(sandbox.registries["docker.io"], NAME, TAG, SIGNED)
    stored = sandbox.registries["docker.io"].manifest(NAME, TAG)
    assert stored is not None
    sandbox.author.sign(TAG, digest, len(stored.raw))
    sandbox.publish()
    return sandbox


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of the copy's list: which image, how changed, and under which label."""

    image: Image
    layers: tuple[str, ...]
    order: tuple[int, ...]
    producer: Producer
    label: Json | None
    lie: str = ""


LABELS: tuple[Json | None, ...] = (
    {"os": "linux", "architecture": "amd64"},
    {"os": "linux", "architecture": "arm64"},
    {"os": "linux", "architecture": "arm64", "variant": "v8"},
    {"os": "linux", "architecture": "amd64", "variant": "v3"},
    {"os": "linux", "architecture": "arm", "variant": "v7"},
    None,
)
CHANGES = ("kept", "kept", "kept", "packed", "packed", "foreign", "unpacks to other bytes")
LIES = ("manifest", "config", "layer", "packed layer", "no config", "no layer")
ORDERS = ((0, 1), (0, 1), (0, 1), (0, 1), (1, 0), (0,), (0, 1, 1))


@st.composite
def parts(draw: st.DrawFn) -> Part:
    chosen = draw(st.sampled_from([*SIGNED, *SIGNED, *SIGNED, *UNSIGNED]))
    honest = draw(st.booleans()) or draw(st.booleans())
    if honest:
        packed = st.sampled_from(["kept", "packed"])
        layers = tuple(draw(packed) for _ in chosen.layers)
        producer = draw(st.sampled_from(Producer))
        return Part(chosen, layers, (0, 1), producer, dict(chosen.platform))
    label = draw(st.sampled_from((*LABELS, dict(chosen.platform), dict(chosen.platform))))
    return Part(
        chosen,
        tuple(draw(st.sampled_from(CHANGES)) for _ in chosen.layers),
        draw(st.sampled_from(ORDERS)),
        draw(st.sampled_from(Producer)),
        label,
        draw(st.sampled_from(("", *LIES))),
    )


@st.composite
def honest_copies(draw: st.DrawFn) -> list[Part]:
    """The signed platforms, each once, in any order and packing."""
    found = []
    for chosen in draw(st.permutations(SIGNED)):
        layers = tuple(draw(st.sampled_from(["kept", "packed"])) for _ in chosen.layers)
        producer = draw(st.sampled_from(Producer))
        found.append(Part(chosen, layers, (0, 1), producer, dict(chosen.platform)))
    return found


HONEST = tuple(
    Part(one, ("kept", "kept"), (0, 1), Producer.ENGINE, dict(one.platform)) for one in SIGNED
)
# Lies are told of packed layers, since a layer with the signed digest is not looked at.
FLAWS: tuple[Json, ...] = (
    *({"image": one} for one in (*SIGNED, *UNSIGNED)),
    *({"layers": ("kept", how)} for how in CHANGES),
    *({"layers": (how, "packed")} for how in CHANGES),
    *({"order": order} for order in (*ORDERS, ())),
    *({"label": label} for label in LABELS),
    *({"lie": lie, "layers": ("packed", "packed")} for lie in LIES),
    *({"lie": lie} for lie in LIES),
)


def flawed(found: Sequence[Part], place: int, flaw: Json) -> list[Part]:
    """A copy with one flaw in one of its entries, so that nothing else gives it away."""
    return [replace(p, **flaw) if n == place else p for n, p in enumerate(found)]


@st.composite
def flawed_copies(draw: st.DrawFn) -> list[Part]:
    return flawed(draw(honest_copies()), draw(st.integers(0, 1)), draw(st.sampled_from(FLAWS)))


@st.composite
def spoiled_copies(draw: st.DrawFn) -> list[Part]:
    """An honest copy with one entry replaced, added or taken away."""
    found = draw(honest_copies())
    place = draw(st.integers(0, len(found)))
    found[place : place + draw(st.integers(0, 1))] = draw(st.lists(parts(), max_size=1))
    return found


copies = st.one_of(
    flawed_copies(),
    flawed_copies(),
    flawed_copies(),
    honest_copies(),
    spoiled_copies(),
    st.lists(parts(), max_size=4),
)


# --- the copy, as a registry serves it ---


def changed(layer: Layer, how: str) -> Layer:
    if how == "packed":
        return compress(layer.tar, level=1)
    if how == "foreign":
        return FOREIGN
    if how == "unpacks to other bytes":
        return compress(layer.tar + bytes(512))
    return layer


def push_part(registry: Registry, part: Part) -> Manifest:
    layers = [
        changed(layer, how) for layer, how in zip(part.image.layers, part.layers, strict=True)
    ]
    made = replace(part.image, layers=tuple(layers[number] for number in part.order))
    manifest = write_manifest(made, part.producer)
    digest = registry.put_manifest(NAME, manifest.raw, manifest.media_type)
    for raw in (made.config, *(layer.blob for layer in made.layers)):
        registry.put_blob(NAME, raw)
    lies(registry, part.lie, (digest, manifest.raw), made)
    return manifest


def lies(registry: Registry, lie: str, manifest: tuple[Digest, bytes], made: Image) -> None:
    """Serve something else for a digest: of the same length and meaning where that is possible."""
    config = Digest.of(made.config)
    last = made.layers[-1] if made.layers else FOREIGN
    if lie == "manifest":
        registry.replace_manifest(NAME, manifest[0], manifest[1].replace(b"\n ", b"\n\t", 1))
    elif lie == "config":
        registry.replace_blob(NAME, config, made.config.replace(b"webdis", b"sidbew"))
    elif lie == "layer":
        registry.replace_blob(NAME, last.digest, FOREIGN.blob)
    elif lie == "packed layer":
        registry.replace_blob(NAME, last.digest, compress(last.tar, level=9).blob)
    elif lie:
        registry.remove(NAME, config if lie == "no config" else last.digest)


def push_copy(registry: Registry, found: Sequence[Part], form: str) -> None:
    manifests = [push_part(registry, part) for part in found]
    if form == "image" and manifests:
        registry.put_manifest(NAME, manifests[0].raw, manifests[0].media_type, TAG)
        return
    labelled = [
        replace(manifest, platform=part.label or {})
        for manifest, part in zip(manifests, found, strict=True)
    ]
    write, media_type = (write_index, OCI_INDEX) if form == "index" else (write_list, DOCKER_LIST)
    document = json.loads(write(labelled))
    for entry in document["manifests"]:
        if not entry["platform"]:
            del entry["platform"]
    registry.put_manifest(NAME, json.dumps(document).encode(), media_type, TAG)


def judged(registry: Registry, demand: Demand | None = None) -> Verdict:
    sandbox = world()
    sandbox.registries["public.ecr.aws"] = registry
    question = Question(
        parse_reference(f"public.ecr.aws/{NAME}:{TAG}"),
        parse_reference(f"docker.io/{NAME}:{TAG}"),
        sandbox.author.pins(),
        demand or Demand(),
        AT,
    )
    return collect(question, NotaryV1(), MemoryDoor(sandbox)).verdict


# --- the oracle: what must hold, from the served bytes alone ---


def sha256(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def name_of(platform: Json) -> tuple[str, str, str]:
    usual = {"arm64": "v8", "arm": "v7"}.get(platform["architecture"], "")
    return platform["os"], platform["architecture"], platform.get("variant") or usual


SIGNED_CONFIGS = {name_of(json.loads(one.config)): sha256(one.config) for one in SIGNED}
SIGNED_LAYERS = {sha256(one.config): [sha256(layer.blob) for layer in one.layers] for one in SIGNED}


class Served:
    """What the registry gives out for a digest, if it is that: None where it lies or has none."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def manifest(self, entry: Json) -> bytes | None:
        stored = self._registry.manifest(NAME, entry["digest"])
        return self._checked(entry, stored.raw if stored else None)

    def blob(self, entry: Json) -> bytes | None:
        stored = self._registry.blob(NAME, Digest.parse(entry["digest"]))
        return self._checked(entry, stored.raw if stored else None)

    @staticmethod
    def _checked(entry: Json, raw: bytes | None) -> bytes | None:
        fits = raw is not None and (sha256(raw), len(raw)) == (entry["digest"], entry["size"])
        return raw if fits else None


def is_the_signed_image(registry: Registry) -> bool:
    """Every image of the copy is the signed one of its platform, and none is missing."""
    served, top = Served(registry), registry.manifest(NAME, TAG)
    assert top is not None
    document = json.loads(top.raw)
    if "manifests" not in document:
        return set(SIGNED_CONFIGS) == {proved(served, document, None)}
    found = []
    for entry in document["manifests"]:
        raw = served.manifest(entry)
        found.append(proved(served, json.loads(raw), entry.get("platform")) if raw else None)
    return sorted(map(str, found)) == sorted(map(str, SIGNED_CONFIGS))


def proved(served: Served, manifest: Json, label: Json | None) -> tuple[str, str, str] | None:
    """The platform whose signed image this manifest is, or None."""
    raw = served.blob(manifest["config"])
    config = json.loads(raw) if raw else None
    if config is None or SIGNED_CONFIGS.get(name_of(config)) != manifest["config"]["digest"]:
        return None
    if label is not None and name_of(label) != name_of(config):
        return None
    diff_ids = config["rootfs"]["diff_ids"]
    signed = SIGNED_LAYERS[manifest["config"]["digest"]]
    if len(manifest["layers"]) != len(diff_ids):
        return None
    for layer, diff_id, digest in zip(manifest["layers"], diff_ids, signed, strict=True):
        # The signed layer itself: its digest says all there is to say.
        if layer["digest"] != digest and not unpacks_to(served.blob(layer), diff_id):
            return None
    return name_of(config)


def unpacks_to(blob: bytes | None, diff_id: str) -> bool:
    return blob is not None and sha256(gzip.decompress(blob)) == diff_id


# --- what holds ---


@given(copies, st.sampled_from(["list", "list", "index", "image"]))
def test_a_copy_is_trusted_exactly_when_it_is_the_signed_image(
    found: list[Part], form: str
) -> None:
    registry = Registry()
    push_copy(registry, found, form)
    verdict, true = judged(registry), is_the_signed_image(registry)
    event(f"{verdict.decision.value} {'same' if true else 'other'}")
    assert bool(verdict) == true
    if true:
        assert {result.digest for result in verdict.platforms} != {None}


@pytest.mark.parametrize("place", range(len(SIGNED)))
@pytest.mark.parametrize("flaw", range(len(FLAWS)))
def test_one_flaw_is_enough(flaw: int, place: int) -> None:
    """What random copies may miss: every flaw alone, in each entry."""
    registry = Registry()
    push_copy(registry, flawed(HONEST, place, FLAWS[flaw]), "list")
    assert bool(judged(registry)) == is_the_signed_image(registry)


@pytest.mark.parametrize("place", range(len(SIGNED) + 1))
@pytest.mark.parametrize("more", range(len(SIGNED + UNSIGNED)))
def test_one_entry_more_is_enough(more: int, place: int) -> None:
    one = (SIGNED + UNSIGNED)[more]
    part = replace(HONEST[0], image=one, label=dict(one.platform), producer=Producer.BUILDKIT)
    registry = Registry()
    push_copy(registry, [*HONEST[:place], part, *HONEST[place:]], "list")
    assert not judged(registry)
    assert not is_the_signed_image(registry)


@pytest.mark.parametrize("found", [(), HONEST[:1], HONEST[1:]])
def test_one_entry_less_is_enough(found: Sequence[Part]) -> None:
    registry = Registry()
    push_copy(registry, found, "list")
    assert not judged(registry)
    assert not is_the_signed_image(registry)


def test_most_flaws_are_flaws() -> None:
    """The oracle does not accept everything, nor refuse everything."""
    accepted = []
    for flaw in FLAWS:
        registry = Registry()
        push_copy(registry, flawed(HONEST, 0, flaw), "list")
        accepted.append(is_the_signed_image(registry))
    assert 0 < sum(accepted) < len(FLAWS) / 2


@given(honest_copies(), st.sampled_from(["list", "index"]))
def test_an_honest_copy_is_trusted_however_it_was_written(found: list[Part], form: str) -> None:
    registry = Registry()
    push_copy(registry, found, form)
    assert is_the_signed_image(registry)
    assert judged(registry).decision is Decision.TRUSTED


@given(copies)
def test_without_a_look_at_layers_nothing_more_is_trusted(found: list[Part]) -> None:
    registry = Registry()
    push_copy(registry, found, "list")
    if judged(registry, Demand(layers=False)):
        assert is_the_signed_image(registry)
        assert judged(registry)
