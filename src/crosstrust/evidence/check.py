"""A check: what was looked at, what came out, and what the reader can do."""

from __future__ import annotations

from enum import Enum

from crosstrust.value import dataclass


class Outcome(Enum):
    """What a check gave. UNKNOWN is "we could not look", and never counts as passed."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Class(Enum):
    """The kind of trouble, which decides what a caller may do next."""

    ATTACK = "T"  # evidence contradicts trust: alarm, never retry blindly
    UNSIGNED = "N"  # no signature for what was asked
    STALE = "S"  # freshness or validity time cannot be shown
    CONTENT = "M"  # content differs from what was signed
    POLICY = "P"  # signed and intact, but the policy says no
    REMOTE = "R"  # a server broke the protocol or a limit
    UNREACHABLE = "U"  # could not find out: retry later
    CREDENTIALS = "A"  # credentials missing or refused: log in
    LOCAL = "L"  # this machine's state, disk or keys
    USAGE = "X"  # wrong call, policy or reference


@dataclass(frozen=True, slots=True)
class Check:
    """One look, with its place and, where it did not pass, the remedy.

    ``code`` is stable and listed in ``evidence/codes.py``; ``where`` names role, digest,
    platform or URL path; ``expected`` and ``actual`` are values, never prose.
    """

    code: str
    outcome: Outcome
    where: str
    klass: Class | None = None
    expected: str = ""
    actual: str = ""
    remedy: str = ""

    @classmethod
    def passed(cls, code: str, where: str, *, expected: str = "", actual: str = "") -> Check:
        """A check that came out as it must."""
        return cls(code, Outcome.PASSED, where, None, expected, actual)
