"""The one transport: libcurl's multi interface in one thread, everything in flight at once.

It moves conversations (``task.py``) along: starts their exchanges as pools allow, resumes
them with answers, and keeps their timers. What is said is decided in ``exchange.py``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from crosstrust.evidence.verdict import Notice, Traffic
from crosstrust.sources.exchange import converse
from crosstrust.sources.flight import Flights
from crosstrust.sources.pool import Pool
from crosstrust.sources.session import Session
from crosstrust.sources.task import Hop, Pause, Start, Task
from crosstrust.sources.wire import Transfer

if TYPE_CHECKING:
    from crosstrust.chain.answer import Gap
    from crosstrust.sources.request import Request, Response
    from crosstrust.sources.settings import Settings

K = TypeVar("K", bound=Hashable)

_LONGEST_SELECT = 0.5


class Transport:
    """Fetches rounds of requests over connections that live as long as the transport.

    Not for several threads at once. Use as a context manager, or call ``close``.
    """

    def __init__(self, settings: Settings) -> None:
        self._session = Session(settings)
        self._flights = Flights(
            settings, monotonic=self._session.monotonic, sleep=self._session.sleep
        )
        self._pools: dict[str, Pool] = {}
        self._owners: dict[Transfer, Task[Any]] = {}
        self._ready: deque[tuple[Task[Any], Any]] = deque()
        self._timers: list[tuple[float, int, Task[Any]]] = []
        self._counter = 0
        self._seconds = 0.0

    def fetch_all(
        self, requests: Sequence[Request], *, meanwhile: Callable[[], object] | None = None
    ) -> list[Response | Gap]:
        """Return the answer or the gap for each request, in order. Raises as ``pursue`` does."""
        answers: dict[int, Response | Gap] = {}

        def take(done: Mapping[int, Response | Gap]) -> Mapping[int, Request]:
            answers.update(done)
            return {}

        self.pursue(dict(enumerate(requests)), take, meanwhile=meanwhile)
        return [answers[number] for number in range(len(requests))]

    def pursue(
        self,
        requests: Mapping[K, Request],
        more: Callable[[Mapping[K, Response | Gap]], Mapping[K, Request]],
        *,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Send ``requests`` and what ``more`` returns, until nothing is under way.

        Answers are handed to ``more`` as they come, by the key of their request. ``meanwhile`` is
        called instead of waiting for servers, and again as long as it returns True: each call
        should be short, since no answer is looked at until it is over. Raises ``InputError``
        and ``StateError`` for what this machine has wrong.
        """
        began = self._session.monotonic()
        try:
            self._run(requests, more, meanwhile)
        finally:
            self._abandon()
            self._seconds += self._session.monotonic() - began

    @property
    def traffic(self) -> Traffic:
        """What all rounds cost: requests sent, bytes received with heads, seconds in rounds."""
        flights = self._flights
        return Traffic(flights.requests, flights.bytes, self._seconds, flights.proxies)

    def open_early(self, *, early: bool) -> None:
        """Choose whether new hosts get a HEAD of /v2/ while their token is fetched.

        It costs a request and saves the round trips of connecting.
        """
        self._session.early = early

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """What the reader of a report should know: hosts without TLS, failed helpers, limits."""
        return (*self._session.warnings, *self._session.budgets.values())

    def forget_warnings(self) -> None:
        """Let ``warnings`` be of what is asked from now on."""
        self._session.warnings.clear()
        self._session.budgets.clear()

    def close(self) -> None:
        """Close every connection."""
        self._flights.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(
        self,
        requests: Mapping[K, Request],
        more: Callable[[Mapping[K, Response | Gap]], Mapping[K, Request]],
        meanwhile: Callable[[], object] | None,
    ) -> None:
        tasks = self._begin_all(requests)
        self._advance()
        while tasks:
            self._step()
            self._ring()
            if self._ready:
                self._advance()
            elif not any(task.done for task in tasks.values()):
                if meanwhile is None:
                    self._rest()
                elif meanwhile() is not True:
                    meanwhile = None
                continue
            done = {key: task.result for key, task in tasks.items() if task.done}
            for key in done:
                del tasks[key]
            if done:
                answers = {key: reply for key, reply in done.items() if reply is not None}
                tasks.update(self._begin_all(more(answers)))

    def _begin_all(self, requests: Mapping[K, Request]) -> dict[K, Task[Response | Gap]]:
        tasks = {key: Task(converse(one, self._session)) for key, one in requests.items()}
        for task in tasks.values():
            self._begin(task)
        return tasks

    def _advance(self) -> None:
        """Resume every conversation that can go on, then start what its pools allow."""
        while self._ready:
            task, value = self._ready.popleft()
            self._resume(task, value)
        for pool in self._pools.values():
            if pool.waiting:
                for transfer in pool.ready():
                    owner = self._owners.pop(transfer)
                    waited = self._session.monotonic() - transfer.since
                    transfer.hop.deadline.at += waited
                    self._flights.launch(transfer, owner, multiplexed=pool.multiplexed)

    def _resume(self, task: Task[Any], value: Any) -> None:
        try:
            act = task.talk.send(value)
        except StopIteration as stop:
            task.done, task.result = True, stop.value
            self._ready.extend((other, task.result) for other in task.waiting)
            task.waiting.clear()
            return
        if isinstance(act, Hop):
            transfer = Transfer(act)
            transfer.since = self._session.monotonic()
            self._owners[transfer] = task
            self._pools.setdefault(act.url.origin, Pool()).waiting.append(transfer)
        elif isinstance(act, Pause):
            self._counter += 1
            due = self._session.monotonic() + act.seconds
            self._timers.append((due, self._counter, task))
            self._timers.sort()
        elif isinstance(act, Start):
            self._begin(act.task)
            # It goes on before others, so that requests keep the order in which they were asked.
            self._ready.appendleft((task, None))
        else:
            self._await(task, act)

    def _await(self, task: Task[Any], other: Task[Any]) -> None:
        if other.done:
            self._ready.append((task, other.result))
            return
        other.waiting.append(task)
        self._begin(other)

    def _begin(self, task: Task[Any]) -> None:
        if not task.started:
            task.started = True
            self._ready.append((task, None))

    def _step(self) -> None:
        """Let libcurl do what it can without waiting; hand on what is over."""
        for landing in self._flights.step():
            pool = self._pools[landing.transfer.hop.url.origin]
            pool.multiplexed |= landing.multiplexed
            pool.landed(landing.transfer, opened=landing.opened, closed=landing.closed)
            self._ready.append((landing.owner, landing.reply))

    def _ring(self) -> None:
        now = self._session.monotonic()
        while self._timers and self._timers[0][0] <= now:
            self._ready.append((self._timers.pop(0)[2], None))

    def _rest(self) -> None:
        """Wait until something may have happened."""
        wait = _LONGEST_SELECT
        if self._timers:
            wait = min(wait, max(0.0, self._timers[0][0] - self._session.monotonic()))
        self._flights.wait(wait)

    def _abandon(self) -> None:
        """Drop what is still under way: early pings, or everything after an error."""
        self._flights.abandon()
        for pool in self._pools.values():
            pool.abandon()
        for memory in (self._owners, self._ready, self._timers):
            memory.clear()
        self._session.forget_unfinished()
