from __future__ import annotations

import json

import pytest

from crosstrust.errors import InputError
from crosstrust.oci.digest import Digest
from crosstrust.sandbox.exchange import Request, Response
from crosstrust.sandbox.image import DOCKER_LIST, DOCKER_MANIFEST
from crosstrust.sandbox.registry import Registry
from crosstrust.sandbox.token import Gate, TokenDesk

NAME = "nicolas/webdis"
RAW = b'{  "kept": "as it is" }\n'


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.put_manifest(NAME, RAW, DOCKER_LIST, "0.1.19", "latest")
    registry.put_blob(NAME, b"a config")
    return registry


def get(
    registry: Registry, path: str, accept: str = f"{DOCKER_MANIFEST}, {DOCKER_LIST}"
) -> Response:
    return registry.respond(Request("GET", "docker.io", f"/v2/{path}", {"accept": accept}))


def error_code(response: Response) -> tuple[int, str]:
    (error,) = json.loads(response.body)["errors"]
    return response.status, str(error["code"])


@pytest.mark.parametrize("reference", ["0.1.19", "latest", str(Digest.of(RAW))])
def test_a_manifest_is_served_byte_for_byte(registry: Registry, reference: str) -> None:
    response = get(registry, f"{NAME}/manifests/{reference}")
    assert response.body == RAW
    assert response.media_type == DOCKER_LIST
    assert response.headers["Docker-Content-Digest"] == str(Digest.of(RAW))


def test_a_blob_is_served_by_its_digest(registry: Registry) -> None:
    response = get(registry, f"{NAME}/blobs/{Digest.of(b'a config')}")
    assert response.body == b"a config"


@pytest.mark.parametrize("accept", ["", "*/*", DOCKER_MANIFEST])
def test_nothing_is_converted_for_a_client_that_accepts_less(
    registry: Registry, accept: str
) -> None:
    response = get(registry, f"{NAME}/manifests/0.1.19", accept)
    assert error_code(response) == (404, "MANIFEST_UNKNOWN")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{NAME}/manifests/9.9", "MANIFEST_UNKNOWN"),
        ("other/name/manifests/0.1.19", "MANIFEST_UNKNOWN"),
        (f"other/name/manifests/{Digest.of(RAW)}", "MANIFEST_UNKNOWN"),
        (f"{NAME}/blobs/{Digest.of(RAW)}", "BLOB_UNKNOWN"),
        (f"other/name/blobs/{Digest.of(b'a config')}", "BLOB_UNKNOWN"),
        ("other/name/tags/list", "NAME_UNKNOWN"),
        (NAME, "NAME_UNKNOWN"),
    ],
)
def test_what_is_not_there_is_not_found(registry: Registry, path: str, code: str) -> None:
    assert error_code(get(registry, path)) == (404, code)


def test_tags_are_listed_moved_and_removed(registry: Registry) -> None:
    moved = registry.put_manifest(NAME, b"{}", DOCKER_MANIFEST, "latest")
    assert registry.tags(NAME) == {"0.1.19": Digest.of(RAW), "latest": moved}
    assert registry.resolve(NAME, "latest") == moved
    registry.remove_tag(NAME, "0.1.19")
    assert json.loads(get(registry, f"{NAME}/tags/list").body) == {"name": NAME, "tags": ["latest"]}
    with pytest.raises(InputError, match=r"nicolas/webdis:0\.1\.19"):
        registry.resolve(NAME, "0.1.19")


def test_a_removed_manifest_or_blob_is_gone(registry: Registry) -> None:
    registry.remove(NAME, Digest.of(RAW))
    registry.remove(NAME, Digest.of(b"a config"))
    assert error_code(get(registry, f"{NAME}/manifests/0.1.19")) == (404, "MANIFEST_UNKNOWN")
    assert registry.blob(NAME, Digest.of(b"a config")) is None


def test_a_lying_registry_claims_the_digest_that_was_asked_for(registry: Registry) -> None:
    registry.replace_manifest(NAME, Digest.of(RAW), b"other")
    registry.replace_blob(NAME, Digest.of(b"a config"), b"other")
    manifest = get(registry, f"{NAME}/manifests/{Digest.of(RAW)}")
    blob = get(registry, f"{NAME}/blobs/{Digest.of(b'a config')}")
    assert manifest.body == blob.body == b"other"
    assert manifest.headers["Docker-Content-Digest"] == str(Digest.of(RAW))


def test_a_gate_is_passed_with_a_token() -> None:
    desk = TokenDesk("https://auth.docker.io/token")
    registry = Registry(gate=Gate(desk, "registry.docker.io"))
    registry.put_manifest(NAME, RAW, DOCKER_LIST, "1")
    assert error_code(get(registry, "")) == (401, "UNAUTHORIZED")
    refused = get(registry, f"{NAME}/manifests/1").headers["Www-Authenticate"]
    assert refused.endswith(f'scope="repository:{NAME}:pull"')
    assert get(registry, f"{NAME}/tags/list").status == 401
    asked = Request("GET", "auth.docker.io", f"/token?scope=repository:{NAME}:pull")
    token = json.loads(desk.respond(asked).body)["token"]
    headers = {"authorization": f"Bearer {token}", "accept": DOCKER_LIST}
    path = f"/v2/{NAME}/manifests/1"
    assert registry.respond(Request("GET", "docker.io", path, headers)).body == RAW
    ping = registry.respond(Request("GET", "docker.io", "/v2/", headers))
    assert ping.status == 200
    challenge = registry.respond(Request("GET", "docker.io", "/v2/", {}))
    assert challenge.status == 401
    for answer in (ping, challenge):
        assert answer.headers["Docker-Distribution-Api-Version"] == "registry/2.0"
