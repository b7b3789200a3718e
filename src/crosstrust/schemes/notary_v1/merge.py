"""Two states of one repository made one, as two processes that ran at once need it."""

from __future__ import annotations

from crosstrust.schemes.notary_v1.state import Floor, Seen


def merge_seen(kept: Seen, new: Seen) -> Seen:
    """Return what holds every floor of both: the longer line of roots, the higher versions.

    Where other keys signed a role's two floors, its keys were replaced in between: then the
    floor goes with the newer roots, and without newer roots with ``new`` (A09). A delegation
    that only ``kept`` has stays; ``new`` may not have known of it yet.
    """
    older = _version(new) < _version(kept)
    first, second = (new, kept) if older else (kept, new)
    floors = dict(first.floors)
    for role, floor in second.floors.items():
        floors[role] = _higher(floors.get(role), floor)
    return Seen(second.roots, floors)


def _version(seen: Seen) -> int:
    return seen.newest.version if seen.newest is not None else 0


def _higher(before: Floor | None, floor: Floor) -> Floor:
    if before is None or set(before.signers).isdisjoint(floor.signers):
        return floor
    return before if before.version > floor.version else floor
