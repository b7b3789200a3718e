"""Exit codes, and which one wins where several images were asked about."""

from __future__ import annotations

from collections.abc import Iterable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crosstrust.evidence.verdict import Decision

TRUSTED = 0
REJECTED = 1
USAGE = 2
UNDECIDED = 3
BUG = 4
INTERRUPTED = 130

_GRAVEST_FIRST = (BUG, USAGE, REJECTED, UNDECIDED, TRUSTED)
_OF_DECISION = {"trusted": TRUSTED, "rejected": REJECTED, "undecided": UNDECIDED}


def worst(codes: Iterable[int]) -> int:
    """Return the gravest of ``codes``: 4, 2, 1, 3, 0 in that order. None at all is our bug."""
    found = set(codes)
    return next((code for code in _GRAVEST_FIRST if code in found), BUG)


def exit_code(decision: Decision) -> int:
    """Return the exit code that stands for a decision."""
    return _OF_DECISION[decision.value]
