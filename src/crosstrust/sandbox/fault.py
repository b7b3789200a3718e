"""Faults by name: what a broken, busy or hostile server does to one request.

``FAULTS`` turn an honest response into what is sent, for ``Service.distort``;
``CONNECTION_FAULTS`` end a connection before TLS begins, for ``Service.break_connections``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from crosstrust.sandbox.exchange import Close, Play, Reset, Response, answer_error
from crosstrust.value import replace

Fault = Callable[[Response], Response]

_FOR_EVER = 3600.0
_TRICKLE_SECONDS = 0.05
_PIECE = 64 * 1024
_HTML = b"<!DOCTYPE html><title>Log in</title><p>Please accept the terms of this network."
# A name that no sandbox serves: the proxy answers for it as for any other.
ELSEWHERE = "https://elsewhere.example/taken"


def _silent(wire: bytes) -> Iterator[bytes | float]:
    yield _FOR_EVER
    yield wire


def _reset(wire: bytes) -> Iterator[bytes | float]:
    yield wire[:0]
    raise Reset


def _closed(wire: bytes) -> Iterator[bytes | float]:
    yield wire[:0]
    raise Close


def _cut_head(wire: bytes) -> Iterator[bytes | float]:
    yield wire[:12]
    raise Close


def _cut_body(wire: bytes) -> Iterator[bytes | float]:
    head, _, body = wire.partition(b"\r\n\r\n")
    yield head + b"\r\n\r\n" + body[: len(body) // 2]
    raise Reset


def _trickle(wire: bytes) -> Iterator[bytes | float]:
    for byte in wire:
        yield _TRICKLE_SECONDS
        yield bytes((byte,))


def _endless(wire: bytes) -> Iterator[bytes | float]:
    head, _, body = wire.partition(b"\r\n\r\n")
    fields = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-len")]
    yield b"\r\n".join([*fields, b"Connection: close", b"", b""]) + body
    while True:
        yield b" " * _PIECE


def _played(play: Play) -> Fault:
    return lambda honest: replace(honest, play=play)


def _length(change: int) -> Fault:
    def claim(wire: bytes) -> Iterator[bytes | float]:
        yield wire
        raise Close

    def fault(honest: Response) -> Response:
        headers = {**honest.headers, "Content-Length": str(max(0, len(honest.body) + change))}
        return replace(honest, headers=headers, play=claim)

    return fault


def _status(status: int, code: str, **headers: str) -> Fault:
    return lambda _: answer_error(status, code, "a fault of the sandbox", **headers)


def _typed(honest: Response) -> Response:
    return replace(honest, headers={**honest.headers, "Content-Type": "text/plain"})


def _page(_: Response) -> Response:
    return Response(200, {"Content-Type": "text/html; charset=utf-8"}, _HTML)


def _redirect(target: str) -> Fault:
    return lambda _: Response(307, {"Location": target})


_CHALLENGE = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "silent": _played(_silent),
        "closed": _played(_closed),
        "reset": _played(_reset),
        "cut in the head": _played(_cut_head),
        "cut in the body": _played(_cut_body),
        "trickle": _played(_trickle),
        "endless": _played(_endless),
        "longer than it is": _length(+7),
        "shorter than it is": _length(-7),
        "another media type": _typed,
        "a page for people": _page,
        "400": _status(400, "UNSUPPORTED"),
        "401 for ever": _status(401, "UNAUTHORIZED", Www_Authenticate=_CHALLENGE),
        "403": _status(403, "DENIED"),
        "404": _status(404, "NOT_FOUND"),
        "408": _status(408, "UNKNOWN"),
        "429": _status(429, "TOOMANYREQUESTS"),
        "429, an hour": _status(429, "TOOMANYREQUESTS", Retry_After="3600"),
        "500": _status(500, "UNKNOWN"),
        "502": _status(502, "UNKNOWN"),
        "503": _status(503, "UNAVAILABLE"),
        "redirect loop": _redirect("?again"),
        "redirect elsewhere": _redirect(ELSEWHERE),
    }
)

CONNECTION_FAULTS: Mapping[str, Play] = MappingProxyType(
    {"refused": _reset, "silent": _silent, "closed": _closed, "cut before TLS": _cut_head}
)
