"""A request and its response, without a socket: what every site of the sandbox speaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from crosstrust.value import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """``host`` without port, ``target`` as sent (path and query), header names in lower case."""

    method: str
    host: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        """The decoded path."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)


class Reset(Exception):  # noqa: N818 - raised to end a connection, which is no error here
    """Ends a connection at once, with what was not sent yet dropped (TCP RST)."""


class Close(Exception):  # noqa: N818 - as above
    """Ends a connection after what was sent."""


# Gets what would be sent, head and body, and yields what is: bytes, or seconds to wait.
Play = Callable[[bytes], Iterator[bytes | float]]


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back. A HEAD request gets the same headers and no body.

    ``play``, where given, says how it is sent; it may raise ``Reset`` or ``Close``. On loopback
    only: a source in memory has no connection that could break.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    play: Play | None = None

    @property
    def media_type(self) -> str:
        return self.headers.get("Content-Type", "")


class Site(Protocol):
    """Whatever answers for a host."""

    def respond(self, request: Request) -> Response: ...


def answer_json(value: object, status: int = 200, **headers: str) -> Response:
    """Return a JSON answer; ``Www_Authenticate="..."`` adds the header Www-Authenticate."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(
        status,
        {"Content-Type": "application/json; charset=utf-8", **named},
        json.dumps(value).encode(),
    )


def answer_error(status: int, code: str, message: str, **headers: str) -> Response:
    """Return an error as registries and Notary servers write it."""
    error = {"code": code, "message": message, "detail": {}}
    return answer_json({"errors": [error]}, status, **headers)
