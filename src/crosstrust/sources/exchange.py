"""One request from first to last: proof, redirects, further proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosstrust.chain.answer import Gap
from crosstrust.errors import InputError
from crosstrust.evidence.verdict import Notice
from crosstrust.sources.address import is_reserved, names_reserved
from crosstrust.sources.attempt import attempt
from crosstrust.sources.authorization import Proof, Visit, prove, prove_again, refused_for_good
from crosstrust.sources.endpoint import TokenService
from crosstrust.sources.gap import misbehaved
from crosstrust.sources.redirect import STATUSES, judge_redirect
from crosstrust.sources.refusal import unauthorized
from crosstrust.sources.request import Access, Request, Response, Timeouts
from crosstrust.sources.task import Hop, Stream, Talk, Task, send, start
from crosstrust.sources.url import Url, parse_url

if TYPE_CHECKING:
    from crosstrust.sources.session import Session

CHALLENGE_ROUNDS = 2
# A connection that is not open by then is opened by the request itself.
EARLY_SECONDS = 5.0
_NO_ACCESS = Access("", "")


def converse(request: Request, session: Session) -> Talk[Response | Gap]:
    """Return the answer to ``request``, with whatever tokens and redirects it takes."""
    url = parse_url(request.url)
    _check_scheme(url, session)
    timeouts = request.timeouts or session.settings.timeouts
    deadline = session.monotonic() + timeouts.whole
    visit = Visit(url, request.access or _NO_ACCESS, timeouts, deadline)
    proof: Proof | Gap | None = None
    if request.access is not None:
        yield from _open_early(visit, session)
        proof = yield from prove(visit, session)
    session.contacted.add(url.origin)
    for _ in range(CHALLENGE_ROUNDS):
        if isinstance(proof, Gap):
            return proof
        reply, moved = yield from _follow(request, visit, proof, session)
        if isinstance(reply, Gap) or reply.status not in {401, 403}:
            return reply
        if moved or reply.status == 403 or request.access is None:
            # Only the server that we asked may send a challenge, never a storage behind it.
            return unauthorized(reply, reply.url, known=isinstance(proof, Proof) and proof.known)
        proof = yield from prove_again(visit, reply, proof, session)
    if isinstance(proof, Gap):
        return proof
    reply, _ = yield from _follow(request, visit, proof, session)
    if isinstance(reply, Response) and reply.status in {401, 403}:
        return refused_for_good(reply, url.origin, proof)
    return reply


def _follow(
    request: Request, visit: Visit, proof: Proof | None, session: Session
) -> Talk[tuple[Response | Gap, bool]]:
    """Return the answer behind all redirects, and whether another place gave it."""
    url, guarded, hops = visit.url, False, 0
    stream = Stream(request.sink) if request.sink is not None else None
    while True:
        # Credentials are bound to scheme, host and port, and do not come back on return.
        proof = proof if url.origin == visit.url.origin else None
        hop = Hop(
            url,
            request.method,
            request.headers + ((("Authorization", proof.value),) if proof else ()),
            request.limit,
            visit.timeouts,
            visit.deadline,
            guarded=guarded,
            stream=stream,
            on_progress=request.on_progress,
            meter=request.meter,
        )
        reply = yield from attempt(hop, session)
        if isinstance(reply, Gap) or reply.status not in STATUSES:
            return reply, hops > 0
        if hops == 0:
            address = reply.address
            guarded = not names_reserved(url.host) and not (address and is_reserved(address))
        target = _target(reply, url, hops=hops, guarded=guarded)
        if isinstance(target, Gap):
            return target, True
        url, hops = target, hops + 1


def _target(reply: Response, url: Url, *, hops: int, guarded: bool) -> Url | Gap:
    locations = reply.headers("location")
    if len(locations) != 1:
        return misbehaved(
            "http.answer.form", url.shown, expected="one location", actual=str(len(locations))
        )
    return judge_redirect(url, locations[0], hops=hops, guarded=guarded)


def _open_early(visit: Visit, session: Session) -> Talk[None]:
    """Open the connection while the token is fetched elsewhere: three round trips less."""
    url, mode = visit.url, session.mode(visit.url)
    if (
        not session.early
        or not isinstance(mode, TokenService)
        or url.origin in session.contacted
        or parse_url(mode.realm).origin == url.origin
    ):
        return
    session.contacted.add(url.origin)
    seconds = min(EARLY_SECONDS, visit.timeouts.whole / 4)
    patience = Timeouts(seconds, seconds, seconds)
    deadline = session.monotonic() + seconds
    hop = Hop(parse_url(f"{url.origin}/v2/"), "HEAD", (), 0, patience, deadline, early=True)
    yield from start(Task(send(hop)))


def _check_scheme(url: Url, session: Session) -> None:
    if url.scheme == "https":
        return
    if not session.settings.plain_http & {url.place, f"{url.host}:{url.port}"}:
        raise InputError(
            "http.tls.required",
            url.origin,
            expected="https",
            actual="http",
            remedy=f"name {url.place} as a host without TLS, if it is one",
        )
    session.note(Notice("http.plain", url.origin, "asked without TLS, as the user said"))
