"""Which platforms are covered, where not all of a side was read. Catalogue B48, C32, C33."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from crosstrust.chain.compare import compare_sides
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.question import Demand
from crosstrust.chain.side_reader import read_side
from crosstrust.chain.want import ReadBlob, ReadManifest, ResolveTag
from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Evidence
from crosstrust.evidence.verdict import Decision, Level
from crosstrust.oci.digest import Digest
from crosstrust.oci.platform import parse_platform
from crosstrust.sandbox.image import DOCKER_LIST, Image, Producer, write_list, write_manifest
from tests.unit.chain.world import (
    BOTH,
    GUN,
    MIRROR,
    TAG,
    World,
    failed,
    levels,
    mirrored,
    release,
    unknown,
    webdis,
)

AMD64 = Demand(platforms=(parse_platform("linux/amd64"),))
FOREIGN = webdis("s390x", last=b"e")


def nest(world: World, repository: str, images: Sequence[Image], producer: Producer) -> Digest:
    """Push an index whose only child is an index of ``images``; return the child's digest."""
    inner = write_list([world.push_image(repository, image, producer) for image in images])
    child = world.push(repository, inner, DOCKER_LIST)
    entry = {"mediaType": DOCKER_LIST, "digest": str(child), "size": len(inner)}
    outer = {"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": [entry]}
    world.push(repository, json.dumps(outer).encode(), DOCKER_LIST, TAG)
    return child


def single(world: World, repository: str, producer: Producer) -> None:
    manifest = world.push_image(repository, BOTH[0], producer)
    digest = world.push(repository, manifest.raw, manifest.media_type, TAG)
    if repository == GUN:
        world.sign(digest)


def test_a_narrowed_copy_says_what_was_asked_for() -> None:
    world = release()
    world.push_list(MIRROR, TAG, BOTH[:1], Producer.ENGINE)
    verdict = world.ask(demand=AMD64)
    assert verdict.decision is Decision.TRUSTED
    assert verdict.asked == ("linux/amd64",)
    assert [(one.platform, one.asked, one.reasons[-1]) for one in verdict.platforms[1:]] == [
        ("linux/arm64/v8", False, "not asked for, and not on the copy")
    ]
    (covered,) = [check for check in verdict.checks if check.code == "image.platform.covered"]
    assert (covered.expected, covered.actual) == ("linux/amd64", "linux/amd64")
    whole = mirrored().ask()
    assert (whole.asked, {one.asked for one in whole.platforms}) == ((), {True})
    (covered,) = [check for check in whole.checks if check.code == "image.platform.covered"]
    assert (covered.expected, covered.actual) == ("linux/amd64, linux/arm64/v8",) * 2


@pytest.mark.parametrize("producer", [Producer.ENGINE, Producer.BUILDKIT_2021])
@pytest.mark.parametrize("honest", [0, 1])
def test_of_two_images_for_one_platform_the_signed_one_is_expected(
    producer: Producer, honest: int
) -> None:
    """The mirror chooses the order; whether manifests are rewritten makes no difference."""
    images = [webdis("amd64", last=b"other")]
    images.insert(honest, BOTH[0])
    world = release(BOTH[:1])
    world.push_list(MIRROR, TAG, images, producer)
    (check,) = [c for c in world.ask().failures if c.code == "image.platform.unique"]
    held = [str(write_manifest(image, producer).digest) for image in images]
    assert (check.expected, check.actual) == (held[honest], held[1 - honest])


def test_of_two_images_for_one_platform_beside_an_unread_signed_one() -> None:
    images = [webdis("amd64", last=last) for last in (b"1", b"2")]
    world = release(BOTH[:1])
    world.push_list(MIRROR, TAG, images)
    unread = write_manifest(BOTH[0], Producer.BUILDKIT_2021).digest
    world.broken.add(ReadManifest(GUN, unread))
    (check,) = [c for c in world.ask().failures if c.code == "image.platform.unique"]
    assert check.expected == str(write_manifest(images[0], Producer.BUILDKIT_2021).digest)


@pytest.mark.parametrize("repository", [GUN, MIRROR])
def test_a_manifest_of_the_signed_digest_needs_no_second_look(repository: str) -> None:
    """What could not be read on one side was read on the other, under the same digest."""
    world = release()
    world.push_list(MIRROR, TAG, BOTH[::-1])
    world.broken.add(
        ReadManifest(repository, write_manifest(BOTH[0], Producer.BUILDKIT_2021).digest)
    )
    verdict = world.ask()
    assert verdict.decision is Decision.UNDECIDED
    assert levels(verdict)["linux/amd64"] is Level.MANIFEST
    assert verdict.warnings == ()


