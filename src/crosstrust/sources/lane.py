"""A thread that works through pieces in order, with few of them waiting."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from crosstrust.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable

WAITING = 4


class Lane:
    """Calls ``work`` with each piece, one after another, in a thread of its own.

    At most ``WAITING`` pieces wait: then ``put`` waits too, so that memory stays bounded and the
    network slows down. What ``work`` raises is raised by a later ``put`` or by ``drain``.
    """

    def __init__(self, work: Callable[[bytes], None]) -> None:
        self._work = work
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="layer")
        self._waiting: deque[Future[None]] = deque()

    def put(self, piece: bytes) -> None:
        """Have ``piece`` worked on soon. Raises ``StateError`` where no thread is to be had."""
        while self._waiting and (len(self._waiting) >= WAITING or self._waiting[0].done()):
            self._waiting.popleft().result()
        self._waiting.append(self._submitted(piece))

    def _submitted(self, piece: bytes) -> Future[None]:
        try:
            return self._pool.submit(self._work, piece)
        except RuntimeError as error:
            # The pool is open, so this is the thread that it starts with the first piece.
            raise StateError(
                "local.process.limit", "a layer", expected="one more thread", actual="none"
            ) from error

    def drain(self) -> None:
        """Return when every piece was worked on."""
        while self._waiting:
            self._waiting.popleft().result()

    def close(self) -> None:
        """Drop what waits and end the thread."""
        self._pool.shutdown(wait=True, cancel_futures=True)
