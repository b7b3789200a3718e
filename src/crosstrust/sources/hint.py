"""What a name held when it was last asked for: a guess that saves a request, never a proof.

A tag whose digest has not changed need not be sent again, and without a network the last
timestamp is all there is. The bytes themselves stand in the cache, by digest.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime

from crosstrust.errors import MalformedError, StateError
from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import INDEX_CHILDREN, KIB
from crosstrust.sources.atomic_file import (
    file_name,
    make_directory,
    open_directory,
    read_private,
    replace_file,
)
from crosstrust.value import dataclass

_FOLDER = "names"
# Of one place, the oldest go first: the largest image has a manifest and a config for each child.
_KEPT = 4 * INDEX_CHILDREN
_LONGEST_NAME = 512
_LONGEST_FILE = 2 * KIB * _KEPT


@dataclass(frozen=True, slots=True)
class Hint:
    """The digest that a name held, and when it was asked for (UTC)."""

    digest: Digest
    at: datetime


class Hints:
    """One small file per place below ``directory``; losing any of them costs a request.

    A place is a repository, whoever is asked about it; each line is a digest, a time and a name.
    Files are few because making one costs more than all that stands in it.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory = os.fspath(directory)
        self._folder = os.path.join(directory, _FOLDER)
        self._read: dict[str, dict[str, str]] = {}

    def get(self, place: str, name: str) -> Hint | None:
        """Return what ``name`` held at last, or None."""
        if place not in self._read:
            self._read[place] = self._lines(place)
        return _parse_hint(self._read[place].get(name, ""))

    def put(self, place: str, held: Mapping[str, Hint]) -> None:
        """Remember what names of ``place`` held."""
        path = self._path(place)
        # Another process may have written since; what both write at once is lost for one of them.
        lines = {name: line for name, line in self._lines(place).items() if name not in held}
        lines |= {name: _line(hint) for name, hint in held.items() if _is_kept(name)}
        self._read[place] = lines
        text = "".join(f"{line} {name}\n" for name, line in list(lines.items())[-_KEPT:])
        try:
            make_directory(self._directory)
            make_directory(self._folder)
            scratch = f".{os.urandom(8).hex()}.new"
            replace_file(path, text.encode("ascii"), scratch=scratch, durable=False)
        except (StateError, OSError):
            return

    def _lines(self, place: str) -> dict[str, str]:
        """Nothing where another user could change the directory, or where it leads."""
        try:
            return _read_lines(self._path(place)) if open_directory(self._directory) else {}
        except (StateError, OSError):
            return {}

    def _path(self, place: str) -> str:
        return os.path.join(self._folder, f"at-{file_name(place)}")


def _read_lines(file: str) -> dict[str, str]:
    """Return the digest and the time of each name, as text, the newest last."""
    try:
        stored = read_private(file, _LONGEST_FILE)
    except (StateError, OSError):
        return {}
    lines = (stored or b"").decode("ascii", "replace").split("\n")
    words = (line.split(" ", 2) for line in lines if line.isascii())
    return {three[2]: f"{three[0]} {three[1]}" for three in words if len(three) == 3}


def _is_kept(name: str) -> bool:
    return name.isascii() and name.isprintable() and len(name) <= _LONGEST_NAME


def _line(hint: Hint) -> str:
    return f"{hint.digest} {hint.at.astimezone(UTC).isoformat()}"


def _parse_hint(line: str) -> Hint | None:
    try:
        digest, text = line.split()
        at = datetime.fromisoformat(text)
        return Hint(Digest.parse(digest), at) if at.tzinfo is not None else None
    except (ValueError, MalformedError):
        return None