def test_of_two_unsigned_images_for_one_platform_the_first_is_named_first() -> None:
    images = [webdis("amd64", last=last) for last in (b"1", b"2")]
    world = release(BOTH[:1])
    world.push_list(MIRROR, TAG, images)
    (check,) = [c for c in world.ask().failures if c.code == "image.platform.unique"]
    held = [str(write_manifest(image, Producer.BUILDKIT_2021).digest) for image in images]
    assert [check.expected, check.actual] == held


def test_a_platform_that_is_asked_for_must_be_signed_even_where_others_may_be_extra() -> None:
    world = release(BOTH[:1])
    world.push_list(MIRROR, TAG, [BOTH[0], FOREIGN], Producer.ENGINE)
    wanted = (parse_platform("linux/s390x"),)
    verdict = world.ask(demand=Demand(platforms=wanted, allow_extra_platforms=True))
    assert verdict.decision is Decision.REJECTED
    assert failed(verdict) == {"image.platform.extra"}


def test_an_extra_platform_may_stand_beside_the_one_that_is_asked_for() -> None:
    world = release(BOTH[:1])
    world.push_list(MIRROR, TAG, [BOTH[0], FOREIGN], Producer.ENGINE)
    demand = Demand(platforms=AMD64.platforms, allow_extra_platforms=True)
    assert world.ask(demand=demand).decision is Decision.TRUSTED


def test_a_demanded_platform_is_not_missing_where_the_config_could_not_be_read() -> None:
    world = World()
    single(world, GUN, Producer.BUILDKIT_2021)
    single(world, MIRROR, Producer.ENGINE)
    assert world.ask(demand=AMD64).decision is Decision.TRUSTED
    config = BOTH[0].config
    world.broken.add(ReadBlob(MIRROR, Digest.of(config), len(config)))
    verdict = world.ask(demand=AMD64)
    assert verdict.decision is Decision.UNDECIDED
    assert unknown(verdict) >= {"image.platform.known", "http.available"}


def test_a_signed_single_image_is_one_of_the_copy_s_platforms() -> None:
    """Which of them, its config states: the other one is nobody's."""
    world = World()
    single(world, GUN, Producer.BUILDKIT_2021)
    world.push_list(MIRROR, TAG, [BOTH[0], FOREIGN], Producer.ENGINE)
    assert failed(world.ask()) == {"image.platform.extra"}
    demand = Demand(allow_extra_platforms=True)
    assert world.ask(demand=demand).decision is Decision.TRUSTED


@pytest.mark.parametrize("demand", [Demand(), AMD64])
def test_no_platform_is_missing_where_a_nested_index_could_not_be_read(demand: Demand) -> None:
    world = release()
    child = nest(world, MIRROR, BOTH, Producer.ENGINE)
    assert world.ask(demand=demand).decision is Decision.TRUSTED
    world.broken.add(ReadManifest(MIRROR, child))
    verdict = world.ask(demand=demand)
    assert verdict.decision is Decision.UNDECIDED
    assert not failed(verdict)


def test_no_platform_is_extra_where_a_signed_nested_index_could_not_be_read() -> None:
    world = World()
    child = nest(world, GUN, BOTH, Producer.BUILDKIT_2021)
    world.sign(Digest.parse(world.tags[GUN, TAG]))
    world.push_list(MIRROR, TAG, BOTH, Producer.ENGINE)
    assert world.ask().decision is Decision.TRUSTED
    world.broken.add(ReadManifest(GUN, child))
    verdict = world.ask()
    assert verdict.decision is Decision.UNDECIDED
    assert not failed(verdict)


def test_a_copy_of_which_a_part_was_never_asked_for_is_not_covered() -> None:
    world = mirrored()
    child = nest(world, MIRROR, BOTH, Producer.ENGINE)
    replies = world.fetch_all([want for want in wants_of(world) if want != child_want(child)])
    dossier = Dossier(replies)
    tag = ResolveTag(MIRROR, TAG)
    copy = read_side(dossier, MIRROR, tag)
    signed = read_side(dossier, GUN, ResolveTag(GUN, TAG))
    base, goal = Claim("given", "", ""), Claim("same", MIRROR, "")
    found = compare_sides(dossier, signed, copy, Demand(), base=base, goal=goal)
    checks = [step.check for step in found.steps]
    assert [check.code for check in checks if open_check(check)] == ["image.platform.known"]
    assert goal not in Evidence(found.steps).holding((base,))


def wants_of(world: World) -> list[ResolveTag | ReadManifest]:
    tags = [ResolveTag(repository, tag) for repository, tag in world.tags]
    return [*tags, *(ReadManifest(name, Digest.parse(text)) for name, text in world.manifests)]


def child_want(child: Digest) -> ReadManifest:
    return ReadManifest(MIRROR, child)


def open_check(check: Check) -> bool:
    return check.outcome is Outcome.UNKNOWN
