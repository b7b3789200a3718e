"""What stands above every result: the decision, and each check that did not pass."""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.codes import CODES, remedy_of
from crosstrust.evidence.verdict import Decision, Verdict
from crosstrust.render.pen import Mark, Pen
from crosstrust.render.text import moment, plain, wrapped

# More than these are in the JSON; nobody reads them on a terminal.
MOST_PROBLEMS = 10

_DECISIONS = {
    Decision.TRUSTED: Mark.OK,
    Decision.REJECTED: Mark.FAIL,
    Decision.UNDECIDED: Mark.UNKNOWN,
}
_CLASSES = {
    Class.ATTACK: "the evidence contradicts trust",
    Class.UNSIGNED: "no signature counts for what was asked for",
    Class.STALE: "too old, or not valid at this time",
    Class.CONTENT: "not what was signed, or not all there",
    Class.POLICY: "it does not meet what is demanded of an image",
    Class.REMOTE: "a server broke the protocol or a limit, or serves what is not supported",
    Class.UNREACHABLE: "something could not be reached",
    Class.CREDENTIALS: "a server wants other credentials",
    Class.LOCAL: "something is wrong on this machine",
    Class.USAGE: "the call or the policy is wrong",
}
_FRESHNESS = {
    "fresh": "trust data fresh",
    "cached": "trust data from the cache",
    "first-seen": "trust data seen first",
}
_IN_THE_WAY = (Class.UNREACHABLE, Class.CREDENTIALS, Class.LOCAL)


def heading(verdict: Verdict, pen: Pen) -> Iterator[str]:
    """Yield the decision with the time of a past one, and the kind of trouble."""
    word = verdict.decision.value.upper()
    if verdict.historic:
        word = f"{word} AS OF {moment(verdict.at)}"
    yield f"{pen.strong(word, _DECISIONS[verdict.decision])}  {plain(verdict.subject)}"
    if verdict.klass is not None:
        yield f"  {_because(verdict, verdict.klass)}"


def origin(verdict: Verdict) -> Iterator[str]:
    """Yield whose signature counts, where it is not the subject's own, and what was asked for."""
    if not f"{verdict.subject}@".startswith(f"{verdict.signed_by}@"):
        yield f"  signed as {plain(verdict.signed_by)}"
    if verdict.asked:
        yield f"  platforms asked for: {', '.join(map(plain, verdict.asked))}"


def _because(verdict: Verdict, klass: Class) -> str:
    if verdict.decision is Decision.UNDECIDED and klass not in _IN_THE_WAY:
        return "not enough to decide: see what is missing"
    return _CLASSES[klass]


def problems(verdict: Verdict, pen: Pen) -> Iterator[list[str]]:
    """Yield a block of lines for each check that failed or could not be made."""
    checks = list(dict.fromkeys((*verdict.failures, *verdict.gaps)))
    for check in checks[:MOST_PROBLEMS]:
        yield list(problem_lines(check, pen))
    more = len(checks) - MOST_PROBLEMS
    if more > 0:
        yield [f"and {more} more: --format json lists them all"]


def problem_lines(check: Check, pen: Pen) -> Iterator[str]:
    """Yield what is wrong, where, and what to do: a check that failed or could not be made."""
    mark = Mark.FAIL if check.outcome is Outcome.FAILED else Mark.UNKNOWN
    known = CODES.get(check.code)
    yield f"{pen.mark(mark)} {pen.strong(plain(check.code), mark)}"
    if known is not None:
        yield from labelled("checked", known.title, pen)
    yield from labelled("where", check.where, pen)
    yield from labelled("expected", check.expected, pen)
    yield from labelled("found", check.actual, pen)
    yield from labelled("do", remedy_of(check.code, check.remedy), pen)


def labelled(label: str, text: str, pen: Pen) -> Iterator[str]:
    """Lines of ``text`` beside its label; all but the first are for copying, so never wrapped."""
    first, *more = text.split("\n")
    if text:
        lines = wrapped(plain(first), first=f"  {label:<10}", rest=" " * 12, width=pen.width)
        yield from (*lines, *(f"{'':<12}{plain(line)}" for line in more))


def when(verdict: Verdict) -> str:
    """Return the time that the verdict holds for, what it rests on, and how fresh the data is."""
    basis = "chosen by the user" if verdict.basis == "user" else "this machine's clock"
    freshness = _FRESHNESS.get(verdict.freshness, "freshness not known")
    return f"{moment(verdict.at)}, {basis}; {freshness}"
