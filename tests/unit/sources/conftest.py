"""An authority for the session, and transports that trust it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from crosstrust.sources.request import Timeouts
from crosstrust.sources.settings import Settings
from crosstrust.sources.task import Task
from crosstrust.sources.transport import Transport
from tests.canaries.planted import proxied
from tests.unit.sources.loopback import Answer, ConnectProxy, Server
from tests.unit.sources.tls_authority import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class Net:
    """Makes servers and transports that end with the test."""

    def __init__(self, authority: Authority, home: Path) -> None:
        self.authority = authority
        self.home = home
        self.stack = ExitStack()
        self.heard: list[str] = []

    def server(self, answer: Answer, *, tls: bool = True) -> Server:
        context = self.authority.context() if tls else None
        return self.stack.enter_context(Server(answer, context))

    def settings(self, environ: dict[str, str] | None = None, **options: Any) -> Settings:
        variables = {"SSL_CERT_FILE": str(self.authority.ca)} | (environ or {})
        options.setdefault("backoff", 0.01)
        options.setdefault("timeouts", Timeouts(connect=5, idle=5, whole=20))
        return Settings(environ=variables, docker_config=str(self.home), **options)

    def transport(self, environ: dict[str, str] | None = None, **options: Any) -> Transport:
        return self.stack.enter_context(Transport(self.settings(environ, **options)))

    def internet(self, answer: Answer, **options: Any) -> tuple[Transport, Server]:
        """A transport to which every name is that one server, through a proxy."""
        server = self.server(answer)
        proxy = self.stack.enter_context(ConnectProxy(server.port))
        self.heard = proxy.heard
        environ = proxied({"https_proxy": f"http://127.0.0.1:{proxy.port}"})
        return self.transport(environ, **options), server


def run_tasks(transport: Transport, *tasks: Task[Any]) -> None:
    """Run conversations other than a request's own."""
    for task in tasks:
        transport._begin(task)
    while not all(task.done for task in tasks):
        transport._advance()
        transport._step()
        transport._ring()
        if not transport._ready:
            transport._rest()


@pytest.fixture
def net(authority: Authority, tmp_path: Path) -> Iterator[Net]:
    made = Net(authority, tmp_path)
    with made.stack:
        yield made
