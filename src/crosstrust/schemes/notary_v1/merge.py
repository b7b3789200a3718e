"""Two states of one repository made one, as two processes that ran at once need it."""

from __future__ import annotations

from crosstrust.schemes.notary_v1.state import Floor, Seen, joined
from crosstrust.value import replace


def merge_seen(kept: Seen, new: Seen) -> Seen:
    """Return what holds every floor of both: the longer line of roots, the higher versions.

    Where no key is in both floors of a role, all its keys were replaced in between (A09): then
    the floor goes with whoever saw the newer file that lists them, else with ``new``.
    """
    floors = dict(kept.floors)
    for role, floor in new.floors.items():
        behind = _versions(new, parent(role)) < _versions(kept, parent(role))
        floors[role] = _higher(floors.get(role), floor, behind=behind)
    longer = max(kept, new, key=lambda seen: _versions(seen, "root"))
    return Seen(longer.roots, floors)


def parent(role: str) -> str:
    """Return the role whose file lists the keys of ``role``."""
    return role.rpartition("/")[0] or "root"


def _versions(seen: Seen, role: str) -> list[int]:
    """Return the versions that were seen of ``role``, the newest first: the later list is greater.

    Of the roots these are all of the line, of another role it is the floor.
    """
    if role == "root":
        return [root.version for root in reversed(seen.roots)]
    return [seen.floors[role].version] if role in seen.floors else []


def _higher(before: Floor | None, floor: Floor, *, behind: bool) -> Floor:
    if before is None:
        return floor
    if set(before.keys).isdisjoint(floor.keys):
        return before if behind else floor
    higher = before if before.version > floor.version else floor
    withdrawn = before.withdrawn and floor.withdrawn
    return replace(higher, keys=joined(before.keys, floor.keys), withdrawn=withdrawn)
