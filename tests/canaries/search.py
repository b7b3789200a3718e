"""The search for secrets where none may be: what was said, kept, thrown and sent.

``SEARCH`` is that of the running tests. Whoever writes a file that a user keeps secrets in says
so with ``own``.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.canaries.secret import secrets_in

# Where a secret could turn up; a run that never looked at one of them has shown nothing.
KINDS = ("output", "output of a process", "log", "traceback", "file", "request")

# A place: its kind, its name, what is there, and for a request who received it.
Noted = tuple[str, str, bytes, str]


@dataclass(slots=True)
class Search:
    """``searched``: how many places of each kind. ``own``: files that may hold secrets.

    Server threads note what they were sent at any time; ``settle`` looks at it.
    """

    searched: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    own: set[Path] = field(default_factory=set)
    _noted: deque[Noted] = field(default_factory=deque)
    _told: int = 0

    def note(self, kind: str, name: str, found: str | bytes, *, place: str = "") -> None:
        """Keep what is to be looked at. ``place``: the host and port that a request came to."""
        raw = found if isinstance(found, bytes) else found.encode("utf-8", "backslashreplace")
        if raw:
            self._noted.append((kind, name, raw, place))

    def settle(self) -> list[str]:
        """Look at all that was noted. Return the leaks found since the last time."""
        while self._noted:
            self._look(*self._noted.popleft())
        begin, self._told = self._told, len(self.leaks)
        return self.leaks[begin:]

    def look_below(self, folder: Path) -> None:
        """Look at the name and the bytes of every file below ``folder``."""
        for file in files_below(folder):
            if Path(file) not in self.own:
                name = file.removeprefix(f"{folder}{os.sep}")
                self._look("file", name, name.encode("utf-8", "replace") + b"\n" + _read(file), "")

    def _look(self, kind: str, name: str, raw: bytes, place: str) -> None:
        self.searched[kind] += 1
        for secret in secrets_in(raw):
            if kind != "request" or not secret.may_reach(place):
                shown = "named after it" if secrets_in(name.encode("utf-8", "replace")) else name
                self.leaks.append(f"{kind} ({shown}) has a {secret}")


def files_below(folder: str | Path) -> Iterator[str]:
    """Yield every regular file. Links are not followed: they lead to files or out of here."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        # Gone by now, or closed to us by a test about just that.
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from files_below(entry.path)
        elif entry.is_file(follow_symlinks=False):
            yield entry.path


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError:
        return b""


SEARCH = Search()


def own(file: Path) -> Path:
    """Say that ``file`` is where a user keeps secrets; return it."""
    SEARCH.own.add(file)
    return file
