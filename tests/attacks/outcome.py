"""What a run of the command came to: exit code, verdict, and what it wrote."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXIT_CODES = {"T": 1, "N": 1, "S": 1, "M": 1, "P": 1, "R": 1, "U": 3, "A": 3, "L": 3, "X": 2}


def hash_files(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below ``folder`` by its path there; links by where they lead.

    Locks are left out: they hold nothing.
    """
    found: dict[str, str] = {}
    for entry in _entries(str(folder)):
        name = entry.path[len(str(folder)) + 1 :]
        if entry.is_symlink():
            found[name] = f"-> {Path(entry.path).readlink()}"
        elif entry.is_file() and entry.name != "lock":
            found[name] = hashlib.sha256(Path(entry.path).read_bytes()).hexdigest()
    return found


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """All that is below: by scandir, since this is asked twice for every run of the command."""
    with os.scandir(folder) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(entry.path)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``before`` and ``after`` are the hashes of the user's files, see ``hash_files``."""

    code: int
    out: str
    err: str
    before: dict[str, str]
    after: dict[str, str]

    @property
    def verdict(self) -> dict[str, Any]:
        """The one verdict that ``--format json`` printed."""
        (found,) = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def written(self) -> set[str]:
        """The files that were made, changed or removed, by their paths below the home."""
        names = self.before.keys() | self.after.keys()
        return {name for name in names if self.before.get(name) != self.after.get(name)}

    def checks(self, outcome: str) -> list[dict[str, Any]]:
        """The checks, gaps included, that had ``outcome`` ("passed", "failed", "unknown")."""
        verdict = self.verdict
        gaps = [{**gap, "outcome": "unknown"} for gap in verdict["gaps"]]
        return [one for one in (*verdict["checks"], *gaps) if one["outcome"] == outcome]
