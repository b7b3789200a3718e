"""Two states of one repository made one, as two processes that ran at once need it."""

from __future__ import annotations

from crosstrust.schemes.notary_v1.state import Seen, SeenRoot, with_floor


def merge_seen(kept: Seen, new: Seen) -> Seen:
    """Return what holds every floor of both: the longer line of roots, the higher versions.

    Floors that have no key in common are of other keys of the role (A09), and stay apart.
    """
    floors = dict(kept.floors)
    for role, listed in new.floors.items():
        for floor in listed:
            floors[role] = with_floor(floors.get(role, ()), floor)
    return Seen(max(kept.roots, new.roots, key=_versions), floors)


def _versions(roots: tuple[SeenRoot, ...]) -> list[int]:
    """Return the versions, the newest first: of two lists the greater one goes further."""
    return [root.version for root in reversed(roots)]
