"""Conversations written top to bottom, run side by side in one thread.

A conversation is a generator. It yields what it waits for: a ``Hop`` (one HTTP exchange), a
``Pause`` in seconds, or another ``Task``; and is resumed with what came of it. ``Start`` sets
a task going without waiting for it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

from crosstrust.chain.answer import Gap
from crosstrust.sources.meter import Meter
from crosstrust.sources.request import Response, Timeouts
from crosstrust.sources.url import Url
from crosstrust.value import dataclass

AUTHORIZATION = "Authorization"

T = TypeVar("T")
Talk = Generator[Any, Any, T]


class Task(Generic[T]):
    """A conversation under way. ``result`` is there once ``done``; then ``waiting`` go on."""

    __slots__ = ("done", "result", "started", "talk", "waiting")

    def __init__(self, talk: Talk[T]) -> None:
        self.talk = talk
        self.started = False
        self.done = False
        self.result: T | None = None
        self.waiting: list[Task[Any]] = []


@dataclass(frozen=True, slots=True)
class Pause:
    """Go on after this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Start:
    """Set a task going and go on at once."""

    task: Task[Any]


class Deadline:
    """When a whole request must be over: ``at`` on the monotonic clock.

    What it spends in a queue, behind other requests to its server, is added to it.
    """

    __slots__ = ("at",)

    def __init__(self, at: float) -> None:
        self.at = at


class Stream:
    """Where a body goes, and how many bytes ``passed`` to there over all tries."""

    __slots__ = ("passed", "sink")

    def __init__(self, sink: Callable[[bytes], object]) -> None:
        self.sink = sink
        self.passed = 0


@dataclass(frozen=True, slots=True)
class Hop:
    """One HTTP exchange. ``fields`` and ``body`` may hold secrets and are never shown.

    ``guarded``: the address connected to must be a public one. ``early``: sent only to open a
    connection.
    ``wary``: TLS has failed before, so see whether plain HTTP is spoken there.
    """

    url: Url
    method: str
    fields: tuple[tuple[str, str], ...]
    limit: int
    timeouts: Timeouts
    deadline: Deadline
    body: bytes | None = None
    guarded: bool = False
    stream: Stream | None = None
    on_progress: Callable[[int], object] | None = None
    early: bool = False
    wary: bool = False
    meter: Meter | None = None

    def __repr__(self) -> str:
        return f"Hop({self.method} {self.url.shown})"


@dataclass(frozen=True, slots=True)
class Broken:
    """An exchange that gave no answer; ``again``: another try may help."""

    gap: Gap
    again: bool = False


def send(hop: Hop) -> Talk[Response | Broken]:
    """Exchange one request for an answer."""
    reply: Response | Broken = yield hop
    return reply


def pause(seconds: float) -> Talk[None]:
    """Let ``seconds`` pass."""
    yield Pause(seconds)


def wait_for(task: Task[T]) -> Talk[T]:
    """Return what the task results in; it is started if it was not."""
    result: T = yield task
    return result


def start(task: Task[T]) -> Talk[None]:
    """Set ``task`` going without waiting for it."""
    yield Start(task)
