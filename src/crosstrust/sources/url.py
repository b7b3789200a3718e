"""URLs, in the narrow form that we send and follow: http or https, no user, no fragment.

What libcurl might read in another way than we do (spaces, backslashes, control characters,
numbers that stand for an address) is refused here, so that a check of the host holds.
"""

from __future__ import annotations

import re

from crosstrust.errors import MalformedError
from crosstrust.value import dataclass

_CODE = "http.answer.form"
_URL_SIZE = 8192
_FORM = re.compile(
    r"(https?)://([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?"
    r"(/[!$-;=?-\[\]_a-z~%@|]*|\?[!$-;=?-\[\]_a-z~%@|]*|)",
    re.ASCII | re.IGNORECASE,
)
_DEFAULT_PORT = {"http": 80, "https": 443}
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class Url:
    """``host`` in lower case ("[::1]" in brackets); ``target`` is path and query as sent."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def place(self) -> str:
        """The host, with its port unless that is the scheme's own: "localhost:5000"."""
        usual = self.port == _DEFAULT_PORT[self.scheme]
        return self.host if usual else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, to which credentials are bound: "https://ghcr.io"."""
        return f"{self.scheme}://{self.place}"

    @property
    def shown(self) -> str:
        """The URL without its query, which may hold a signature or a token."""
        return self.origin + self.target.partition("?")[0]

    def __str__(self) -> str:
        return self.origin + self.target


def parse_url(text: str, where: str = "URL") -> Url:
    """Return the URL that ``text`` writes; a fragment is dropped.

    Raises ``MalformedError``, code ``http.answer.form``, and never repeats the query.
    """
    bare = text.partition("#")[0]
    form = _FORM.fullmatch(bare) if len(bare) <= _URL_SIZE else None
    if form is None:
        raise MalformedError(
            _CODE, where, expected="an http or https URL", actual=_without_secret(text)
        )
    scheme, host, digits, target = form.groups()
    scheme = scheme.lower()
    port = int(digits) if digits else _DEFAULT_PORT[scheme]
    if not 0 < port < 65536:
        raise MalformedError(_CODE, where, expected="a port from 1 to 65535", actual=digits)
    if not target.startswith("/"):
        target = f"/{target}"
    return Url(scheme, host.lower(), port, target)


def resolve_url(base: Url, location: str, where: str = "Location") -> Url:
    """Return what ``location``, absolute or relative (RFC 3986, 5.2), means seen from ``base``."""
    from urllib.parse import urljoin  # start-up time: only redirects need it

    # urljoin would leave some of these out, and read another URL than was written.
    if not (location.isascii() and location.isprintable()) or " " in location:
        raise MalformedError(_CODE, where, expected="a URL", actual=_without_secret(location))
    if re.match(r"[a-z][a-z0-9+.-]*:", location, re.IGNORECASE | re.ASCII):
        # What has a scheme is absolute; urljoin would still take "https:x" for relative.
        return parse_url(location, where)
    return parse_url(urljoin(str(base), location), where)


def quote(text: str, safe: str = "") -> str:
    """Return ``text`` percent-encoded for one path segment or query value (UTF-8)."""
    kept = _UNRESERVED.union(safe)
    return "".join(
        c if c in kept else "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "replace"))
        for c in text
    )


def _without_secret(text: str) -> str:
    """Return the start of a URL that we refuse, without user, password and query."""
    scheme, separator, rest = text.partition("://")
    if separator and "@" in rest.partition("/")[0]:
        return ascii(scheme[:20])[1:-1] + "://... (with a user)"
    return ascii(text.partition("?")[0][:120])[1:-1]
