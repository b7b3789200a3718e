"""Every registry and notary server, behind one transport: a source whose round is one round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from crosstrust.chain.answer import Gap, Reply
from crosstrust.chain.want import ReadRole, Want
from crosstrust.sources.gap import misbehaved
from crosstrust.sources.meter import Meter
from crosstrust.sources.notary import Notary, as_notary_gap
from crosstrust.sources.registry import Registry
from crosstrust.sources.request import Request, Response
from crosstrust.sources.settings import Settings
from crosstrust.sources.transport import Transport
from crosstrust.value import replace

if TYPE_CHECKING:
    from crosstrust.sources.protocol import Peer


class Remote:
    """Routes wants to the kind of server that answers them.

    ``registry`` also makes requests for layers, for whoever streams them; ``timeouts`` are those
    of a document.
    """

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self.registry = Registry(settings)
        self.notary = Notary(settings)
        self.transport = transport
        self.timeouts = settings.timeouts
        self._limit = settings.side_limit

    def serves(self, want: Want) -> bool:
        """Return True for everything but layers."""
        return self._peer(want) is not None

    def fetch_all(
        self, wants: Sequence[Want], *, meanwhile: Callable[[], object] | None = None
    ) -> Mapping[Want, Reply]:
        """Return a reply for each want; wants that are not served are left out."""
        replies: dict[Want, Reply] = {}

        def take(found: Mapping[Want, Reply]) -> Sequence[Want]:
            replies.update(found)
            return ()

        self.pursue(wants, take, meanwhile=meanwhile)
        return replies

    def pursue(
        self,
        wants: Sequence[Want],
        more: Callable[[Mapping[Want, Reply]], Sequence[Want]],
        *,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Answer ``wants`` and what ``more`` returns, until nothing is under way.

        Wants that are not served get no reply. A HEAD that gave no digest is followed by a GET.
        What each side sends is counted for this pursuit.
        """
        meters: dict[str, Meter] = {}

        def ask(fresh: Sequence[Want]) -> dict[Want, Request]:
            asked: dict[Want, Request] = {}
            while fresh:
                replies: dict[Want, Reply] = {}
                for want in dict.fromkeys(fresh):
                    peer = self._peer(want)
                    if peer is not None:
                        found = self._metered(want, peer.request_for(want), meters)
                        _sort(want, found, replies, asked)
                fresh = more(replies) if replies else ()
            return asked

        def take(answers: Mapping[Want, Response | Gap]) -> dict[Want, Request]:
            replies: dict[Want, Reply] = {}
            again: dict[Want, Request] = {}
            for want, answer in answers.items():
                found = self._metered(want, self._read(want, answer), meters)
                _sort(want, found, replies, again)
            return again | (ask(more(replies)) if replies else {})

        first = ask(wants)
        if first:
            self.transport.pursue(first, take, meanwhile=meanwhile)

    def _metered(
        self, want: Want, found: Reply | Request, meters: dict[str, Meter]
    ) -> Reply | Request:
        """Let a request count for its side; there is none where the side sent too much."""
        if not isinstance(found, Request):
            return found
        side = _side(want)
        meter = meters.setdefault(side, Meter(side, self._limit))
        if not meter.exceeded:
            return replace(found, meter=meter)
        error = meter.error()
        return misbehaved(error.code, error.where, expected=error.expected)

    def _read(self, want: Want, answer: Response | Gap) -> Reply | Request:
        peer = self._peer(want)
        if peer is None:
            raise TypeError(want)
        found = answer if isinstance(answer, Gap) else peer.reply_from(want, answer)
        if isinstance(found, Gap) and isinstance(want, ReadRole):
            asked = self.notary.request_for(want)
            return as_notary_gap(found, asked.url) if isinstance(asked, Request) else found
        return found

    def _peer(self, want: Want) -> Peer | None:
        peers: tuple[Peer, ...] = (self.registry, self.notary)
        return next((peer for peer in peers if peer.serves(want)), None)


def _side(want: Want) -> str:
    return f"trust data of {want.gun}" if isinstance(want, ReadRole) else want.repository


def _sort(
    want: Want, found: Reply | Request, replies: dict[Want, Reply], asked: dict[Want, Request]
) -> None:
    if isinstance(found, Request):
        asked[want] = found
    else:
        replies[want] = found
