"""Rounds over loopback: reuse, limits, times, broken answers, further tries."""

from __future__ import annotations

import binascii
import contextlib
import os
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from crosstrust.chain.answer import Gap
from crosstrust.errors import InputError, MalformedError, StateError
from crosstrust.evidence.check import Class, Outcome
from crosstrust.sources.request import Request, Response, Timeouts
from crosstrust.sources.settings import Settings
from crosstrust.sources.task import Broken, Deadline, Hop, Task, send
from crosstrust.sources.transport import Transport
from crosstrust.sources.url import parse_url
from tests.canaries.secret import canary, in_base64, secrets_in, token
from tests.unit.sources.conftest import Net, run_tasks
from tests.unit.sources.loopback import Ask, ConnectProxy, Listener, Say, Server
from tests.unit.sources.tls_authority import Authority


def one(transport: Transport, request: Request) -> Response:
    [reply] = transport.fetch_all([request])
    assert isinstance(reply, Response)
    return reply


def gap_of(transport: Transport, request: Request) -> tuple[str, Class | None, Outcome]:
    [reply] = transport.fetch_all([request])
    assert isinstance(reply, Gap)
    check = reply.check
    return check.code, check.klass, check.outcome


def test_answers_come_in_the_order_of_the_requests(net: Net) -> None:
    server = net.server(lambda ask: Say(body=ask.path.encode()))
    requests = [Request(f"{server.origin}/{n}") for n in range(20)]
    found = net.transport().fetch_all(requests)
    assert [r.body for r in found if isinstance(r, Response)] == [b"/%d" % n for n in range(20)]


def test_what_is_sent(net: Net) -> None:
    server = net.server(lambda _: Say(headers=(("X-One", " 1 "), ("X-One", "2"))))
    request = Request(f"{server.origin}/a/../b?q=%2F", headers=(("Accept", "text/plain"),))
    reply = one(net.transport(user_agent="crosstrust/9"), request)
    [ask] = server.asks
    assert ask.path == "/a/../b?q=%2F"
    assert ask.headers == {
        "host": server.place,
        "user-agent": "crosstrust/9",
        "accept": "text/plain",
        "accept-encoding": "identity",
    }
    assert reply.headers("x-one") == ("1", "2")
    assert reply.origin == server.origin
    assert reply.address == "127.0.0.1"


def test_a_connection_is_used_again_in_the_next_round(net: Net) -> None:
    server = net.server(lambda _: Say(body=b"x"))
    transport = net.transport()
    for _ in range(3):
        one(transport, Request(f"{server.origin}/"))
    assert server.connections == 1
    assert transport.traffic.count == 3
    assert transport.traffic.bytes > 3 * 20


@pytest.mark.parametrize(
    ("before", "wanted", "opened"), [(0, 3, 3), (0, 9, 6), (1, 4, 1), (1, 9, 3)]
)
def test_connections_are_opened_only_where_they_pay(
    net: Net, before: int, wanted: int, opened: int
) -> None:
    server = net.server(lambda _: Say(body=b"x", pause=0.03))
    transport = net.transport()
    transport.fetch_all([Request(f"{server.origin}/") for _ in range(before)])
    transport.fetch_all([Request(f"{server.origin}/") for _ in range(wanted)])
    assert server.connections == opened


def test_all_open_connections_serve_the_next_round(net: Net) -> None:
    server = net.server(lambda _: Say(body=b"x", pause=0.05))
    transport = net.transport()
    for _ in range(3):
        transport.fetch_all([Request(f"{server.origin}/") for _ in range(3)])
    assert server.connections == 3
    assert {ask.connection for ask in server.asks[-3:]} == {1, 2, 3}


def test_a_connection_that_the_server_closed_is_replaced(net: Net) -> None:
    server = net.server(lambda _: Say(body=b"x", close=True))
    transport = net.transport()
    assert [one(transport, Request(f"{server.origin}/")).status for _ in range(2)] == [200, 200]
    assert server.connections == 2


