"""What a name held when it was last asked for: a guess that saves a request, never a proof.

A tag whose digest has not changed need not be sent again, and without a network the last
timestamp is all there is. The bytes themselves stand in the cache, by digest.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from crosstrust.errors import MalformedError, StateError
from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import KIB
from crosstrust.sources.atomic_file import make_directory, read_private, replace_file
from crosstrust.value import dataclass

_FOLDER = "names"


@dataclass(frozen=True, slots=True)
class Hint:
    """The digest that a name held, and when it was asked for (UTC)."""

    digest: Digest
    at: datetime


@dataclass(frozen=True, slots=True)
class Hints:
    """One small file per name below ``directory``; losing any of them costs a request."""

    directory: Path

    def get(self, name: str) -> Hint | None:
        """Return what ``name`` held at last, or None."""
        try:
            stored = read_private(self._path(name), KIB)
        except (StateError, OSError):
            return None
        return None if stored is None else _parse_hint(stored)

    def put(self, name: str, digest: Digest, at: datetime) -> None:
        """Remember that ``name`` held ``digest`` at the time ``at`` (UTC)."""
        path = self._path(name)
        line = f"{digest} {at.astimezone(UTC).isoformat()}\n".encode("ascii")
        try:
            make_directory(path.parent)
            replace_file(path, line, scratch=f".{os.urandom(8).hex()}.new", durable=False)
        except (StateError, OSError):
            return

    def _path(self, name: str) -> Path:
        return self.directory / _FOLDER / Digest.of(name.encode()).hex


def _parse_hint(stored: bytes) -> Hint | None:
    words = stored.decode("ascii", "replace").split()
    try:
        digest, at = words
        return Hint(Digest.parse(digest), datetime.fromisoformat(at))
    except (ValueError, MalformedError):
        return None
