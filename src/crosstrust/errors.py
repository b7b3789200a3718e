"""Every exception of crosstrust, and what each one means to the caller.

    CrosstrustError
    +-- InputError          the call is wrong: reference, option, pin, policy (exit 2)
    +-- MalformedError      bytes from elsewhere do not have the form they claim
    |   +-- LimitError      bytes from elsewhere are larger or deeper than allowed
    +-- StateError          this machine's own files cannot be read or written (exit 3)
    +-- NotTrustedError     in ``evidence.verdict``: ``Verdict.require`` raises it

Each carries the same five texts, so that a message can always say what is
wrong, where, and what to do. None of them ever holds a secret.
"""

from __future__ import annotations


class CrosstrustError(Exception):
    """The base of all; ``code`` is stable and listed in ``evidence/codes.py``."""

    def __init__(
        self,
        code: str,
        where: str,
        *,
        expected: str = "",
        actual: str = "",
        remedy: str = "",
    ) -> None:
        self.code = code
        self.where = where
        self.expected = expected
        self.actual = actual
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        """Return one line: code, place, what was expected and found, what to do."""
        parts = [f"{self.code}: {self.where}"]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.actual:
            parts.append(f"found {self.actual}")
        if self.remedy:
            parts.append(self.remedy)
        return "; ".join(parts)


class InputError(CrosstrustError):
    """The user's call cannot be carried out as written; nothing was done."""


class MalformedError(CrosstrustError):
    """Untrusted bytes are not what they claim to be; the judge turns this into a failed check."""


class LimitError(MalformedError):
    """Untrusted bytes exceed a limit of ``oci/limits.py``; reading stopped there."""


class StateError(CrosstrustError):
    """A file of this machine (trust store, cache, credentials) cannot be used."""
