"""A registry on loopback that serves blobs, and misbehaves where a test tells it to."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from crosstrust.oci.digest import Digest
from crosstrust.sources.remote import Remote
from crosstrust.sources.request import Timeouts
from crosstrust.sources.settings import Settings
from crosstrust.sources.transport import Transport

PATH = "nicolas/webdis"


@dataclass
class Shelf:
    """What is served, by digest. ``cut_at``: the next answers end after that many bytes.

    ``whole``: ignore Range and start anew. ``endless``: in chunks, the last of which is lost.
    ``trickle``: a byte now and then. ``status``: answer everything with it.
    """

    host: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    cut_at: list[int] = field(default_factory=list)
    whole: bool = False
    endless: bool = False
    trickle: bool = False
    status: int = 200
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def repository(self) -> str:
        return f"{self.host}/{PATH}"

    def add(self, raw: bytes, *, instead_of: bytes | None = None) -> Digest:
        """Serve ``raw``, under its own digest or under that of other bytes."""
        digest = Digest.of(raw if instead_of is None else instead_of)
        self.blobs[str(digest)] = raw
        return digest


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shelf: ClassVar[Shelf]

    def do_GET(self) -> None:
        shelf = self.shelf
        digest = self.path.rpartition("/")[2]
        shelf.asked.append((digest, self.headers.get("Range", "")))
        raw = shelf.blobs.get(digest)
        if shelf.status != 200 or raw is None:
            self.send_response(404 if shelf.status == 200 else shelf.status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = 0
        if self.headers["Range"] and not shelf.whole:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        if start and start >= len(raw):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(raw)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(raw) - 1}/{len(raw)}")
        if shelf.endless:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(raw) - start, raw[start:]))
            self.close_connection = True
            return
        self.send_header("Content-Length", str(len(raw) - start))
        self.end_headers()
        self._send_body(raw[start:])

    def _send_body(self, rest: bytes) -> None:
        if self.shelf.cut_at:
            rest = rest[: self.shelf.cut_at.pop(0)]
            self.close_connection = True
        try:
            while self.shelf.trickle:
                self.wfile.write(rest[:1])
                rest = rest[1:]
                time.sleep(0.05)
            self.wfile.write(rest)
        except ConnectionError:
            # The client has seen enough.
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def blob_server() -> Iterator[Shelf]:
    """Serve a shelf for the length of the block."""
    shelf = Shelf()
    handler = type("ShelfHandler", (Handler,), {"shelf": shelf})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    shelf.host = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield shelf
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def remote_for(shelf: Shelf, *, timeouts: Timeouts | None = None) -> Iterator[Remote]:
    """Ask that server, without waiting long between tries."""
    settings = Settings(
        plain_http=frozenset({shelf.host}), backoff=0.01, timeouts=timeouts or Timeouts()
    )
    with Transport(settings) as transport:
        yield Remote(settings, transport)
