from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from crosstrust.errors import InputError
from crosstrust.oci.digest import Digest
from crosstrust.sandbox.author import Author
from crosstrust.sandbox.exchange import Request, Response
from crosstrust.sandbox.notary import NotaryServer
from crosstrust.sandbox.token import Gate, TokenDesk

AT = datetime(2026, 1, 1, tzinfo=UTC)
GUN = "docker.io/nicolas/webdis"
BASE = f"/v2/{GUN}/_trust/tuf"


def get(server: NotaryServer, target: str) -> Response:
    return server.respond(Request("GET", "notary.docker.io", target))


def error_code(response: Response) -> str:
    (error,) = json.loads(response.body)["errors"]
    return str(error["code"])


@pytest.fixture
def author() -> Author:
    author = Author(GUN, at=AT)
    author.add_signer("alice")
    author.sign("1.0", Digest.of(b"a manifest"), 10)
    return author


@pytest.fixture
def server(author: Author) -> NotaryServer:
    server = NotaryServer()
    author.publish(server)
    return server


@pytest.mark.parametrize("role", ["root", "targets", "targets/releases", "snapshot", "timestamp"])
def test_a_role_is_served_by_name_and_by_hash(
    server: NotaryServer, author: Author, role: str
) -> None:
    raw = author.files()[role]
    assert get(server, f"{BASE}/{role}.json").body == raw
    assert get(server, f"{BASE}/{role}.{Digest.of(raw).hex}.json").body == raw


def test_what_cannot_change_may_be_cached_longer(server: NotaryServer) -> None:
    assert "max-age=300" in get(server, f"{BASE}/timestamp.json").headers["Cache-Control"]
    assert "max-age=2592000" in get(server, f"{BASE}/1.root.json").headers["Cache-Control"]


def test_roots_are_served_by_number(server: NotaryServer, author: Author) -> None:
    first = author.files()["root"]
    author.rotate_root()
    author.publish(server)
    assert get(server, f"{BASE}/1.root.json").body == first
    assert get(server, f"{BASE}/2.root.json").body == get(server, f"{BASE}/root.json").body


def test_a_former_root_is_served_by_its_hash(author: Author) -> None:
    first = author.files()["root"]
    author.rotate_root()
    server = NotaryServer()
    author.publish(server)
    assert get(server, f"{BASE}/root.{Digest.of(first).hex}.json").body == first


@pytest.mark.parametrize(
    "file", ["2.root", "1.targets", "targets/bob", f"root.{'0' * 64}", f"targets.{'0' * 64}"]
)
def test_what_is_not_there_is_not_found(server: NotaryServer, file: str) -> None:
    response = get(server, f"{BASE}/{file}.json")
    assert (response.status, error_code(response)) == (404, "METADATA_NOT_FOUND")


def test_an_unknown_repository_is_not_found(server: NotaryServer) -> None:
    response = get(server, "/v2/docker.io/other/name/_trust/tuf/root.json")
    assert (response.status, error_code(response)) == (404, "METADATA_NOT_FOUND")


def test_the_ping_is_answered_and_other_paths_are_not(server: NotaryServer) -> None:
    assert get(server, "/v2/").status == 200
    assert error_code(get(server, "/v1/")) == "GENERIC_NOT_FOUND"


def test_a_rolled_back_server_does_not_know_the_future(
    server: NotaryServer, author: Author
) -> None:
    before = author.files()
    author.sign("2.0", Digest.of(b"another"), 10)
    author.rotate_root()
    author.publish(server)
    after = author.files()
    server.roll_back(GUN)
    assert server.current(GUN, "timestamp") == before["timestamp"]
    assert server.hashed(GUN, "targets/alice", Digest.of(after["targets/alice"]).hex) is None
    assert server.numbered(GUN, "root", 2) is None
    server.roll_back(GUN, 1)
    assert server.current(GUN, "timestamp") == after["timestamp"]


@pytest.mark.parametrize("state", [-2, 1, 7])
def test_a_server_cannot_go_back_to_what_never_was(server: NotaryServer, state: int) -> None:
    with pytest.raises(InputError, match="one of 1 states"):
        server.roll_back(GUN, state)


def test_a_forgotten_repository_is_gone(server: NotaryServer) -> None:
    assert server.states(GUN) == 1
    server.forget(GUN)
    assert server.states(GUN) == 0
    assert get(server, f"{BASE}/root.json").status == 404


def test_a_gate_asks_for_the_scope_of_the_repository(author: Author) -> None:
    desk = TokenDesk("https://auth.docker.io/token")
    server = NotaryServer(gate=Gate(desk, "notary.docker.io"))
    author.publish(server)
    assert get(server, "/v2/").headers["Www-Authenticate"] == (
        'Bearer realm="https://auth.docker.io/token",service="notary.docker.io"'
    )
    refused = get(server, f"{BASE}/root.json")
    assert (refused.status, error_code(refused)) == (401, "UNAUTHORIZED")
    assert refused.headers["Www-Authenticate"].endswith(f',scope="repository:{GUN}:pull"')
    target = f"/token?scope=repository:{GUN}:pull&service=notary.docker.io"
    token = json.loads(desk.respond(Request("GET", "auth.docker.io", target)).body)["token"]
    headers = {"authorization": f"Bearer {token}"}
    asked = Request("GET", "notary.docker.io", f"{BASE}/root.json", headers)
    assert server.respond(asked).body == author.files()["root"]
