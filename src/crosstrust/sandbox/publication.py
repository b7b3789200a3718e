"""One state of a repository's trust metadata, as a server serves it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from crosstrust.value import dataclass, field


@dataclass(frozen=True, slots=True)
class Publication:
    """The files that a server answers with.

    ``files``: the current file by role. ``roots``: root files by version. ``by_hash``: by role
    and the hex SHA-256 that is asked for; honest files are found under the hash of their bytes.
    """

    files: Mapping[str, bytes]
    roots: Mapping[int, bytes] = field(default_factory=dict)
    by_hash: Mapping[tuple[str, str], bytes] = field(default_factory=dict)

    @classmethod
    def honest(cls, files: Mapping[str, bytes], roots: Mapping[int, bytes]) -> Publication:
        """Return the publication in which every file is found under its own hash."""
        named = {(role, hashlib.sha256(raw).hexdigest()): raw for role, raw in files.items()}
        former = {("root", hashlib.sha256(raw).hexdigest()): raw for raw in roots.values()}
        return cls(dict(files), dict(roots), former | named)
