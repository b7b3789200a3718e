"""Which redirects are followed."""

from __future__ import annotations

from crosstrust.chain.answer import Gap
from crosstrust.errors import MalformedError
from crosstrust.sources.address import names_reserved
from crosstrust.sources.gap import misbehaved
from crosstrust.sources.url import Url, resolve_url

REDIRECTS = 5
STATUSES = frozenset({301, 302, 303, 307, 308})


def judge_redirect(base: Url, location: str, *, hops: int, guarded: bool) -> Url | Gap:
    """Return where ``base`` may send us, or why not.

    ``hops`` were followed before. ``guarded``: the server that we asked is a public one, so it
    must not send us to loopback, private or link-local addresses. A name that resolves to one
    is refused when connecting.
    """
    where = base.shown
    if hops >= REDIRECTS:
        return misbehaved("limit.exceeded", where, expected=f"at most {REDIRECTS} redirects")
    try:
        target = resolve_url(base, location, f"redirect from {base.origin}")
    except MalformedError as error:
        return misbehaved(error.code, error.where, expected=error.expected, actual=error.actual)
    if target.scheme == "http" and (base.scheme == "https" or target.place != base.place):
        return misbehaved(
            "http.redirect.secure", where, expected="a redirect to https", actual=target.origin
        )
    if guarded and names_reserved(target.host):
        return misbehaved(
            "http.address.blocked", where, expected="a public address", actual=target.origin
        )
    return target
