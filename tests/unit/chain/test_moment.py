"""When the time to judge for is refused: edges, to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crosstrust.chain.moment import CLOCK_SLACK, judge_moment
from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Demand, Question
from crosstrust.chain.scheme import Judgement
from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.graph import Evidence
from crosstrust.oci.reference import parse_reference

BEGUN = datetime(2026, 5, 9, 7, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def moment_checks(
    at: datetime, *, historic: bool, begun: datetime | None = BEGUN
) -> list[tuple[str, str]]:
    image = parse_reference("docker.io/nicolas/webdis:0.1.19")
    question = Question(image, image, Pins(), Demand(), at, historic)
    steps = list(judge_moment(question, Judgement(Evidence(), b"", None, "fresh", begun)))
    assert not Evidence(tuple(steps)).holding([])
    return [(shown(step.check), step.check.where) for step in steps]


def shown(check: Check) -> str:
    assert check.outcome is Outcome.PASSED or (check.klass is not None and check.remedy)
    return f"{check.code} {check.klass.value if check.klass else 'passed'}"


@pytest.mark.parametrize(
    ("at", "result"),
    [(BEGUN - CLOCK_SLACK, "passed"), (BEGUN - CLOCK_SLACK - TICK, "S"), (BEGUN, "passed")],
)
def test_a_clock_may_be_one_day_behind_what_was_signed(at: datetime, result: str) -> None:
    found = moment_checks(at, historic=False)
    assert found == [(f"time.clock.plausible {result}", "clock")]


@pytest.mark.parametrize(("at", "result"), [(BEGUN, "passed"), (BEGUN - TICK, "S")])
def test_a_chosen_time_is_taken_as_written(at: datetime, result: str) -> None:
    assert moment_checks(at, historic=True) == [(f"time.reference.valid {result}", "--at")]


def test_without_a_signed_date_nothing_is_said() -> None:
    for historic in (True, False):
        assert moment_checks(BEGUN, historic=historic, begun=None) == []
