"""One image beside one signed image: what each difference between their manifests is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from crosstrust.chain.question import Demand
from crosstrust.chain.structure import LAZY_ANNOTATIONS
from crosstrust.chain.want import MeasureLayer, ReadBlob
from crosstrust.evidence.check import Class, Outcome
from crosstrust.evidence.verdict import Level, Verdict
from crosstrust.oci.digest import Digest
from crosstrust.sandbox.image import Image, Producer, write_manifest
from crosstrust.sandbox.layer import build_layer
from tests.unit.chain.world import BOTH, GUN, MIRROR, TAG, World, webdis

Json = dict[str, Any]
Change = Callable[[Json], None]
IMAGE = BOTH[0]
HALF = Image(IMAGE.config, (IMAGE.layers[0], webdis("amd64", level=1).layers[1]), IMAGE.platform)
URL = "https://elsewhere.test/layer"
NOTE = {"org.example.note": "1"}


def same(_: Json) -> None:
    """Change nothing."""


def world_of(*, signed: Change = same, copy: Change = same, image: Image = IMAGE) -> World:
    """A signed manifest and another one on the mirror, each with its change."""
    world = World()
    for repository, change, one, producer in (
        (GUN, signed, IMAGE, Producer.BUILDKIT_2021),
        (MIRROR, copy, image, Producer.ENGINE),
    ):
        manifest = world.push_image(repository, one, producer)
        document = json.loads(manifest.raw)
        change(document)
        raw = json.dumps(document, indent=3).encode()
        digest = world.push(repository, raw, document["mediaType"], TAG)
        if repository == GUN:
            world.sign(digest)
    return world


def findings(verdict: Verdict) -> list[str]:
    """Code, class and layer of each check of the pair that failed."""
    return [
        f"{check.code} {check.klass.value if check.klass else '-'}"
        + check.where.partition(" linux/amd64")[2]
        for check in verdict.failures
    ]


def layer(number: int, **members: object) -> Change:
    return lambda document: document["layers"][number].update(members)


def on_all(members: Json) -> Change:
    def change(document: Json) -> None:
        for each in (document, document["config"], *document["layers"]):
            each.update(members)

    return change


def zstd(document: Json) -> None:
    layer(1, mediaType="application/vnd.oci.image.layer.v1.tar+zstd")(document)


def drop(document: Json) -> None:
    document["layers"].pop()


def double(document: Json) -> None:
    document["layers"].append(document["layers"][0])


CONSISTENT = "image.config.consistent T"


@pytest.mark.parametrize(
    ("signed", "copy", "found"),
    [
        (same, same, []),
        (same, drop, [CONSISTENT]),
        (drop, same, [CONSISTENT]),
        (double, double, [CONSISTENT, CONSISTENT]),
        (same, layer(0, urls=[URL]), ["image.layer.foreign M layer 1"]),
        (same, layer(1, urls=[URL]), ["image.layer.foreign M layer 2"]),
        (layer(1, urls=[URL]), layer(1, urls=[URL]), []),
        (layer(1, urls=[URL]), same, []),
        (layer(1, urls=[URL + "s"]), layer(1, urls=[URL]), ["image.layer.foreign M layer 2"]),
        (same, layer(1, size=1), ["image.size.match M layer 2"]),
        (same, zstd, ["image.layer.media_type M layer 2"]),
        (zstd, zstd, []),
    ],
)
def test_what_contradicts_the_config_or_the_signed_layers(
    signed: Change, copy: Change, found: list[str]
) -> None:
    verdict = world_of(signed=signed, copy=copy).ask()
    assert findings(verdict) == found
    assert bool(verdict) is not bool(found)
    assert [each.level for each in verdict.platforms] == [Level.NONE if found else Level.CONTENT]


@pytest.mark.parametrize("name", LAZY_ANNOTATIONS)
@pytest.mark.parametrize(
    ("signed", "copy", "toc"),
    [("1", "2", True), ("1", "1", False), ("1", "", False), ("", "1", True)],
)
def test_a_table_of_contents_is_the_signed_one(
    name: str, signed: str, copy: str, *, toc: bool
) -> None:
    key = f"{name}x"
    verdict = world_of(
        signed=layer(1, annotations={key: signed} if signed else {}),
        copy=layer(1, annotations={key: copy}),
    ).ask()
    assert findings(verdict) == (["image.layer.toc M layer 2"] if toc else [])
    said = [(check.expected, check.actual) for check in verdict.failures]
    assert said == ([(signed or f"no {key}", copy)] if toc else [])


@pytest.mark.parametrize("place", ["manifest", "config", "layer"])
def test_an_annotation_that_nobody_signed_is_told(place: str) -> None:
    def note(document: Json) -> None:
        places = {
            "manifest": document,
            "config": document["config"],
            "layer": document["layers"][1],
        }
        places[place]["annotations"] = NOTE

    assert world_of(copy=note).ask().platforms[0].reasons == (
        SERIALISER,
        "annotations that nobody signed: org.example.note",
    )
    for unremarkable in (world_of(signed=note, copy=note), world_of(signed=note)):
        assert unremarkable.ask().platforms[0].reasons == (SERIALISER,)


def test_of_many_annotations_eight_are_named_in_order() -> None:
    many = {f"org.example.{number}": "1" for number in range(9, 0, -1)}
    reasons = world_of(copy=on_all({"annotations": many})).ask().platforms[0].reasons
    names = ", ".join(f"org.example.{number}" for number in range(1, 9))
    assert reasons[1] == f"annotations that nobody signed: {names}"


def reasons(*, signed: Change = same, copy: Change = same, image: Image = IMAGE) -> list[str]:
    return list(world_of(signed=signed, copy=copy, image=image).ask().platforms[0].reasons)


SERIALISER = "manifest written by another serialiser: other bytes, same content"
DOCKER = "application/vnd.docker.image.rootfs"
OCI = "application/vnd.oci.image"
OCI_FORM = {"mediaType": f"{OCI}.manifest.v1+json"}
SUBJECT = {"mediaType": OCI_FORM["mediaType"], "digest": f"sha256:{'a' * 64}", "size": 1}
FOREIGN_TYPE = f"{DOCKER}.foreign.diff.tar.gzip"
OCI_LAYER = f"{OCI}.layer.v1.tar+gzip"


def members(**found: object) -> Change:
    return lambda document: document.update(found)


def oci(document: Json) -> None:
    """What a converter writes: the same, by OCI's names."""
    document.update(OCI_FORM)
    document["config"]["mediaType"] = f"{OCI}.config.v1+json"
    for each in document["layers"]:
        each["mediaType"] = OCI_LAYER


