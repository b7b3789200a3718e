from __future__ import annotations

import http.client
import json
import socket
import ssl
import struct
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crosstrust.sandbox import Sandbox, Service, publish_release
from crosstrust.sandbox.exchange import Response, answer_error
from crosstrust.sandbox.image import DOCKER_LIST

AT = datetime(2026, 1, 1, tzinfo=UTC)
MANIFEST = "/v2/nicolas/webdis/manifests/0.1.19"
TIMESTAMP = "/v2/docker.io/nicolas/webdis/_trust/tuf/timestamp.json"


@pytest.fixture
def sandbox() -> Sandbox:
    sandbox = Sandbox(at=AT, auth=False)
    publish_release(sandbox)
    return sandbox


@pytest.fixture
def service(sandbox: Sandbox) -> Iterator[Service]:
    with sandbox.serve() as service:
        yield service


def connect(service: Service, host: str) -> http.client.HTTPSConnection:
    """A connection to a public name, through the proxy of the environment."""
    context = ssl.create_default_context(cafile=service.environment["SSL_CERT_FILE"])
    proxy = urlsplit(service.environment["HTTPS_PROXY"])
    assert proxy.hostname is not None
    connection = http.client.HTTPSConnection(
        proxy.hostname, proxy.port, context=context, timeout=10
    )
    connection.set_tunnel(host, 443)
    return connection


def ask(
    connection: http.client.HTTPConnection,
    path: str,
    method: str = "GET",
    body: bytes | None = None,
) -> tuple[int, bytes]:
    connection.request(method, path, body=body, headers={"Accept": DOCKER_LIST})
    answer = connection.getresponse()
    return answer.status, answer.read()


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("registry-1.docker.io", MANIFEST),
        ("public.ecr.aws", MANIFEST),
        ("notary.docker.io", TIMESTAMP),
    ],
)
def test_each_public_name_is_served_by_its_own_site(
    sandbox: Sandbox, service: Service, host: str, path: str
) -> None:
    connection = connect(service, host)
    status, raw = ask(connection, path)
    connection.close()
    registry = "docker.io" if host == "registry-1.docker.io" else host
    if path == TIMESTAMP:
        expected = sandbox.notary.current(sandbox.origin, "timestamp")
    else:
        stored = sandbox.registries[registry].manifest("nicolas/webdis", "0.1.19")
        expected = stored.raw if stored else None
    assert (status, raw) == (200, expected)


def test_a_connection_is_kept_and_every_request_is_logged(service: Service) -> None:
    connection = connect(service, "registry-1.docker.io")
    paths = ["/v2/", MANIFEST, "/v2/nicolas/webdis/manifests/9.9"]
    assert [ask(connection, path)[0] for path in paths] == [200, 200, 404]
    connection.close()
    assert [(one.connection, one.host, one.target, one.status) for one in service.requests] == [
        (1, "registry-1.docker.io", path, status)
        for path, status in zip(paths, (200, 200, 404), strict=True)
    ]
    assert service.requests[1].sent == 772
    assert service.broken == []


