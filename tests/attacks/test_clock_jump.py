"""A wall clock that jumps while we wait: patience is measured on another one, validity on it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from tests.attacks.neighbour import Neighbour, Twist, neighbour
from tests.attacks.trial import Trial
from tests.unit.sources.loopback import Ask, Say
from tests.unit.sources.tls_authority import Authority

HOUR = timedelta(hours=1)


def set_clock(trial: Trial, jumps: Iterator[timedelta]) -> None:
    """Let the machine's wall clock be off by the next of ``jumps`` each time it is read."""

    def read() -> float:
        return time.clock_gettime(time.CLOCK_REALTIME) + next(jumps).total_seconds()

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # is one moment
            return datetime.fromtimestamp(read(), tz)

    trial.patch.setattr("crosstrust.app.clock.datetime", Jumping)
    trial.patch.setattr(time, "time", read)


def late(seconds: float) -> Twist:
    """Return the twist that answers a while later."""
    return lambda _ask, said: Say(said.status, said.headers, said.body, pause=seconds)


@pytest.fixture
def beside(trial: Trial, tmp_path: Path) -> Iterator[Neighbour]:
    with neighbour(trial, Authority(tmp_path)) as found:
        yield found


@pytest.mark.row("D28")
@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumps_ends_no_wait_early_and_makes_none_longer(
    trial: Trial, beside: Neighbour, jump: timedelta
) -> None:
    # Off by a day, and by an hour more or less each time: what was signed just now stays signed.
    set_clock(trial, (24 * HOUR + number * jump / 8 for number in itertools.count()))
    beside.twist = late(0.2)
    trial.expect_trusted(trial.verify("--timeout", "30", image=beside.image), "http.timeout")
    beside.twist = late(30)
    outcome = trial.verify("--timeout", "1", image=beside.image)
    trial.expect_refused(outcome, "http.timeout", "U", where=beside.place)


@pytest.mark.row("D28")
def test_a_wait_that_a_server_asks_for_does_not_move_with_the_clock(
    trial: Trial, beside: Neighbour
) -> None:
    left = [1]

    def busy(_ask: Ask, said: Say) -> Say:
        left[0] -= 1
        return Say(503, (("Retry-After", "1"),)) if left[0] >= 0 else said

    set_clock(trial, itertools.cycle([HOUR, -HOUR]))
    beside.twist = busy
    trial.expect_trusted(trial.verify(image=beside.image), "http.available")


@pytest.mark.row("D28")
def test_after_a_suspend_validity_is_that_of_the_clock_on_the_wall(trial: Trial) -> None:
    lifetime = trial.sandbox.author.lifetimes["timestamp"]
    trial.expect_trusted(trial.verify(), "tuf.timestamp.expiry")
    # Uptime has hardly passed; fourteen days have.
    set_clock(trial, itertools.repeat(lifetime + HOUR))
    trial.expect_refused(trial.verify(), "tuf.timestamp.expiry", "S", where="timestamp")
    set_clock(trial, itertools.repeat(lifetime - HOUR))
    trial.expect_trusted(trial.verify(), "tuf.timestamp.expiry")
