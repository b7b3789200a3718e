"""Metadata that has run out, or that a server keeps from moving on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crosstrust.sandbox.role import RELEASES
from tests.attacks.kept import FLOORS, read_floors
from tests.attacks.root import DAY
from tests.attacks.trial import Trial

SECOND = timedelta(seconds=1)
TIMESTAMP = "tuf.timestamp.expiry"


def at(trial: Trial, later: timedelta) -> tuple[str, str]:
    return "--at", (trial.sandbox.at + later).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.row("A11")
def test_a_frozen_timestamp_holds_until_it_runs_out(trial: Trial) -> None:
    # The server shows the same for ever; only the user's time moves on.
    trial.expect_trusted(trial.verify(), TIMESTAMP)
    trial.expect_trusted(trial.verify(*at(trial, 14 * DAY - SECOND)), TIMESTAMP)
    for later in (14 * DAY, 15 * DAY, 400 * DAY):
        frozen = trial.verify(*at(trial, later + SECOND))
        trial.expect_refused(frozen, TIMESTAMP, "S", where="timestamp")
        cached = trial.verify("--offline", *at(trial, later + SECOND))
        trial.expect_refused(cached, TIMESTAMP, "S", where="timestamp")


@pytest.mark.row("A11")
def test_a_timestamp_that_has_run_out_by_this_machine_s_clock_is_refused(trial: Trial) -> None:
    trial.expect_trusted(trial.verify())
    trial.sandbox.author.damage("timestamp").expire(trial.sandbox.at - SECOND)
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), TIMESTAMP, "S", where="timestamp")


@pytest.mark.row("A11")
def test_how_long_the_timestamp_holds_is_shown(trial: Trial) -> None:
    words = ("--pin", trial.root_pin, "--signed-by", trial.sandbox.origin)
    shown = trial.run("verify", trial.copy, *words)
    assert shown.code == 0
    until = (trial.sandbox.at + 14 * DAY).strftime("%Y-%m-%d")
    assert f"timestamp v1, until {until}" in shown.out


@pytest.mark.row("A12")
@pytest.mark.parametrize("seen", ["cold", "warm"])
def test_a_timestamp_that_is_withheld_leaves_it_undecided(trial: Trial, seen: str) -> None:
    if seen == "warm":
        trial.expect_trusted(trial.verify(), "notary.available")
    trial.sandbox.author.damage("timestamp").withhold()
    trial.sandbox.publish()
    # The cached one would still hold. It is used only where the user says so, with its age.
    withheld = trial.verify()
    writes = FLOORS if seen == "cold" else ""  # the root, which was verified
    trial.expect_refused(withheld, "notary.available", "U", where="timestamp", writes=writes)
    if seen == "cold":
        assert withheld.verdict["warnings"] == []
        return
    (warning,) = withheld.verdict["warnings"]
    assert "--offline" in warning["text"]
    offline = trial.verify("--offline")
    trial.expect_trusted(offline)
    assert offline.verdict["freshness"] == "cached"
    assert any("cache" in one["text"] for one in offline.verdict["warnings"])


@pytest.mark.row("A13")
def test_a_root_that_has_run_out_is_refused_and_what_led_to_it_kept(trial: Trial) -> None:
    author, pins = trial.sandbox.author, [trial.root_pin]
    trial.expect_trusted(trial.verify(pins=pins), "tuf.root.expiry")
    author.rotate_root()
    expired = author.damage("root").expire(trial.sandbox.at - SECOND)
    trial.sandbox.publish()
    outcome = trial.verify(pins=pins)
    trial.expect_refused(outcome, "tuf.root.expiry", "S", where="root", writes=FLOORS)
    floors = read_floors(trial.home, trial.sandbox.origin)
    assert (floors["root"], floors["timestamp"]) == (2, 1)
    # A root of before, which has not run out, is no way round it.
    trial.sandbox.notary.roll_back(trial.sandbox.origin)
    trial.expect_refused(trial.verify(pins=pins), "tuf.version.rollback", "T", where="root")
    expired.repair()
    author.refresh("root")
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(pins=pins), "tuf.root.expiry")


@pytest.mark.parametrize(
    ("role", "code"),
    [
        pytest.param("snapshot", "tuf.snapshot.expiry", marks=pytest.mark.row("A14")),
        pytest.param("targets", "tuf.targets.expiry", marks=pytest.mark.row("A14")),
        pytest.param(RELEASES, "tuf.delegation.expiry", marks=pytest.mark.row("A15")),
        pytest.param("targets/nicolasff", "tuf.delegation.expiry", marks=pytest.mark.row("A15")),
    ],
)
def test_a_role_that_has_run_out_is_refused(trial: Trial, role: str, code: str) -> None:
    author, release = trial.sandbox.author, trial.release
    # The tag stands in every role, so that another one could be fallen through to.
    author.sign(release.tag, release.signed, release.length, roles=("targets", RELEASES))
    author.sign(release.tag, release.signed, release.length, roles=("targets/nicolasff",))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), code)
    author.damage(role).expire(trial.sandbox.at - SECOND)
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), code, "S", where=role, writes=FLOORS)


@pytest.mark.row("A16")
@pytest.mark.parametrize("way", ["unsigned", "threshold", "stranger", "corrupt"])
def test_a_delegation_with_too_few_signatures_is_never_stepped_over(trial: Trial, way: str) -> None:
    author, release = trial.sandbox.author, trial.release
    author.sign(release.tag, release.signed, release.length, roles=("targets", RELEASES))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "tuf.signature.threshold")
    harmed = author.damage(RELEASES)
    if way == "unsigned":
        harmed.drop_signatures()
    elif way == "threshold":
        keys = (*author.keys(RELEASES), author.new_key())
        author.assign(RELEASES, keys, threshold=2)
        harmed.keep_signatures(1)
    elif way == "stranger":
        harmed.impersonate(author.keys(RELEASES)[0], author.new_key())
    else:
        harmed.corrupt_signature()
    trial.sandbox.publish()
    outcome = trial.verify()
    trial.expect_refused(outcome, "tuf.signature.threshold", "T", where=RELEASES, writes=FLOORS)
