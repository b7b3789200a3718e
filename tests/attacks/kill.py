"""Ends a process, as SIGKILL does, at a step into the file system: before it, after it, half done.

    python kill.py MOMENT ARGUMENTS...

runs the command, killed at the first MOMENT: "before fsync", or "after replace state-seen" for one
of a file with that name. Ends with code 9 there, else with that of the command.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, Self

KILLED = 9
STEPS = ("open", "fchmod", "chmod", "fsync", "rename", "replace", "unlink", "mkdir", "close")
# Is told each moment ("before open"), and what the step is done to: names or descriptors.
Watcher = Callable[..., None]


def watch_steps(watcher: Watcher) -> None:
    """Let ``watcher`` know of every step of this process from now on."""
    for name in STEPS:
        setattr(os, name, _watched(name, getattr(os, name), watcher))
    opener: Callable[..., Any] = os.fdopen

    def opened(*arguments: Any, **options: Any) -> Any:
        file = opener(*arguments, **options)
        return _Halved(file, watcher) if file.writable() else file

    os.fdopen = opened


def _watched(name: str, call: Callable[..., Any], watcher: Watcher) -> Callable[..., Any]:
    def watched(*arguments: Any, **options: Any) -> Any:
        watcher(f"before {name}", *arguments)
        try:
            return call(*arguments, **options)
        finally:
            watcher(f"after {name}", *arguments)

    return watched


class _Halved:
    """A file that is written in two halves, each of which reaches the disk."""

    def __init__(self, file: Any, watcher: Watcher) -> None:
        self._file = file
        self._watcher = watcher

    def write(self, raw: bytes) -> int:
        middle = len(raw) // 2
        for moment, part in (("half written", raw[:middle]), ("written", raw[middle:])):
            self._file.write(part)
            self._file.flush()
            self._watcher(moment, self._file.name)
        return len(raw)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *why: object) -> None:
        self._file.close()


def end_at_step(number: int) -> Watcher:
    """End the process at the N-th moment."""
    left = number

    def watcher(_moment: str, *_names: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os._exit(KILLED)

    return watcher


def end_at_moment(wanted: str) -> Watcher:
    """End the process at the first moment of that name, see above."""
    *words, name = wanted.split() if len(wanted.split()) > 2 else (*wanted.split(), "")

    def watcher(moment: str, *names: object) -> None:
        if moment == " ".join(words) and name in str(names[-1]):
            os._exit(KILLED)

    return watcher


if __name__ == "__main__":
    from crosstrust.cli.main import main

    watch_steps(end_at_moment(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
