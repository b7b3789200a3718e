"""Two states of one repository made one, as two processes that ran at once need it."""

from __future__ import annotations

from collections.abc import Iterable

from crosstrust.schemes.notary_v1.state import Floor, Seen
from crosstrust.value import replace


def merge_seen(kept: Seen, new: Seen) -> Seen:
    """Return what holds every floor of both: the longer line of roots, the higher versions.

    Where no key is in both floors of a role, all its keys were replaced in between (A09): then
    the floor goes with whoever saw the newer file that lists them, else with ``new``.
    """
    floors = dict(kept.floors)
    for role, floor in new.floors.items():
        behind = _version(new, parent(role)) < _version(kept, parent(role))
        floors[role] = _higher(floors.get(role), floor, behind=behind)
    return Seen(kept.roots if _version(new, "root") < _version(kept, "root") else new.roots, floors)


def parent(role: str) -> str:
    """Return the role whose file lists the keys of ``role``."""
    return role.rpartition("/")[0] or "root"


def joined(before: Iterable[str], keys: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of both, each once, in order."""
    return tuple(dict.fromkeys((*before, *keys)))


def _version(seen: Seen, role: str) -> int:
    """Return the newest version that was seen of ``role``, or 0."""
    if role == "root":
        return seen.newest.version if seen.newest is not None else 0
    return seen.floors[role].version if role in seen.floors else 0


def _higher(before: Floor | None, floor: Floor, *, behind: bool) -> Floor:
    if before is None:
        return floor
    if set(before.keys).isdisjoint(floor.keys):
        return before if behind else floor
    higher = before if before.version > floor.version else floor
    return replace(higher, keys=joined(before.keys, floor.keys))
