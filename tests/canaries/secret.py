"""Secrets that sing: each says what it is and who alone may see it, and is known in any text.

``c4nary-password-for-auth.docker.io-end`` is a password that auth.docker.io may be shown. The
tokens of the sandbox say for which service they were made. Both are found as they are, within
base64 at any offset, and in hex.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

MARK = b"c4nary-"
SANDBOX_MARK = b"sandbox-token."
NOBODY = "nobody"

# Services that are not named like the one server that their tokens are for.
_SERVERS = {"registry.docker.io": "registry-1.docker.io"}
_KNOWN_SERVICES = frozenset({"registry.docker.io", "notary.docker.io", "public.ecr.aws"})
_CANARY = re.compile(rb"c4nary-(?:([a-z]+)-for-([a-z0-9.:-]+?)-end)?")
_TOKEN = re.compile(rb"sandbox-token\.(?:([A-Za-z0-9.:-]+)\.[A-Za-z0-9_-]{32})?")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*")
_BASE64_GROUP = re.compile(rb"[A-Za-z0-9+/]{4}")


@dataclass(frozen=True, slots=True)
class Secret:
    """``kind``: "password", "token" and so on. ``place``: the host (and port) that may see it.

    ``anywhere``: an anonymous token, or one for a service that no table knows.
    """

    kind: str
    place: str
    anywhere: bool = False

    def may_reach(self, place: str) -> bool:
        """Whether a request to ``place`` may hold it."""
        return self.anywhere or self.place == place

    def __str__(self) -> str:
        return f"{self.kind} for {self.place}"


UNKNOWN = Secret("part of a secret", NOBODY)


def canary(kind: str, place: str) -> str:
    """Return a secret that ``place`` ("host" or "host:port") may see, and nobody else."""
    return f"{MARK.decode()}{kind}-for-{place}-end"


def password(place: str) -> str:
    return canary("password", place)


def token(place: str) -> str:
    return canary("token", place)


def in_base64(name: str, secret: str) -> str:
    """Return NAME:SECRET as docker's files and Basic authorization have it."""
    return base64.b64encode(f"{name}:{secret}".encode()).decode("ascii")


def _core(mark: bytes, offset: int) -> bytes:
    """Return the base64 of ``mark`` behind ``offset`` bytes, without what its neighbours change."""
    whole = binascii.b2a_base64(bytes(offset) + mark, newline=False)
    return whole[-(-offset * 8 // 6) : (offset + len(mark)) * 8 // 6]


# What stands for a mark in base64, and how many characters before it begin a group of four.
_CORES = [
    (_core(mark, offset), -(-offset * 8 // 6))
    for mark in (MARK, SANDBOX_MARK)
    for offset in (0, 1, 2)
]
_HEX = [mark.hex().encode() for mark in (MARK, SANDBOX_MARK)]
_MARKS = (MARK, SANDBOX_MARK, *(core for core, _ in _CORES), *_HEX)


def secrets_in(raw: bytes) -> list[Secret]:
    """Return every secret in ``raw``, in whatever form; part of one counts as one."""
    if not any(mark in raw for mark in _MARKS):
        return []
    found = [*_plain(unquote_to_bytes(raw)), *_encoded(raw)]
    found += [UNKNOWN for mark in _HEX for _ in range(raw.count(mark))]
    return found


def _plain(raw: bytes) -> Iterator[Secret]:
    for match in _CANARY.finditer(raw):
        kind, place = match.groups()
        yield Secret(kind.decode(), place.decode()) if kind else UNKNOWN
    for match in _TOKEN.finditer(raw):
        yield _sandbox_token(match[1].decode()) if match[1] else UNKNOWN


def _sandbox_token(service: str) -> Secret:
    return Secret("token", _SERVERS.get(service, service), service not in _KNOWN_SERVICES)


def _encoded(raw: bytes) -> Iterator[Secret]:
    for core, before in _CORES:
        at = raw.find(core)
        while at >= 0:
            yield from list(_plain(_decoded(raw, at - before))) or [UNKNOWN]
            at = raw.find(core, at + 1)


def _decoded(raw: bytes, start: int) -> bytes:
    """Return what the base64 around ``start``, where a group of four begins, says."""
    start += 4 if start < 0 else 0
    while start >= 4 and _BASE64_GROUP.match(raw, start - 4):
        start -= 4
    body = _BASE64.match(raw, start)
    text = body[0] if body else b""
    # One character over says nothing; two or three miss their padding.
    text = text[: len(text) - (len(text) % 4 == 1)]
    return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
