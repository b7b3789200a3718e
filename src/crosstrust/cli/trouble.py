"""Checks that did not pass, as lines on standard error and as an exit code."""

from __future__ import annotations

from collections.abc import Iterable

from crosstrust.cli.exit_code import REJECTED, TRUSTED, UNDECIDED
from crosstrust.cli.stream import write_error
from crosstrust.errors import CrosstrustError
from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.codes import remedy_of


def tell_troubles(checks: Iterable[Check]) -> None:
    """Write one line for each check; what was asked for twice is told once."""
    for check in dict.fromkeys(checks):
        error = CrosstrustError(
            check.code,
            check.where,
            expected=check.expected,
            actual=check.actual,
            remedy=check.remedy,
        )
        write_error(f"crosstrust: {told(error)}")


def told(error: CrosstrustError) -> str:
    """Return ``error`` as one line; one without a remedy of its own has that of its code."""
    lines = remedy_of(error.code, error.remedy).splitlines()
    whole = CrosstrustError(
        error.code,
        error.where,
        expected=error.expected,
        actual=error.actual,
        remedy=" ".join(lines),
    )
    return str(whole)


def trouble_code(checks: Iterable[Check], *, absent: bool) -> int:
    """Return 1 for what is absent or wrong, 3 for what could not be asked, else 0."""
    outcomes = {check.outcome for check in checks}
    if absent or Outcome.FAILED in outcomes:
        return REJECTED
    return UNDECIDED if Outcome.UNKNOWN in outcomes else TRUSTED


def absence(reference: str, origin: str) -> Check:
    """Return the check that says that a registry has no such image."""
    return Check(
        "image.tag.present",
        Outcome.FAILED,
        reference,
        expected="an image",
        actual=f"404 from {origin}" if origin else "404",
        remedy="check the name and the tag; a private repository may need `docker login`",
    )
