"""Credentials as docker and podman keep them: files, and what to look up in them.

Only the form of the files is known here; ``keyring.py`` decides which entry counts.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from crosstrust.errors import InputError
from crosstrust.value import dataclass

HUB = "docker.io"
HUB_KEY = "https://index.docker.io/v1/"
IDENTITY = "<token>"

_HUB_NAMES = frozenset({
    HUB, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com",
})  # fmt: skip
_CODE = "credential.form"


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name with its secret; the secret is never shown.

    ``kind``: "password"; "identity" (an OAuth2 refresh token, for the token server alone); or
    "bearer" (a ready token for the registry). ``password``: kept beside such a token, or "".
    """

    username: str
    secret: str
    kind: str = "password"
    password: str = ""

    def __repr__(self) -> str:
        return f"Credential({self.kind} of {self.username!r})"

    @property
    def beside_token(self) -> Credential | None:
        """User and password; None where there is a token alone."""
        if self.kind == "password":
            return self
        return Credential(self.username, self.password) if self.password else None

    @property
    def basic(self) -> str:
        """The value of a Basic Authorization field."""
        raw = f"{self.username}:{self.secret}".encode()
        return "Basic " + binascii.b2a_base64(raw, newline=False).decode("ascii")


@dataclass(frozen=True, slots=True)
class AuthFile:
    """One file: ready credentials, and helper programs, each by key ("host" or "host/path")."""

    credentials: Mapping[str, Credential]
    helpers: Mapping[str, str]
    store: str = ""

    def find(self, account: str) -> Iterator[Credential | str]:
        """Yield what the file says of ``account`` ("host/path"): ready, or a helper's name.

        In docker's order: the host's own helper or else the store, then what the file holds,
        most specific first.
        """
        keys = account_keys(account)
        helper = self.helpers.get(keys[-1]) or self.store
        if helper:
            yield helper
        yield from (self.credentials[key] for key in keys if key in self.credentials)


def account_keys(account: str) -> list[str]:
    """Return the keys for ``account``, most specific first: "h/a/b", "h/a", "h"."""
    host, *path = account.split("/")
    parts = [_plain_host(host), *path]
    return ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]


def server_key(host: str) -> str:
    """Return what a credential helper knows the host as."""
    return HUB_KEY if _plain_host(host) == HUB else host


def parse_auth_file(raw: bytes, where: str, *, bare: bool = False) -> AuthFile:
    """Return what docker's config.json or podman's auth.json says; nothing for an empty file.

    ``bare``: the document is what others have under "auths", as in the .dockercfg of old.
    Raises ``InputError``, code ``credential.form``, naming the file and the JSON path, never
    a value.
    """
    import json  # start-up time

    try:
        document = json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError) as error:
        raise _odd(where, "JSON") from error
    if not isinstance(document, dict):
        raise _odd(where, "a JSON object")
    if bare:
        document = {"auths": document}
    credentials: dict[str, Credential] = {}
    # A key that is the host itself counts before an old one that only leads to it.
    entries = sorted(_mapping(document, "auths", where).items(), key=lambda one: _is_old(one[0]))
    for key, entry in entries:
        found = _parse_entry(entry, f"{where}: auths[{key!a}]")
        if found is not None:
            credentials.setdefault(_plain_key(key), found)
    helpers = {
        _plain_key(key): _text(name, f"{where}: credHelpers[{key!a}]")
        for key, name in _mapping(document, "credHelpers", where).items()
    }
    return AuthFile(credentials, helpers, _text(document.get("credsStore"), f"{where}: credsStore"))


def parse_helper_answer(raw: bytes, where: str) -> Credential | None:
    """Return what ``docker-credential-X get`` printed; None for an empty secret."""
    import json  # start-up time

    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _odd(where, "JSON") from error
    if not isinstance(document, dict):
        raise _odd(where, "a JSON object")
    username = _text(document.get("Username"), f"{where}: Username")
    secret = _text(document.get("Secret"), f"{where}: Secret")
    if not secret:
        return None
    return Credential(username, secret, "identity" if username == IDENTITY else "password")


def _parse_entry(entry: object, where: str) -> Credential | None:
    if not isinstance(entry, dict):
        raise _odd(where, "a JSON object")
    username = _text(entry.get("username"), f"{where}.username")
    password = _text(entry.get("password"), f"{where}.password")
    if auth := _text(entry.get("auth"), f"{where}.auth"):
        username, password = _decode(auth, f"{where}.auth")
    if token := _token(entry.get("registrytoken"), f"{where}.registrytoken"):
        return Credential(username, token, "bearer", password)
    if token := _text(entry.get("identitytoken"), f"{where}.identitytoken"):
        return Credential(username or IDENTITY, token, "identity", password)
    return Credential(username, password) if username and password else None


def _decode(auth: str, where: str) -> tuple[str, str]:
    try:
        text = binascii.a2b_base64(auth, strict_mode=True).decode()
    except ValueError:
        # Without its cause, which would repeat bytes of the secret.
        raise _odd(where, "base64 of USER:PASSWORD") from None
    username, colon, password = text.partition(":")
    if not colon:
        raise _odd(where, "base64 of USER:PASSWORD")
    return username, password.rstrip("\0")


def _plain_key(key: str) -> str:
    """Reduce old keys ("https://host/v1/") to the host; keep podman's "host/path"."""
    rest = key.partition("://")[2] or key
    host, _, path = rest.partition("/")
    if rest != key or path.rstrip("/") in {"", "v1", "v2"}:
        rest = host
    _, slash, path = rest.rstrip("/").partition("/")
    return _plain_host(host) + slash + path


def _plain_host(host: str) -> str:
    """Return the one name of a host: in lower case, and Docker Hub's for each of its own."""
    return HUB if host.lower() in _HUB_NAMES else host.lower()


def _is_old(key: str) -> bool:
    return key not in {HUB_KEY, _plain_key(key)}


def _mapping(document: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _odd(f"{where}: {name}", "a JSON object")
    return value


def _text(value: object, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _odd(where, "a string")
    if any(c < " " or c == "\x7f" or "\ud800" <= c <= "\udfff" for c in value):
        raise _odd(where, "text without control characters")
    return value


def _token(value: object, where: str) -> str:
    """Return what goes into a header field as it is."""
    token = _text(value, where)
    if not token.isascii() or " " in token:
        raise _odd(where, "a token of visible ASCII")
    return token


def _odd(where: str, expected: str) -> InputError:
    return InputError(_CODE, where, expected=expected, remedy="correct the file, or log in again")
