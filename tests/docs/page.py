"""The pages of the documentation: their fenced blocks, headings, links and prose."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.house.tree import ROOT

_FENCE = re.compile(r"^```(?P<language>[a-z]*)(?: title=(?P<title>\S+))?$")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. ``start`` is the line of its first line of text, from 1.

    ``title``: the file that the reader is asked to write it to, or "".
    """

    start: int
    language: str
    title: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file."""

    file: Path

    @property
    def name(self) -> str:
        return self.file.relative_to(ROOT).as_posix()

    @property
    def lines(self) -> list[str]:
        return self.file.read_text(encoding="utf-8").splitlines()

    def blocks(self) -> Iterator[Block]:
        """Every fenced block, in order. An unfinished one is an error of the page."""
        opened: tuple[int, str, str] | None = None
        for number, line in enumerate(self.lines, start=1):
            if opened is not None and line == "```":
                start, language, title = opened
                yield Block(start, language, title, tuple(self.lines[start - 1 : number - 1]))
                opened = None
            elif opened is None and line.startswith("```"):
                fence = _FENCE.match(line)
                assert fence, f"{self.name}:{number}: what is {line!r}?"
                opened = number + 1, fence["language"], fence["title"] or ""
        assert opened is None, f"{self.name}: a block is not closed"

    def prose(self) -> Iterator[tuple[int, str]]:
        """The lines outside of fenced blocks, with their numbers."""
        inside = False
        for number, line in enumerate(self.lines, start=1):
            if line.startswith("```"):
                inside = not inside
            elif not inside:
                yield number, line

    def links(self) -> Iterator[tuple[int, str]]:
        """Where each link leads, with the line it stands on."""
        for number, line in self.prose():
            for target in _LINK.findall(re.sub(r"`[^`]*`", "", line)):
                yield number, target

    def anchors(self) -> set[str]:
        """What may stand after ``#`` in a link to this page."""
        headings = (match[1] for _, line in self.prose() if (match := _HEADING.match(line)))
        return {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}


def pages() -> list[Page]:
    """Every page that users read."""
    tops = (ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY"))
    return [Page(file) for file in (*tops, *sorted((ROOT / "docs").rglob("*.md")))]
