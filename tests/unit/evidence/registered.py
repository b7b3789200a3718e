"""A finding says what the registry of codes allows it to say."""

from __future__ import annotations

from collections.abc import Iterable

from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.codes import CODES


def check_registered(checks: Iterable[Check]) -> None:
    """Fail for a check whose class its code does not have, or that has a class and passed."""
    for check in checks:
        if check.outcome is Outcome.PASSED:
            assert check.klass is None, check
        else:
            assert check.klass is not None, check
            assert check.klass.value in CODES[check.code].classes, check
