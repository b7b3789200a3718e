"""Whether the time to judge for can be right: nothing was signed after it.

A clock that is set back revives what has run out. How far it may be wrong is one day: more than
time zones and a leap of the clock explain, less than what an attacker gains. A time that the user
chose is meant as written, and has no such slack.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from crosstrust.chain.question import Question
from crosstrust.chain.scheme import Judgement
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Step

CLOCK_SLACK = timedelta(days=1)


def judge_moment(question: Question, judgement: Judgement) -> Iterator[Step]:
    """Yield one step, if the metadata says when it was begun; it concludes nothing.

    The end of validity is not looked at here: each role's own expiry says it.
    """
    if judgement.begun is None:
        return
    judged = _judge_chosen if question.historic else _judge_clock
    yield Step((), Claim("none", question.gun, ""), judged(question.at, judgement.begun))


def _judge_clock(at: datetime, begun: datetime) -> Check:
    code, where = "time.clock.plausible", "clock"
    expected = f"{(begun - CLOCK_SLACK).isoformat()} or later"
    if at >= begun - CLOCK_SLACK:
        return Check.passed(code, where, expected=expected, actual=at.isoformat())
    remedy = f"set the clock: a certificate that signed was made at {begun.isoformat()}"
    return Check(code, Outcome.FAILED, where, Class.STALE, expected, at.isoformat(), remedy)


def _judge_chosen(at: datetime, begun: datetime) -> Check:
    code, where = "time.reference.valid", "--at"
    expected = f"{begun.isoformat()} or later"
    if at >= begun:
        return Check.passed(code, where, expected=expected, actual=at.isoformat())
    remedy = "choose a later time: what is judged was signed with a certificate made after it"
    return Check(code, Outcome.FAILED, where, Class.STALE, expected, at.isoformat(), remedy)
