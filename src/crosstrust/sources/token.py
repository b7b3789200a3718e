"""Bearer tokens: asking a token service for one, and keeping it for its life.

Distribution specification, "Token Authentication" (GET) and "OAuth2" (POST).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosstrust.chain.answer import Gap
from crosstrust.errors import LimitError, MalformedError
from crosstrust.oci.limits import TOKEN_SIZE
from crosstrust.sources.attempt import attempt
from crosstrust.sources.endpoint import TokenService
from crosstrust.sources.gap import misbehaved
from crosstrust.sources.refusal import unauthorized, unexpected
from crosstrust.sources.request import Response, Timeouts
from crosstrust.sources.task import AUTHORIZATION, Deadline, Hop, Talk, Task, wait_for
from crosstrust.sources.url import Url, parse_url, quote
from crosstrust.sources.walk import stay
from crosstrust.value import dataclass, replace

if TYPE_CHECKING:
    from crosstrust.sources.credential import Credential
    from crosstrust.sources.session import Session

TOKEN_LENGTH = 64 * 1024

_CODE = "http.answer.form"
_DEFAULT_LIFE = 60
_LONGEST_LIFE = 24 * 3600
# A token must outlive the request that carries it to the registry.
_SPARE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class TokenKey:
    """What a token is good for: one server, one scope, one account."""

    origin: str
    service: TokenService
    username: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token, never shown. ``until`` is on the monotonic clock; ``known``: for an account."""

    secret: str
    until: float
    known: bool

    def __repr__(self) -> str:
        return f"Token(until={self.until}, known={self.known})"


@dataclass(frozen=True, slots=True)
class Errand:
    """A token request: for which server, from which realm, as whom, until when."""

    url: Url
    service: TokenService
    realm: Url
    credential: Credential | None
    timeouts: Timeouts
    deadline: Deadline
    guarded: bool

    @property
    def key(self) -> TokenKey:
        username = self.credential.username if self.credential else ""
        return TokenKey(self.url.origin, self.service, username)


def obtain_token(errand: Errand, session: Session, *, renew: bool = False) -> Talk[Token | Gap]:
    """Return a token that is kept, or a new one; one request for all who wait for the same.

    ``renew``: the kept one was refused.
    """
    key = errand.key
    kept = session.tokens.get(key)
    if kept and not renew and kept.until > session.monotonic():
        return kept
    task = session.token_tasks.get(key)
    if task is None or task.done:
        task = session.token_tasks[key] = Task(_fetch_token(errand, session))
    found = yield from wait_for(task)
    if isinstance(found, Token):
        session.tokens[key] = found
        return found
    if isinstance(found, Gap):
        return found
    raise TypeError(found)


def parse_token_answer(raw: bytes, where: str) -> tuple[str, int]:
    """Return the token and its life in seconds (60 where none is given).

    Raises ``MalformedError`` and ``LimitError``; no message repeats the answer.
    """
    import json  # start-up time

    try:
        # Of bytes, it would guess other encodings than UTF-8.
        document = json.loads(raw.decode())
    except (ValueError, RecursionError):
        # Without its cause, which would quote a secret.
        raise MalformedError(_CODE, where, expected="a JSON token answer") from None
    if not isinstance(document, dict):
        raise MalformedError(_CODE, where, expected="a JSON object")
    token = document.get("token") or document.get("access_token")
    if not isinstance(token, str) or not re.fullmatch("[!-~]+", token):
        raise MalformedError(_CODE, where, expected="a token of visible ASCII")
    if len(token) > TOKEN_LENGTH:
        raise LimitError("limit.exceeded", where, expected=f"a token of {TOKEN_LENGTH} bytes")
    life = document.get("expires_in", _DEFAULT_LIFE)
    if isinstance(life, bool) or not isinstance(life, int):
        life = _DEFAULT_LIFE
    return token, max(0, min(life, _LONGEST_LIFE))


def _fetch_token(errand: Errand, session: Session) -> Talk[object]:
    where = errand.realm.shown
    reply = yield from _ask(errand, session)
    if isinstance(reply, Gap):
        return reply
    if reply.status in {400, 401, 403}:
        return unauthorized(reply, where, known=errand.credential is not None)
    if reply.status != 200:
        # A redirect elsewhere is not followed: the realm was judged, another place was not.
        return unexpected(reply)
    try:
        secret, life = parse_token_answer(reply.body, where)
    except MalformedError as error:
        return misbehaved(error.code, error.where, expected=error.expected)
    until = session.monotonic() + max(0.0, life - _SPARE_SECONDS)
    return Token(secret, until, errand.credential is not None)


def _ask(errand: Errand, session: Session) -> Talk[Response | Gap]:
    """Return the answer to a POST of an identity token, if the service takes that; else a GET.

    Some services know no POST; others say so with 400 or 401, and take the password.
    """
    credential = errand.credential
    if credential is not None and credential.kind == "identity":
        reply = yield from attempt(_post(errand), session, stay)
        if isinstance(reply, Gap) or reply.status not in {400, 401, 404, 405}:
            return reply
        if credential.password:
            errand = replace(errand, credential=credential.beside_token)
        elif reply.status in {400, 401}:
            return reply
    try:
        hop = _get(errand)
    except MalformedError as error:
        # What the challenge names does not fit into one URL.
        return misbehaved(error.code, errand.realm.shown, expected=error.expected)
    return (yield from attempt(hop, session, stay))


def _get(errand: Errand) -> Hop:
    credential = errand.credential
    fields: tuple[tuple[str, str], ...] = ()
    query = _encode([("scope", errand.service.scope), ("service", errand.service.service)])
    if credential is not None:
        fields = ((AUTHORIZATION, credential.basic),)
        if credential.kind == "password":
            query += "&" + _encode([("account", credential.username)])
    joint = "&" if "?" in errand.realm.target else "?"
    url = parse_url(f"{errand.realm}{joint}{query}", errand.realm.shown)
    return _hop(errand, url, "GET", fields, None)


def _post(errand: Errand) -> Hop:
    form = [
        ("grant_type", "refresh_token"),
        ("service", errand.service.service),
        ("client_id", "crosstrust"),
        ("scope", errand.service.scope),
        ("refresh_token", errand.credential.secret if errand.credential else ""),
    ]
    fields = (("Content-Type", "application/x-www-form-urlencoded"),)
    return _hop(errand, errand.realm, "POST", fields, _encode(form).encode("ascii"))


def _hop(
    errand: Errand, url: Url, method: str, fields: tuple[tuple[str, str], ...], body: bytes | None
) -> Hop:
    return Hop(
        url,
        method,
        (("Accept", "application/json"), *fields),
        TOKEN_SIZE,
        errand.timeouts,
        errand.deadline,
        body=body,
        guarded=errand.guarded,
    )


def _encode(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={quote(value)}" for name, value in pairs if value)
