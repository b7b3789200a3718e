"""How a role says when it ends: every form that Go writes and reads, and no other."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest

from crosstrust.app.clock import now
from tests.attacks.kept import FLOORS
from tests.attacks.trial import Trial

FORM = "tuf.metadata.form"


@pytest.mark.row("A94")
def test_times_are_read_as_go_reads_them(trial: Trial) -> None:
    later = now() + timedelta(days=30)
    whole = later.strftime("%Y-%m-%dT%H:%M:%S")
    abroad = later.astimezone(timezone(timedelta(hours=-8))).strftime("%Y-%m-%dT%H:%M:%S-08:00")
    targets = trial.sandbox.author.damage("targets")
    for text in (f"{whole}.123456789Z", f"{whole}+00:00", abroad, "9999-12-31T23:59:59Z"):
        targets.set_member("expires", text)
        trial.sandbox.publish()
        outcome = trial.verify()
        trial.expect_trusted(outcome, FORM)
        ends = {
            one["where"]: one["actual"]
            for one in outcome.checks("passed")
            if one["code"] == "tuf.targets.expiry"
        }
        assert ends["targets"] in {
            later.replace(microsecond=123456).isoformat(),
            later.replace(microsecond=0).isoformat(),
            "9999-12-31T23:59:59+00:00",
        }
        targets.repair()
    refused: tuple[object, ...] = (
        whole,
        f"{whole}z",
        whole.replace("T", "t") + "Z",
        whole.replace("T", " ") + "Z",
        f"{whole}.Z",
        f"{whole}.1234567890Z",
        f"{whole},5Z",
        f"{whole}+0200",
        f"{whole}+02",
        f"{whole}+24:00",
        f"{whole[:-2]}60Z",
        f"{whole[:10]}T24:00:00Z",
        f"{whole[:16]}Z",
        whole[:10],
        "2030-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "",
        "never",
        1893456000,
        None,
    )
    for value in refused:
        targets.set_member("expires", value)
        trial.sandbox.publish()
        outcome = trial.verify()
        trial.expect_refused(outcome, FORM, "T", where="targets expires", writes=FLOORS)
        targets.repair()


@pytest.mark.row("A94")
def test_times_are_compared_as_moments(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "tuf.targets.expiry")
    # By its digits this is in the future; in UTC it is past.
    ahead = (now() - timedelta(hours=1)).astimezone(timezone(timedelta(hours=9)))
    assert ahead.replace(tzinfo=UTC) > now()
    targets = trial.sandbox.author.damage("targets")
    for text in (ahead.isoformat(), "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"):
        targets.set_member("expires", text)
        trial.sandbox.publish()
        outcome = trial.verify()
        trial.expect_refused(outcome, "tuf.targets.expiry", "S", where="targets", writes=FLOORS)
        targets.repair()