def test_streams_do_not_queue_behind_each_other(net: Net) -> None:
    server = net.server(lambda _: Say(body=b"x" * 100, pause=0.05))
    transport = net.transport()
    one(transport, Request(f"{server.origin}/"))
    taken: list[bytes] = []
    transport.fetch_all([Request(f"{server.origin}/", sink=taken.append) for _ in range(3)])
    assert server.connections == 3
    assert b"".join(taken) == b"x" * 300


def test_meanwhile_runs_once_while_requests_are_under_way(net: Net) -> None:
    server = net.server(lambda _: Say())
    calls: list[int] = []
    transport = net.transport()
    transport.fetch_all(
        [Request(f"{server.origin}/")], meanwhile=lambda: calls.append(len(server.asks))
    )
    assert calls == [0]


def test_a_body_may_be_as_long_as_the_limit(net: Net) -> None:
    server = net.server(lambda _: Say(body=b"x" * 1000))
    assert len(one(net.transport(), Request(f"{server.origin}/", limit=1000)).body) == 1000


@pytest.mark.parametrize("announced", [True, False])
def test_a41_a_longer_body_is_not_read(net: Net, *, announced: bool) -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000_000
    server = net.server(lambda _: Say(body=b"x" * 1001) if announced else Say(raw=endless))
    transport = net.transport()
    found = gap_of(transport, Request(f"{server.origin}/", limit=1000))
    assert found == ("limit.exceeded", Class.REMOTE, Outcome.FAILED)
    assert transport.traffic.bytes < 1_000_000


def test_a_long_error_body_is_cut_and_still_an_answer(net: Net) -> None:
    server = net.server(lambda _: Say(status=400, body=b"x" * 1_000_000))
    transport = net.transport()
    reply = one(transport, Request(f"{server.origin}/", limit=10))
    assert (reply.status, len(reply.body)) == (400, 8192)
    assert transport.traffic.bytes < 900_000


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 500 + b"\r\nxx",
        b"HTTP/1.1 200 OK\r\nX y: a\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nX: a\x01b\r\n\r\nxx",
        b"this is not HTTP\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 400 + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_b05_b61_an_odd_head_is_refused(net: Net, head: bytes) -> None:
    server = net.server(lambda _: Say(raw=head))
    found = gap_of(net.transport(tries=1), Request(f"{server.origin}/"))
    assert found == ("http.answer.form", Class.REMOTE, Outcome.FAILED)


def test_b06_a_cut_body_is_asked_for_again(net: Net) -> None:
    server = net.server(lambda _: Say(body=b"x" * 5, length=10, close=True))
    found = gap_of(net.transport(), Request(f"{server.origin}/"))
    assert found == ("http.body.complete", Class.UNREACHABLE, Outcome.UNKNOWN)
    assert len(server.asks) == 3


@pytest.mark.parametrize("ranged", [True, False])
def test_b06_a_cut_stream_goes_on_where_it_was(net: Net, *, ranged: bool) -> None:
    whole = bytes(range(200))

    def answer(ask: Ask) -> Say:
        asked = ask.headers.get("range", "")
        if not asked:
            return Say(body=whole[:120], length=200, close=True)
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if ranged:
            place = ("Content-Range", f"bytes {start}-199/200")
            return Say(status=206, headers=(place,), body=whole[start:])
        return Say(body=whole)

    server = net.server(answer)
    taken: list[bytes] = []
    seen: list[int] = []
    request = Request(f"{server.origin}/", sink=taken.append, on_progress=seen.append)
    reply = one(net.transport(), request)
    assert (b"".join(taken), reply.body) == (whole, b"")
    assert [ask.headers.get("range") for ask in server.asks] == [None, "bytes=120-"]
    assert seen[-1] == 200


def test_b06_the_wrong_rest_is_refused(net: Net) -> None:
    def answer(ask: Ask) -> Say:
        if "range" in ask.headers:
            return Say(status=206, headers=(("Content-Range", "bytes 3-9/10"),), body=b"x" * 7)
        return Say(body=b"x" * 5, length=10, close=True)

    server = net.server(answer)
    found = gap_of(net.transport(), Request(f"{server.origin}/", sink=lambda _: None))
    assert found[0] == "http.answer.form"


