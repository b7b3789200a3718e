"""What every signature scheme supplies: what it wants to see, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins
from crosstrust.chain.want import Want
from crosstrust.evidence.graph import Evidence
from crosstrust.evidence.trust_data import TrustData
from crosstrust.evidence.verdict import Notice
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a scheme concluded.

    ``evidence`` leads from ``Claim("pinned-key", gun, scoped key ID)`` to
    ``Claim("tag", "gun:tag", digest)`` for every released tag. ``state`` is what to hand in as
    ``seen`` next time; it differs from ``seen`` only by what followed from pinned keys.
    ``trust_data`` is None where the metadata could not be read as far as the targets.
    ``freshness``: "fresh" (the server answered now), "cached", "first-seen" or "unknown".
    ``begun`` (UTC): no earlier than this can what holds have been signed, by what it says
    itself; None where it does not say. ``warnings`` change no decision.
    """

    evidence: Evidence
    state: bytes
    trust_data: TrustData | None
    freshness: str
    begun: datetime | None = None
    warnings: tuple[Notice, ...] = ()


class Scheme(Protocol):
    """One way to vouch for an image; all of it pure."""

    @property
    def name(self) -> str:
        """The name that policies use: "notary-v1"."""
        ...

    def wants(self, gun: str, dossier: Dossier, *, pins: Pins, seen: bytes) -> Sequence[Want]:
        """What to fetch next, given what is there; empty when nothing more is of use."""
        ...

    def judge(
        self,
        gun: str,
        dossier: Dossier,
        *,
        pins: Pins,
        at: datetime,
        seen: bytes,
        tags: Sequence[str] | None = None,
    ) -> Judgement:
        """Steps from pinned keys to signed tags at the time ``at`` (UTC).

        With ``tags`` there is evidence for those alone, and what contradicts one of them is a
        failed check; the trust data has every tag.
        """
        ...

    def merge(self, gun: str, kept: bytes, new: bytes) -> bytes:
        """Return one state that holds every floor of both; neither is lowered."""
        ...
