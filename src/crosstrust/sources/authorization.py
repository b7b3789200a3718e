"""How a request proves that it may be made: Bearer by a token service, or Basic.

The server chooses how; whether its choice is safe is judged here. Credentials go to https
only, and only to hosts that this server may name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosstrust.chain.answer import Gap
from crosstrust.errors import MalformedError
from crosstrust.sources.address import names_reserved
from crosstrust.sources.credential import Credential
from crosstrust.sources.endpoint import TokenService, is_own_service, known_service, may_name_realm
from crosstrust.sources.gap import misbehaved
from crosstrust.sources.refusal import expired, token_unfit, unauthorized
from crosstrust.sources.request import Access, Response, Timeouts
from crosstrust.sources.session import Basic
from crosstrust.sources.task import Deadline, Talk
from crosstrust.sources.token import Errand, obtain_token
from crosstrust.sources.url import Url, parse_url
from crosstrust.value import dataclass, replace

if TYPE_CHECKING:
    from crosstrust.sources.challenge import Challenge
    from crosstrust.sources.session import Session


@dataclass(frozen=True, slots=True)
class Proof:
    """A value for the Authorization field, and how it was come by.

    ``known``: it stands for an account. ``fresh``: made for this request, so that a refusal
    is no matter of age.
    """

    value: str
    mode: TokenService | Basic
    known: bool
    fresh: bool = True

    def __repr__(self) -> str:
        return f"Proof({self.mode}, known={self.known}, fresh={self.fresh})"


@dataclass(frozen=True, slots=True)
class Visit:
    """The server asked, and what a request to it may need."""

    url: Url
    access: Access
    timeouts: Timeouts
    deadline: Deadline


def prove(visit: Visit, session: Session) -> Talk[Proof | Gap | None]:
    """Return the proof to send along at first, by what is known of the server; or None."""
    mode = session.mode(visit.url)
    if mode is None:
        return None
    if isinstance(mode, Basic):
        credential = yield from session.keyring.find(visit.access.account)
        if isinstance(credential, Gap):
            return credential
        shown = credential and credential.beside_token
        return Proof(shown.basic, mode, known=True) if shown else None
    service = replace(mode, scope=mode.scope or visit.access.scope)
    return (yield from _bear(visit, service, session, renew=False))


def prove_again(
    visit: Visit, refused: Response, used: Proof | None, session: Session
) -> Talk[Proof | Gap]:
    """Return the proof that a 401 answer asks for, or why there is none."""
    # Start-up time: known token services need no challenge, and its grammar is slow to compile.
    from crosstrust.sources.challenge import parse_challenges

    where = visit.url.origin
    try:
        challenges = parse_challenges(refused.headers("www-authenticate"), where)
    except MalformedError as error:
        return misbehaved(error.code, where, expected=error.expected)
    challenge = _strongest(challenges)
    if challenge is None:
        return unauthorized(refused, where, known=used is not None and used.known)
    if challenge.scheme == "basic":
        return (yield from _show_password(visit, refused, used, session))
    service = _named_service(challenge, visit.access)
    renew = used is not None and used.mode == service
    if used is not None and renew and used.fresh:
        return _refused_for_good(refused, where, used, challenge)
    own_scope = "" if service.scope.startswith("repository:") else service.scope
    session.modes[where] = replace(service, scope=own_scope)
    return (yield from _bear(visit, service, session, renew=renew))


def refused_for_good(refused: Response, where: str, used: Proof | None) -> Gap:
    """The gap for a 401 after the last round of challenges."""
    return unauthorized(refused, where, known=used is not None and used.known)


def _refused_for_good(refused: Response, where: str, used: Proof, challenge: Challenge) -> Gap:
    if challenge.value("error") == "invalid_token":
        return expired(refused, where)
    return unauthorized(refused, where, known=used.known)


def _bear(
    visit: Visit, service: TokenService, session: Session, *, renew: bool
) -> Talk[Proof | Gap]:
    credential = yield from session.keyring.find(visit.access.account)
    if isinstance(credential, Gap):
        return credential
    if credential is not None and credential.kind == "bearer":
        if visit.url.scheme != "https":
            return _refuse_downgrade(visit.url.origin, "https", "Bearer")
        return Proof(f"Bearer {credential.secret}", service, known=True)
    errand = _errand(visit, service, credential, session)
    if isinstance(errand, Gap):
        return errand
    kept = session.tokens.get(errand.key)
    token = yield from obtain_token(errand, session, renew=renew)
    if isinstance(token, Gap):
        return token
    return Proof(f"Bearer {token.secret}", service, known=token.known, fresh=token is not kept)


def _show_password(
    visit: Visit, refused: Response, used: Proof | None, session: Session
) -> Talk[Proof | Gap]:
    where = visit.url.origin
    if visit.url.scheme != "https" or isinstance(session.mode(visit.url), TokenService):
        expected = "Bearer, as before" if visit.url.scheme == "https" else "https"
        return _refuse_downgrade(where, expected, "Basic")
    credential = yield from session.keyring.find(visit.access.account)
    if isinstance(credential, Gap):
        return credential
    if credential is None or used is not None:
        return unauthorized(refused, where, known=used is not None)
    shown = credential.beside_token
    if shown is None:
        return token_unfit(refused, where)
    mode = session.modes[where] = Basic()
    return Proof(shown.basic, mode, known=True)


def _errand(
    visit: Visit, service: TokenService, credential: Credential | None, session: Session
) -> Errand | Gap:
    """Return the token request, if the realm is one that we may go to."""
    url, known = visit.url, known_service(visit.url)
    try:
        realm = parse_url(service.realm, f"realm named by {url.origin}")
    except MalformedError as error:
        return _refuse_realm(url, "an https URL", error.actual)
    ours = known is not None and known.realm == service.realm
    public = not ours and session.is_public(url)
    plain = realm.place in {url.place, *session.settings.plain_http}
    if realm.scheme == "http" and (url.scheme == "https" or not plain):
        return _refuse_realm(url, "https", realm.origin)
    if public and names_reserved(realm.host):
        return _refuse_realm(url, "a public address", realm.origin)
    if credential is not None:
        further = session.settings.realms.get(url.place, frozenset())
        if realm.scheme == "http":
            return _refuse_realm(url, "https for credentials", realm.origin)
        if not may_name_realm(url, realm, further):
            return _refuse_realm(
                url,
                "a realm that may see these credentials",
                realm.origin,
                f"if this token service is right, name it: --realm {url.place}={realm.place}",
            )
        if not is_own_service(url, realm, service.service):
            return _refuse_realm(url, "a token for this server alone", service.service)
    return Errand(url, service, realm, credential, visit.timeouts, visit.deadline, public)


def _refuse_downgrade(where: str, expected: str, actual: str) -> Gap:
    return misbehaved("registry.auth.downgrade", where, expected=expected, actual=actual)


def _refuse_realm(
    url: Url, expected: str, actual: str, remedy: str = "report it to the registry's operator"
) -> Gap:
    code = "registry.auth.realm"
    return misbehaved(code, url.origin, expected=expected, actual=actual, remedy=remedy)


def _strongest(challenges: Sequence[Challenge]) -> Challenge | None:
    """Return the first Bearer challenge with a realm, else the first Basic one."""
    for challenge in challenges:
        if challenge.scheme == "bearer" and challenge.value("realm"):
            return challenge
    return next((c for c in challenges if c.scheme == "basic"), None)


def _named_service(challenge: Challenge, access: Access) -> TokenService:
    """Return what the challenge names; of a repository we only ever ask to read it."""
    scope = challenge.value("scope")
    kind, _, rest = scope.partition(":")
    if kind == "repository" and " " not in rest:
        scope = f"repository:{rest.rpartition(':')[0]}:pull"
    elif not scope or ":" in scope:
        scope = access.scope
    return TokenService(challenge.value("realm"), challenge.value("service"), scope)
