"""Servers that are busy, broken or gone: asked again within reason, then undecided."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from crosstrust.app.clock import now
from crosstrust.sandbox.exchange import answer_error
from tests.attacks.neighbour import Neighbour, Twist, neighbour
from tests.attacks.trial import Trial
from tests.unit.sources.loopback import Ask, Say
from tests.unit.sources.tls_authority import Authority

LIMITED = "registry.rate.limited"
AWAY = "http.available"
# Longer than anybody waits: the answer is then told at once.
LATER = "3600"


@pytest.fixture
def beside(trial: Trial, tmp_path: Path) -> Iterator[Neighbour]:
    with neighbour(trial, Authority(tmp_path)) as found:
        yield found


def always(status: int, **fields: str) -> Twist:
    """Return the twist that answers ``status`` to everything."""
    headers = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    body = b'{"errors":[{"code":"TOOMANYREQUESTS","message":"pull rate limit"}]}'
    return lambda _ask, _said: Say(status, headers, body)


def first(number: int, twist: Twist) -> Twist:
    """Return the twist that does so ``number`` times, and then lets answers be."""
    left = [number]

    def twisted(ask: Ask, said: Say) -> Say:
        left[0] -= 1
        return twist(ask, said) if left[0] >= 0 else said

    return twisted


@pytest.mark.row("B52")
def test_a_server_that_asks_to_come_back_later_is_told_with_when(
    trial: Trial, beside: Neighbour
) -> None:
    trial.expect_trusted(trial.verify(image=beside.image), LIMITED)
    date = format_datetime(now() + timedelta(hours=1), usegmt=True)
    for value, said in ((LATER, "3600 s"), (date, " s"), ("9999999999", "9999999999 s")):
        beside.forget()
        beside.twist = always(429, Retry_After=value)
        outcome = trial.verify("--no-cache", image=beside.image)
        trial.expect_refused(outcome, LIMITED, "U", where=beside.place)
        told = [one for one in outcome.checks("unknown") if one["code"] == LIMITED]
        assert {said in one["remedy"] for one in told} == {True}
        assert {"pull rate limit" in one["actual"] for one in told} == {True}
        assert len(beside.asks) == 1


@pytest.mark.row("B52")
def test_a_short_wait_is_waited_and_three_tries_are_all(trial: Trial, beside: Neighbour) -> None:
    beside.twist = first(2, always(429, Retry_After="0"))
    trial.expect_trusted(trial.verify(image=beside.image), LIMITED)
    past = format_datetime(now() - timedelta(hours=1), usegmt=True)
    for value in ("0", past):
        beside.forget()
        beside.twist = always(429, Retry_After=value)
        trial.expect_refused(trial.verify(image=beside.image), LIMITED, "U", where=beside.place)
        assert len(beside.asks) == 3


@pytest.mark.row("B52")
@pytest.mark.parametrize("value", ["-5", "soon", ""])
def test_a_wait_that_says_nothing_is_our_own(trial: Trial, beside: Neighbour, value: str) -> None:
    beside.twist = first(1, always(429, Retry_After=value))
    trial.expect_trusted(trial.verify(image=beside.image), LIMITED)
    assert len(beside.asks) > 2


@pytest.mark.row("B53")
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_asked_again_and_then_undecided(
    trial: Trial, beside: Neighbour, status: int
) -> None:
    beside.twist = first(2, always(status, Retry_After="0"))
    trial.expect_trusted(trial.verify(image=beside.image), AWAY)
    beside.forget()
    beside.twist = always(status, Retry_After="0")
    trial.expect_refused(trial.verify(image=beside.image), AWAY, "U", where=beside.place)
    assert len(beside.asks) == 3


@pytest.mark.row("B53")
def test_a_notary_server_that_fails_is_undecided_with_or_without_a_cache(trial: Trial) -> None:
    for status in (500, 503):
        trial.service.fail("notary.docker.io", answer_error(status, "X", "", Retry_After=LATER))
        trial.expect_refused(trial.verify(), "notary.available", "U", where="notary.docker.io")
    trial.service.recover()
    trial.expect_trusted(trial.verify(), "notary.available")
    trial.service.fail("notary.docker.io", answer_error(502, "X", "", Retry_After=LATER))
    outcome = trial.verify()
    trial.expect_refused(outcome, "notary.available", "U", where="notary.docker.io")
    assert any("--offline" in one["text"] for one in outcome.verdict["warnings"])


@pytest.mark.row("B53")
def test_a_connection_that_breaks_is_opened_again(trial: Trial, beside: Neighbour) -> None:
    broken: Twist = lambda _ask, _said: Say(raw=b"")  # noqa: E731 - beside its use
    beside.twist = first(1, broken)
    trial.expect_trusted(trial.verify(image=beside.image), AWAY)
    beside.twist = broken
    # The time of the request ends before the next try would begin.
    outcome = trial.verify("--timeout", "2", image=beside.image)
    trial.expect_refused(outcome, AWAY, "U", where=beside.place)


@pytest.mark.row("B53")
def test_nobody_at_the_address_is_undecided(trial: Trial, beside: Neighbour) -> None:
    trial.expect_trusted(trial.verify(image=beside.image), AWAY)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = f"localhost:{taken.getsockname()[1]}"
        outcome = trial.verify("--timeout", "2", image=beside.image.replace(beside.place, place))
        trial.expect_refused(outcome, AWAY, "U", where=place)
