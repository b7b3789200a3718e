"""Loopback stand-in for the public internet names, in front of the real peers.

One process, three roles:
  * an HTTP CONNECT proxy (PROXY_PORT): every CONNECT to one of the names below is spliced to the
    TLS listener, so that real clients run with HTTPS_PROXY=http://127.0.0.1:PROXY_PORT and their
    default host names; any other name is refused with 502;
  * a TLS listener (TLS_PORT) that routes on the Host header:
       registry-1.docker.io, index.docker.io -> the real docker-registry "hub"
       public.ecr.aws                        -> the real docker-registry "ecr"
       notary.docker.io                      -> the real notary-server
       auth.docker.io (and public.ecr.aws/token/) -> an anonymous token endpoint
    With token auth on (TAP_AUTH=1, the default) a request without a covering bearer token gets the
    401 challenge that the public services send;
  * static GUNs: $LAB/static/<gun>/_trust/tuf/... is served instead of the notary-server where that
    directory exists (for hand-crafted metadata); a file `_status` there plays that status code.

Every request is appended to $LAB/logs/tap.jsonl, in the order it arrived. TAP_RTT_MS adds a delay
to each request. Traffic goes to 127.0.0.1 only. Runs on Python's standard library alone.
"""

from __future__ import annotations

import base64
import http.client
import http.server
import json
import os
import socket
import ssl
import threading
import time
import urllib.parse
from pathlib import Path
from typing import Any

LAB = Path(os.environ["LAB"])
TLS_PORT = int(os.environ.get("TLS_PORT", "5440"))
PROXY_PORT = int(os.environ.get("PROXY_PORT", "3128"))
HUB = int(os.environ.get("HUB_PORT", "5001"))
ECR = int(os.environ.get("ECR_PORT", "5002"))
NOTARY = int(os.environ.get("NOTARY_PORT", "4443"))
AUTH = os.environ.get("TAP_AUTH", "1") == "1"
RTT = float(os.environ.get("TAP_RTT_MS", "0")) / 1000.0
STATIC = LAB / "static"

UPSTREAMS = {
    "registry-1.docker.io": ("http", HUB),
    "index.docker.io": ("http", HUB),
    "public.ecr.aws": ("http", ECR),
    "notary.docker.io": ("https", NOTARY),
}
TOKEN_ENDPOINTS = frozenset({("auth.docker.io", "/token"), ("public.ecr.aws", "/token/")})
NAMES = frozenset(UPSTREAMS) | {"auth.docker.io"}

# The notary-server is a process of this lab on loopback.
UNCHECKED = ssl._create_unverified_context()  # noqa: S323 - to the peers on loopback

# Headers that belong to one connection, or that the tap sets itself.
NOT_FORWARDED = frozenset(
    {
        *("accept", "authorization", "connection", "content-length", "transfer-encoding"),
        "x-forwarded-proto",
    }
)
METADATA_NOT_FOUND = (
    b'{"errors":[{"code":"METADATA_NOT_FOUND",'
    b'"message":"You have requested metadata that does not exist.","detail":null}]}\n'
)
UNAUTHORIZED = (
    b'{"errors": [{"code": "UNAUTHORIZED", "message": "authentication required", '
    b'"detail": null}]}\n'
)

Headers = list[tuple[str, str]]
TEXT: Headers = [("Content-Type", "text/plain")]
JSON: Headers = [("Content-Type", "application/json")]

_log_lock = threading.Lock()
_connections = iter(range(1, 1 << 60))


def log(**record: object) -> None:
    """Append one line to the log."""
    with _log_lock, (LAB / "logs" / "tap.jsonl").open("a") as file:
        file.write(json.dumps({"t": time.time(), **record}) + "\n")


# ---- tokens ------------------------------------------------------------------------------------


def token_answer(query: dict[str, list[str]]) -> bytes:
    """An opaque token that holds the scopes asked for."""
    claims = {"scopes": query.get("scope", []), "service": query.get("service")}
    token = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    answer = {
        "token": token,
        "access_token": token,
        "expires_in": 300,
        "issued_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    return json.dumps(answer).encode()


def scopes_of(authorization: str) -> list[str] | None:
    """The scopes of a bearer token that this process handed out, or None."""
    if not authorization.startswith("Bearer "):
        return None
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(authorization.removeprefix("Bearer ")))
    except ValueError:
        return None
    scopes = claims.get("scopes") if isinstance(claims, dict) else None
    return scopes if isinstance(scopes, list) else None