def test_a_sink_that_refuses_ends_its_own_request_alone(net: Net) -> None:
    server = net.server(lambda _: Say(body=b"x" * 100))

    def refuse(_: bytes) -> None:
        raise MalformedError("image.layer.form", "layer")

    bad, good = net.transport().fetch_all(
        [Request(f"{server.origin}/", sink=refuse), Request(f"{server.origin}/")]
    )
    assert isinstance(bad, Gap)
    assert bad.check.code == "image.layer.form"
    assert isinstance(good, Response)


def test_a_bug_in_a_sink_is_not_hidden(net: Net) -> None:
    server = net.server(lambda _: Say(body=b"x"))

    def fail(_: bytes) -> None:
        raise ZeroDivisionError

    transport = net.transport()
    with pytest.raises(ZeroDivisionError):
        transport.fetch_all([Request(f"{server.origin}/", sink=fail)])
    assert one(transport, Request(f"{server.origin}/")).status == 200


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 522, 599])
def test_b53_what_may_pass_is_asked_again(net: Net, status: int) -> None:
    def answer(_: Ask) -> Say:
        return Say(status=status) if len(server.asks) < 3 else Say(body=b"at last")

    server = net.server(answer)
    assert one(net.transport(), Request(f"{server.origin}/")).body == b"at last"


@pytest.mark.parametrize(
    ("status", "code"),
    [(408, "http.timeout"), (429, "registry.rate.limited"), (503, "http.available")],
)
def test_b53_three_tries_and_then_a_gap(net: Net, status: int, code: str) -> None:
    server = net.server(lambda _: Say(status=status, body=b"wait"))
    found = gap_of(net.transport(), Request(f"{server.origin}/"))
    assert found == (code, Class.UNREACHABLE, Outcome.UNKNOWN)
    assert len(server.asks) == 3


@pytest.mark.parametrize("status", [200, 400, 404, 405, 413, 501])
def test_other_answers_are_final(net: Net, status: int) -> None:
    server = net.server(lambda _: Say(status=status))
    assert one(net.transport(), Request(f"{server.origin}/")).status == status
    assert len(server.asks) == 1


def test_b52_a_short_wait_is_waited(net: Net) -> None:
    def answer(_: Ask) -> Say:
        first = len(server.asks) == 1
        return Say(status=429, headers=(("Retry-After", "1"),)) if first else Say()

    server = net.server(answer)
    began = time.monotonic()
    assert one(net.transport(), Request(f"{server.origin}/")).status == 200
    assert 1 <= time.monotonic() - began < 3


@pytest.mark.parametrize(
    "headers",
    [
        (("Retry-After", "3600"),),
        (
            ("Retry-After", "Sun, 22 Nov 2026 13:00:00 GMT"),
            ("Date", "Sun, 22 Nov 2026 12:00:00 GMT"),
        ),
        (("Retry-After", "Sun, 22 Nov 2026 13:00:00 GMT"),),
    ],
)
def test_b52_a_long_wait_is_said_instead(net: Net, headers: tuple[tuple[str, str], ...]) -> None:
    server = net.server(lambda _: Say(status=429, headers=headers))
    transport = net.transport(now=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))
    [reply] = transport.fetch_all([Request(f"{server.origin}/")])
    assert isinstance(reply, Gap)
    assert reply.check.code == "registry.rate.limited"
    assert reply.check.remedy == "try again in 3600 s"
    assert len(server.asks) == 1


def test_b52_patience_ends_before_the_request_does(net: Net) -> None:
    server = net.server(lambda _: Say(status=503, headers=(("Retry-After", "2"),)))
    began = time.monotonic()
    found = gap_of(net.transport(patience=1.0), Request(f"{server.origin}/"))
    assert found == ("http.available", Class.UNREACHABLE, Outcome.UNKNOWN)
    assert time.monotonic() - began < 1.5


def test_a_wait_holds_nobody_else_up(net: Net) -> None:
    def answer(ask: Ask) -> Say:
        slow = ask.path == "/slow" and [a.path for a in server.asks].count("/slow") == 1
        order.append(ask.path)
        return Say(status=503, headers=(("Retry-After", "1"),)) if slow else Say()

    order: list[str] = []
    server = net.server(answer)
    requests = [Request(f"{server.origin}{path}") for path in ("/slow", "/a", "/b")]
    assert all(isinstance(r, Response) for r in net.transport().fetch_all(requests))
    assert order[-1] == "/slow"


