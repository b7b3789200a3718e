"""What this machine must remember: version floors, first-seen root keys, measured layers.

Losing a floor would let an attacker roll back, so a file that cannot be read is an error and
never "nothing seen yet"; only a file that does not exist means that. Each file is

    crosstrust-state 1 sha256:<64 hex over name, line feed, body>
    <body>

and is replaced under one lock: temporary file, fsync, rename, fsync of the directory.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from crosstrust.chain.answer import Measured
from crosstrust.errors import MalformedError, StateError
from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import METADATA_SIZE
from crosstrust.sources.atomic_file import (
    file_name,
    make_directory,
    not_saved,
    open_directory,
    read_private,
    replace_file,
)
from crosstrust.sources.state_lock import exclusive

if TYPE_CHECKING:
    from crosstrust.sources.inflate import Compression

MEASURED_KEPT = 8192

_FORMAT = b"crosstrust-state 1 "
_LOCK_SECONDS = 10.0
_LAYERS = "layers"
_KEY_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)


class TrustStore:
    """The files of one user in ``directory``, which is made by the first write.

    Methods that read raise ``StateError``: ``local.state.intact`` for a file that is damaged or
    unreadable, ``local.file.mode`` for one that another user could have written. Methods that
    write raise the same, and *return* a ``StateError`` where nothing could be saved (read-only,
    full, locked for ``lock_seconds``): the verdict stands and carries it as a warning.
    """

    def __init__(
        self, directory: str | os.PathLike[str], *, lock_seconds: float = _LOCK_SECONDS
    ) -> None:
        self.directory = os.fspath(directory)
        self.lock_seconds = lock_seconds

    def read(self, name: str) -> bytes:
        """Return what was last kept under ``name`` (any text, e.g. a GUN), or b""."""
        return self._read(f"seen {name}")

    def update(self, name: str, merge: Callable[[bytes], bytes]) -> StateError | None:
        """Replace what is kept under ``name`` by ``merge(what is kept)``.

        ``merge`` runs under the lock on the newest state, so that no process lowers the floor
        that another one has just raised. It may run when nothing can be saved later.
        """
        return self._update(f"seen {name}", merge)

    def first_seen(self, gun: str) -> tuple[str, ...]:
        """Return the root key IDs recorded at the first contact with ``gun``, or ()."""
        body = self._read(f"first {gun}").decode("ascii", "replace").split()
        if not all(map(_KEY_ID.fullmatch, body)):
            raise _damaged(self._path(f"first {gun}"), "key IDs", "other text")
        return tuple(body)

    def record_first_seen(self, gun: str, key_ids: Iterable[str]) -> StateError | None:
        """Record the root key IDs (64 hex digits each) of a first contact; the first one stays."""
        first = "\n".join(key_ids).encode("ascii")
        return self._update(f"first {gun}", lambda kept: kept or first)

    def measured(self, digest: Digest, compression: Compression | None = None) -> Measured | None:
        """Return what this machine measured of the layer ``digest``, or None.

        With ``compression``: only if the layer is packed like that, as its media type must say.
        """
        kept = b"\n" + self._read(_LAYERS)
        start = kept.find(f"\n{digest} ".encode("ascii"))
        if start < 0:
            return None
        line = kept[start + 1 :].partition(b"\n")[0]
        try:
            found, packed = _parse_measured(line.decode("ascii"))
        except (ValueError, KeyError, MalformedError) as error:
            expected = "digest, size, diff_id, compression"
            raise _damaged(self._path(_LAYERS), expected, "other text") from error
        return found if compression in {None, packed} else None

    def record_measured(
        self, measured: Iterable[tuple[Measured, Compression]]
    ) -> StateError | None:
        """Remember layers; of more than ``MEASURED_KEPT`` the oldest are forgotten."""
        fresh = {
            str(found.digest).encode(): _measured_line(found, packed) for found, packed in measured
        }

        def merge(kept: bytes) -> bytes:
            lines = [line for line in kept.splitlines() if line.partition(b" ")[0] not in fresh]
            return b"\n".join([*lines, *fresh.values()][-MEASURED_KEPT:])

        return self._update(_LAYERS, merge)

    def _read(self, name: str) -> bytes:
        path = self._path(name)
        try:
            stored = read_private(path, METADATA_SIZE) if open_directory(self.directory) else None
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE}:
                # It is the process that cannot read, not the file that cannot be read.
                raise
            raise _unreadable(path, error) from error
        return b"" if stored is None else _open(path, name, stored)

    def _update(self, name: str, merge: Callable[[bytes], bytes]) -> StateError | None:
        path = self._path(name)
        try:
            make_directory(self.directory)
            with exclusive(os.path.join(self.directory, "lock"), timeout=self.lock_seconds):
                before = self._read(name)
                after = merge(before)
                if after != before:
                    _write(path, _seal(name, after))
        except OSError as error:
            return not_saved(path, error)
        return None

    def _path(self, name: str) -> str:
        return os.path.join(self.directory, f"state-{file_name(name)}")


def _write(path: str, sealed: bytes) -> None:
    if len(sealed) > METADATA_SIZE:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    # One name for all: the lock lets one writer in, and a crash leaves at most one behind.
    replace_file(path, sealed, scratch=f"{os.path.basename(path)}.new", durable=True)


def _seal(name: str, body: bytes) -> bytes:
    return _FORMAT + str(_checksum(name, body)).encode() + b"\n" + body


def _open(path: str, name: str, stored: bytes) -> bytes:
    line, _, body = stored.partition(b"\n")
    if not line.startswith(_FORMAT):
        raise _damaged(path, _FORMAT.decode().strip(), line[:40].decode("ascii", "replace"))
    checksum = str(_checksum(name, body))
    if line.removeprefix(_FORMAT) != checksum.encode():
        raise _damaged(path, "the checksum of its first line", checksum)
    return body


def _checksum(name: str, body: bytes) -> Digest:
    # With the name: a file moved to another repository's place is damage too.
    return Digest.of(name.encode() + b"\n" + body)


def _measured_line(found: Measured, packed: Compression) -> bytes:
    return f"{found.digest} {found.size} {found.diff_id} {packed.name.lower()}".encode("ascii")


def _parse_measured(line: str) -> tuple[Measured, Compression]:
    from crosstrust.sources.inflate import Compression  # start-up time: few runs need layers

    digest, size, diff_id, packed = line.split(" ")
    found = Measured(Digest.parse(digest), int(size), Digest.parse(diff_id))
    return found, {one.name.lower(): one for one in Compression}[packed]


def _unreadable(path: str, error: OSError) -> StateError:
    """Nobody knows what is in it: that is not "nothing seen yet"."""
    return StateError(
        "local.state.intact",
        path,
        expected="a readable file",
        actual=error.strerror or type(error).__name__,
        remedy="make it readable for this user, or name another place with XDG_STATE_HOME",
    )


def _damaged(path: str, expected: str, actual: str) -> StateError:
    return StateError(
        "local.state.intact",
        path,
        expected=expected,
        actual=actual,
        remedy="restore it from a backup; removing it forgets which versions and keys were seen",
    )
