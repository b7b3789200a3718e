"""What to remember: roots and version floors, raised only by what follows from pinned keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from crosstrust.evidence.claim import Claim
from crosstrust.evidence.trust_data import Role
from crosstrust.schemes.notary_v1.case import Case
from crosstrust.schemes.notary_v1.judge_role import role_claim
from crosstrust.schemes.notary_v1.judge_root import Succession, root_claim
from crosstrust.schemes.notary_v1.state import Floor, Seen, SeenRoot, with_floor
from crosstrust.value import replace


def update_seen(
    case: Case, succession: Succession, roles: Iterable[Role], held: frozenset[Claim]
) -> Seen:
    """Return what was seen with what now holds; nothing is ever lowered.

    A root counts as soon as it follows, though a later check failed: newer roots found on the
    way are kept (A13). The floor of a delegation that is no longer declared stays, as withdrawn:
    were it declared again, its keys may have signed older files.
    """
    known = {role.name: role for role in roles}
    held_roles = {
        name for name, role in known.items() if role_claim(case.gun, name, role.sha256) in held
    }
    floors = {
        name: _withdrawn(listed) if _is_gone(name, known, held_roles) else listed
        for name, listed in case.seen.floors.items()
    }
    for name in held_roles:
        role = known[name]
        keys = tuple(dict.fromkeys(key.canonical for key in role.keys))
        floor = Floor(role.version, role.sha256, keys)
        floors[name] = with_floor(floors.get(name, ()), floor)
    return Seen(_roots(case, succession, held), floors)


def _is_gone(name: str, known: Collection[str], held: Collection[str]) -> bool:
    """Return True for a delegation that its parent, as it now holds, no longer declares."""
    if name in known or "/" not in name:
        return False
    parent = name.rpartition("/")[0]
    return parent in held or _is_gone(parent, known, held)


def _withdrawn(floors: Iterable[Floor]) -> tuple[Floor, ...]:
    return tuple(replace(floor, withdrawn=True) for floor in floors)


def _roots(case: Case, succession: Succession, held: frozenset[Claim]) -> tuple[SeenRoot, ...]:
    seen = case.seen
    found = {
        signed.root.version: SeenRoot(signed.root.version, signed.file.sha256, len(signed.file.raw))
        for signed in succession.roots
        if root_claim(case.gun, signed.file) in held
    }
    same = all(found.get(root.version, root) == root for root in seen.roots)
    if not found or not same or (seen.newest and seen.newest.version > max(found)):
        return seen.roots
    before = [root for root in seen.roots if root.version < min(found)]
    if before and before[-1].version + 1 != min(found):
        before = []
    return (*before, *found.values())
