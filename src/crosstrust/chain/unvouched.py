"""What differs from a signature that no pinned key vouches for.

Whoever made that signature, the copy need not agree with it: a difference contradicts nothing
that is known, and is told as a warning. What contradicts itself is rejected all the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.graph import Step
from crosstrust.evidence.verdict import Notice

# What compares with the signed bytes alone.
_COMPARED = frozenset(
    {
        "image.artifact.supported",
        "image.config.same",
        "image.platform.extra",
        "image.platform.present",
        "image.tag.signed",
        "tuf.meta.hash",
        "tuf.meta.length",
    }
)


def without_comparison(steps: Iterable[Step]) -> tuple[tuple[Step, ...], tuple[Notice, ...]]:
    """Return ``steps`` without what only a difference from the signature fails, and that told."""
    kept: list[Step] = []
    told: list[Notice] = []
    for step in steps:
        if _is_difference(step.check):
            told.append(_notice(step.check))
        else:
            kept.append(step)
    return tuple(kept), tuple(dict.fromkeys(told))


def _is_difference(check: Check) -> bool:
    # A platform that the user demands, and the copy lacks, is missing whoever signed what.
    demanded = ("image.platform.present", Class.POLICY)
    failed = check.outcome is Outcome.FAILED and check.code in _COMPARED
    return failed and (check.code, check.klass) != demanded


def _notice(check: Check) -> Notice:
    text = f"no pinned key vouches for the signature, which the copy differs from: {check.actual}"
    return Notice(check.code, check.where, f"{text}; signed: {check.expected}")
