"""Untrusted text inside a message: short, on one line, without control characters."""

from __future__ import annotations

LENGTH = 160


def excerpt(text: str, length: int = LENGTH) -> str:
    """Return at most ``length`` characters of ``text``; what cannot be shown is escaped.

    Terminal escapes, line ends and characters that change the direction of writing are not
    printable, so none of them gets through.
    """
    cut = text if len(text) <= length else f"{text[:length]}..."
    return cut if cut.isprintable() else ascii(cut)[1:-1]
