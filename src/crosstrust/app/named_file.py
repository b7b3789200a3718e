"""The bytes of a file that the user names, whatever kind of file it is."""

from __future__ import annotations

import os


def read_named(name: str, limit: int) -> bytes:
    """Return what is in the file ``name``, at most ``limit`` + 1 bytes of it.

    A pipe is read to its end. One that nobody has open to write is at its end, so that a FIFO
    somewhere on the way never makes a command wait for good. Raises ``OSError``, and
    ``ValueError`` for a name with a null character.
    """
    handle = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        return _read(handle, limit + 1)
    finally:
        os.close(handle)


def _read(handle: int, most: int) -> bytes:
    found = bytearray()
    while len(found) < most:
        try:
            part = os.read(handle, most - len(found))
        except BlockingIOError:
            # Somebody is there who may still write: this is worth waiting for.
            os.set_blocking(handle, True)
            continue
        if not part:
            break
        found += part
    return bytes(found)
