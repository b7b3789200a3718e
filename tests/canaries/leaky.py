"""Tests that leak, one in each kind of place, and tests that use secrets as they should.

``test_search.py`` runs them in a process of their own. Pytest does not collect this file by itself.
"""

from __future__ import annotations

import http.client
import logging
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.canaries.planted import write_auth_file
from tests.canaries.search import own
from tests.canaries.secret import in_base64, password, token

PLACE = "registry.example"
SAYS = "import sys; print('said', sys.argv[1])"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def send(host: str, target: str = "/", body: str = "", **headers: str) -> None:
    """Send one request, by that name, to a server on loopback."""
    with serving() as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("POST", target, body, {"Host": host, **headers})
        assert connection.getresponse().status == 204
        connection.close()


@contextmanager
def serving() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_leak_in_what_the_test_reads(capsys: pytest.CaptureFixture[str]) -> None:
    print(f"token {token(PLACE)}")
    assert capsys.readouterr().out


def test_leak_in_what_nobody_reads() -> None:
    print(in_base64("me", password(PLACE)), file=sys.stderr)
    assert PLACE


def test_leak_of_a_process() -> None:
    command = [sys.executable, "-c", SAYS, token(PLACE)]
    assert subprocess.run(command, capture_output=True, check=True).stdout


def test_leak_of_a_process_that_writes_here() -> None:
    assert subprocess.run([sys.executable, "-c", SAYS, token(PLACE)], check=True).returncode == 0


def test_leak_in_a_log() -> None:
    logging.getLogger("deep").debug("asked with %s", token(PLACE))
    assert PLACE


def test_leak_in_an_error_that_is_expected() -> None:
    with pytest.raises(ValueError, match="refused"):
        raise ValueError(f"{token(PLACE)} was refused")


def test_leak_in_the_cause_of_an_error() -> None:
    with pytest.raises(ValueError, match="refused"):
        fail_with_cause()


def fail_with_cause() -> None:
    try:
        raise KeyError(password(PLACE))
    except KeyError as error:
        raise ValueError("it was refused") from error


def test_leak_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "answer").write_bytes(b"\0\1" + token(PLACE).encode() + b"\2")
    assert PLACE


def test_leak_into_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / token(PLACE)).touch()
    assert PLACE


def test_leak_into_a_file_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "answer").write_text(token(PLACE), encoding="utf-8")
    shutil.rmtree(tmp_path / "gone")
    assert not (tmp_path / "gone").exists()


def test_leak_beside_the_file_of_credentials(tmp_path: Path) -> None:
    file = write_auth_file(tmp_path / "config.json")
    assert shutil.copy(file, tmp_path / "config.json.new")


@pytest.mark.parametrize("host", ["cdn.example", f"{PLACE}:8443"])
def test_leak_to_another_host(host: str) -> None:
    send(host, Authorization=f"Bearer {token(PLACE)}")
    assert host != PLACE


def test_leak_in_a_target() -> None:
    send("cdn.example", f"/blob?token={token(PLACE)}")
    assert PLACE


def test_leak_in_a_body() -> None:
    send("cdn.example", body=f"refresh_token={token(PLACE)}")
    assert PLACE


def test_good_use_at_the_right_host() -> None:
    send(PLACE, "/x", f"refresh_token={token(PLACE)}", Authorization=f"Bearer {token(PLACE)}")
    send(f"{PLACE}:443", Authorization=f"Basic {in_base64('me', password(PLACE))}")
    assert PLACE


def test_good_use_of_a_file_of_credentials(tmp_path: Path) -> None:
    write_auth_file(tmp_path / "config.json")
    own(tmp_path / "helper").write_text(password(PLACE), encoding="utf-8")
    assert PLACE


def test_good_use_of_everything_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print("nothing secret", PLACE)
    logging.getLogger("deep").debug("asked")
    (tmp_path / "cache").write_text("an answer", encoding="utf-8")
    with pytest.raises(ValueError, match="refused"):
        raise ValueError("refused")
    assert "nothing" in capsys.readouterr().out
