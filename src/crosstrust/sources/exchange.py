"""One request from first to last: proof, redirects, further proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosstrust.chain.answer import Gap
from crosstrust.errors import InputError
from crosstrust.evidence.verdict import Notice
from crosstrust.sources.attempt import attempt
from crosstrust.sources.authorization import Proof, Visit, prove, prove_again, refused_for_good
from crosstrust.sources.endpoint import TokenService
from crosstrust.sources.refusal import link_refused, unauthorized
from crosstrust.sources.request import Access, Request, Response, Timeouts
from crosstrust.sources.task import AUTHORIZATION, Deadline, Hop, Stream, Talk, Task, send, start
from crosstrust.sources.url import Url, parse_url
from crosstrust.sources.walk import follow
from crosstrust.value import replace

if TYPE_CHECKING:
    from crosstrust.sources.session import Session

CHALLENGE_ROUNDS = 2
# Of tokens that ran out within one download: a byte for each would hold us for ever.
RENEWALS = 20
# A connection that is not open by then is opened by the request itself.
EARLY_SECONDS = 5.0
_NO_ACCESS = Access("", "")


def converse(request: Request, session: Session) -> Talk[Response | Gap]:
    """Return the answer to ``request``, with whatever tokens and redirects it takes."""
    url = parse_url(request.url)
    _check_scheme(url, session)
    timeouts = request.timeouts or session.settings.timeouts
    deadline = Deadline(session.monotonic() + timeouts.whole)
    visit = Visit(url, request.access or _NO_ACCESS, timeouts, deadline)
    # Of all rounds: a download whose token ran out goes on where it was cut.
    stream = Stream(request.sink) if request.sink is not None else None
    proof: Proof | Gap | None = None
    if request.access is not None:
        yield from _open_early(visit, session)
        proof = yield from prove(visit, session)
    session.contacted.add(url.origin)
    rounds = renewals = 0
    while not isinstance(proof, Gap):
        passed = stream.passed if stream else 0
        reply = yield from _ask(request, visit, proof, stream, session)
        if isinstance(reply, Gap) or reply.status not in {401, 403}:
            return reply
        if stream and stream.passed > passed and renewals < RENEWALS:
            # It was taken for a part of the download: since then its time ran out.
            renewals += 1
            rounds, proof = 0, replace(proof, fresh=False) if proof else None
        if rounds == CHALLENGE_ROUNDS:
            return refused_for_good(reply, url.origin, proof)
        if reply.status == 403 or request.access is None:
            return unauthorized(reply, reply.url, known=proof is not None and proof.known)
        rounds += 1
        proof = yield from prove_again(visit, reply, proof, session)
    return proof


def _ask(
    request: Request, visit: Visit, proof: Proof | None, stream: Stream | None, session: Session
) -> Talk[Response | Gap]:
    """Return the answer behind all redirects."""
    hop = Hop(
        visit.url,
        request.method,
        request.headers + (((AUTHORIZATION, proof.value),) if proof else ()),
        request.limit,
        visit.timeouts,
        visit.deadline,
        stream=stream,
        on_progress=request.on_progress,
        meter=request.meter,
    )
    reply = yield from attempt(hop, session, follow)
    if isinstance(reply, Response) and reply.status in {400, 401, 403} and _is_storage(reply, hop):
        # Only the server that we asked may send a challenge, never a storage behind it.
        return link_refused(reply)
    return reply


def _is_storage(reply: Response, hop: Hop) -> bool:
    """Return True for an answer from where ``hop`` was sent on to: outside of the registry."""
    if reply.url == hop.url.shown:
        return False
    return not reply.url.startswith(f"{hop.url.origin}/v2/")


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
    deadline = Deadline(session.monotonic() + seconds)
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
