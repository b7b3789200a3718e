"""The file of ``-o``: written beside its place and renamed, so that it is never half there."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from crosstrust.errors import StateError


def write_output(name: str, raw: bytes) -> None:
    """Put ``raw`` into the file ``name``. Its permissions are the old file's, or the umask's.

    Something that is not a plain file, such as /dev/null, is written to. Raises ``StateError``.
    """
    try:
        # A symbolic link stays one: what it names is replaced.
        file = Path(name).resolve()
        if file.exists() and not file.is_file():
            file.write_bytes(raw)
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


def _replace(file: Path, raw: bytes) -> None:
    import tempfile  # start-up time: only -o needs it

    handle, temporary = tempfile.mkstemp(prefix=f".{file.name[:64]}.", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(raw)
            os.fchmod(opened.fileno(), _mode(file))
        os.replace(temporary, file)  # noqa: PTH105 - mkstemp gives a name, not a Path
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)  # noqa: PTH108 - as above


def _mode(file: Path) -> int:
    if file.exists():
        return stat.S_IMODE(file.stat().st_mode)
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask
