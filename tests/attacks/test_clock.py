"""Clocks that are wrong, and times that the user chooses."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from crosstrust.app.clock import now
from crosstrust.sandbox.key import certify, generate
from crosstrust.sandbox.role import RELEASES
from tests.attacks.kept import FLOORS
from tests.attacks.trial import Trial

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PLAUSIBLE, VALID = "time.clock.plausible", "time.reference.valid"


def release_with_certificate(trial: Trial, start: datetime) -> None:
    """Release the tag with a signer's key whose certificate begins at ``start``."""
    author, release = trial.sandbox.author, trial.release
    key = generate("ecdsa-x509", name="nicolasff", at=start)
    author.delegate(RELEASES, keys=(key,))
    author.sign(release.tag, release.signed, release.length, roles=(RELEASES,))
    trial.sandbox.publish()


def at(moment: datetime) -> tuple[str, str]:
    return "--at", moment.isoformat()


@pytest.mark.row("A105")
def test_a_clock_before_the_root_certificate_is_told(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), PLAUSIBLE, "tuf.root.certificate_start")
    # To the user of an author who works in the future, it is the own clock that is set back.
    trial.sandbox.author.at = now() + 2 * DAY
    trial.sandbox.author.rotate_root()
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), PLAUSIBLE, "S", where="clock", writes=FLOORS)


@pytest.mark.row("A105")
def test_a_clock_before_a_signers_certificate_is_told(trial: Trial) -> None:
    release_with_certificate(trial, now() + DAY - HOUR)
    trial.expect_trusted(trial.verify(), PLAUSIBLE)
    release_with_certificate(trial, now() + DAY + HOUR)
    trial.expect_refused(trial.verify(), PLAUSIBLE, "S", where="clock", writes=FLOORS)
    outcome = trial.run("inspect", trial.sandbox.origin, "--pin", trial.root_pin)
    assert outcome.code == 1
    assert PLAUSIBLE in outcome.out


@pytest.mark.row("A105")
def test_a_certificate_that_proves_nothing_says_nothing_of_the_clock(trial: Trial) -> None:
    author = trial.sandbox.author
    later = generate("ecdsa-x509", name=trial.sandbox.origin, at=now() + 30 * DAY)
    # Listed for later, but it has not signed.
    author.assign("root", (*author.keys("root"), later))
    author.damage("root").sign_with(*author.keys("root")[:1])
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), PLAUSIBLE)
    # Nobody vouches for the stranger's root: it is no evidence, whatever it says.
    stranger = trial.run(
        "verify", trial.sandbox.origin, "--format", "json", "--pin", f"root={'0' * 64}"
    )
    assert PLAUSIBLE not in {one["code"] for one in stranger.checks("passed")}


@pytest.mark.row("A106")
def test_the_time_of_a_verdict_is_one_and_is_shown(trial: Trial) -> None:
    outcome = trial.verify()
    trial.expect_trusted(outcome, "tuf.timestamp.expiry")
    time = outcome.verdict["time"]
    assert (time["basis"], outcome.verdict["historic"]) == ("clock", False)
    ended = [one for one in outcome.checks("passed") if one["code"].endswith(".expiry")]
    assert {datetime.fromisoformat(one["expected"]) for one in ended} == {
        datetime.fromisoformat(time["at"])
    }


@pytest.mark.row("A106")
def test_a_clock_that_is_set_forward_expires_and_the_past_is_never_plain_trusted(
    trial: Trial,
) -> None:
    trial.expect_trusted(trial.verify())
    # The timestamp of 20 days ago ran out 6 days ago.
    trial.sandbox.author.at = now() - 20 * DAY
    certified = certify(
        trial.sandbox.author.keys("root")[0], name=trial.sandbox.origin, at=now() - 30 * DAY
    )
    trial.sandbox.author.assign("root", (certified,))
    trial.sandbox.publish()
    pins = (f"root={certified.scoped}",)
    trial.expect_refused(trial.verify(pins=pins), "tuf.timestamp.expiry", "S", writes=FLOORS)
    historic = trial.verify(*at(now() - 10 * DAY), pins=pins)
    trial.expect_trusted(historic, "tuf.timestamp.expiry", VALID)
    assert not [name for name in historic.written if name.startswith(FLOORS)]
    assert historic.verdict["historic"] is True
    assert historic.verdict["time"]["basis"] == "user"
    told = trial.run(
        "verify",
        trial.copy,
        *("--signed-by", trial.sandbox.origin, "--pin", pins[0], "--format", "tree"),
        *at(now() - 10 * DAY),
    )
    assert told.code == 0
    assert "TRUSTED AS OF" in told.out


@pytest.mark.row("A107")
def test_a_time_before_what_was_signed_is_refused(trial: Trial) -> None:
    began = trial.sandbox.at
    trial.expect_trusted(trial.verify(*at(now())), VALID)
    # No slack: the user means the time as written.
    outcome = trial.verify(*at(began - HOUR))
    trial.expect_refused(outcome, VALID, "S", where="--at")
    # Of the signer's certificate only this code tells; the root's was valid by then.
    release_with_certificate(trial, now() + HOUR)
    trial.expect_trusted(trial.verify())
    outcome = trial.verify(*at(now() + HOUR / 2))
    trial.expect_refused(outcome, VALID, "S", where="--at")
    assert {one["code"] for one in outcome.checks("failed")} == {VALID}


@pytest.mark.row("A107")
def test_a_time_after_the_earliest_expiry_is_refused_by_its_role(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(*at(now() + 13 * DAY)))
    # Each expiry keeps the code of its role, whoever chose the time.
    outcome = trial.verify(*at(now() + 15 * DAY))
    trial.expect_refused(outcome, "tuf.timestamp.expiry", "S", where="timestamp")
