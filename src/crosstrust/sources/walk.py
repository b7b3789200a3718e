"""An exchange and the redirects behind it, as one step of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosstrust.chain.answer import Gap
from crosstrust.sources.attempt import ask_once
from crosstrust.sources.gap import misbehaved
from crosstrust.sources.redirect import STATUSES, judge_redirect
from crosstrust.sources.request import Response
from crosstrust.sources.task import AUTHORIZATION, Broken, Hop, Talk
from crosstrust.sources.url import Url
from crosstrust.value import replace

if TYPE_CHECKING:
    from crosstrust.sources.session import Session

# The others turn a POST into a GET, without what it says.
_SAME_METHOD = frozenset({307, 308})


def follow(first: Hop, session: Session) -> Talk[Response | Broken]:
    """Return the answer behind all redirects that start with ``first``."""
    return (yield from _walk(first, session, abroad=True))


def stay(first: Hop, session: Session) -> Talk[Response | Broken]:
    """Return the answer behind the redirects that stay at one server; one that leaves is it."""
    return (yield from _walk(first, session, abroad=False))


def _walk(first: Hop, session: Session, *, abroad: bool) -> Talk[Response | Broken]:
    hop, hops = first, 0
    while True:
        reply = yield from ask_once(hop, session)
        if isinstance(reply, Broken) or reply.status not in STATUSES:
            return reply
        if hop.method == "POST" and reply.status not in _SAME_METHOD:
            return reply
        target = _target(reply, hop.url, hops=hops, guarded=session.is_public(first.url))
        if isinstance(target, Gap):
            return Broken(target)
        if target.origin != hop.url.origin:
            if not abroad:
                return reply
            # Credentials are bound to scheme, host and port, and do not come back on return.
            fields = tuple(field for field in hop.fields if field[0] != AUTHORIZATION)
            hop = replace(hop, fields=fields, guarded=session.is_public(first.url))
        hop = replace(hop, url=target)
        hops += 1


def _target(reply: Response, url: Url, *, hops: int, guarded: bool) -> Url | Gap:
    locations = reply.headers("location")
    if len(locations) != 1:
        return misbehaved(
            "http.answer.form", url.shown, expected="one location", actual=str(len(locations))
        )
    return judge_redirect(url, locations[0], hops=hops, guarded=guarded)
