"""What a difference from the signature says where no pinned key vouches for that signature."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Demand
from crosstrust.evidence.verdict import Decision
from crosstrust.oci.digest import Digest
from crosstrust.oci.platform import parse_platform
from crosstrust.sandbox.image import Producer
from tests.unit.chain.world import (
    BOTH,
    GUN,
    MIRROR,
    REPOSITORY,
    ROOT,
    TAG,
    World,
    failed,
    forged,
    mirrored,
    webdis,
)

NOBODY = Pins()
RESTRICTED = Pins(repository=(REPOSITORY,))
OTHER = "e" * 64
OTHERS = (BOTH[0], webdis("arm64", variant="v8", last=b"other"))


def moved() -> World:
    """The author's tag holds other bytes than were signed, which are another release."""
    world = mirrored()
    world.sign(world.push_list(GUN, TAG, OTHERS), tag="0.1.20")
    return world


def copied(*images: int) -> Callable[[], World]:
    shelf = (*OTHERS, BOTH[1], webdis("s390x"))

    def build() -> World:
        return mirrored([shelf[number] for number in images])

    return build


def other_length() -> World:
    world = mirrored()
    signed = world.scheme.tags.pop()
    world.sign(signed.digest, length=signed.length + 1)
    return world


DIFFERENT = {
    "image.tag.signed": (moved, f"{GUN}:{TAG}"),
    "image.config.same": (copied(0, 1), f"{MIRROR}:{TAG}"),
    "image.platform.extra": (copied(0, 2, 3), f"{MIRROR}:{TAG}"),
    "image.platform.present": (copied(0), f"{MIRROR}:{TAG}"),
    "tuf.meta.length": (other_length, f"{MIRROR}:{TAG}"),
}


@pytest.mark.parametrize("pins", [NOBODY, RESTRICTED])
@pytest.mark.parametrize("code", DIFFERENT)
def test_a_difference_from_what_nobody_vouches_for_is_a_warning(code: str, pins: Pins) -> None:
    """A forger could have made that signature: no pins is undecided, whatever the copy is."""
    build, subject = DIFFERENT[code]
    assert code in failed(build().ask(subject))
    verdict = build().ask(subject, pins=pins)
    assert verdict.decision is Decision.UNDECIDED
    assert verdict.failures == ()
    warned = {notice.code: notice.text for notice in verdict.warnings}
    assert code in warned
    assert warned[code].startswith(
        "no pinned key vouches for the signature, which the copy differs from: "
    )
    assert "; signed: " in warned[code]
    assert not warned.keys() & {"image.tag.same", "image.tag.current"}


def test_a_difference_is_warned_of_once() -> None:
    verdict = copied(0, 1)().ask(pins=NOBODY)
    assert len(verdict.warnings) == len(set(verdict.warnings)) == 1


def test_a_refused_signature_is_the_only_failure() -> None:
    build, subject = DIFFERENT["image.tag.signed"]
    world = build()
    pins = Pins((OTHER,), (OTHER,))
    assert failed(world.ask(subject, pins=pins)) == {"key.expected", "pin.match"}


@pytest.mark.parametrize("pins", [NOBODY, Pins((ROOT,))])
def test_what_contradicts_itself_is_rejected_whoever_signed(pins: Pins) -> None:
    world = mirrored([BOTH[0], forged(BOTH[1])])
    assert failed(world.ask(pins=pins)) == {"image.layer.diff_id"}
    twice = mirrored([*BOTH, webdis("amd64", last=b"o")])
    assert failed(twice.ask(pins=pins)) >= {"image.platform.unique"}


@pytest.mark.parametrize("pins", [NOBODY, Pins((ROOT,))])
def test_a_platform_that_the_user_demands_is_missing_whoever_signed(pins: Pins) -> None:
    demand = Demand(platforms=(parse_platform("linux/s390x"),))
    assert failed(mirrored().ask(demand=demand, pins=pins)) == {"image.platform.present"}


@pytest.mark.parametrize(
    ("pins", "demand", "advised"),
    [
        (Pins((ROOT,)), Demand(), True),
        (Pins((ROOT,), (REPOSITORY,)), Demand(), True),
        (Pins((ROOT,), (OTHER,)), Demand(), False),
        (Pins((ROOT,)), Demand(roles=("signer/nicolasff",)), False),
        (Pins((ROOT,)), Demand(ruled=False), False),
    ],
)
def test_a_digest_is_advised_only_where_its_signature_is_accepted(
    pins: Pins, demand: Demand, *, advised: bool
) -> None:
    world = mirrored()
    world.push_list(GUN, TAG, OTHERS)
    verdict = world.ask(f"{GUN}:{TAG}", pins=pins, demand=demand)
    (check,) = [check for check in verdict.failures if check.code == "image.tag.signed"]
    assert ("run the signed digest" in check.remedy) is advised
    assert ("see why the signature does not count" in check.remedy) is not advised


def test_the_signed_bytes_under_another_hash_are_the_signed_bytes() -> None:
    world = mirrored()
    raw, media_type = world.manifests[GUN, world.tags[GUN, TAG]]
    for repository in (GUN, MIRROR):
        held, kind = world.manifests[repository, world.tags[repository, TAG]]
        world.manifests[repository, str(Digest.of(held, "sha512"))] = held, kind
    for name in (f"@{Digest.of(raw, 'sha512')}", f":{TAG}@{Digest.of(raw, 'sha512')}"):
        signed = GUN if name.startswith("@") else f"{GUN}:{TAG}"
        verdict = world.ask(f"{GUN}{name}", signed=signed)
        assert verdict.decision is Decision.TRUSTED
        assert verdict.signed is not None
        assert (verdict.signed.tag, verdict.digest) == (TAG, Digest.of(raw))
    world.push(GUN, raw + b"\n", media_type)
    other = Digest.of(raw + b"\n", "sha512")
    world.manifests[GUN, str(other)] = raw + b"\n", media_type
    assert failed(world.ask(f"{GUN}@{other}", signed=GUN)) == {"tuf.target.present"}


def test_bytes_that_could_not_be_read_are_not_unsigned() -> None:
    world = mirrored()
    absent = Digest.of(b"absent", "sha512")
    assert failed(world.ask(f"{GUN}@{absent}", signed=GUN)) == {"image.tag.present"}


@pytest.mark.parametrize("producer", [Producer.ENGINE, Producer.BUILDKIT_2021])
def test_where_the_author_s_own_tag_is_gone_no_copy_is_spoken_of(producer: Producer) -> None:
    world = mirrored()
    world.push_list(MIRROR, TAG, BOTH, producer)
    del world.tags[GUN, TAG], world.tags[MIRROR, TAG]
    own, copy = (
        next(c.remedy for c in world.ask(f"{name}:{TAG}").failures if c.code == "image.tag.present")
        for name in (GUN, MIRROR)
    )
    assert own == "check the name; if it is signed, ask the author to push it again"
    assert "the copy was never pushed" in copy
