"""The socket side of the sandbox: one port that is a CONNECT proxy and a TLS server.

A client that uses it as a proxy reaches every site by its public name, without a second hop;
a client that starts TLS at once reaches the same sites as localhost.
"""

from __future__ import annotations

import http.server
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from crosstrust.sandbox.authority import LOOPBACK
from crosstrust.sandbox.exchange import Close, Request, Reset, Response, answer_error
from crosstrust.value import dataclass

if TYPE_CHECKING:
    from crosstrust.sandbox.exchange import Play

_NO_LINGER = struct.pack("ii", 1, 0)
BODY_LIMIT = 1024 * 1024
IDLE_SECONDS = 30.0
_TLS_HANDSHAKE = b"\x16"

Answer = Callable[[Request], Response]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived. ``connection`` counts TCP connections from 1."""

    connection: int
    method: str
    host: str
    target: str
    status: int
    sent: int
    authorized: bool


class Accepted(ssl.SSLSocket):
    """A TLS socket that is closed where its peer is gone before it is whole.

    CPython leaves it open then, and nobody else has it yet who could close it.
    """

    def getpeername(self) -> object:
        """Return the address of the peer, which is asked for when the socket is made."""
        try:
            return super().getpeername()
        except OSError:
            self.close()
            raise


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection: proxy first, TLS then, requests until either side is done."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: Listener
    secure = False

    def setup(self) -> None:
        self.number = self.server.enter(self.request)
        self.request.settimeout(IDLE_SECONDS)
        if self.request.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
            self.request = self._start_tls(self.request)
        super().setup()

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.server.leave(self.number)
            self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing: ``Listener.seen`` is the log."""

    def do_CONNECT(self) -> None:
        """Turn the connection to a public name into TLS, here and now."""
        fault = self.server.connect_faults.get(self.path.rpartition(":")[0])
        if fault is not None:
            self.close_connection = True
            self._play(fault(b"HTTP/1.1 200 Connection established\r\n\r\n"))
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.rfile.close()
        self.connection = self._start_tls(self.connection)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self) -> None:
        """Answer any request but CONNECT."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > BODY_LIMIT or not self.secure:
            self.close_connection = True
            self._send(answer_error(400, "UNSUPPORTED", "https and short bodies only"))
            return
        body = self.rfile.read(int(length))
        headers = {name.lower(): "" for name in self.headers}
        for name in headers:
            headers[name] = ", ".join(self.headers.get_all(name) or ())
        host = headers.get("host", "").rpartition(":")
        request = Request(self.command, host[0] or host[2], self.path, headers, body)
        response = self.server.answer(request)
        # Logged first: whoever has the answer finds the request in the log.
        self.server.seen.append(_seen(self.number, request, response))
        self._send(response)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()

    def _start_tls(self, plain: socket.socket) -> ssl.SSLSocket:
        try:
            secured = self.server.context.wrap_socket(plain, server_side=True)
        except OSError:
            self.server.leave(self.number)
            raise
        self.server.replace(self.number, secured)
        self.secure = True
        return secured

    def _send(self, response: Response) -> None:
        lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
        fields = {"Content-Length": str(len(response.body)), **response.headers}
        if self.close_connection:
            fields["Connection"] = "close"
        lines += [f"{name}: {value}" for name, value in fields.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        # One write: a head that waits for its body costs a round trip.
        wire = head if self.command == "HEAD" else head + response.body
        if response.play is None:
            self.wfile.write(wire)
        else:
            self._play(response.play(wire))

    def _play(self, steps: Iterator[bytes | float]) -> None:
        try:
            for step in steps:
                if isinstance(step, bytes):
                    self.wfile.write(step)
                elif self.server.closing.wait(step):
                    raise Close
        except Close:
            self.close_connection = True
        except Reset:
            # RFC 9293, 3.10.7.1: with nothing to linger for, what is left is a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self.close_connection = True


class Listener(http.server.ThreadingHTTPServer):
    """Listens on loopback at a port of the system's choice. ``close`` ends every connection."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, answer: Answer, context: ssl.SSLContext) -> None:
        self.answer = answer
        self.context = context
        self.context.sslsocket_class = Accepted
        self.seen: list[Seen] = []
        self.broken: list[str] = []
        self.connect_faults: dict[str, Play] = {}
        self.closing = threading.Event()
        self._open: dict[int, socket.socket] = {}
        self._count = 0
        super().__init__((LOOPBACK, 0), Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def enter(self, connection: socket.socket) -> int:
        """Register a connection; return its number."""
        self._count += 1
        self._open[self._count] = connection
        return self._count

    def replace(self, number: int, connection: socket.socket) -> None:
        """Register what a connection has become."""
        self._open[number] = connection

    def leave(self, number: int) -> None:
        """Forget a connection that is being closed."""
        self._open.pop(number, None)

    def finish_request(self, request: object, client_address: object) -> None:
        """Serve one connection; a client that breaks off is recorded, not reported."""
        try:
            super().finish_request(request, client_address)  # type: ignore[arg-type]  # no public names
        except OSError as error:
            self.broken.append(f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """End all connections and wait for their threads. ``shutdown`` must have come first."""
        self.closing.set()
        for connection in list(self._open.values()):
            # The base class's method: an SSLSocket's own would drop its TLS state in use.
            try:
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError as error:
                self.broken.append(f"{type(error).__name__}: {error}")
        self.server_close()


def _seen(number: int, request: Request, response: Response) -> Seen:
    return Seen(
        number,
        request.method,
        request.host,
        request.target,
        response.status,
        0 if request.method == "HEAD" else len(response.body),
        "authorization" in request.headers,
    )
