"""A sandbox in the place of the network: what ``open_session(options, door=...)`` takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crosstrust.app.collect import More, Replies
from crosstrust.chain.answer import Answer
from crosstrust.chain.want import Want
from crosstrust.evidence.verdict import Notice, Traffic
from crosstrust.sandbox.sandbox import Sandbox


class MemoryDoor:
    """Answers every want from the sandbox as it is at that moment, without a socket.

    ``source`` records what was asked and can take hosts off the network. ``notices`` are handed
    on as a network would.
    """

    def __init__(self, sandbox: Sandbox, *, notices: tuple[Notice, ...] = ()) -> None:
        self.source = sandbox.source()
        self.notices = notices
        self.closed = False
        self._bytes = 0

    @property
    def asked(self) -> list[Want]:
        """Every want so far, in order."""
        return [want for wants in self.source.rounds for want in wants]

    @property
    def traffic(self) -> Traffic:
        """One request for each want; no time passes here."""
        return Traffic(len(self.asked), self._bytes)

    def pursue(
        self,
        wants: Sequence[Want],
        more: More,
        *,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Answer ``wants`` and what ``more`` returns, a round at a time."""
        while wants:
            replies = self.source.fetch_all(wants, meanwhile=meanwhile)
            meanwhile = None
            self._bytes += _size(replies)
            wants = more(replies)

    def forget_notices(self) -> None:
        """Do nothing: here each answer has the same notices."""

    def close(self) -> None:
        """Note that the session is over."""
        self.closed = True


def _size(replies: Replies) -> int:
    return sum(len(reply.raw) for reply in replies.values() if isinstance(reply, Answer))
