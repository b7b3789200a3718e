"""The graph of steps, and which claims follow from the axioms.

Trust is derived, never the absence of a failure: AND is several premises of one step, OR is
several steps with one conclusion. A step without premises proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """If every premise holds and the check passed, the conclusion holds."""

    premises: tuple[Claim, ...]
    conclusion: Claim
    check: Check


@dataclass(frozen=True, slots=True)
class Evidence:
    """Steps in the order in which they were judged."""

    steps: tuple[Step, ...] = ()

    def __or__(self, other: Evidence) -> Evidence:
        return Evidence(self.steps + other.steps)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every check, in the order in which it was made."""
        return tuple(step.check for step in self.steps)

    def holding(self, axioms: Iterable[Claim]) -> frozenset[Claim]:
        """Return every claim that follows from ``axioms``."""
        held = set(axioms)
        left = [s for s in self.steps if s.premises and s.check.outcome is Outcome.PASSED]
        # Steps stand in the order in which they were judged, so one or two passes are enough.
        while True:
            waiting = []
            for step in left:
                if held.issuperset(step.premises):
                    held.add(step.conclusion)
                else:
                    waiting.append(step)
            if len(waiting) == len(left):
                return frozenset(held)
            left = waiting


def staged(
    premises: Iterable[Claim], conclusion: Claim, checks: Sequence[Check]
) -> tuple[Step, ...]:
    """Steps that reach ``conclusion`` only if every check in ``checks`` passed, in order.

    No checks: no steps, so the conclusion does not follow.
    """
    steps: list[Step] = []
    below = tuple(premises)
    for number, check in enumerate(checks, start=1):
        last = number == len(checks)
        stage = Claim("stage", f"{conclusion.kind} {conclusion.subject}", conclusion.value)
        above = (
            conclusion
            if last
            else Claim("stage", stage.subject, f"{stage.value} {number} {check.code}")
        )
        steps.append(Step(below, above, check))
        below = (above,)
    return tuple(steps)
