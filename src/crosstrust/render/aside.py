"""What a form without words leaves out: when a verdict holds, and what it warns of, as lines."""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.evidence.verdict import Notice, Verdict
from crosstrust.render.text import moment


def past_line(verdict: Verdict) -> str:
    """Return that ``verdict`` is one on the past, and on which moment; "" for the present."""
    if not verdict.historic:
        return ""
    word = verdict.decision.value.upper()
    return f"{verdict.subject}: {word} AS OF {moment(verdict.at)}; it says nothing about now"


def warning_line(notice: Notice) -> str:
    """Return a warning with its place and its code."""
    return f"warning: {notice.where}: {notice.text} ({notice.code})"


def warning_lines(verdict: Verdict) -> Iterator[str]:
    """Yield the warnings of ``verdict``, and the root keys that nobody pinned."""
    for use in verdict.keys:
        if use.pinned == "first seen":
            text = f"root key {use.scoped} is not pinned: it was seen first here, by --tofu"
            yield warning_line(Notice("pin.present", verdict.signed_by, text))
    yield from map(warning_line, verdict.warnings)