def challenge(host: str, path: str, *, writes: bool, authorization: str) -> str | None:
    """None where the bearer token covers the request, else the Www-Authenticate header."""
    scopes = scopes_of(authorization)
    if host == "public.ecr.aws":
        asked = 'Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"'
        return None if scopes is not None else asked
    service = "notary.docker.io" if host.startswith("notary") else "registry.docker.io"
    base = f'Bearer realm="https://auth.docker.io/token",service="{service}"'
    if path == "/v2/":
        return None if scopes is not None else base
    repository = repository_of(path)
    actions = "pull,push" if writes else "pull"
    if covers(scopes or [], repository, set(actions.split(","))):
        return None
    return f'{base},scope="repository:{repository}:{actions}"'


def repository_of(path: str) -> str:
    """The repository (for the notary server: the GUN) that a path below /v2/ is about."""
    repository = path[len("/v2/") :]
    for cut in ("/_trust/", "/manifests/", "/blobs/", "/tags/"):
        repository = repository.split(cut)[0]
    return repository


def covers(scopes: list[str], repository: str, needed: set[str]) -> bool:
    """Whether one of the scopes allows ``needed`` on ``repository``."""
    for scope in (one for joined in scopes for one in joined.split(" ")):
        if scope.startswith(f"repository:{repository}:"):
            allowed = scope.rsplit(":", 1)[1]
            if allowed == "*" or needed <= set(allowed.split(",")):
                return True
    return False


# ---- the TLS listener --------------------------------------------------------------------------


class Handler(http.server.BaseHTTPRequestHandler):
    """One client connection, kept alive as HTTP/1.1 does."""

    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.connection_id = next(_connections)
        self.sent = (0, 0)
        self.upstreams: dict[str, http.client.HTTPConnection] = {}
        log(conn=self.connection_id, event="tls-connect")

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr: requests are in the log."""

    def do_any(self) -> None:
        """Answer a request of any method, and log it."""
        began = time.time()
        if RTT:
            time.sleep(RTT)
        self.sent = (0, 0)
        body = self.read_body()
        host = (self.headers.get("Host") or "").split(":")[0]
        try:
            self.route(host, body)
        finally:
            log(
                t=began,
                conn=self.connection_id,
                host=host,
                method=self.command,
                path=self.path,
                auth=(self.headers.get("Authorization") or "").split(" ")[0],
                accept=self.headers.get_all("Accept"),
                ua=self.headers.get("User-Agent"),
                if_none_match=self.headers.get("If-None-Match"),
                status=self.sent[0],
                req_bytes=len(body),
                resp_bytes=self.sent[1],
                ms=round((time.time() - began) * 1000, 2),
            )

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_any  # noqa: N815 - http.server

    def read_body(self) -> bytes:
        """The request's body, by its length or in chunks."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length") or 0)
            return self.rfile.read(length) if length else b""
        body = b""
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            body += self.rfile.read(size)
            self.rfile.readline()
            if not size:
                return body

    def send(self, status: int, headers: Headers, body: bytes = b"") -> None:
        """Answer; the length is added unless the peer stated it."""
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        measured = any(name.lower() == "content-length" for name, _ in headers)
        if not measured and self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.sent = (status, len(body))

    def route(self, host: str, body: bytes) -> None:
        """Answer from the token endpoint, a crafted repository, or the real peer."""
        url = urllib.parse.urlsplit(self.path)
        if (host, url.path) in TOKEN_ENDPOINTS:
            if self.command == "POST":  # the oauth2 form is not offered to anonymous users
                return self.send(405, TEXT, b"method not allowed\n")
            return self.send(200, JSON, token_answer(urllib.parse.parse_qs(url.query)))
        if host not in UPSTREAMS:
            return self.send(404, TEXT, b"404 page not found\n")
        asked = self.challenged(host, url.path)
        if asked is not None:
            version = ("Docker-Distribution-Api-Version", "registry/2.0")
            return self.send(401, [*JSON, version, ("Www-Authenticate", asked)], UNAUTHORIZED)
        if self.send_crafted(host, url.path):
            return None
        return self.forward(host, body)

    def challenged(self, host: str, path: str) -> str | None:
        """What the request lacks, as a challenge; None for a request that may pass."""
        if not AUTH or not path.startswith("/v2"):
            return None
        writes = self.command not in {"GET", "HEAD"}
        authorization = self.headers.get("Authorization") or ""
        return challenge(host, path, writes=writes, authorization=authorization)

    def send_crafted(self, host: str, path: str) -> bool:
        """Answer for a GUN that has a folder in $LAB/static; False where it has none."""
        reads = self.command in {"GET", "HEAD"} and "/_trust/tuf/" in path
        if host != "notary.docker.io" or not reads:
            return False
        gun = path[len("/v2/") :].split("/_trust/", maxsplit=1)[0]
        if ".." in gun or not (STATIC / gun).is_dir():
            return False
        fault = STATIC / gun / "_status"
        file = STATIC / urllib.parse.unquote(path[len("/v2/") :])
        if fault.is_file():
            self.send(int(fault.read_text().split()[0]), TEXT, b"fault\n")
        elif file.is_file():
            self.send(200, [("Content-Type", "application/octet-stream")], file.read_bytes())
        else:
            self.send(404, JSON, METADATA_NOT_FOUND)
        return True

    def forward(self, host: str, body: bytes) -> None:
        """Ask the real peer, on a connection that lives as long as the client's."""
        headers = {k: v for k, v in self.headers.items() if k.lower() not in NOT_FORWARDED}
        if accepted := self.headers.get_all("Accept"):
            headers["Accept"] = ", ".join(accepted)
        headers["X-Forwarded-Proto"] = "https"
        # Only what may be asked twice goes over a connection that the peer may have closed.
        kept = self.upstreams.pop(host, None) if self.command in {"GET", "HEAD"} else None
        try:
            answer, data = self.exchange(kept, host, body, headers)
        except OSError as error:
            return self.send(502, TEXT, f"bad gateway: {error}\n".encode())
        dropped = {"connection", "transfer-encoding"}
        if self.command != "HEAD":
            dropped.add("content-length")
        shown = [(k, v) for k, v in answer.getheaders() if k.lower() not in dropped]
        return self.send(answer.status, shown, data)

    def exchange(
        self,
        kept: http.client.HTTPConnection | None,
        host: str,
        body: bytes,
        headers: dict[str, str],
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """One request to the peer, once more on a new connection if the kept one is stale."""
        upstream = kept or connect(*UPSTREAMS[host])
        try:
            upstream.request(self.command, self.path, body=body or None, headers=headers)
            answer = upstream.getresponse()
            data = answer.read()
        except OSError:
            upstream.close()
            if kept is None:
                raise
            return self.exchange(None, host, body, headers)
        self.upstreams[host] = upstream
        return answer, data

    def finish(self) -> None:
        for upstream in self.upstreams.values():
            upstream.close()
        super().finish()


def connect(scheme: str, port: int) -> http.client.HTTPConnection:
    """A connection to a peer of this lab."""
    if scheme == "http":
        return http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=UNCHECKED)


