"""How marks, lines and colours look on one terminal: unicode or ASCII, coloured or not."""

from __future__ import annotations

from enum import IntEnum

from crosstrust.value import dataclass


class Mark(IntEnum):
    """What the checks of one link gave, gravest last, so that ``max`` finds the gravest.

    ASIDE: nobody asked, so that nothing follows from it.
    """

    ASIDE = -1
    OK = 0
    UNKNOWN = 1
    FAIL = 2


_UNICODE = {Mark.ASIDE: "-", Mark.OK: "✓", Mark.UNKNOWN: "?", Mark.FAIL: "✗"}
_ASCII = {Mark.ASIDE: "[--]", Mark.OK: "[ok]", Mark.UNKNOWN: "[??]", Mark.FAIL: "[FAIL]"}
_COLOURS = {Mark.ASIDE: "2", Mark.OK: "32", Mark.UNKNOWN: "33", Mark.FAIL: "31"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """``width`` in columns; ``color`` writes ANSI sequences; without ``unicode`` only ASCII."""

    color: bool = False
    unicode: bool = True
    width: int = 80

    def mark(self, mark: Mark) -> str:
        """Return the sign of ``mark``."""
        sign = (_UNICODE if self.unicode else _ASCII)[mark]
        return self._painted(sign, _COLOURS[mark])

    def mark_width(self, mark: Mark) -> int:
        """Return how many columns the sign takes."""
        return len((_UNICODE if self.unicode else _ASCII)[mark])

    def strong(self, text: str, mark: Mark) -> str:
        """Return ``text`` in bold, in the colour of ``mark``."""
        return self._painted(text, f"1;{_COLOURS[mark]}")

    def faint(self, text: str) -> str:
        """Return ``text`` as something to read last."""
        return self._painted(text, "2")

    @property
    def lines(self) -> tuple[str, str, str]:
        """The signs before a child, before the last child, and beside a child's own children."""
        return ("├─", "└─", "│ ") if self.unicode else ("|-", "`-", "| ")

    @property
    def arrow(self) -> str:
        """The sign between the signed thing and the copy."""
        return "→" if self.unicode else "->"

    def _painted(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.color else text
