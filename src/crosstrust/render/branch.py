"""A tree of marked lines, drawn top to bottom."""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.render.pen import Mark, Pen
from crosstrust.render.text import wrapped
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Branch:
    """One link of the chain: its mark, its text, further lines, and what follows from it.

    ``notes`` are secondary: what was checked, or why not more.
    """

    mark: Mark
    text: str
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    children: tuple[Branch, ...] = ()


def draw(branch: Branch, pen: Pen) -> list[str]:
    """Return the lines of ``branch`` and all below it, within the pen's width where words allow."""
    return list(_drawn(branch, pen, first="", rest=""))


def _drawn(branch: Branch, pen: Pen, *, first: str, rest: str) -> Iterator[str]:
    beside = rest + (pen.lines[2] if branch.children else "  ")
    room = pen.width - len(beside)
    # Where the mark is wider than one sign, the first line has that much less room.
    hang = " " * (pen.mark_width(branch.mark) - 1)
    head, *more = wrapped(branch.text, first=hang, rest="", width=room)
    yield f"{first}{pen.mark(branch.mark)} {head.removeprefix(hang)}"
    for line in more:
        yield f"{beside}{line}"
    for text in branch.lines:
        for line in wrapped(text, first="  ", rest="    ", width=room):
            yield f"{beside}{line}"
    for text in branch.notes:
        for line in wrapped(text, first="  ", rest="  ", width=room):
            yield f"{beside}{pen.faint(line)}"
    between, at_last, beside_more = pen.lines
    for number, child in enumerate(branch.children, start=1):
        last = number == len(branch.children)
        yield from _drawn(
            child,
            pen,
            first=rest + (at_last if last else between),
            rest=rest + ("  " if last else beside_more),
        )