def test_no_key_is_left_in_a_file(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever the process is killed: also while OpenSSL reads the key."""
    read: list[bytes] = []
    load = ssl.SSLContext.load_cert_chain

    def look(context: ssl.SSLContext, file: Path, *, password: bytes) -> None:
        read.extend(each.read_bytes() for each in file.parent.iterdir())
        load(context, file, password=password)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", look)
    with sandbox.serve() as service:
        folder = Path(service.environment["SSL_CERT_FILE"]).parent
        assert [file.name for file in folder.iterdir()] == ["ca.pem"]
    assert not folder.exists()
    assert len(read) == 2
    assert [raw.count(b"BEGIN ENCRYPTED PRIVATE KEY") for raw in sorted(read)].count(1) == 1
    assert not any(b"BEGIN PRIVATE KEY" in raw or b"BEGIN EC" in raw for raw in read)


def test_a_head_has_the_length_and_no_body(service: Service) -> None:
    connection = connect(service, "registry-1.docker.io")
    connection.connect()
    lines = [f"HEAD {MANIFEST} HTTP/1.1", "Host: registry-1.docker.io", f"Accept: {DOCKER_LIST}"]
    connection.sock.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
    raw = connection.sock.makefile("rb").read()
    connection.close()
    assert b"\r\nContent-Length: 772\r\n" in raw
    assert raw.endswith(b"\r\n\r\n")
    assert service.requests[0].sent == 0


def test_tokens_are_handed_out_where_the_challenge_says() -> None:
    sandbox = Sandbox(at=AT)
    publish_release(sandbox)
    with sandbox.serve() as service:
        connection = connect(service, "public.ecr.aws")
        assert ask(connection, MANIFEST)[0] == 401
        token = json.loads(ask(connection, "/token/?scope=aws")[1])["token"]
        connection.request(
            "GET", MANIFEST, headers={"Accept": DOCKER_LIST, "Authorization": f"Bearer {token}"}
        )
        assert len(connection.getresponse().read()) == 772
        connection.close()
        assert [one.authorized for one in service.requests] == [False, False, True]


def test_localhost_is_the_notary_server(sandbox: Sandbox, service: Service) -> None:
    context = ssl.create_default_context(cafile=str(service.ca_file))
    connection = http.client.HTTPSConnection(
        "localhost", urlsplit(service.url).port, context=context, timeout=10
    )
    status, raw = ask(connection, TIMESTAMP)
    connection.close()
    assert (status, raw) == (200, sandbox.notary.current(sandbox.origin, "timestamp"))


def test_a_name_that_the_sandbox_does_not_have_is_not_certified(service: Service) -> None:
    connection = connect(service, "ghcr.io")
    with pytest.raises(ssl.SSLCertVerificationError, match="ghcr"):
        connection.connect()
    connection.close()


def test_a_client_that_distrusts_the_ca_is_recorded(service: Service) -> None:
    connection = http.client.HTTPSConnection(
        "localhost", service.port, context=ssl.create_default_context(), timeout=10
    )
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.connect()
    connection.close()
    again = connect(service, "public.ecr.aws")
    assert ask(again, "/v2/")[0] == 200
    again.close()
    assert service.requests[0].host == "public.ecr.aws"


def test_a_host_header_decides_and_may_be_unknown(service: Service) -> None:
    connection = connect(service, "public.ecr.aws")
    connection.request("GET", "/v2/", headers={"Host": "ghcr.io"})
    answer = connection.getresponse()
    assert (answer.status, b"no ghcr.io" in answer.read()) == (404, True)
    connection.close()


def test_plain_http_is_refused(service: Service) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    assert ask(connection, "/v2/")[0] == 400
    connection.close()
    assert service.requests == []


def test_a_large_body_is_refused(service: Service) -> None:
    connection = connect(service, "public.ecr.aws")
    connection.putrequest("POST", "/v2/")
    connection.putheader("Content-Length", str(1024 * 1024 + 1))
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, b"short bodies" in answer.read()) == (400, True)
    connection.close()


def test_a_small_body_is_read(service: Service) -> None:
    connection = connect(service, "public.ecr.aws")
    assert ask(connection, "/v2/", "POST", b"x" * 1000)[0] == 200
    assert ask(connection, "/v2/")[0] == 200
    connection.close()


def test_faults_are_played_until_recovery(service: Service) -> None:
    connection = connect(service, "public.ecr.aws")
    service.fail("public.ecr.aws/v2/nicolas", answer_error(503, "UNAVAILABLE", "try later"))
    assert ask(connection, MANIFEST)[0] == 503
    assert ask(connection, "/v2/")[0] == 200
    service.fail("public.ecr.aws/v2/", Response(429, {"Retry-After": "1"}))
    assert ask(connection, "/v2/")[0] == 429
    service.recover()
    assert ask(connection, MANIFEST)[0] == 200
    connection.close()


BREAK_OFFS = 300
CONNECT = b"CONNECT docker.io:443 HTTP/1.1\r\n\r\n"
HALF_A_HELLO = b"\x16\x03\x01\x00\x05"


def test_a_client_that_breaks_off_leaves_no_socket_open(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whenever it leaves: each waits a moment longer than the one before."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        with sandbox.serve() as service:
            for number in range(BREAK_OFFS):
                with socket.create_connection(("127.0.0.1", service.port), timeout=10) as client:
                    client.sendall(CONNECT)
                    client.recv(100)
                    client.sendall(HALF_A_HELLO if number % 3 == 0 else b"")
                    time.sleep(number * 2e-6)
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert [str(each.message) for each in seen] == []
    assert capfd.readouterr() == ("", "")


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side has ended the connection, in one of the two ways."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_nothing_is_left_after_closing(sandbox: Sandbox) -> None:
    with sandbox.serve() as service:
        kept = connect(service, "public.ecr.aws")
        assert ask(kept, "/v2/")[0] == 200
        half_open = socket.create_connection(("127.0.0.1", service.port), timeout=10)
        folder = Path(service.environment["SSL_CERT_FILE"]).parent
        assert folder.stat().st_mode & 0o077 == 0
    with pytest.raises((OSError, http.client.HTTPException)):
        ask(kept, "/v2/")
    kept.close()
    with half_open:
        assert is_closed(half_open)
    assert not folder.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", service.port), timeout=10)
