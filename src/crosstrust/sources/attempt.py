"""One exchange with its further tries: waiting, asking again, going on where it was cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crosstrust.chain.answer import Gap
from crosstrust.sources.refusal import busy, out_of_time
from crosstrust.sources.request import Response
from crosstrust.sources.retry import delay_before, may_pass, parse_date, parse_retry_after
from crosstrust.sources.task import Broken, Hop, Talk, pause, send
from crosstrust.value import replace

if TYPE_CHECKING:
    from crosstrust.sources.session import Session


Walk = Callable[[Hop, "Session"], Talk[Response | Broken]]


def ask_once(hop: Hop, session: Session) -> Talk[Response | Broken]:
    """Return the answer to ``hop`` itself; the session remembers what concerns its server."""
    if session.monotonic() >= hop.deadline.at:
        return Broken(out_of_time(hop.url.shown))
    reply = yield from send(hop)
    if isinstance(reply, Response):
        session.hear(reply)
    return reply


def attempt(hop: Hop, session: Session, walk: Walk = ask_once) -> Talk[Response | Gap]:
    """Return the answer to ``hop``, asking again where that may help (GET and HEAD only).

    Statuses that may pass and broken connections are tried again, as often and as long as the
    settings allow; then they are a gap. ``walk`` follows redirects: each try starts at the server
    that was asked, since the link to a storage may have run out.
    """
    settings = session.settings
    for number in range(1, settings.tries + 1):
        reply = yield from walk(_resumed(hop), session)
        asked = None
        if isinstance(reply, Response):
            if not may_pass(reply.status):
                return reply
            asked = _asked_wait(reply, session)
            gap = busy(reply, reply.url, asked)
        else:
            gap = reply.gap
            hop = replace(hop, wary=gap.check.code == "http.tls.valid")
        if (isinstance(reply, Broken) and not reply.again) or hop.method == "POST":
            return gap
        wait = asked
        if wait is None:
            wait = delay_before(number + 1, session.jitter(), base=settings.backoff)
        late = session.monotonic() + wait >= hop.deadline.at
        if number == settings.tries or wait > settings.patience or late:
            return gap
        yield from pause(wait)
    raise AssertionError(settings.tries)


def _resumed(hop: Hop) -> Hop:
    """Return ``hop``, asking only for what is still missing of its stream."""
    if hop.stream is None or not hop.stream.passed:
        return hop
    return replace(hop, fields=(*hop.fields, ("Range", f"bytes={hop.stream.passed}-")))


def _asked_wait(response: Response, session: Session) -> float | None:
    value = response.header("retry-after")
    if not value:
        return None
    return parse_retry_after(value, parse_date(response.header("date")) or session.now())
