"""What a source of bytes promises, and what one kind of server adds to the transport."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from crosstrust.chain.answer import Reply
from crosstrust.chain.want import Want
from crosstrust.sources.request import Request, Response


class Source(Protocol):
    """A door to the world. It promises nothing about what comes through."""

    def serves(self, want: Want) -> bool:
        """Return True if such a want can be asked here."""
        ...

    def fetch_all(self, wants: Sequence[Want]) -> Mapping[Want, Reply]:
        """Return a reply for each want that is served; one round, all in flight."""
        ...


class Peer(Protocol):
    """One kind of server: how it is asked, and what its answers mean. No I/O."""

    def serves(self, want: Want) -> bool:
        """Return True if this kind of server answers such a want."""
        ...

    def request_for(self, want: Want) -> Request | Reply:
        """Return how to ask, or a reply where asking is not needed or not safe."""
        ...

    def reply_from(self, want: Want, response: Response, /) -> Reply | Request:
        """Return what the answer means, or a further request that it calls for."""
        ...
