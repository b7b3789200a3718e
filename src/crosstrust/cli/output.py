"""The file of ``-o``: written beside its place and renamed, so that it is never half there."""

from __future__ import annotations

import contextlib
import os
import stat

from crosstrust.errors import StateError


def write_output(name: str, raw: bytes) -> None:
    """Put ``raw`` into the file ``name``. Its permissions are the old file's, or the umask's.

    Something that is not a plain file, such as /dev/null, is written to. Raises ``StateError``.
    """
    try:
        # A symbolic link stays one: what it names is replaced.
        file = os.path.realpath(name)
        if os.path.exists(file) and not os.path.isfile(file):
            with open(file, "wb") as opened:
                opened.write(raw)
        else:
            _replace(file, raw)
    except OSError as error:
        raise StateError(
            "local.output.saved",
            name,
            expected="to be written",
            actual=error.strerror or type(error).__name__,
            remedy="name a file in a directory that you may write",
        ) from error


def _replace(file: str, raw: bytes) -> None:
    import tempfile  # start-up time: only -o needs it

    folder, own = os.path.split(file)
    handle, temporary = tempfile.mkstemp(prefix=f".{own[:64]}.", dir=folder)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(raw)
            os.fchmod(opened.fileno(), _mode(file))
        os.replace(temporary, file)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _mode(file: str) -> int:
    if os.path.exists(file):
        return stat.S_IMODE(os.stat(file).st_mode)
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask
