"""Older states of the trust metadata, shown to someone who has seen newer ones."""

from __future__ import annotations

import pytest

from crosstrust.sandbox.role import RELEASES
from tests.attacks.kept import FLOORS, lose_cache, read_floors
from tests.attacks.root import serve_roots
from tests.attacks.trial import Trial

ROLLBACK = "tuf.version.rollback"
BELOW_TIMESTAMP = [
    pytest.param("snapshot", marks=pytest.mark.row("A02")),
    pytest.param("targets", marks=pytest.mark.row("A03")),
    pytest.param(RELEASES, marks=pytest.mark.row("A04")),
]


def sign_again(trial: Trial) -> dict[str, bytes]:
    """Give each role below root a second version, and return the files of the first."""
    author, release = trial.sandbox.author, trial.release
    author.sign(release.tag, release.signed, release.length, roles=("targets", RELEASES))
    former = author.files()
    author.refresh("targets", RELEASES)
    trial.sandbox.publish()
    return former


@pytest.mark.row("A01")
def test_an_older_timestamp_is_refused(trial: Trial) -> None:
    old = trial.sandbox.notary.current(trial.sandbox.origin, "timestamp")
    trial.sandbox.author.sign("other", trial.release.signed, trial.release.length)
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), ROLLBACK)
    trial.sandbox.author.damage("timestamp").replace(lambda _: old or b"")
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), ROLLBACK, "T", where="timestamp")


@pytest.mark.parametrize("role", BELOW_TIMESTAMP)
def test_an_older_file_behind_a_new_timestamp_is_refused(trial: Trial, role: str) -> None:
    former = sign_again(trial)
    trial.expect_trusted(trial.verify(), ROLLBACK)
    before = read_floors(trial.home, trial.sandbox.origin)
    trial.sandbox.author.damage(role).rewrite(lambda _: former[role])
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), ROLLBACK, "T", where=role, writes=FLOORS)
    after = read_floors(trial.home, trial.sandbox.origin)
    assert after[role] == before[role] > 1
    assert all(after[each] >= before[each] for each in before)


@pytest.mark.row("A04")
def test_a_delegation_that_is_left_out_of_the_snapshot_is_missed(trial: Trial) -> None:
    sign_again(trial)
    trial.expect_trusted(trial.verify(), ROLLBACK)
    trial.sandbox.author.damage(RELEASES).unlist()
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), ROLLBACK, "T", where=RELEASES, writes=FLOORS)


@pytest.mark.row("A01")
def test_what_was_only_seen_first_is_held_to_as_well(trial: Trial) -> None:
    sign_again(trial)
    trial.expect_trusted(trial.verify("--tofu", pins=[]))
    trial.expect_trusted(trial.verify("--tofu", pins=[]), ROLLBACK)
    trial.sandbox.notary.roll_back(trial.sandbox.origin)
    refused = trial.verify("--tofu", pins=[])
    trial.expect_refused(refused, ROLLBACK, "T", where="timestamp")


@pytest.mark.row("A01")
def test_inspect_refuses_an_older_state_too(trial: Trial) -> None:
    sign_again(trial)
    words = ("inspect", trial.sandbox.origin, "--format", "json", "--pin", trial.root_pin)
    assert trial.run(*words).code == 0
    trial.sandbox.notary.roll_back(trial.sandbox.origin)
    refused = trial.run(*words)
    assert (refused.code, refused.verdict["decision"]) == (1, "rejected")
    assert {one["code"] for one in refused.verdict["checks"] if one["class"] == "T"} == {ROLLBACK}
    assert refused.written == set()


@pytest.mark.row("A02")
def test_a_state_that_was_seen_in_part_is_not_gone_back_behind(trial: Trial) -> None:
    sign_again(trial)
    trial.expect_trusted(trial.verify())
    trial.sandbox.author.sign("other", trial.release.signed, trial.release.length)
    trial.sandbox.author.damage("snapshot").withhold()
    trial.sandbox.publish()
    refused = trial.verify()
    trial.expect_refused(refused, "notary.answer.form", "R", where="snapshot", writes=FLOORS)
    # Without any key, by holding files back: the timestamp was seen, so an older one is no news.
    trial.sandbox.notary.roll_back(trial.sandbox.origin)
    trial.expect_refused(trial.verify(), ROLLBACK, "T", where="timestamp")


@pytest.mark.row("A05")
def test_an_older_root_is_refused(trial: Trial) -> None:
    pins = [trial.root_pin]
    trial.expect_trusted(trial.verify(pins=pins))
    trial.sandbox.author.rotate_root()
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(pins=pins), ROLLBACK)
    serve_roots(trial, {1: trial.sandbox.author.roots()[1]})
    # The newest root is in the cache: a server that hides it changes nothing.
    trial.expect_trusted(trial.verify(pins=pins))
    lose_cache(trial.home)
    trial.expect_refused(trial.verify(pins=pins), ROLLBACK, "T", where="root")


@pytest.mark.row("A05")
@pytest.mark.parametrize("cache", ["kept", "lost"])
def test_a_server_that_goes_back_behind_a_rotation_is_refused(trial: Trial, cache: str) -> None:
    pins = [trial.root_pin]
    trial.sandbox.author.rotate_root()
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(pins=pins))
    trial.sandbox.notary.roll_back(trial.sandbox.origin)
    if cache == "lost":
        lose_cache(trial.home)
    found = trial.verify(pins=pins)
    trial.expect_refused(found, ROLLBACK, "T", where="timestamp")
    if cache == "lost":
        trial.expect_refused(found, ROLLBACK, "T", where="root")
