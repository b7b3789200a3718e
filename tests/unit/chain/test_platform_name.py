"""Platforms that are named oddly, twice or not at all: what is paired, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crosstrust.chain.question import Demand
from crosstrust.chain.want import ReadManifest
from crosstrust.evidence.check import Class
from crosstrust.evidence.verdict import Decision, Level, Verdict
from crosstrust.oci.digest import Digest
from crosstrust.oci.platform import parse_platform
from crosstrust.sandbox.image import (
    OCI_INDEX,
    OCI_MANIFEST,
    Image,
    Manifest,
    Producer,
    build_image,
    write_manifest,
)
from crosstrust.sandbox.layer import build_layer
from tests.unit.chain.world import BOTH, GUN, MIRROR, TAG, World, failed, unknown, webdis

ARM = build_image([build_layer({"a": b"1"})], architecture="arm")
OTHER_ARM = build_image([build_layer({"a": b"2"})], architecture="arm")
SAME, OTHER = Producer.BUILDKIT_2021, Producer.ENGINE


def entry(manifest: Manifest, platform: str = "") -> dict[str, Any]:
    """An entry of an index, with ``platform`` as its label or none."""
    found: dict[str, Any] = {
        "mediaType": manifest.media_type,
        "digest": str(manifest.digest),
        "size": len(manifest.raw),
    }
    if platform:
        system, processor, *variant = platform.split("/")
        found["platform"] = {"os": system, "architecture": processor}
        found["platform"] |= {"variant": variant[0]} if variant else {}
    return found


def push_index(world: World, repository: str, *entries: dict[str, Any], indent: int = 2) -> Digest:
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries)}
    return world.push(repository, json.dumps(document, indent=indent).encode(), OCI_INDEX, TAG)


def sign_labelled(world: World, *images: tuple[Image, str]) -> None:
    """The author signs an index of these images under these labels."""
    entries = [entry(world.push_image(GUN, image), label) for image, label in images]
    world.sign(push_index(world, GUN, *entries))


def copy_labelled(world: World, *images: tuple[Image, str], producer: Producer = SAME) -> None:
    entries = [entry(world.push_image(MIRROR, image, producer), label) for image, label in images]
    push_index(world, MIRROR, *entries, indent=1)


def copy_alone(world: World, image: Image, producer: Producer = SAME) -> None:
    """The mirror has the image itself under the tag."""
    manifest = world.push_image(MIRROR, image, producer)
    world.push(MIRROR, manifest.raw, manifest.media_type, TAG)


def demand(*platforms: str, **options: Any) -> Demand:
    return Demand(platforms=tuple(map(parse_platform, platforms)), **options)


def rows(verdict: Verdict) -> list[tuple[str, Level]]:
    return [(each.platform, each.level) for each in verdict.platforms]


def push_artifact(world: World, repository: str, word: str) -> Manifest:
    """A manifest that is no image: its config is of another type."""
    blob = {"digest": str(Digest.of(word.encode())), "size": len(word)}
    config = {"mediaType": "application/vnd.example+json", **blob}
    layers = [{"mediaType": "application/vnd.example", **blob}]
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers}
    manifest = Manifest(json.dumps(document).encode(), OCI_MANIFEST, {})
    world.push(repository, manifest.raw, OCI_MANIFEST)
    return manifest


def attestation(manifest: Manifest) -> dict[str, Any]:
    notes = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": str(manifest.digest),
    }
    return {**entry(manifest, "unknown/unknown"), "annotations": notes}


class TestNothing:
    @pytest.mark.parametrize("subject", [GUN, MIRROR])
    @pytest.mark.parametrize("attested", [0, 1])
    def test_an_index_without_images_is_nothing_to_trust(self, subject: str, attested: int) -> None:
        world = World()
        entries = [attestation(world.push_image(GUN, BOTH[0]))] * attested
        digest = push_index(world, GUN, *entries)
        push_index(world, MIRROR, *entries)
        world.sign(digest)
        verdict = world.ask(f"{subject}:{TAG}")
        assert failed(verdict) == {"image.platform.present"}
        (check,) = verdict.failures
        assert (check.klass, check.where) == (Class.CONTENT, f"{subject}@{digest}")
        assert check.actual == ("build attestations alone: 1" if attested else "no entry")

    def test_an_index_that_was_not_read_whole_may_have_images(self) -> None:
        world = World()
        inner = push_index(world, GUN, entry(world.push_image(GUN, BOTH[0]), "linux/amd64"))
        raw, _ = world.manifests[GUN, str(inner)]
        nested = {"mediaType": OCI_INDEX, "digest": str(inner), "size": len(raw)}
        world.sign(push_index(world, GUN, nested))
        assert world.ask(f"{GUN}:{TAG}").decision is Decision.TRUSTED
        world.broken.add(ReadManifest(GUN, inner))
        verdict = world.ask(f"{GUN}:{TAG}")
        assert verdict.decision is Decision.UNDECIDED
        assert failed(verdict) == set()


class TestTwice:
    @pytest.mark.parametrize("subject", [GUN, MIRROR])
    @pytest.mark.parametrize(("second", "klass"), [(ARM, "M"), (OTHER_ARM, "T")])
    def test_the_signed_bytes_name_a_platform_once(
        self, subject: str, second: Image, klass: str
    ) -> None:
        world = World()
        images = ((ARM, "linux/arm/v7"), (second, "linux/arm"))
        sign_labelled(world, *images)
        entries = [entry(world.push_image(MIRROR, image), label) for image, label in images]
        push_index(world, MIRROR, *entries)
        verdict = world.ask(f"{subject}:{TAG}")
        assert failed(verdict) == {"image.platform.unique"}
        (check,) = verdict.failures
        assert check.klass is not None
        assert (check.klass.value, check.where) == (klass, f"{subject} linux/arm/v7")


class TestOneSigned:
    """A single image was signed, which has no label: what it is for, its config states."""

    def world(self, image: Image) -> World:
        world = World()
        manifest = world.push_image(GUN, image)
        world.sign(world.push(GUN, manifest.raw, manifest.media_type, TAG))
        return world

    @pytest.mark.parametrize("producer", [SAME, OTHER])
    def test_a_variant_beside_its_plain_form_is_extra(self, producer: Producer) -> None:
        image = webdis("amd64")
        world = self.world(image)
        labels = ("linux/amd64/v3", "linux/amd64")
        copy_labelled(world, *((image, label) for label in labels), producer=producer)
        verdict = world.ask()
        assert failed(verdict) == {"image.platform.extra"}
        assert verdict.failures[0].where == f"{MIRROR} linux/amd64/v3"
        assert [level is not Level.NONE for _, level in rows(verdict)] == [False, True]

    def test_a_config_without_a_variant_fits_one_label_of_any(self) -> None:
        world = self.world(ARM)
        copy_labelled(world, (ARM, "linux/arm/v6"))
        assert world.ask().decision is Decision.TRUSTED
        copy_labelled(world, (ARM, "linux/arm/v6"), (BOTH[0], "linux/amd64"))
        assert world.ask(demand=demand(allow_extra_platforms=True)).decision is Decision.TRUSTED
        copy_labelled(world, (ARM, "linux/arm/v6"), (ARM, "linux/arm/v7"))
        assert [c.where for c in world.ask().failures] == [f"{MIRROR} linux/arm/v6"]
        copy_labelled(world, (ARM, "linux/arm/v5"), (ARM, "linux/arm/v6"))
        assert [c.where for c in world.ask().failures] == [f"{MIRROR} linux/arm/v6"]

    def test_an_artifact_has_no_second_platform(self) -> None:
        world = World()
        signed = push_artifact(world, GUN, "signed")
        world.sign(world.push(GUN, signed.raw, signed.media_type, TAG))
        copied = push_artifact(world, MIRROR, "signed")
        push_index(world, MIRROR, entry(copied, "linux/amd64"))
        assert world.ask().decision is Decision.TRUSTED
        push_index(world, MIRROR, *(entry(copied, p) for p in ("linux/amd64", "linux/arm64")))
        assert [c.where for c in world.ask().failures] == [f"{MIRROR} linux/arm64/v8"]


class TestSignedWithoutLabel:
    """An entry of the signed index does not say what it is for, and its config no variant."""

    @pytest.mark.parametrize("producer", [SAME, OTHER])
    def test_it_is_beside_one_image_of_the_copy(self, producer: Producer) -> None:
        world = World()
        sign_labelled(world, (ARM, ""))
        copy_labelled(world, (ARM, "linux/arm/v6"), producer=producer)
        assert world.ask().decision is Decision.TRUSTED
        copy_labelled(world, (ARM, "linux/arm/v6"), (ARM, "linux/arm/v7"), producer=producer)
        assert [c.where for c in world.ask().failures] == [f"{MIRROR} linux/arm/v6"]

    @pytest.mark.parametrize("producer", [SAME, OTHER])
    def test_a_label_counts_more_than_likeness(self, producer: Producer) -> None:
        world = World()
        sign_labelled(world, (ARM, ""), (OTHER_ARM, "linux/arm/v6"))
        copy_labelled(world, (ARM, ""), (OTHER_ARM, "linux/arm/v6"), producer=producer)
        assert world.ask().decision is Decision.TRUSTED
        for swapped in (
            ((ARM, "linux/arm/v6"), (OTHER_ARM, "")),
            ((ARM, "linux/arm/v7"), (ARM, "linux/arm/v6")),
        ):
            copy_labelled(world, *swapped, producer=producer)
            for wanted in (demand(), demand("linux/arm/v6"), demand("linux/arm/v7")):
                assert "image.config.same" in failed(world.ask(demand=wanted))


class TestWithoutLabel:
    """The copy does not say what its image is for, and the config states no variant."""

    @pytest.mark.parametrize("producer", [SAME, OTHER])
    @pytest.mark.parametrize("listed", [True, False])
    def test_it_is_what_was_signed_of_it(self, producer: Producer, *, listed: bool) -> None:
        world = World()
        sign_labelled(world, (ARM, "linux/arm/v6"), (BOTH[0], "linux/amd64"))
        if listed:
            copy_labelled(world, (ARM, ""), producer=producer)
        else:
            copy_alone(world, ARM, producer)
        verdict = world.ask(demand=demand("linux/arm/v6"))
        assert verdict.decision is Decision.TRUSTED
        assert verdict.platforms[0].platform == "linux/arm/v6"
        wanted = world.ask(demand=demand("linux/arm/v6", "linux/arm/v7"))
        assert failed(wanted) == {"image.platform.present"}

    @pytest.mark.parametrize("producer", [SAME, OTHER])
    def test_beside_its_labelled_self_it_is_another_platform(self, producer: Producer) -> None:
        world = World()
        sign_labelled(world, (ARM, "linux/arm/v6"))
        copy_labelled(world, (ARM, "linux/arm/v6"), (ARM, ""), producer=producer)
        assert [c.where for c in world.ask().failures] == [f"{MIRROR} linux/arm/v7"]

    @pytest.mark.parametrize("producer", [SAME, OTHER])
    @pytest.mark.parametrize(("image", "name"), [(ARM, "v6"), (OTHER_ARM, "v7")])
    def test_of_several_that_fit_it_is_the_one_of_its_config(
        self, producer: Producer, image: Image, name: str
    ) -> None:
        world = World()
        sign_labelled(world, (ARM, "linux/arm/v6"), (OTHER_ARM, "linux/arm/v7"))
        copy_alone(world, image, producer)
        assert world.ask(demand=demand(f"linux/arm/{name}")).decision is Decision.TRUSTED

    def test_one_that_could_not_be_read_is_not_taken_for_it(self) -> None:
        world = World()
        sign_labelled(world, (ARM, "linux/arm/v6"), (OTHER_ARM, "linux/arm/v7"))
        copy_alone(world, OTHER_ARM, OTHER)
        world.broken.add(ReadManifest(GUN, write_manifest(ARM, SAME).digest))
        verdict = world.ask()
        assert verdict.decision is not Decision.TRUSTED
        assert rows(verdict)[0] == ("linux/arm/v7", Level.CONTENT)
        copy_alone(world, build_image([build_layer({"a": b"3"})], architecture="arm"))
        assert world.ask().platforms[0].platform == "linux/arm/v7"

    def test_another_image_is_beside_the_only_one_that_it_could_be(self) -> None:
        world = World()
        sign_labelled(world, (ARM, "linux/arm/v6"), (BOTH[0], "linux/amd64"))
        copy_alone(world, OTHER_ARM)
        verdict = world.ask(demand=demand("linux/arm/v6"))
        assert failed(verdict) == {"image.config.same"}
        assert rows(verdict)[0] == ("linux/arm/v6", Level.NONE)

    def test_another_image_is_beside_the_one_of_its_normal_form(self) -> None:
        world = World()
        sign_labelled(world, (ARM, "linux/arm/v6"), (OTHER_ARM, "linux/arm/v7"))
        foreign = build_image([build_layer({"a": b"3"})], architecture="arm")
        copy_alone(world, foreign)
        verdict = world.ask(demand=demand("linux/arm/v7"))
        assert "image.config.same" in failed(verdict)
        assert verdict.platforms[0].platform == "linux/arm/v7"


class TestExtra:
    """What a user allows beside the signed platforms is never one of them in disguise."""

    @pytest.mark.parametrize(
        ("signed", "extra", "allowed"),
        [
            ({"os": "linux"}, {"os": "linux", "os.features": ["x"]}, False),
            (
                {"os": "windows", "os.version": "10.0.17763"},
                {"os": "windows", "os.version": "10.0.17763.9"},
                False,
            ),
            ({"os": "linux"}, {"os": "linux", "variant": "v3"}, True),
            ({"os": "linux"}, {"os": "freebsd"}, True),
        ],
    )
    def test_an_extra_image_is_for_another_platform(
        self, signed: dict[str, Any], extra: dict[str, Any], *, allowed: bool
    ) -> None:
        world = World()
        mine = build_image([build_layer({"a": b"1"})], architecture="amd64", os=signed["os"])
        other = build_image([build_layer({"a": b"2"})], architecture="amd64", os=extra["os"])
        label = {"architecture": "amd64"}
        mine_entry = {**entry(world.push_image(GUN, mine)), "platform": {**label, **signed}}
        world.sign(push_index(world, GUN, mine_entry))
        world.push_image(MIRROR, mine)
        other_entry = {**entry(world.push_image(MIRROR, other)), "platform": {**label, **extra}}
        push_index(world, MIRROR, other_entry, mine_entry)
        verdict = world.ask(demand=demand(allow_extra_platforms=True))
        assert failed(verdict) == (set() if allowed else {"image.platform.extra"})


class TestArtifact:
    def world(self, *words: str) -> World:
        world = World()
        signed = push_artifact(world, GUN, "signed")
        image = entry(world.push_image(GUN, BOTH[0]), "linux/amd64")
        world.sign(push_index(world, GUN, image, entry(signed)))
        copied = [entry(push_artifact(world, MIRROR, word)) for word in words]
        image = entry(world.push_image(MIRROR, BOTH[0]), "linux/amd64")
        push_index(world, MIRROR, image, *copied, indent=1)
        return world

    def test_the_signed_one_is_the_same_manifest(self) -> None:
        verdict = self.world("signed").ask()
        assert verdict.decision is Decision.TRUSTED
        assert [level for _, level in rows(verdict)] == [Level.MANIFEST, Level.MANIFEST]

    def test_another_one_is_extra(self) -> None:
        world = self.world("signed", "other")
        verdict = world.ask()
        assert failed(verdict) == {"image.platform.extra"}
        (check,) = verdict.failures
        assert check.klass is Class.CONTENT
        assert check.actual == str(verdict.platforms[2].digest)
        assert world.ask(demand=demand(allow_extra_platforms=True)).decision is Decision.TRUSTED

    def test_one_instead_of_the_signed_one_is_no_likeness(self) -> None:
        verdict = self.world("other").ask()
        assert failed(verdict) == {"image.platform.extra", "image.platform.present"}


class TestLabel:
    def test_a_label_that_its_config_contradicts_is_named_though_nothing_is_beside_it(
        self,
    ) -> None:
        world = World()
        arm64 = BOTH[1]
        sign_labelled(world, (arm64, "linux/arm64"))
        copy_labelled(world, (arm64, "linux/arm64/v7"))
        verdict = world.ask()
        assert "image.platform.agrees" in failed(verdict)
        assert verdict.klass is Class.ATTACK

    def test_a_label_that_agrees_stands_for_no_coverage(self) -> None:
        world = World()
        sign_labelled(world, (BOTH[0], "linux/amd64"))
        entries = [
            entry(world.push_image(MIRROR, BOTH[0]), "linux/amd64"),
            entry(world.push_image(MIRROR, webdis("s390x")), "linux/s390x"),
        ]
        lost = {"mediaType": OCI_INDEX, "digest": str(Digest.of(b"lost")), "size": 4}
        push_index(world, MIRROR, *entries, lost)
        world.broken.add(ReadManifest(MIRROR, Digest.of(b"lost")))
        verdict = world.ask(demand=demand(allow_extra_platforms=True))
        assert verdict.decision is Decision.UNDECIDED
        assert "image.platform.known" in unknown(verdict)


class TestGoneFromTheAuthor:
    """The author's registry lists a manifest and has it no more: that contradicts nothing."""

    def world(self, producer: Producer) -> tuple[World, Digest]:
        world = World()
        world.sign(world.push_list(GUN, TAG, BOTH))
        images = ((image, f"linux/{image.platform['architecture']}") for image in BOTH)
        copy_labelled(world, *images, producer=producer)
        gone = write_manifest(BOTH[1], SAME).digest
        del world.manifests[GUN, str(gone)]
        return world, gone

    def test_the_copy_has_it(self) -> None:
        world, _ = self.world(SAME)
        assert world.ask().decision is Decision.TRUSTED

    def test_nobody_has_it(self) -> None:
        world, gone = self.world(OTHER)
        verdict = world.ask()
        assert verdict.decision is Decision.UNDECIDED
        assert failed(verdict) == set()
        (check,) = [c for c in verdict.gaps if c.code == "image.signed.present"]
        assert (check.where, check.expected) == (f"{GUN}@{gone}", str(gone))
