"""Files that only this user may change, and that are replaced whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from crosstrust.errors import StateError
from crosstrust.oci.digest import Digest

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_LONGEST_NAME = 180
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_.")
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def file_name(name: str) -> str:
    """Return a file name for any ``name``; no two share one, even where case is ignored.

    It has at most 180 characters and no folder in it; put something before it, since ``name``
    may be "..".
    """
    escaped = "".join(chr(b) if b in _PLAIN else f"%{b:02x}" for b in name.encode())
    if len(escaped) > _LONGEST_NAME:
        escaped = f"{escaped[:100]}~{Digest.of(name.encode()).hex}"
    return escaped


def replace_file(file: str, raw: bytes, *, scratch: str, durable: bool) -> None:
    """Write ``raw`` beside ``file`` under the name ``scratch``, then rename it into place.

    Readers see the old or the new bytes, never a mixture. ``durable``: also after a power cut.
    What an earlier crash left under ``scratch`` is removed first, so two writers must not share
    that name. The file gets mode 0600 whatever the umask. Raises ``OSError``; the scratch file
    is gone then.
    """
    folder = os.path.dirname(file)
    temporary = os.path.join(folder, scratch)
    remove_file(temporary)
    try:
        _write_new(temporary, raw, durable=durable)
        os.replace(temporary, file)
    finally:
        with contextlib.suppress(OSError):
            remove_file(temporary)
    if durable:
        _sync_directory(folder)


def remove_file(file: str) -> None:
    """Remove ``file`` if it is there. Raises ``OSError``."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(file)


def read_private(file: str, limit: int) -> bytes | None:
    """Return the bytes of ``file``, or None if there is none.

    At most ``limit`` + 1 bytes are read. Raises ``StateError`` (``local.file.mode``) for what is
    not a plain file or could have been written by another user, and ``OSError``.
    """
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise _not_private(file, "a plain file", stat.filemode(found.st_mode))
        refuse_foreign(file, found)
        with os.fdopen(handle, "rb", closefd=False) as opened:
            return opened.read(limit + 1)
    finally:
        os.close(handle)


def open_directory(directory: str) -> bool:
    """Return True if ``directory`` is there and safe to use, False if it is absent.

    Below what is no directory, such as a home of /dev/null, nothing can ever have been. Raises
    ``StateError`` (``local.file.mode``) where another user could change it, ``OSError`` where it
    cannot be looked at.
    """
    try:
        found = os.stat(directory)
    except (FileNotFoundError, NotADirectoryError):
        if os.path.islink(directory):
            # What it leads to may be away for now, and is not known to be empty.
            raise
        return False
    if not stat.S_ISDIR(found.st_mode):
        raise _not_private(directory, "a directory", stat.filemode(found.st_mode))
    refuse_foreign(directory, found)
    return True


def make_directory(directory: str) -> None:
    """Make ``directory`` and its parents (mode 0700 whatever the umask), or check it."""
    if open_directory(directory):
        return
    _make_parents(os.path.dirname(directory))
    try:
        os.mkdir(directory, mode=0o700)
    except FileExistsError:
        # Another process was faster; what it made is checked like any other.
        open_directory(directory)
    else:
        os.chmod(directory, 0o700)


def _make_parents(directory: str) -> None:
    """Make what is missing of ``directory`` for this user alone: who may rename it, replaces it."""
    if not directory or os.path.isdir(directory):
        return
    _make_parents(os.path.dirname(directory))
    with contextlib.suppress(FileExistsError):
        os.mkdir(directory, mode=0o700)
        os.chmod(directory, 0o700)


def refuse_foreign(path: str, found: os.stat_result) -> None:
    """Raise ``StateError`` (``local.file.mode``) if another user owns or may write ``path``."""
    if found.st_uid != os.geteuid():
        raise _not_private(path, f"owner {os.geteuid()}", f"owner {found.st_uid}")
    if found.st_mode & _WRITABLE_BY_OTHERS:
        raise _not_private(path, "no write permission for others", stat.filemode(found.st_mode))


def not_saved(path: str, error: OSError) -> StateError:
    """Return ``error`` as a value: ``local.disk.space``, or ``local.state.saved`` for the rest."""
    full = error.errno in _FULL
    return StateError(
        "local.disk.space" if full else "local.state.saved",
        path,
        expected="to be written",
        actual=error.strerror or type(error).__name__,
        remedy="free some space" if full else "make the directory writable or name another one",
    )


def _write_new(file: str, raw: bytes, *, durable: bool) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(file, flags, 0o600)
    with os.fdopen(handle, "wb") as opened:
        os.fchmod(handle, 0o600)
        opened.write(raw)
        if durable:
            opened.flush()
            os.fsync(handle)


def _sync_directory(directory: str) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _not_private(path: str, expected: str, actual: str) -> StateError:
    return StateError(
        "local.file.mode",
        path,
        expected=expected,
        actual=actual,
        remedy="find out who wrote it; then remove it, or restore owner and mode (chmod go-w)",
    )
