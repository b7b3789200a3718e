"""The genuine chains as someone judges them who holds one file in other bytes."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from crosstrust.chain.answer import Absent, Answer, Reply
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins, pinned_key
from crosstrust.chain.scheme import Judgement
from crosstrust.chain.want import ReadRole, Want
from crosstrust.evidence.claim import Claim
from crosstrust.schemes.notary_v1 import NotaryV1
from tests.unit.notary_v1.genuine import NAMES, facts, genuine_server, moment

FILES = tuple((name, role) for name in NAMES for role in sorted(genuine_server(name).files))


class Obliging(Mapping[Want, Reply]):
    """The replies of a server that has one file per role and gives it out by any hash."""

    def __init__(self, named: Mapping[Want, Reply], role: str, raw: bytes) -> None:
        """``named`` has the answers under their names; of ``role``, ``raw`` is served instead."""
        self._replies = dict(named)
        for want in self._replies:
            if isinstance(want, ReadRole) and want.version is None and want.role == role:
                self._replies[want] = Answer(raw)

    def __getitem__(self, want: Want) -> Reply:
        if isinstance(want, ReadRole) and want.sha256 is not None:
            return self._replies[ReadRole(want.gun, want.role)]
        return self._replies[want]

    def items(self) -> ItemsView[Want, Reply]:
        """Return what has a name of its own, quicker than the inherited way."""
        return self._replies.items()

    def __iter__(self) -> Iterator[Want]:
        return iter(self._replies)

    def __len__(self) -> int:
        return len(self._replies)


@dataclass(frozen=True)
class Chain:
    """One repository, with its root key pinned, at a time when all of it is valid.

    ``named`` is what its server replies to questions without a hash.
    """

    gun: str
    files: Mapping[str, bytes]
    named: Mapping[Want, Reply]
    pins: Pins
    at: datetime

    def judge(self, role: str, raw: bytes, *, seen: bytes = b"") -> Judgement:
        """Judge the chain with ``raw`` for ``role``, whatever hash that is asked for by."""
        dossier = Dossier(Obliging(self.named, role, raw))
        return NotaryV1().judge(self.gun, dossier, pins=self.pins, at=self.at, seen=seen)

    def trusted(self, role: str, raw: bytes, *, seen: bytes = b"") -> frozenset[Claim]:
        """Return every tag that follows from the pinned key."""
        return trusted_tags(self.gun, self.judge(role, raw, seen=seen))


def trusted_tags(gun: str, judgement: Judgement) -> frozenset[Claim]:
    """Return every signed tag that follows from the keys that the user vouches for."""
    data = judgement.trust_data
    vouched = data.root_pins.items() if data is not None else ()
    held = judgement.evidence.holding(pinned_key(gun, key) for key, how in vouched if how)
    return frozenset(claim for claim in held if claim.kind == "tag")


@cache
def genuine_chain(name: str) -> Chain:
    """Return the chain ``name`` an hour before the first of its files runs out."""
    known = facts(name)
    pins = Pins(root=(known["root_keys"][0]["canonical_id"],))
    at = moment(known["verifies_until"]) - timedelta(hours=1)
    gun, files = known["gun"], genuine_server(name).files
    named: dict[Want, Reply] = {ReadRole(gun, role): Answer(raw) for role, raw in files.items()}
    # A damaged root may call itself any version; of none is there a root after it.
    named |= {ReadRole(gun, "root", version=number): Absent() for number in range(2, 13)}
    return Chain(gun, files, named, pins, at)
