"""Runs a write of the trust store and ends the process at the N-th call into the system.

    python crash.py DIRECTORY N before|after

Ends with code 0 when fewer than N calls were made, and with 9 when it was cut off.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crosstrust.sources.trust_store import TrustStore

WATCHED = ("open", "fchmod", "fsync", "rename", "replace", "unlink", "mkdir", "close")


class Countdown:
    """Counts calls and ends the process without any clearing up, as SIGKILL does."""

    def __init__(self, last: int, *, before: bool) -> None:
        self.left = last
        self.before = before

    def watch(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left == 0 and self.before:
                os._exit(9)
            try:
                return call(*arguments, **options)
            finally:
                if self.left == 0:
                    os._exit(9)

        return watched


def main() -> None:
    directory, number, moment = sys.argv[1:]
    countdown = Countdown(int(number), before=moment == "before")
    store = TrustStore(Path(directory))
    for name in WATCHED:
        setattr(os, name, countdown.watch(getattr(os, name)))
    problem = store.update("docker.io/library/a", lambda kept: kept + b"new")
    assert problem is None


if __name__ == "__main__":
    main()
