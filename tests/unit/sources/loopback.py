"""Servers on 127.0.0.1 that answer as a test says and remember what they were asked."""

from __future__ import annotations

import http.server
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from crosstrust.sandbox.listener import Accepted
from tests.canaries.search import SEARCH


@dataclass(frozen=True)
class Ask:
    """One request as it arrived; ``connection`` counts those of the server from 1."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def host(self) -> str:
        return self.headers.get("host", "").partition(":")[0]


@dataclass(frozen=True)
class Say:
    """What to answer, after ``pause`` seconds. ``raw`` is written as it is."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    raw: bytes | None = None
    pause: float = 0.0
    close: bool = False
    length: int | None = None


Answer = Callable[[Ask], Say]


class Listener:
    """Takes connections while its block runs, each in a thread; all end with the block."""

    def __init__(self) -> None:
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.stopping = threading.Event()

    def talk(self, client: socket.socket, number: int) -> None:
        raise AssertionError(client, number)

    def keep(self, opened: socket.socket) -> socket.socket:
        self._sockets.append(opened)
        return opened

    def run(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if self.stopping.is_set():
                client.close()
                return
            self.connections += 1
            self.run(self._talk, self.keep(client), self.connections)

    def _talk(self, client: socket.socket, number: int) -> None:
        client.settimeout(20)
        # The other side may leave at any time; what it made of that is for the test to see.
        with suppress(OSError):
            self.talk(client, number)

    def __enter__(self) -> Self:
        self.run(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        with socket.create_connection(("127.0.0.1", self.port)):
            self._threads[0].join(5)
        self._listener.close()
        for opened in self._sockets:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()
        for thread in self._threads:
            thread.join(5)


class Server(Listener):
    """``asks`` holds every request, in order."""

    def __init__(self, answer: Answer, context: ssl.SSLContext | None) -> None:
        super().__init__()
        self.answer = answer
        self.asks: list[Ask] = []
        self._context = context
        if context is not None:
            context.sslsocket_class = Accepted

    @property
    def place(self) -> str:
        return f"localhost:{self.port}"

    @property
    def origin(self) -> str:
        return f"{'https' if self._context else 'http'}://{self.place}"

    def paths(self) -> list[str]:
        return [f"{ask.method} {ask.path}" for ask in self.asks]

    def talk(self, client: socket.socket, number: int) -> None:
        if self._context is not None:
            client = self.keep(self._context.wrap_socket(client, server_side=True))
        Handler(client, number, self)
        client.close()


class ConnectProxy(Listener):
    """Sends every name to one port; ``heard`` holds the heads of the CONNECT requests."""

    def __init__(self, target: int) -> None:
        super().__init__()
        self.heard: list[str] = []
        self._target = target

    def talk(self, client: socket.socket, number: int) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            data = client.recv(4096)
            if not data:
                return
            head += data
        self.heard.append(head.decode())
        SEARCH.note("request", "to a proxy", head, place=f"127.0.0.1:{self.port}")
        upstream = self.keep(socket.create_connection(("127.0.0.1", self._target)))
        client.sendall(b"HTTP/1.1 200 ok\r\n\r\n")
        self.run(pump, upstream, client)
        pump(client, upstream)


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Pass bytes on until either side ends."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, client: socket.socket, number: int, server: Server) -> None:
        self._number = number
        self._own = server
        super().__init__(client, ("127.0.0.1", 0), None)  # type: ignore[arg-type]  # it is not used

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        ask = Ask(self.command, self.path, headers, body, self._number)
        self._own.asks.append(ask)
        say = self._own.answer(ask)
        self._own.stopping.wait(say.pause)
        try:
            self._say(say)
        except OSError:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = _any  # noqa: N815 - names that http.server looks for

    def _say(self, say: Say) -> None:
        self.close_connection = say.close or say.raw is not None
        if say.raw is not None:
            self.wfile.write(say.raw)
            return
        self.send_response_only(say.status)
        for name, value in say.headers:
            self.send_header(name, value)
        length = len(say.body) if say.length is None else say.length
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(say.body)
