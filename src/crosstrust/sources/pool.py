"""How many connections one server is worth: opening costs three or four round trips."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosstrust.sources.wire import Transfer

CONNECTIONS = 6
STREAMS = 100


class Pool:
    """The transfers to one origin: those under way, and those that wait for a connection.

    ``open``: the connections that we believe are alive. ``multiplexed``: HTTP/2 was agreed.
    ``opening``: early transfers under way, which leave an open connection behind. ``begun``:
    something else than those was sent.
    """

    def __init__(self) -> None:
        self.waiting: deque[Transfer] = deque()
        self.flying = 0
        self.open = 0
        self.multiplexed = False
        self.opening = 0
        self.begun = False

    def ready(self) -> list[Transfer]:
        """Take those that may start now, in order."""
        if self.opening and not self.begun:
            # The connection that is nearly open is the quickest for what is most urgent.
            return []
        free = max(0, self._places() - self.flying)
        taken = [self.waiting.popleft() for _ in range(min(free, len(self.waiting)))]
        return self._take(taken)

    def _take(self, taken: list[Transfer]) -> list[Transfer]:
        idle = self.open - self.flying
        for number, transfer in enumerate(taken):
            transfer.reusing = number < idle
            self.opening += transfer.hop.early
            self.begun |= not transfer.hop.early
        self.flying += len(taken)
        self.open = max(self.open, 1 if self.multiplexed else self.flying)
        return taken

    def landed(self, transfer: Transfer, *, opened: int, closed: bool) -> None:
        """One transfer is over. ``opened``: connections made for it; ``closed``: lost with it."""
        if opened and transfer.reusing:
            # Those we thought idle were gone, or it would have used one of them.
            self.open = self.flying
        self.flying -= 1
        self.opening -= transfer.hop.early
        if closed and not self.multiplexed:
            self.open = max(0, self.open - 1)

    def abandon(self) -> None:
        """All that waits or is under way was dropped, connections included."""
        self.waiting.clear()
        if not self.multiplexed:
            self.open = max(0, self.open - self.flying)
        self.flying = self.opening = 0

    def _places(self) -> int:
        if self.multiplexed:
            return STREAMS
        wanted = self.flying + len(self.waiting)
        bulky = sum(1 for transfer in self.waiting if transfer.hop.stream) + self.flying
        if not self.open or not self.begun:
            return min(wanted, CONNECTIONS)
        if any(transfer.hop.stream for transfer in self.waiting):
            # Layers: their time is bandwidth, and small answers must not queue behind them.
            return min(max(self.open, bulky), CONNECTIONS)
        # Opening costs three or four round trips and queueing one: up to four may queue on each.
        return min(max(self.open, -(-wanted // 4)), CONNECTIONS)
