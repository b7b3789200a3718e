"""What was seen before of one repository: its roots, and a version floor per role.

Kept apart from the role files, so that a lost or damaged cache lowers no floor (A07). The form
is JSON, format 2; format 1 named only the keys that had signed. Only what followed from pinned
keys is written here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from crosstrust.errors import MalformedError, StateError
from crosstrust.oci import limits
from crosstrust.oci.strict_json import parse_json
from crosstrust.schemes.notary_v1.field import (
    JsonObject,
    integer,
    malformed,
    mapping,
    members,
    sequence,
    text,
    texts,
)
from crosstrust.value import dataclass

FORMAT = 2
_BEFORE = 1

_STATE = frozenset({"format", "gun", "roots", "floors"})
_ROOT = frozenset({"version", "sha256", "size"})
_FLOOR = frozenset({"version", "sha256", "keys", "signers", "withdrawn"})
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SeenRoot:
    """A root that was verified: its version, the file's sha256 (hex) and size in bytes."""

    version: int
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Floor:
    """The newest file of a role that was verified.

    ``keys``: the canonical IDs of all keys listed for the role as long as it was watched, so that
    it is known whether some of them could have signed an older file. ``withdrawn``: the delegation
    was taken back since; declared again, it may be without a file, but not with an older one.
    """

    version: int
    sha256: str
    keys: tuple[str, ...]
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """``roots`` in the order of their versions, without a gap; ``floors`` by role name."""

    roots: tuple[SeenRoot, ...] = ()
    floors: Mapping[str, Floor] = MappingProxyType({})

    @property
    def newest(self) -> SeenRoot | None:
        """The root with the highest version."""
        return self.roots[-1] if self.roots else None

    def root(self, version: int) -> SeenRoot | None:
        """Return the root of that version, or None."""
        return next((root for root in self.roots if root.version == version), None)


def joined(before: Iterable[str], keys: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of both, each once, in order."""
    return tuple(dict.fromkeys((*before, *keys)))


def parse_state(raw: bytes, gun: str) -> Seen:
    """Return what ``raw`` says of ``gun``; b"" is nothing. Raises ``StateError``."""
    if not raw:
        return Seen()
    where = f"seen state of {gun}"
    try:
        return _parse(raw, gun, where)
    except MalformedError as error:
        raise StateError(
            "local.state.intact",
            where,
            expected=error.expected,
            actual=error.actual,
            remedy="restore it, or remove it to start again without its floors",
        ) from error


def write_state(seen: Seen, gun: str) -> bytes:
    """Return the bytes that ``parse_state`` reads: equal for equal states, b"" for none."""
    if not seen.roots and not seen.floors:
        return b""
    value = {
        "format": FORMAT,
        "gun": gun,
        "roots": [
            {"version": root.version, "sha256": root.sha256, "size": root.size}
            for root in seen.roots
        ],
        "floors": {role: _written(floor) for role, floor in sorted(seen.floors.items())},
    }
    return json.dumps(value, separators=(",", ":")).encode()


def _parse(raw: bytes, gun: str, where: str) -> Seen:
    value = members(
        parse_json(raw, code="local.state.intact", where=where, limit=limits.METADATA_SIZE),
        _STATE,
        where,
    )
    for name, expected in (("format", (FORMAT, _BEFORE)), ("gun", (gun,))):
        if value.get(name) not in expected:
            raise malformed(where, f"{name} {expected[0]}", value.get(name, "nothing"))
    roots = tuple(_root(entry, where) for entry in sequence(value.get("roots"), where))
    first = roots[0].version if roots else 0
    if [root.version for root in roots] != list(range(first, first + len(roots))):
        raise malformed(where, "roots without a gap", "other versions")
    floors = mapping(value.get("floors"), where)
    return Seen(roots, {role: _floor(entry, where) for role, entry in floors.items()})


def _written(floor: Floor) -> dict[str, object]:
    value = {"version": floor.version, "sha256": floor.sha256, "keys": list(floor.keys)}
    return {**value, "withdrawn": True} if floor.withdrawn else value


def _root(value: object, where: str) -> SeenRoot:
    entry = members(value, _ROOT, where)
    return SeenRoot(
        integer(entry.get("version"), where, least=1),
        _hex(entry, where),
        integer(entry.get("size"), where, least=0),
    )


def _floor(value: object, where: str) -> Floor:
    entry = members(value, _FLOOR, where)
    version = integer(entry.get("version"), where, least=1)
    keys = texts(entry.get("keys", entry.get("signers")), where)
    if not keys:
        raise malformed(where, "the keys of a floor", "none")
    withdrawn = entry.get("withdrawn", False)
    if not isinstance(withdrawn, bool):
        raise malformed(where, "true or false", withdrawn)
    return Floor(version, _hex(entry, where), keys, withdrawn)


def _hex(entry: JsonObject, where: str) -> str:
    found = text(entry.get("sha256"), where)
    if not _HEX.fullmatch(found):
        raise malformed(where, "64 hex digits", found)
    return found
