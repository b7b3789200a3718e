"""A registry at localhost that has the copy, and answers on a socket of its own as a test says.

The sandbox's own service speaks correct HTTP and TLS; what is wrong with either is said here.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crosstrust.sandbox.exchange import Request
from crosstrust.sandbox.image import Producer
from crosstrust.sandbox.registry import Registry
from crosstrust.sandbox.release import push
from tests.attacks.trial import Trial
from tests.unit.sources.loopback import Ask, Say, Server
from tests.unit.sources.tls_authority import Authority

Twist = Callable[[Ask, Say], Say]


def honest(_ask: Ask, said: Say) -> Say:
    """Leave the answer as it is."""
    return said


def spelled(said: Say) -> bytes:
    """Return the answer in the bytes of HTTP/1.1."""
    fields = [*said.headers, ("Content-Length", str(len(said.body)))]
    lines = [f"HTTP/1.1 {said.status} X", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1") + said.body


@dataclass
class Neighbour:
    """``twist`` changes each answer on its way out; ``asks`` is what came in since ``forget``."""

    trial: Trial
    registry: Registry
    twist: Twist = honest
    server: Server | None = None

    @property
    def place(self) -> str:
        assert self.server is not None
        return self.server.place

    @property
    def image(self) -> str:
        """The copy, by tag."""
        return f"{self.place}/{self.trial.sandbox.repository}:{self.trial.release.tag}"

    @property
    def asks(self) -> list[str]:
        assert self.server is not None
        return self.server.paths()

    def forget(self) -> None:
        assert self.server is not None
        self.server.asks.clear()

    def answer(self, ask: Ask) -> Say:
        request = Request(ask.method, ask.host, ask.path, ask.headers, ask.body)
        found = self.registry.respond(request)
        said = Say(found.status, tuple(found.headers.items()), found.body)
        return self.twist(ask, said)


@contextmanager
def neighbour(trial: Trial, authority: Authority | None) -> Iterator[Neighbour]:
    """Give a registry that has the release, behind a certificate that the user trusts for it.

    Without an authority it speaks plain HTTP.
    """
    found = Neighbour(trial, Registry())
    release, name = trial.release, trial.sandbox.repository
    push(found.registry, name, release.tag, release.images, producer=Producer.ENGINE)
    context = authority.context() if authority else None
    with standing(trial, found, context):
        if authority:
            trust(trial, found.place, authority.ca)
        yield found


@contextmanager
def standing(trial: Trial, found: Neighbour, context: ssl.SSLContext | None) -> Iterator[Server]:
    """Put ``found`` on a socket, which the user reaches without the sandbox's proxy."""
    for variable in ("no_proxy", "NO_PROXY"):
        trial.patch.setenv(variable, "localhost,127.0.0.1")
    with Server(found.answer, context) as server:
        found.server = server
        yield server


def trust(trial: Trial, place: str, ca: Path) -> None:
    """Let the user name an authority for one host, as docker reads it."""
    folder = trial.home / ".config" / "docker" / "certs.d" / place
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_bytes(ca.read_bytes())