def oci_foreign(document: Json) -> None:
    oci(document)
    layer(0, mediaType=f"{OCI}.layer.nondistributable.v1.tar+gzip")(document)


def oci_config(document: Json) -> None:
    document["config"]["mediaType"] = f"{OCI}.config.v1+json"


def kind_of(name: str) -> Change:
    """A layer of a kind that nobody knows."""
    return layer(1, mediaType=f"application/{name}")


CONVERTED = (
    f"manifest converted: {OCI}.manifest.v1+json, "
    "signed as application/vnd.docker.distribution.manifest.v2+json"
)
OTHER_CONFIG = (
    f"config called {OCI}.config.v1+json, signed as application/vnd.docker.container.image.v1+json"
)
SAME_KIND = "layers called by other media types of the same kind"
FOREIGN = f"layers called {FOREIGN_TYPE}, signed as {DOCKER}.diff.tar.gzip"
OCI_FOREIGN = (
    f"layers called {OCI}.layer.nondistributable.v1.tar+gzip, signed as {DOCKER}.diff.tar.gzip"
)


@pytest.mark.parametrize(
    ("signed", "copy", "said"),
    [
        (same, same, [SERIALISER]),
        (oci, oci, [SERIALISER]),
        (same, on_all({"x": 1}), [SERIALISER]),
        (same, oci, [CONVERTED]),
        (same, oci_foreign, [CONVERTED, OCI_FOREIGN]),
        (same, layer(1, mediaType=FOREIGN_TYPE), [FOREIGN]),
        (same, layer(1, mediaType=OCI_LAYER), [SAME_KIND]),
        (kind_of("a"), kind_of("b"), ["layers called application/b, signed as application/a"]),
        (kind_of("a"), kind_of("a"), [SERIALISER]),
        (same, oci_config, [OTHER_CONFIG]),
        (same, members(subject=SUBJECT), [f"subject {SUBJECT['digest']}, signed with none"]),
        (members(subject=SUBJECT), same, [f"subject none, signed with {SUBJECT['digest']}"]),
        (members(subject=SUBJECT), members(subject=SUBJECT), [SERIALISER]),
        (same, members(artifactType="a/b"), ["artifact type a/b, signed with none"]),
        (members(artifactType="a/b"), same, ["artifact type none, signed with a/b"]),
        (same, drop, ["number of layers 1, signed with 2"]),
    ],
)
def test_why_a_manifest_is_not_the_signed_one(
    signed: Change, copy: Change, said: list[str]
) -> None:
    assert reasons(signed=signed, copy=copy) == said


