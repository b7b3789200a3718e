"""What must hold whatever happens in a siege, checked at each look of the client's."""

from __future__ import annotations

from crosstrust.evidence.verdict import Verdict
from crosstrust.schemes.notary_v1.state import Seen
from tests.attacks.provenance import RELEASES, objections
from tests.attacks.siege import Siege, image_of


def check_memory(siege: Siege, before: Seen, after: Seen) -> None:
    """What the client remembers never grows older.

    A role has another floor once all its keys were replaced, and the former one stays beside it.
    """
    if before.newest is not None:
        assert after.newest is not None
        assert after.newest.version >= before.newest.version
    for role, floors in before.floors.items():
        if after.floors[role][-1].version < floors[-1].version:
            assert siege.past.forged
        for floor in floors:
            (kept,) = (one for one in after.floors[role] if {*one.keys} >= {*floor.keys})
            assert kept.version >= floor.version


def check_grounds(siege: Siege, verdict: Verdict, tag: str, before: Seen) -> None:
    """A trusted digest is one that somebody who remembers ``before`` had to believe."""
    assert list(objections(siege.past, verdict, tag, before, siege.now)) == []
    assert verdict.signed is not None
    signed = str(verdict.signed.digest)
    assert image_of(str(verdict.digest)) == image_of(signed)
    if not siege.stolen.keys() & {"targets", RELEASES}:
        assert signed in siege.past.signed_by_author(tag)


def check_kept(verdict: Verdict, after: Seen) -> None:
    """All that a trusted digest rests on is remembered."""
    assert verdict.trust_data is not None
    for role in verdict.trust_data.roles:
        if role.name == "root":
            assert after.newest is not None
            assert (after.newest.version, after.newest.sha256) == (role.version, role.sha256)
        elif role.sha256:
            floor = after.floors[role.name][-1]
            assert (floor.version, floor.sha256) == (role.version, role.sha256)


def look(siege: Siege, tag: str, host: str, *, offline: bool = False) -> Verdict:
    """Verify, and check all that must hold whatever came of it."""
    before = siege.seen()
    verdict = siege.verify(tag, host, offline=offline)
    check_memory(siege, before, siege.seen())
    if verdict:
        check_grounds(siege, verdict, tag, before)
        check_kept(verdict, siege.seen())
    return verdict
