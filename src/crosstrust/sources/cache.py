"""Bytes that were fetched before, by their digest.

Nothing in it is trusted: what is read is hashed again, and what does not fit is removed and
counts as never seen. So another user, a crash or a bad disk can cost a request, not more.

    <directory>/written              one byte for each 4 KiB put since the last clearing-out
    <directory>/sha256/d026...       the bytes, and nothing beside them that no digest covers
    <directory>/names/...            what ``hint.py`` keeps; counted, evicted and cleared here

One folder for all: to make a folder costs as much as to make a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from crosstrust.errors import StateError
from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import KIB, METADATA_SIZE, MIB
from crosstrust.sources.atomic_file import (
    make_directory,
    not_saved,
    open_directory,
    read_private,
    remove_file,
    replace_file,
)
from crosstrust.value import dataclass

DEFAULT_LIMIT = 256 * MIB

_ALGORITHMS = ("sha256", "sha512")
_NAMES = "names"
_SCRATCH = ".new"
_OWN_NAME = r"(?:[0-9a-f]{64}){1,2}|at-.*|.*\.new"
_COUNTED = 4 * KIB
# Older than this, in seconds, a scratch file belongs to a process that died.
_ABANDONED = 3600.0


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    size: int
    used: float


class Cache:
    """Manifests, configs and role files by digest, up to ``limit_bytes`` (and an eighth more).

    Any number of processes may use one directory. Nothing is made before the first ``put``.
    A cache that cannot be used answers nothing and never stops a verification.
    """

    def __init__(
        self, directory: str | os.PathLike[str], *, limit_bytes: int = DEFAULT_LIMIT
    ) -> None:
        self._directory = os.fspath(directory)
        self._limit = limit_bytes

    def get(self, digest: Digest) -> bytes | None:
        """Return the bytes that hash to ``digest``, or None. They count as just used."""
        path = self._path(digest)
        try:
            if not open_directory(self._directory):
                return None
            raw = read_private(path, METADATA_SIZE)
        except (StateError, OSError):
            return None
        if raw is None:
            return None
        if not digest.matches(raw):
            _remove(path)
            return None
        _touch(path)
        return raw

    def put(self, raw: bytes, *, algorithm: str = "sha256") -> StateError | None:
        """Keep ``raw`` under its digest; return why that could not be done, or None."""
        if len(raw) > METADATA_SIZE:
            return None
        path = self._path(Digest.of(raw, algorithm))
        try:
            make_directory(self._directory)
            if read_private(path, METADATA_SIZE) != raw:
                self._make_room(len(raw))
                self._write(path, raw)
        except StateError as error:
            return error
        except OSError as error:
            return not_saved(path, error)
        return None

    def size(self) -> int:
        """Return the bytes in use."""
        return sum(entry.size for entry in self._entries())

    def clear(self) -> None:
        """Remove every entry. What is not ours is left alone. Raises ``StateError``."""
        if open_directory(self._directory):
            for entry in self._entries():
                _remove(entry.path)

    def _path(self, digest: Digest) -> str:
        return os.path.join(self._directory, digest.algorithm, digest.hex)

    def _write(self, path: str, stored: bytes) -> None:
        folder, own = os.path.split(path)
        make_directory(folder)
        # Many processes write one entry at once, each under a name of its own.
        scratch = f"{own[:16]}.{os.urandom(8).hex()}{_SCRATCH}"
        replace_file(path, stored, scratch=scratch, durable=False)

    def _make_room(self, size: int) -> None:
        """Count ``size`` bytes to be written; every eighth of the limit, clear out."""
        tally = os.path.join(self._directory, "written")
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        # Nobody reads a FIFO of that name: to wait for somebody would be to wait for ever.
        flags |= os.O_NONBLOCK
        handle = os.open(tally, flags, 0o600)
        try:
            os.fchmod(handle, 0o600)
            os.write(handle, bytes(size // _COUNTED + 1))
            counted = os.fstat(handle).st_size * _COUNTED
            if counted + size > self._limit // 8:
                os.ftruncate(handle, 0)
                self._evict(self._limit - self._limit // 8, os.fstat(handle).st_mtime)
        finally:
            os.close(handle)

    def _evict(self, target: int, now: float) -> None:
        """Remove the least recently used entries until ``target`` bytes are left."""
        entries = sorted(self._entries(), key=lambda entry: entry.used)
        excess = sum(entry.size for entry in entries) - target
        for entry in entries:
            if entry.path.endswith(_SCRATCH):
                # A clock that was set back leaves some from the future.
                if not now - _ABANDONED <= entry.used <= now + _ABANDONED:
                    _remove(entry.path)
            elif excess > 0:
                _remove(entry.path)
                excess -= entry.size

    def _entries(self) -> Iterator[_Entry]:
        for algorithm in _ALGORITHMS:
            yield from map(_entry, _ours(os.path.join(self._directory, algorithm)))
        yield from map(_entry, _ours(os.path.join(self._directory, _NAMES)))


def _ours(directory: str) -> list[os.DirEntry[str]]:
    """Return the files that are named as ours are."""
    try:
        with os.scandir(directory) as found:
            return [one for one in found if re.fullmatch(_OWN_NAME, one.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _entry(found: os.DirEntry[str]) -> _Entry:
    try:
        known = found.stat(follow_symlinks=False)
    except FileNotFoundError:
        # Removed by another process since it was listed.
        return _Entry(found.path, 0, 0.0)
    return _Entry(found.path, known.st_size, known.st_mtime)


def _remove(path: str) -> None:
    try:
        remove_file(path)
    except OSError:
        # A read-only cache keeps what it has; a bad entry is found bad each time.
        return


def _touch(path: str) -> None:
    try:
        os.utime(path)
    except OSError:
        # Evicted meanwhile, or read-only: the bytes that were read are good all the same.
        return
