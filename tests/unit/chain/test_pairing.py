"""Which signed image stands beside which image of the copy, and what is said of each."""

from __future__ import annotations

import json

import pytest

from crosstrust.chain.question import Demand
from crosstrust.chain.want import ReadManifest
from crosstrust.evidence.verdict import Decision, Level, Verdict
from crosstrust.oci.digest import Digest
from crosstrust.oci.platform import parse_platform
from crosstrust.sandbox.image import DOCKER_LIST, Image, Manifest, Producer, write_manifest
from tests.unit.chain.world import (
    BOTH,
    GUN,
    MIRROR,
    TAG,
    World,
    edit,
    failed,
    mirrored,
    release,
    unknown,
    webdis,
)

AMD64, ARM64 = BOTH


def one_signed(image: Image) -> World:
    """A world whose author signed a single image, without a list."""
    world = World()
    manifest = world.push_image(GUN, image)
    world.sign(world.push(GUN, manifest.raw, manifest.media_type, TAG))
    return world


def copied(image: Image) -> Manifest:
    return write_manifest(image, Producer.ENGINE)


def rows(verdict: Verdict) -> list[tuple[str, Level, Digest | None, Digest | None, int]]:
    """Each platform: name, level, the copy's digest, the signed one, layers."""
    return [
        (each.platform, each.level, each.digest, each.signed_digest, each.layers)
        for each in verdict.platforms
    ]


def test_one_signed_image_is_beside_the_one_of_its_platform_in_a_list() -> None:
    world = one_signed(AMD64)
    world.push_list(MIRROR, TAG, [AMD64], Producer.ENGINE)
    verdict = world.ask()
    assert verdict.decision is Decision.TRUSTED
    signed = write_manifest(AMD64, Producer.BUILDKIT_2021).digest
    assert rows(verdict) == [("linux/amd64", Level.CONTENT, copied(AMD64).digest, signed, 2)]


def test_one_signed_image_is_not_beside_the_other_platforms_of_a_list() -> None:
    world = one_signed(AMD64)
    world.push_list(MIRROR, TAG, BOTH, Producer.ENGINE)
    verdict = world.ask()
    assert failed(verdict) == {"image.platform.extra"}
    assert [row[:2] for row in rows(verdict)] == [
        ("linux/amd64", Level.CONTENT),
        ("linux/arm64/v8", Level.NONE),
    ]
    assert world.ask(demand=Demand(allow_extra_platforms=True)).decision is Decision.TRUSTED


def test_platforms_after_an_extra_one_are_compared_too() -> None:
    world = release(BOTH[1:])
    world.push_list(MIRROR, TAG, BOTH, Producer.ENGINE)
    demand = Demand(allow_extra_platforms=True)
    assert [row[1] for row in rows(world.ask(demand=demand))] == [Level.NONE, Level.CONTENT]


def test_a_copy_of_extra_platforms_alone_is_not_the_signed_image() -> None:
    world = release(BOTH[:1])
    world.push_list(MIRROR, TAG, BOTH[1:], Producer.ENGINE)
    demand = Demand(allow_extra_platforms=True, platforms=(parse_platform("linux/s390x"),))
    assert world.ask(demand=demand).decision is Decision.REJECTED
    empty = release(BOTH[:1])
    empty.push_list(MIRROR, TAG, [], Producer.ENGINE)
    assert failed(empty.ask()) == {"image.platform.present"}


def test_a_signed_platform_that_the_copy_lacks_has_a_row() -> None:
    world = release()
    world.push_list(MIRROR, TAG, BOTH[:1], Producer.ENGINE)
    signed = write_manifest(ARM64, Producer.BUILDKIT_2021).digest
    found = world.ask().platforms[-1]
    assert (found.platform, found.level) == ("linux/arm64/v8", Level.NONE)
    assert (found.digest, found.signed_digest) == (None, signed)
    assert found.reasons == ("not on the copy",)


