"""A tap of one's own in front of the lab's peers, and what passed through it."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.interop.client import Lab

SCRIPTS = Path(__file__).parent / "lab"
START_SECONDS = 10
HOSTS = frozenset({"registry-1.docker.io", "auth.docker.io", "notary.docker.io", "public.ecr.aws"})


@dataclass(frozen=True)
class Request:
    """One request as the tap logged it; ``at`` is when it arrived, in seconds."""

    at: float
    host: str
    method: str
    path: str
    status: int
    connection: int
    seconds: float
    size: int

    def __str__(self) -> str:
        """One line, for people who ask what a request was for."""
        return f"{self.method} {self.host}{self.path} -> {self.status}"


@dataclass(frozen=True)
class Tap:
    """A running tap; nobody else uses its proxy port, so its log is one client's traffic."""

    proxy_port: int
    file: Path

    def mark(self) -> int:
        """Where the log ends now."""
        return self.file.stat().st_size if self.file.exists() else 0

    def records(self, since: int = 0) -> list[dict[str, Any]]:
        """What was logged after a mark."""
        # The line of a request is written after its answer was sent.
        time.sleep(0.1)
        with self.file.open() as log:
            log.seek(since)
            return [json.loads(line) for line in log]

    def requests(self, since: int = 0) -> list[Request]:
        """The requests after a mark, in the order in which they arrived."""
        found = [
            Request(
                at=record["t"],
                host=record["host"],
                method=record["method"],
                path=record["path"],
                status=record["status"],
                connection=record["conn"],
                seconds=record["ms"] / 1000,
                size=record["resp_bytes"],
            )
            for record in self.records(since)
            if "method" in record
        ]
        return sorted(found, key=lambda request: request.at)

    def names(self, since: int = 0) -> Counter[str]:
        """The names that the proxy was asked for, refused ones too, with the number of times."""
        lines = [record["line"] for record in self.records(since) if "line" in record]
        return Counter(line.split(" ")[-1].rsplit(":", 1)[0] for line in lines)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now.

    It is below those that the kernel gives to outgoing connections: one of these could take it
    before the server does.
    """
    for port in random.sample(range(20_000, 32_000), 100):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no free port among a hundred")


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when something listens on ``port``; fail if ``process`` ends before."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"nothing listens on port {port}: {process.args!r}")


@contextmanager
def running(*command: str | Path, ports: tuple[int, ...], **environ: str) -> Iterator[None]:
    """Run a server of the lab until the block ends."""
    with subprocess.Popen(
        [str(word) for word in command],
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            for port in ports:
                wait_for(port, process)
            yield
        finally:
            process.terminate()


@contextmanager
def own_tap(lab: Lab, folder: Path) -> Iterator[Tap]:
    """Start a tap that writes its log below ``folder``, in front of the lab's peers."""
    (folder / "logs").mkdir(parents=True)
    (folder / "pki").symlink_to(lab.folder / "pki")
    (folder / "static").symlink_to(lab.folder / "static")
    tls, proxy = free_port(), free_port()
    with running(
        *("/usr/bin/python3", "-S", SCRIPTS / "tap.py"),
        ports=(tls, proxy),
        LAB=str(folder),
        TLS_PORT=str(tls),
        PROXY_PORT=str(proxy),
        HUB_PORT=str(lab.hub_port),
        ECR_PORT=str(lab.ecr_port),
        NOTARY_PORT=str(lab.notary_port),
    ):
        yield Tap(proxy, folder / "logs" / "tap.jsonl")


@contextmanager
def delayed(proxy_port: int, milliseconds: int) -> Iterator[int]:
    """Put a round-trip time in front of a proxy; gives the port to use instead."""
    port = free_port()
    command = ("/usr/bin/python3", "-S", SCRIPTS / "delay_proxy.py")
    pair = f"{port}:{proxy_port}"
    with running(*command, str(milliseconds), pair, ports=(port,)):
        yield port
