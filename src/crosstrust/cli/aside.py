"""What is said on standard error beside a form that has no words for it."""

from __future__ import annotations

from collections.abc import Iterable

from crosstrust.cli.console import Console
from crosstrust.cli.stream import write_error
from crosstrust.evidence.verdict import Notice, Verdict


def tell_asides(verdicts: Iterable[Verdict], console: Console) -> None:
    """Write when past verdicts hold, which is never quiet, and all warnings, each once."""
    from crosstrust.render.aside import past_line, warning_lines

    found = list(verdicts)
    for line in filter(None, map(past_line, found)):
        write_error(f"crosstrust: {line}")
    for line in dict.fromkeys(line for verdict in found for line in warning_lines(verdict)):
        console.note(f"crosstrust: {line}")


def tell_warnings(notices: Iterable[Notice], console: Console) -> None:
    """Write one line for each notice, unless standard error is to be quiet."""
    from crosstrust.render.aside import warning_line

    for notice in notices:
        console.note(f"crosstrust: {warning_line(notice)}")