def test_a_server_that_is_away(net: Net) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = gap_of(net.transport(), Request(f"https://localhost:{port}/"))
    assert found == ("http.available", Class.UNREACHABLE, Outcome.UNKNOWN)


def test_a_name_that_is_not_found_is_looked_up_again(net: Net) -> None:
    """A resolver that is busy says so in the same way."""
    transport = net.transport()
    found = gap_of(transport, Request("https://nobody.invalid/"))
    assert found == ("http.available", Class.UNREACHABLE, Outcome.UNKNOWN)
    assert transport.traffic.count == 3


def test_a_connection_that_does_not_come_about_is_tried_again(net: Net) -> None:
    """Its queue is full, so that nobody answers; then there is room."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        place = full.getsockname()
        with contextlib.ExitStack() as waiting:
            for _ in range(4):
                one_more = waiting.enter_context(socket.socket())
                one_more.setblocking(False)
                one_more.connect_ex(place)
            timeouts = Timeouts(connect=0.3, idle=5, whole=20)
            request = Request(f"https://127.0.0.1:{place[1]}/", timeouts=timeouts)
            transport = net.transport()
            found = gap_of(transport, request)
    assert found == ("http.timeout", Class.UNREACHABLE, Outcome.UNKNOWN)
    assert transport.traffic.count == 3


def test_a_silent_server_is_not_waited_for(net: Net) -> None:
    server = net.server(lambda _: Say(pause=4))
    timeouts = Timeouts(connect=5, idle=1, whole=20)
    began = time.monotonic()
    found = gap_of(net.transport(), Request(f"{server.origin}/", timeouts=timeouts))
    assert found == ("http.timeout", Class.UNREACHABLE, Outcome.UNKNOWN)
    assert time.monotonic() - began < 3.5


def test_a43_the_whole_request_has_a_limit(net: Net) -> None:
    server = net.server(lambda _: Say(pause=3))
    timeouts = Timeouts(connect=5, idle=30, whole=0.5)
    found = gap_of(net.transport(), Request(f"{server.origin}/", timeouts=timeouts))
    assert found == ("http.timeout", Class.UNREACHABLE, Outcome.UNKNOWN)


def test_what_waits_behind_a_slow_answer_has_its_own_time(net: Net) -> None:
    """On a server with one connection, as HTTP/1.1 has it, each begins when it is sent."""
    server = net.server(lambda ask: Say(pause=0.7 if ask.path == "/slow" else 0, body=b"x"))
    transport = net.transport()
    one(transport, Request(f"{server.origin}/"))
    timeouts = Timeouts(connect=5, idle=5, whole=0.5)
    slow, *others = transport.fetch_all(
        [Request(f"{server.origin}/{path}", timeouts=timeouts) for path in ("slow", "a", "b", "c")]
    )
    assert isinstance(slow, Gap)
    assert slow.check.code == "http.timeout"
    assert [type(reply) for reply in others] == [Response] * 3


def test_tries_end_with_the_time_of_the_request(net: Net) -> None:
    server = net.server(lambda _: Say(status=503, headers=(("Retry-After", "2"),)))
    timeouts = Timeouts(whole=1)
    assert gap_of(net.transport(), Request(f"{server.origin}/", timeouts=timeouts))[0] == (
        "http.available"
    )
    assert len(server.asks) == 1


def test_b59_an_unknown_authority(net: Net, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    server = net.server(lambda _: Say())
    transport = net.transport({"SSL_CERT_FILE": str(Authority(other).ca)})
    found = gap_of(transport, Request(f"{server.origin}/"))
    assert found == ("http.tls.valid", Class.UNREACHABLE, Outcome.UNKNOWN)
    assert server.asks == []


def test_b59_an_expired_certificate(net: Net, tmp_path: Path) -> None:
    old = Authority(tmp_path, days=-1)
    with Server(lambda _: Say(), old.context()) as server:
        transport = net.transport({"SSL_CERT_FILE": str(old.ca)})
        assert gap_of(transport, Request(f"{server.origin}/"))[0] == "http.tls.valid"


def test_b59_a_wrong_name(net: Net) -> None:
    def answer(_: Ask) -> Say:
        return Say()

    transport, server = net.internet(answer)
    assert gap_of(transport, Request("https://elsewhere.test/"))[0] == "http.tls.valid"
    assert server.asks == []


def test_b59_an_old_protocol(net: Net, authority: Authority) -> None:
    context = authority.context()
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with Server(lambda _: Say(), context) as server:
        found = gap_of(net.transport(tries=1), Request(f"{server.origin}/"))
        assert found[0] == "http.tls.valid"


def test_a_server_that_speaks_plain_http_is_told_as_such(net: Net) -> None:
    """Not as one with a bad certificate: the remedy is another."""
    server = net.server(lambda _: Say(), tls=False)
    [reply] = net.transport().fetch_all([Request(f"https://{server.place}/v2/")])
    assert isinstance(reply, Gap)
    check = reply.check
    assert (check.code, check.klass, check.outcome) == (
        "http.tls.required", Class.UNREACHABLE, Outcome.UNKNOWN
    )  # fmt: skip
    assert f"--plain-http {server.place} " in check.remedy


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-x\r\n", b"\x15\x03\x03\x00\x02\x02\x28"])
def test_a_server_that_speaks_something_else_than_tls(net: Net, said: bytes) -> None:
    """A TLS alert may be the sign of a protocol too old, or of a certificate that it wants."""

    class Strange(Listener):
        def talk(self, client: socket.socket, _: int) -> None:
            client.recv(4096)
            client.sendall(said)
            client.close()

    with Strange() as server:
        [reply] = net.transport().fetch_all([Request(f"https://localhost:{server.port}/")])
    assert isinstance(reply, Gap)
    check = reply.check
    assert (check.code, check.klass, check.outcome) == (
        "http.tls.valid", Class.UNREACHABLE, Outcome.UNKNOWN
    )  # fmt: skip
    assert "--plain-http" in check.remedy


def test_certs_d_adds_an_authority_for_one_host(net: Net, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    strange = Authority(other)
    with Server(lambda _: Say(body=b"hello"), strange.context()) as server:
        place = tmp_path / "certs.d" / server.place
        place.mkdir(parents=True)
        (place / "ca.crt").write_bytes(strange.ca.read_bytes())
        transport = net.transport(certificate_folders=(str(tmp_path / "certs.d"),))
        assert one(transport, Request(f"{server.origin}/")).body == b"hello"
        again = net.server(lambda _: Say(body=b"known"))
        assert one(transport, Request(f"{again.origin}/")).body == b"known"


def test_certs_d_holds_our_certificate(net: Net, authority: Authority, tmp_path: Path) -> None:
    with Server(lambda _: Say(body=b"hello"), authority.context(ask_client=True)) as server:
        assert isinstance(net.transport(tries=1).fetch_all([Request(f"{server.origin}/")])[0], Gap)
        place = tmp_path / server.place
        place.mkdir()
        (place / "client.cert").write_bytes(authority.certificate.read_bytes())
        (place / "client.key").write_bytes(authority.key.read_bytes())
        transport = net.transport(certificate_folders=(str(tmp_path),))
        assert one(transport, Request(f"{server.origin}/")).body == b"hello"
        (place / "client.key").unlink()
        with pytest.raises(StateError, match=r"client\.key beside it"):
            net.transport(certificate_folders=(str(tmp_path),)).fetch_all(
                [Request(f"{server.origin}/")]
            )


ODD_NAMES = ("j\u00fcrgen", os.fsdecode(b"j\xfcrgen"), "a b", "\u6f22\u5b57")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_files_may_have_any_name(net: Net, authority: Authority, tmp_path: Path, name: str) -> None:
    """A home directory is called after its user."""
    home = tmp_path / name
    with Server(lambda _: Say(body=b"hello"), authority.context(ask_client=True)) as server:
        place = home / server.place
        place.mkdir(parents=True)
        for source, kept in (("certificate", "client.cert"), ("key", "client.key")):
            (place / kept).write_bytes(getattr(authority, source).read_bytes())
        (home / "ca.crt").write_bytes(authority.ca.read_bytes())
        for environ in (
            {"SSL_CERT_FILE": str(home / "ca.crt")},
            {"SSL_CERT_FILE": str(home / "ca.crt"), "SSL_CERT_DIR": str(home)},
        ):
            transport = net.transport(environ, certificate_folders=(str(home),))
            assert one(transport, Request(f"{server.origin}/")).body == b"hello"


def test_a_key_with_a_password_is_told_and_nobody_is_asked_for_it(
    net: Net, authority: Authority, tmp_path: Path
) -> None:
    with Server(lambda _: Say(), authority.context(ask_client=True)) as server:
        place = tmp_path / server.place
        place.mkdir()
        (place / "client.cert").write_bytes(authority.certificate.read_bytes())
        key = serialization.load_pem_private_key(authority.key.read_bytes(), None)
        locked = serialization.BestAvailableEncryption(b"s3cret")
        pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        (place / "client.key").write_bytes(key.private_bytes(pem, form, locked))
        transport = net.transport(certificate_folders=(str(tmp_path),))
        found = gap_of(transport, Request(f"{server.origin}/"))
    assert found == ("http.tls.authorities", Class.LOCAL, Outcome.UNKNOWN)


@pytest.mark.parametrize("user", ["j\u00fcrgen:p\u00e4ss", os.fsdecode(b"j\xfcrgen:p\xe4ss")])
def test_b60_a_proxy_may_have_any_user(net: Net, user: str) -> None:
    with ConnectProxy(net.server(lambda _: Say(body=b"x")).port) as proxy:
        transport = net.transport({"https_proxy": f"http://{user}@127.0.0.1:{proxy.port}"})
        assert one(transport, Request("https://registry.example/")).body == b"x"
    shown = binascii.b2a_base64(os.fsencode(user), newline=False).decode()
    assert f"Proxy-Authorization: Basic {shown}\r\n" in proxy.heard[0]


def test_b60_a_proxy_that_wants_a_user_is_asked_once(net: Net) -> None:
    class Strict(Listener):
        def talk(self, client: socket.socket, _: int) -> None:
            client.recv(4096)
            client.sendall(b"HTTP/1.1 407 no\r\nProxy-Authenticate: Basic realm=x\r\n\r\n")
            client.close()

    with Strict() as proxy:
        transport = net.transport({"https_proxy": f"http://127.0.0.1:{proxy.port}"})
        [reply] = transport.fetch_all([Request("https://registry.example/")])
        assert proxy.connections == 1
    assert isinstance(reply, Gap)
    assert (reply.check.code, reply.check.klass) == ("http.available", Class.UNREACHABLE)
    assert "USER:PASSWORD" in reply.check.remedy


def test_plain_http_only_for_named_hosts(net: Net) -> None:
    server = net.server(lambda _: Say(body=b"plain"), tls=False)
    with pytest.raises(InputError, match=r"http\.tls\.required"):
        net.transport().fetch_all([Request(f"{server.origin}/")])
    assert server.asks == []
    transport = net.transport(plain_http=frozenset({server.place}))
    assert one(transport, Request(f"{server.origin}/")).body == b"plain"
    [notice] = transport.warnings
    assert (notice.code, notice.where) == ("http.plain", server.origin)


def test_b60_a_proxy_is_used_and_named_without_its_password(net: Net) -> None:
    transport, server = net.internet(lambda _: Say(body=b"x"))
    assert one(transport, Request("https://registry.example/v2/")).address == ""
    assert net.heard[0].startswith("CONNECT registry.example:443 ")
    [use] = transport.traffic.proxies
    assert use.proxy.startswith("http://127.0.0.1:")
    assert use.count == 1
    own = in_base64("user", canary("proxy", use.proxy.removeprefix("http://")))
    assert f"Proxy-Authorization: Basic {own}" in net.heard[0]
    assert server.asks[0].host == "registry.example"


def test_b60_our_headers_do_not_reach_the_proxy(net: Net) -> None:
    transport, _ = net.internet(lambda _: Say())
    own = (("Authorization", f"Bearer {token('cdn.example')}"),)
    one(transport, Request("https://cdn.example/", headers=own))
    assert {secret.kind for secret in secrets_in(net.heard[0].encode())} == {"proxy"}


def test_no_proxy_is_heeded(net: Net) -> None:
    server = net.server(lambda _: Say(body=b"direct"))
    environ = {"https_proxy": "http://127.0.0.1:9", "NO_PROXY": "localhost"}
    transport = net.transport(environ)
    assert one(transport, Request(f"{server.origin}/")).body == b"direct"
    assert transport.traffic.proxies == ()


def guarded(transport: Transport, url: str) -> Response | Broken | None:
    timeouts = Timeouts(connect=5, idle=5, whole=5)
    hop = Hop(parse_url(url), "GET", (), 10, timeouts, Deadline(time.monotonic() + 5), guarded=True)
    task = Task(send(hop))
    run_tasks(transport, task)
    return task.result


def test_b30_a_guarded_exchange_does_not_connect_to_a_private_address(net: Net) -> None:
    server = net.server(lambda _: Say())
    reply = guarded(net.transport(), f"{server.origin}/")
    assert isinstance(reply, Broken)
    assert reply.gap.check.code == "http.address.blocked"
    assert reply.gap.check.actual in {"127.0.0.1", "::1"}
    assert server.connections == 0


def test_b30_nor_does_it_use_an_open_connection_to_one(net: Net) -> None:
    server = net.server(lambda _: Say())
    transport = net.transport()
    one(transport, Request(f"{server.origin}/"))
    reply = guarded(transport, f"{server.origin}/")
    assert isinstance(reply, Broken)
    assert reply.gap.check.code == "http.address.blocked"
    assert len(server.asks) == 1


def test_an_interrupt_leaves_the_transport_usable(net: Net) -> None:
    server = net.server(lambda ask: Say(pause=1 if ask.path == "/slow" else 0))
    transport = net.transport()

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transport.fetch_all([Request(f"{server.origin}/slow")], meanwhile=interrupt)
    assert one(transport, Request(f"{server.origin}/")).status == 200


def test_settings_show_no_variables() -> None:
    settings = Settings(environ={"DOCKER_AUTH_CONFIG": "s3cret"})
    assert "s3cret" not in repr(settings)


def test_a_signal_does_not_end_a_round(net: Net) -> None:
    server = net.server(lambda _: Say(body=b"x", pause=0.5))
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: rung.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        assert one(net.transport(), Request(f"{server.origin}/")).body == b"x"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(rung) > 3


class Interrupt:
    """Ctrl-C at the ``left``-th line of transport and flight that is run, and at no other."""

    def __init__(self, left: int) -> None:
        self.left = left

    def trace(self, frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
        if not frame.f_code.co_filename.endswith(("/transport.py", "/flight.py")):
            return None
        self.left -= event == "line"
        if event == "line" and self.left == 0:
            raise KeyboardInterrupt
        return self.trace


def test_an_interrupt_at_any_line_is_an_interrupt(net: Net) -> None:
    server = net.server(lambda _: Say(body=b"x"), tls=False)
    before = sys.gettrace()
    for line in range(1, 1000):
        with Transport(net.settings(plain_http=frozenset({server.place}))) as transport:
            interrupt = Interrupt(line)
            sys.settrace(interrupt.trace)
            try:
                found = transport.fetch_all([Request(f"{server.origin}/")])
            except KeyboardInterrupt:
                sys.settrace(before)
                assert one(transport, Request(f"{server.origin}/")).status == 200
                continue
            finally:
                sys.settrace(before)
        assert interrupt.left > 0
        assert isinstance(found[0], Response)
        break
    assert line > 100


def test_what_an_answer_makes_worth_asking_is_asked_at_once(net: Net) -> None:
    server = net.server(lambda ask: Say(body=b"x", pause=0.6 if ask.path == "/slow" else 0))
    heard: list[str] = []

    def more(found: Mapping[str, Response | Gap]) -> dict[str, Request]:
        heard.extend(found)
        return {"next": Request(f"{server.origin}/next")} if "quick" in found else {}

    first = {name: Request(f"{server.origin}/{name}") for name in ("slow", "quick")}
    net.transport().pursue(first, more)
    assert heard == ["quick", "next", "slow"]
