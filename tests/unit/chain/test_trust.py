"""What ``inspect`` asks: does the metadata hold, and is the named tag signed?"""

from __future__ import annotations

import pytest

from crosstrust.app.collect import collect_metadata
from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Demand, Question
from crosstrust.evidence.check import Class
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.verdict import Decision, Verdict
from crosstrust.oci.reference import parse_reference
from tests.unit.chain.world import AT, GUN, REPOSITORY, ROOT, TAG, World, failed, mirrored, release


def inspect(world: World, name: str = GUN, *, pins: Pins | None = None) -> Verdict:
    subject = parse_reference(name, default_tag=None)
    signed = parse_reference(f"{GUN}:{subject.tag}" if subject.tag else GUN, default_tag=None)
    question = Question(subject, signed, pins or Pins(root=(ROOT,)), Demand(), AT)
    return collect_metadata(question, world.scheme, world).verdict


def test_a_repository_holds_if_its_targets_follow_from_a_pin() -> None:
    verdict = inspect(release())
    assert verdict.decision is Decision.TRUSTED
    assert verdict.digest is None
    assert inspect(release(), pins=Pins()).decision is Decision.UNDECIDED


def test_a_repository_asks_no_registry() -> None:
    world = release()
    inspect(world)
    assert world.asked == []


def test_its_keys_must_be_as_pinned() -> None:
    pinned = Pins((ROOT,), (REPOSITORY,))
    assert inspect(release(), pins=pinned).decision is Decision.TRUSTED
    wrong = inspect(release(), pins=Pins((ROOT,), (ROOT,)))
    assert failed(wrong) == {"key.expected", "pin.match"}


def test_a_signed_tag_gives_the_digest_to_run() -> None:
    world = release()
    verdict = inspect(world, f"{GUN}:{TAG}")
    assert verdict.decision is Decision.TRUSTED
    assert verdict.require() == f"{GUN}@{world.tags[GUN, TAG]}"


def test_an_unsigned_tag_is_rejected() -> None:
    verdict = inspect(release(), f"{GUN}:other")
    assert verdict.decision is Decision.REJECTED
    assert failed(verdict) == {"tuf.target.present"}


def test_a_digest_is_looked_for_among_the_released_tags() -> None:
    world = release()
    signed = f"{GUN}@{world.tags[GUN, TAG]}"
    assert inspect(world, signed).decision is Decision.TRUSTED
    assert inspect(world, f"{GUN}@sha256:{'0' * 64}").decision is Decision.REJECTED


def test_a_tag_beside_another_digest_than_the_signed_one_is_rejected() -> None:
    """C10: the tag alone being signed says nothing of the digest that was named."""
    world = release()
    signed = world.tags[GUN, TAG]
    assert inspect(world, f"{GUN}:{TAG}@{signed}").decision is Decision.TRUSTED
    verdict = inspect(world, f"{GUN}:{TAG}@sha256:{'0' * 64}")
    assert verdict.decision is Decision.REJECTED
    assert verdict.klass is Class.ATTACK
    assert failed(verdict) == {"reference.tag.digest"}


@pytest.mark.parametrize("pins", [Pins((ROOT,)), Pins()])
def test_trust_data_is_as_fresh_as_the_server_s_answer(pins: Pins) -> None:
    for verdict in (inspect(release(), pins=pins), mirrored().ask(pins=pins)):
        assert verdict.freshness == "fresh"


def test_of_trust_data_that_does_not_hold_no_freshness_is_known() -> None:
    world = mirrored()
    world.scheme.threshold = False
    for verdict in (inspect(world), world.ask()):
        assert verdict.freshness == "unknown"
        assert "tuf.signature.threshold" in failed(verdict)


def test_unreadable_metadata_is_undecided() -> None:
    world = release()
    world.scheme.readable = False
    assert inspect(world).decision is Decision.UNDECIDED
    assert inspect(world, f"{GUN}:{TAG}").signed is None


def test_accepted_keys_rest_on_the_targets_and_on_nothing_that_they_say() -> None:
    verdict = inspect(release(), pins=Pins((ROOT,), (REPOSITORY,)))
    steps = [step for step in verdict.evidence.steps if step.check.code == "key.expected"]
    value = "sha256:" + "1" * 64
    assert [(step.premises, step.conclusion) for step in steps] == [
        ((Claim("targets", GUN, value),), Claim("accepted", GUN, value))
    ]