class Server(http.server.ThreadingHTTPServer):
    """The listener: the TLS handshake happens in the connection's own thread."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        self.context = context
        super().__init__(("127.0.0.1", port), Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        # As real servers do: else a kept-alive answer waits 40 ms for a delayed ACK.
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            secure = self.context.wrap_socket(request, server_side=True)
        except OSError as error:
            log(event="tls-failed", error=str(error))
            return
        try:
            Handler(secure, client_address, self)
        except OSError:
            # The client left in the middle of its request; what it sent is in the log.
            return
        finally:
            close(secure)


def close(connection: socket.socket) -> None:
    """Shut a connection that the other side may have left already."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        connection.close()


# ---- the CONNECT proxy -------------------------------------------------------------------------


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy one direction until it ends."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        # Either side may be gone; the other direction finds out by itself.
        return
    finally:
        shut_writing(sink)


def shut_writing(connection: socket.socket) -> None:
    """Say that no more will come, to a side that may be gone."""
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        return


def read_head(client: socket.socket) -> bytes:
    """The bytes up to the empty line; less where the client leaves before it."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < 65536:
        data = client.recv(4096)
        if not data:
            break
        head += data
    return head


def splice(client: socket.socket) -> None:
    """Serve one client of the proxy."""
    words = read_head(client).split(b"\r\n")[0].decode("latin1").split(" ")
    if words == [""]:
        client.close()
        return
    log(event="proxy", line=" ".join(words[:2]))
    name = words[1].rsplit(":", 1)[0] if len(words) > 1 else ""
    if words[0] != "CONNECT" or name not in NAMES:
        refusal = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        client.sendall(refusal)
        client.close()
        return
    upstream = socket.create_connection(("127.0.0.1", TLS_PORT))
    for side in (client, upstream):
        side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    threading.Thread(target=pump, args=(upstream, client), daemon=True).start()
    pump(client, upstream)


def serve_proxy(listener: socket.socket) -> None:
    """Accept clients of the proxy for ever."""
    while True:
        client, _ = listener.accept()
        threading.Thread(target=splice, args=(client,), daemon=True).start()


def main() -> None:
    """Serve until killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(LAB / "pki" / "server.crt", LAB / "pki" / "server.key")
    # Here and not in the thread: a port that is taken ends the tap.
    listener = socket.create_server(("127.0.0.1", PROXY_PORT), backlog=128)
    threading.Thread(target=serve_proxy, args=(listener,), daemon=True).start()
    print(f"tap: tls 127.0.0.1:{TLS_PORT} proxy 127.0.0.1:{PROXY_PORT} auth={AUTH}", flush=True)
    Server(TLS_PORT, context).serve_forever()


if __name__ == "__main__":
    main()
