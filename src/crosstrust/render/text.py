"""Text for people: server text made harmless, digests cut short, times, wrapping, columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from crosstrust.oci.digest import Digest

SHORT = 12
LONGEST = 1000


def plain(text: str) -> str:
    """Return ``text`` on one line, with "?" for everything that could steer a terminal.

    Escape sequences, line ends, bidirectional marks and lone surrogates all go; what is longer
    than 1000 characters is cut.
    """
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return "".join(c if c.isprintable() else "?" for c in cut)


def short(digest: Digest | str) -> str:
    """Return the first 12 digits: for eyes, never for machines."""
    if isinstance(digest, Digest):
        return f"{digest.algorithm}:{digest.hex[:SHORT]}"
    return digest[:SHORT]


def moment(at: datetime) -> str:
    """Return "2026-05-09 07:30:12 UTC", to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def day(at: datetime) -> str:
    """Return the day in UTC, "2026-05-09"."""
    return at.astimezone(UTC).strftime("%Y-%m-%d")


def counted(number: int, noun: str) -> str:
    """Return "1 layer", "2 layers"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def wrapped(text: str, *, first: str, rest: str, width: int) -> list[str]:
    """Return the lines of ``text`` behind ``first`` and ``rest``; words are never broken."""
    # Not textwrap, which takes longer to import than all lines of a verdict to write.
    lines: list[str] = []
    line, begun = first, False
    for word in text.split():
        longer = f"{line} {word}" if begun else f"{line}{word}"
        if begun and len(longer) > width:
            lines.append(line)
            longer = f"{rest}{word}"
        line, begun = longer, True
    return [*lines, line.rstrip()]


def columns(rows: Sequence[Sequence[str]], *, least: int = 0, gap: int = 3) -> list[str]:
    """Return ``rows`` with each column but the last padded to its widest cell plus ``gap``."""
    heads = [row[:-1] for row in rows]
    widths = [max(least, max(map(len, cells)) + gap) for cells in zip(*heads, strict=True)]
    return [
        "".join(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=True)) + row[-1]
        for row in rows
    ]


def natural_key(text: str) -> list[tuple[int, int, bytes, int]]:
    """Return a sort key: numbers by value, before all else; equal numbers by leading zeros.

    The rest is compared by bytes, as docker does: 0.1.9, 0.1.12, 0.1.12-short, latest.
    """
    key: list[tuple[int, int, bytes, int]] = []
    for part in re.split(r"([0-9]+)", text):
        if part.isdigit():
            digits = part.lstrip("0")
            key.append((0, len(digits), digits.encode(), len(part)))
        else:
            key.extend((1, byte, b"", 0) for byte in part.encode("utf-8", "surrogatepass"))
    return key
