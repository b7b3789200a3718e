"""Bearer tokens: the desk that hands them out, and the gate that asks for them."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Iterator, Mapping

from crosstrust.sandbox.exchange import Request, Response, answer_error, answer_json

LIFETIME_SECONDS = 300


class TokenDesk:
    """A token service at ``realm`` (an https URL).

    ``accounts`` maps user names to passwords; empty means that everyone gets a token
    anonymously. A token covers exactly the scopes that were asked for. It begins with
    "sandbox-token." and the service that it is for, or "anonymous" where nobody's rights are in
    it, so that one at the wrong place is known.
    """

    def __init__(self, realm: str, *, accounts: Mapping[str, str] | None = None) -> None:
        self.realm = realm
        self._accounts = dict(accounts or {})
        self._scopes: dict[str, frozenset[str]] = {}

    def respond(self, request: Request) -> Response:
        """Answer a token request; POST is refused, as by services without OAuth2."""
        if request.method not in {"GET", "HEAD"}:
            return answer_error(405, "UNSUPPORTED", "method not allowed")
        if self._accounts and not self._knows(request.headers.get("authorization", "")):
            return answer_error(401, "UNAUTHORIZED", "incorrect username or password")
        known = "authorization" in request.headers
        token = _new_token(request.query.get("service", [""])[0] if known else "anonymous")
        asked = (one for text in request.query.get("scope", []) for one in text.split(" "))
        self._scopes[token] = frozenset(each for one in asked for each in _each_action(one))
        return answer_json({"token": token, "access_token": token, "expires_in": LIFETIME_SECONDS})

    def scopes(self, authorization: str) -> frozenset[str] | None:
        """Return what the token in an Authorization header covers; None if it is not ours."""
        scheme, _, token = authorization.partition(" ")
        return self._scopes.get(token) if scheme.lower() == "bearer" else None

    def _knows(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        try:
            name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return scheme.lower() == "basic" and self._accounts.get(name) == password


def _new_token(service: str) -> str:
    named = re.sub(r"[^A-Za-z0-9.-]", "-", service[:100]) or "-"
    return f"sandbox-token.{named}.{secrets.token_urlsafe(24)}"


def _each_action(scope: str) -> Iterator[str]:
    """Yield ``repository:name:push`` and ``repository:name:pull`` for ``…:push,pull``."""
    resource, colon, actions = scope.rpartition(":")
    for action in actions.split(","):
        yield f"{resource}{colon}{action}"


class Gate:
    """Asks for a token that covers the repository of a request.

    ``service`` is the name in the challenge. ``one_scope``, where given, is asked for
    whatever the repository is, as ECR Public does with "aws".
    """

    def __init__(self, desk: TokenDesk, service: str, *, one_scope: str = "") -> None:
        self._desk = desk
        self._service = service
        self._one_scope = one_scope

    def refuse(self, request: Request, repository: str) -> Response | None:
        """Return the challenge, or None where the request may pass.

        ``repository`` is the name in the scope; empty for the ping, which any token passes.
        """
        scope = self._one_scope or (f"repository:{repository}:pull" if repository else "")
        held = self._desk.scopes(request.headers.get("authorization", ""))
        if held is not None and (self._one_scope or not scope or scope in held):
            return None
        challenge = f'Bearer realm="{self._desk.realm}",service="{self._service}"'
        if scope:
            challenge += f',scope="{scope}"'
        return answer_error(
            401, "UNAUTHORIZED", "authentication required", Www_Authenticate=challenge
        )
