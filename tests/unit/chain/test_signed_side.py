"""What is asked of the author's registry: no more than the comparison needs."""

from __future__ import annotations

import pytest

from crosstrust.chain.question import Demand
from crosstrust.chain.want import ReadBlob, ReadManifest, ResolveTag, Want
from crosstrust.evidence.check import Outcome
from crosstrust.evidence.verdict import Decision
from crosstrust.oci.digest import Digest
from crosstrust.oci.platform import parse_platform
from crosstrust.sandbox.image import Producer
from tests.unit.chain.test_coverage import nest, single
from tests.unit.chain.world import BOTH, GUN, MIRROR, TAG, World, mirrored, release, webdis


def configs(world: World) -> set[Want]:
    return {want for want in world.asked if isinstance(want, ReadBlob) and want.repository == GUN}


def test_the_configs_of_a_signed_list_are_not_asked_for() -> None:
    world = mirrored()
    assert world.ask()
    assert configs(world) == set()


def test_the_config_of_one_signed_image_is_not_asked_for_where_the_copy_is_one_too() -> None:
    world = World()
    single(world, GUN, Producer.BUILDKIT_2021)
    single(world, MIRROR, Producer.ENGINE)
    assert world.ask()
    assert configs(world) == set()


def test_the_config_of_one_signed_image_says_which_of_several_it_is() -> None:
    world = World()
    single(world, GUN, Producer.BUILDKIT_2021)
    world.push_list(MIRROR, TAG, BOTH, Producer.ENGINE)
    assert world.ask(demand=Demand(allow_extra_platforms=True))
    config = BOTH[0].config
    assert configs(world) == {ReadBlob(GUN, Digest.of(config), len(config))}


def test_the_signed_bytes_are_read_by_tag_or_by_digest_and_not_twice() -> None:
    world = mirrored()
    by_digest = ReadManifest(GUN, Digest.parse(world.tags[GUN, TAG]))
    assert world.ask()
    assert by_digest not in world.asked
    world.asked.clear()
    world.push_list(GUN, TAG, (webdis("amd64", last=b"new"),))
    assert world.ask()
    assert world.asked.count(by_digest) == 1


@pytest.mark.parametrize("subject", [f"{GUN}:{TAG}", f"{MIRROR}:{TAG}"])
def test_only_beside_a_copy_it_is_said_that_the_authors_tag_has_moved(subject: str) -> None:
    world = mirrored()
    assert world.ask(subject).warnings == ()
    world.push_list(GUN, TAG, (webdis("amd64", last=b"new"),))
    said = [notice.code for notice in world.ask(subject).warnings]
    assert said == ([] if subject.startswith(GUN) else ["image.tag.signed"])


def test_beside_a_copy_it_is_said_that_the_authors_tag_is_gone_or_out_of_reach() -> None:
    world = release()
    world.push_list(MIRROR, TAG, BOTH)
    assert world.ask().warnings == ()
    del world.tags[GUN, TAG]
    gone = world.ask()
    assert gone.decision is Decision.TRUSTED
    assert [(told.code, told.where, "gone" in told.text) for told in gone.warnings] == [
        ("image.tag.signed", f"{GUN}:{TAG}", True)
    ]
    world.broken.add(ResolveTag(GUN, TAG))
    away = world.ask()
    assert away.decision is Decision.TRUSTED
    assert [(told.code, told.where, "not be looked at" in told.text) for told in away.warnings] == [
        ("image.tag.signed", f"{GUN}:{TAG}", True)
    ]


def test_a_signed_index_below_that_could_not_be_read_is_named() -> None:
    world = World()
    child = nest(world, GUN, BOTH, Producer.BUILDKIT_2021)
    signed = Digest.parse(world.tags[GUN, TAG])
    world.sign(signed)
    world.push_list(MIRROR, TAG, BOTH, Producer.ENGINE)
    world.broken.add(ReadManifest(GUN, child))
    verdict = world.ask()
    found = [(c.where, c.expected) for c in verdict.gaps if c.code == "image.platform.known"]
    assert found == [
        (f"{GUN}@{signed}", "linux/amd64"),
        (f"{GUN}@{signed}", "linux/arm64/v8"),
    ]


def test_each_demanded_platform_is_looked_at() -> None:
    world = release()
    world.push_list(MIRROR, TAG, BOTH)
    names = ("linux/amd64", "linux/s390x", "linux/ppc64le")
    demand = Demand(platforms=tuple(parse_platform(name) for name in names))
    verdict = world.ask(demand=demand)
    missing = [check for check in verdict.failures if check.code == "image.platform.present"]
    assert [check.expected for check in missing] == ["linux/s390x", "linux/ppc64le"]
    assert {check.actual for check in missing} == {"linux/amd64, linux/arm64/v8"}


def test_of_a_copy_without_any_image_nothing_is_offered() -> None:
    world = release()
    world.push_list(MIRROR, TAG, [], Producer.ENGINE)
    demand = Demand(platforms=(parse_platform("linux/amd64"),))
    verdict = world.ask(demand=demand)
    assert verdict.decision is Decision.REJECTED
    said = [(check.expected, check.actual) for check in verdict.failures]
    assert said[0] == ("an image", "an empty index")
    assert said[-1] == ("linux/amd64", "no image")
    assert {check.outcome for check in verdict.failures} == {Outcome.FAILED}


def test_the_authors_tag_is_looked_at_twice_only_where_it_was_answered_first() -> None:
    world = release()
    world.push_list(MIRROR, TAG, BOTH)
    world.broken.add(ResolveTag(GUN, TAG))
    assert [check.where for check in world.ask().checks if check.code == "image.tag.stable"] == [
        f"{MIRROR}:{TAG}"
    ]