def test_other_layers_are_not_the_same_content() -> None:
    assert reasons(image=HALF) == ["1 of 2 layers have other digests than the signed ones"]
    evil = Image(IMAGE.config, (IMAGE.layers[0], build_layer({"x": b"evil"})), IMAGE.platform)
    assert SERIALISER not in reasons(image=evil)


@pytest.mark.parametrize(
    ("copy", "warned"),
    [
        (layer(1, mediaType=FOREIGN_TYPE), True),
        (oci_foreign, True),
        (oci, False),
        (layer(1, mediaType=OCI_LAYER), False),
        (zstd, False),
    ],
)
def test_layers_called_by_another_kind_are_warned_of(copy: Change, *, warned: bool) -> None:
    """C29: nothing binds a media type, and runtimes treat layers by it."""
    verdict = world_of(copy=copy).ask()
    found = [notice for notice in verdict.warnings if notice.code == "image.layer.media_type"]
    assert len(found) == warned
    if warned:
        assert verdict
        assert found[0].where.startswith(f"{MIRROR}@")
        assert found[0].text in verdict.platforms[0].reasons


def test_only_a_layer_with_another_digest_is_fetched() -> None:
    world = world_of(image=HALF)
    verdict = world.ask()
    assert verdict
    (platform,) = verdict.platforms
    assert (platform.level, platform.fetched, platform.layers) == (Level.DIFF_IDS, 1, 2)
    assert platform.reasons[-1] == "1 of 2 layers have other digests than the signed ones"
    measured = [want for want in world.asked if isinstance(want, MeasureLayer)]
    assert [want.layer.digest for want in measured] == [Digest.of(HALF.layers[1].blob)]
    checked = [check.where for check in verdict.checks if check.code == "image.layer.verified"]
    assert [where.partition(" linux/amd64")[2] for where in checked] == [" layer 2"]


@pytest.mark.parametrize("layers", [True, False])
def test_a_layer_that_was_not_measured(*, layers: bool) -> None:
    world = world_of(image=HALF)
    world.layers.clear()
    verdict = world.ask(demand=Demand(layers=layers))
    platform = verdict.platforms[0]
    assert platform.fetched == 0
    if layers:
        # Listed and not served: nobody can run it, as where a manifest or a config is missing.
        assert findings(verdict) == ["image.child.present M layer 2"]
        (check,) = verdict.failures
        assert (check.expected, check.actual) == (str(Digest.of(HALF.layers[1].blob)), "404")
        assert (verdict.klass, platform.level) == (Class.CONTENT, Level.NONE)
        return
    (gap,) = [check for check in verdict.gaps if check.code == "image.layer.verified"]
    assert (gap.klass, gap.actual) == (Class.POLICY, "not looked at")
    assert (verdict.failures, platform.level) == ((), Level.CONFIG)


def test_a_foreign_layer_is_no_accepted_config() -> None:
    evil = Image(IMAGE.config, (IMAGE.layers[0], build_layer({"x": b"evil"})), IMAGE.platform)
    verdict = world_of(image=evil).ask()
    assert findings(verdict) == ["image.layer.diff_id M layer 2"]
    assert verdict.platforms[0].level is Level.NONE


def test_an_artifact_beside_an_image_is_neither() -> None:
    def chart(document: Json) -> None:
        document["config"]["mediaType"] = "application/vnd.cncf.helm.config.v1+json"

    for signed, copy in ((chart, same), (same, chart), (chart, chart)):
        verdict = world_of(signed=signed, copy=copy).ask()
        assert findings(verdict)[-1:] == ["image.artifact.supported P"]
        assert verdict.platforms[0].level is Level.NONE


def test_a_config_that_could_not_be_read_is_a_gap() -> None:
    world = world_of()
    world.broken.add(ReadBlob(MIRROR, Digest.of(IMAGE.config), len(IMAGE.config)))
    (gap,) = [check for check in world.ask().gaps if check.code == "image.content.same"]
    digest = write_manifest(IMAGE, Producer.BUILDKIT_2021).digest
    assert (gap.outcome, gap.expected) == (Outcome.UNKNOWN, str(digest))
    assert gap.klass is not None
    assert gap.klass.value == "U"
