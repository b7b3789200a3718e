"""Conversations without a network: a test says what comes of each exchange."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from crosstrust.sources.request import Response
from crosstrust.sources.task import Broken, Hop, Pause, Start, Talk

T = TypeVar("T")
Outcome = Response | Broken


def play(talk: Talk[T], answer: Callable[[Hop], Outcome]) -> T:
    """What ``talk`` results in; no time passes, and connections are not opened early."""
    value: object = None
    while True:
        try:
            act = talk.send(value)
        except StopIteration as stop:
            result: T = stop.value
            return result
        value = None
        if isinstance(act, Hop):
            value = answer(act)
        elif not isinstance(act, Pause | Start):
            if not act.done:
                act.done, act.result = True, play(act.talk, answer)
            value = act.result


def said(
    hop: Hop,
    status: int = 200,
    body: bytes = b"",
    fields: tuple[tuple[str, str], ...] = (),
    address: str = "203.0.113.1",
) -> Response:
    """The answer of the server that ``hop`` goes to."""
    url = hop.url
    return Response(status, fields, body, url.origin, url.shown, address, hop.method)
