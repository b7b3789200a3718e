"""Versions among tags, and ranges of them: what ``versions = ">=0.1.12,<0.1.19"`` means.

A version is dotted integers with an optional ``v``: ``0.1.19`` and ``v2`` are versions,
``0.1.19-short`` and ``latest`` are not. Missing parts count as zero, so ``0.1`` equals ``0.1.0``.
"""

from __future__ import annotations

import re

from crosstrust.errors import MalformedError
from crosstrust.value import dataclass

Version = tuple[int, ...]

# A tag has at most 128 characters, so a version has too.
_LENGTH = 128
_VERSION = r"v?([0-9]+(?:\.[0-9]+)*)"
_COMPARISON = r"\s*(<=|>=|<|>|=)\s*(\S+)\s*"
_EXAMPLE = 'comparisons such as ">=0.1.12,<0.1.19"'
_ZERO: Version = ()


def parse_version(tag: str) -> Version | None:
    """Return the version that a tag writes, without trailing zeros, or None if it is none."""
    form = re.fullmatch(_VERSION, tag, re.ASCII) if len(tag) <= _LENGTH else None
    if form is None:
        return None
    numbers = [int(part) for part in form[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


@dataclass(frozen=True, slots=True)
class VersionRange:
    """All versions from ``low`` to ``high`` (None: without end); ``*_in``: the bound belongs."""

    low: Version = _ZERO
    low_in: bool = True
    high: Version | None = None
    high_in: bool = False

    def holds(self, tag: str) -> bool:
        """Return True if ``tag`` is a version in this range."""
        version = parse_version(tag)
        return version is not None and self._above_low(version) and self._below_high(version)

    @property
    def empty(self) -> bool:
        """True where no version can be in this range."""
        # Between two versions there is always another: 0.1 < 0.1.0.1 < 0.1.1.
        if self.high is None or self.low < self.high:
            return False
        return self.low > self.high or not (self.low_in and self.high_in)

    def covers(self, other: VersionRange) -> bool:
        """Return True if every version of ``other`` is in this range."""
        if other.empty:
            return True
        from_here = (self.low, not self.low_in) <= (other.low, not other.low_in)
        if self.high is None:
            return from_here
        if other.high is None:
            return False
        return from_here and (other.high, other.high_in) <= (self.high, self.high_in)

    def __str__(self) -> str:
        parts = []
        if self.low or not self.low_in or self.high is None:
            parts.append((">=" if self.low_in else ">") + _dotted(self.low))
        if self.high is not None:
            parts.append(("<=" if self.high_in else "<") + _dotted(self.high))
        return ",".join(parts)

    def _above_low(self, version: Version) -> bool:
        return version >= self.low if self.low_in else version > self.low

    def _below_high(self, version: Version) -> bool:
        if self.high is None:
            return True
        return version <= self.high if self.high_in else version < self.high

    def _narrowed(self, operator: str, version: Version) -> VersionRange:
        low, low_in, high, high_in = self.low, self.low_in, self.high, self.high_in
        if operator in {">", ">=", "="}:
            low, not_in = max((low, not low_in), (version, operator == ">"))
            low_in = not not_in
        if operator in {"<", "<=", "="}:
            bound = (version, operator != "<")
            high, high_in = bound if high is None else min((high, high_in), bound)
        return VersionRange(low, low_in, high, high_in)


def _dotted(version: Version) -> str:
    return ".".join(str(number) for number in version) or "0"


def parse_version_range(text: str) -> VersionRange:
    """Return the range that comma-separated comparisons describe; all of them must hold.

    Operators: ``<`` ``<=`` ``>`` ``>=`` ``=``. Raises ``MalformedError`` ("policy.form").
    """
    versions = VersionRange()
    for part in text.split(","):
        comparison = re.fullmatch(_COMPARISON, part, re.ASCII)
        version = parse_version(comparison[2]) if comparison else None
        if comparison is None or version is None:
            raise MalformedError(
                "policy.form",
                "versions",
                expected=_EXAMPLE,
                actual=repr(part[:80]),
                remedy="compare with < <= > >= = and dotted integers; for other tags use `tags`",
            )
        versions = versions._narrowed(comparison[1], version)  # noqa: SLF001 - same module
    return versions
