"""Where a command writes: its result, and what it says beside it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from crosstrust.cli.output import write_output
from crosstrust.cli.parser import Values
from crosstrust.cli.stream import is_terminal, terminal_width, write_error, write_out
from crosstrust.value import dataclass

if TYPE_CHECKING:
    from crosstrust.render.pen import Pen


@dataclass(frozen=True, slots=True)
class Console:
    """``output``: the file that takes the result, or None for standard output."""

    output: str | None = None
    quiet: bool = False
    verbose: bool = False

    def result(self, text: str | bytes) -> None:
        """Write the whole result of the command: call this once."""
        if self.output is None:
            write_out(text)
        else:
            write_output(self.output, text.encode() if isinstance(text, str) else text)

    def note(self, line: str) -> None:
        """Say one line on standard error, unless that is to be quiet."""
        if not self.quiet:
            write_error(line)

    def detail(self, line: str) -> None:
        """Say one line on standard error, if that is to be verbose."""
        if self.verbose and not self.quiet:
            write_error(line)

    @property
    def color(self) -> bool:
        """True where the result goes to a terminal that wants colours (https://no-color.org)."""
        wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return wanted and self.output is None and is_terminal(sys.stdout)

    @property
    def unicode(self) -> bool:
        """True where the result may have more than ASCII."""
        encoding = (sys.stdout and sys.stdout.encoding) or ""
        return self.output is not None or encoding.lower().startswith("utf")

    @property
    def width(self) -> int:
        """The columns to fill: of the terminal, of ``COLUMNS``, or 80."""
        return terminal_width(look=self.output is None)

    @property
    def pen(self) -> Pen:
        """How to draw the result."""
        from crosstrust.render.pen import Pen

        return Pen(color=self.color, unicode=self.unicode, width=self.width)

    @property
    def progress(self) -> bool:
        """True where progress may be drawn."""
        return not self.quiet and is_terminal(sys.stderr)


def open_console(values: Values) -> Console:
    """Return the console that the options of a command ask for."""
    return Console(values.output, quiet=values.quiet, verbose=values.verbose)
