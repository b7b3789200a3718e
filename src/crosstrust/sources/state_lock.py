"""One writer at a time for the files of a directory, across processes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

_POLL_SECONDS = 0.01


@contextlib.contextmanager
def exclusive(file: str, *, timeout: float) -> Iterator[None]:
    """Hold the lock ``file`` for the block; the kernel lets go of it when the process ends.

    ``timeout`` in seconds. Raises ``TimeoutError`` (an ``OSError``) when another process holds
    it for longer, and ``OSError`` where the file cannot be made.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(file, flags, 0o600)
    try:
        # The umask may have taken even our own permissions away.
        os.fchmod(handle, 0o600)
        _wait(handle, time.monotonic() + timeout)
        yield
    finally:
        os.close(handle)


def _wait(handle: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise TimeoutError(None, "another process holds the lock") from None
            time.sleep(_POLL_SECONDS)
        else:
            return
