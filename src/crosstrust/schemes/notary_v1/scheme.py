"""Notary v1, the protocol of Docker Content Trust, as a scheme."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins
from crosstrust.chain.scheme import Judgement
from crosstrust.chain.want import ReadRole


class NotaryV1:
    """The scheme; it has no state of its own."""

    @property
    def name(self) -> str:
        """The name that policies use."""
        return "notary-v1"

    def wants(self, gun: str, dossier: Dossier, *, pins: Pins, seen: bytes) -> Sequence[ReadRole]:
        """Return what to fetch in the next round; raises ``StateError`` for a bad ``seen``."""
        if not dossier.replies and not seen:
            # The first contact needs no reading, so no reader is imported before it. Most roots
            # were never replaced: to ask for a second one at once saves a round trip.
            first = ReadRole(gun, "timestamp"), ReadRole(gun, "root")
            return (*first, ReadRole(gun, "root", version=2))
        from crosstrust.schemes.notary_v1.state import parse_state
        from crosstrust.schemes.notary_v1.want import wants

        return wants(gun, dossier, pins=pins, seen=parse_state(seen, gun))

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
        """Return steps from pinned root keys to signed tags at ``at`` (UTC).

        With ``tags``, evidence is given for those alone; the trust data has all. The returned
        state may be kept only if ``at`` is the present. Raises ``StateError`` for a bad ``seen``.
        """
        from crosstrust.schemes.notary_v1.case import Case
        from crosstrust.schemes.notary_v1.judge import judge
        from crosstrust.schemes.notary_v1.state import parse_state

        case = Case(gun, pins, at, parse_state(seen, gun), pins.name_wildcard)
        return judge(case, dossier, tags=tags)

    def merge(self, gun: str, kept: bytes, new: bytes) -> bytes:
        """Return one state with every floor of both; raises ``StateError`` for a bad one."""
        from crosstrust.schemes.notary_v1.merge import merge_seen
        from crosstrust.schemes.notary_v1.state import parse_state, write_state

        return write_state(merge_seen(parse_state(kept, gun), parse_state(new, gun)), gun)
