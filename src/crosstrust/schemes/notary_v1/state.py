"""What was seen before of one repository: its roots, and a version floor per role.

Kept apart from the role files, so that a lost or damaged cache lowers no floor (A07). The form
is JSON, format 2; format 1 named only the keys that had signed. Only what followed from pinned
keys is written here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
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
from crosstrust.value import dataclass, replace

FORMAT = 2
_BEFORE = 1

_STATE = frozenset({"format", "gun", "roots", "floors"})
_ROOT = frozenset({"version", "sha256", "size"})
_FLOOR = frozenset({"version", "sha256", "keys", "withdrawn"})
_FLOOR_BEFORE = frozenset({"version", "sha256", "signers"})
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
    it is known whether some of them could have signed an older file; () where that is not known.
    ``withdrawn``: the delegation was taken back since; declared again, it may be without a file,
    but not with an older one.
    """

    version: int
    sha256: str
    keys: tuple[str, ...]
    withdrawn: bool = False

    def meets(self, keys: Collection[str]) -> bool:
        """Return True if one of ``keys`` was listed when the floor was set, or may have been."""
        return not (self.keys and keys) or not set(self.keys).isdisjoint(keys)


@dataclass(frozen=True, slots=True)
class Seen:
    """``roots`` in the order of their versions, without a gap; ``floors`` by role name.

    A role has one floor for each set of keys that it had; no key is in two of them. The last one
    is the latest.
    """

    roots: tuple[SeenRoot, ...] = ()
    floors: Mapping[str, tuple[Floor, ...]] = MappingProxyType({})

    @property
    def newest(self) -> SeenRoot | None:
        """The root with the highest version."""
        return self.roots[-1] if self.roots else None

    def root(self, version: int) -> SeenRoot | None:
        """Return the root of that version, or None."""
        return next((root for root in self.roots if root.version == version), None)


def with_floor(floors: Iterable[Floor], floor: Floor) -> tuple[Floor, ...]:
    """Return ``floors`` and ``floor``: made one with those that it has a key in common with.

    The higher version counts, of equal ones that of ``floor``.
    """
    listed = list(floors)
    met = [one for one in listed if one.meets(floor.keys)]
    rest = [one for one in listed if one not in met]
    if not met:
        return (*rest, floor)
    highest = max((floor, *met), key=lambda one: one.version)
    keys = tuple(dict.fromkeys(key for one in (*met, floor) for key in one.keys))
    withdrawn = all(one.withdrawn for one in (*met, floor))
    return with_floor(rest, replace(highest, keys=keys, withdrawn=withdrawn))


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
        "floors": {role: list(map(_written, each)) for role, each in sorted(seen.floors.items())},
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
    if value["format"] == _BEFORE:
        return Seen(roots, {role: (_floor_before(each, where),) for role, each in floors.items()})
    return Seen(roots, {role: _floors(each, where) for role, each in floors.items()})


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


def _floors(value: object, where: str) -> tuple[Floor, ...]:
    found = tuple(_floor(entry, where) for entry in sequence(value, where))
    if not found:
        raise malformed(where, "a floor", "none")
    return found


def _floor(value: object, where: str) -> Floor:
    entry = members(value, _FLOOR, where)
    version = integer(entry.get("version"), where, least=1)
    withdrawn = entry.get("withdrawn", False)
    if not isinstance(withdrawn, bool):
        raise malformed(where, "true or false", withdrawn)
    return Floor(version, _hex(entry, where), texts(entry.get("keys"), where), withdrawn)


def _floor_before(value: object, where: str) -> Floor:
    """Format 1 has the keys that signed, and nothing of the others that could have."""
    entry = members(value, _FLOOR_BEFORE, where)
    texts(entry.get("signers"), where)
    return Floor(integer(entry.get("version"), where, least=1), _hex(entry, where), ())


def _hex(entry: JsonObject, where: str) -> str:
    found = text(entry.get("sha256"), where)
    if not _HEX.fullmatch(found):
        raise malformed(where, "64 hex digits", found)
    return found
