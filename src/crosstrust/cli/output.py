"""The file of ``-o``: written beside its place and renamed, so that it is never half there."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from crosstrust.cli.stream import write_out
from crosstrust.errors import StateError

_STANDARD_OUTPUT = 1
# As many as Linux follows.
_MOST_LINKS = 40


def write_output(name: str, raw: bytes) -> None:
    """Put ``raw`` into the file ``name``. Its permissions are the old file's, or the umask's.

    Something that is not a plain file, such as /dev/null, is written to, and so is a file of this
    process's own, such as /dev/fd/3. Raises ``StateError``.
    """
    try:
        _write(name, raw)
    except OSError as error:
        raise StateError(
            "local.output.saved",
            name,
            expected="to be written",
            actual=error.strerror or type(error).__name__,
            remedy="name a file in a directory that you may write",
        ) from error


def _write(name: str, raw: bytes) -> None:
    handle = _own_handle(name)
    if handle == _STANDARD_OUTPUT:
        write_out(raw)
    elif handle is not None:
        _write_to(handle, raw, ours=False)
    elif name.endswith(os.sep):
        # What follows would leave the slash out, and write a plain file.
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    elif _is_no_plain_file(name):
        _write_to(name, raw, ours=True)
    else:
        # A symbolic link stays one: what it names is replaced.
        _replace(os.path.realpath(name), raw)


def _is_no_plain_file(name: str) -> bool:
    """Return False for a plain file, and for none. Raises ``OSError`` where it may not be told.

    A link of somebody else in a folder that is everybody's, for one, which the system does not
    let us follow; ``realpath`` would.
    """
    try:
        return not stat.S_ISREG(os.stat(name).st_mode)
    except FileNotFoundError:
        return False


def _own_handle(name: str) -> int | None:
    """Return which of this process's open files ``name`` stands for, as /dev/stdout does, or None.

    Its path would not do: a pipe has none, and a file that others go on writing must not be
    replaced.
    """
    own = os.path.realpath("/dev/fd")
    for _ in range(_MOST_LINKS):
        folder, last = os.path.split(name)
        if last.isdecimal() and os.path.realpath(folder) == own:
            return int(last)
        if not os.path.islink(name):
            break
        name = os.path.join(folder, os.readlink(name))
    return None


def _write_to(place: str | int, raw: bytes, *, ours: bool) -> None:
    with open(place, "wb", closefd=ours) as opened:
        opened.write(raw)


def _replace(file: str, raw: bytes) -> None:
    import tempfile  # start-up time: only -o needs it

    # Not named after the file, whose name may be as long as a name can be.
    handle, temporary = tempfile.mkstemp(prefix=".crosstrust.", dir=os.path.dirname(file))
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