def test_of_two_signed_images_of_one_platform_the_identical_one_is_beside() -> None:
    twins = [AMD64, webdis("amd64", last=b"y")]
    world = release(twins)
    world.push_list(MIRROR, TAG, [twins[1]])
    signed = {row[3] for row in rows(world.ask()) if row[2] is not None}
    assert signed == {write_manifest(twins[1], Producer.BUILDKIT_2021).digest}


def push_unlabelled(world: World, image: Image) -> Manifest:
    """The mirror has a list of one image that does not say what platform it is for."""
    manifest = world.push_image(MIRROR, image, Producer.ENGINE)
    entry = {"mediaType": manifest.media_type, "digest": str(manifest.digest)}
    listed = {"schemaVersion": 2, "mediaType": DOCKER_LIST}
    entries = [{**entry, "size": len(manifest.raw)}]
    raw = json.dumps({**listed, "manifests": entries}).encode()
    world.push(MIRROR, raw, DOCKER_LIST, TAG)
    return manifest


def test_an_image_that_says_nothing_is_beside_none_of_a_signed_list() -> None:
    world = release([AMD64])
    manifest = push_unlabelled(world, AMD64)
    # Its config has the platform that its label lacks.
    assert world.ask().decision is Decision.TRUSTED
    world.broken.add(ReadManifest(MIRROR, manifest.digest))
    unread = world.ask()
    assert unread.decision is Decision.UNDECIDED
    assert [row[3] for row in rows(unread) if row[2] == manifest.digest] == [None]


def test_an_image_without_a_label_is_beside_a_single_signed_one() -> None:
    world = one_signed(AMD64)
    manifest = push_unlabelled(world, AMD64)
    assert world.ask().decision is Decision.TRUSTED
    world.broken.add(ReadManifest(MIRROR, manifest.digest))
    unread = world.ask()
    assert unread.decision is Decision.UNDECIDED
    assert [row[:2] for row in rows(unread)] == [(str(manifest.digest), Level.NONE)]


@pytest.mark.parametrize("position", [0, 1])
def test_the_signed_list_itself_must_fit_its_configs(position: int) -> None:
    world = release()
    raw, media_type = world.manifests[GUN, world.tags[GUN, TAG]]
    entries = json.loads(raw)["manifests"]
    entries[position]["platform"] = {"os": "linux", "architecture": "s390x"}
    swapped = edit(raw, manifests=entries)
    world.scheme.tags.clear()
    world.sign(world.push(GUN, swapped, media_type, TAG))
    world.push_list(MIRROR, TAG, BOTH)
    world.push(MIRROR, swapped, media_type, TAG)
    verdict = world.ask()
    assert failed(verdict) == {"image.platform.agrees"}
    assert [row[1] for row in rows(verdict)] == [Level.INDEX, Level.INDEX]


def test_the_same_bytes_show_config_and_layers_of_what_was_read() -> None:
    world = release()
    world.push_list(MIRROR, TAG, BOTH)
    configs = [Digest.of(image.config) for image in BOTH]
    assert [(each.config, each.layers) for each in world.ask().platforms] == [
        (configs[0], 2),
        (configs[1], 2),
    ]
    world.broken.add(ReadManifest(MIRROR, write_manifest(AMD64, Producer.BUILDKIT_2021).digest))
    verdict = world.ask()
    assert "http.available" in unknown(verdict)
    assert [(each.config, each.layers) for each in verdict.platforms] == [
        (None, 0),
        (configs[1], 2),
    ]


def test_an_image_beside_none_shows_config_and_layers_too() -> None:
    world = mirrored((*BOTH, webdis("s390x")))
    found = world.ask().platforms[2]
    assert (found.config, found.layers, found.level) == (
        Digest.of(webdis("s390x").config),
        2,
        Level.NONE,
    )
    assert found.reasons == ("no single signed image for this platform",)
