"""What the sandbox signs and serves, as the real docker CLI and the notary client read it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox import Author, Sandbox, Service, publish_release
from crosstrust.sandbox.image import DOCKER_MANIFEST
from crosstrust.sandbox.release import add_platform, reserialise_list, revoke_tag, roll_back_notary

NOW = datetime.now(UTC)
DIGESTS = [Digest.of(f"manifest {number}".encode()) for number in range(4)]
KEY_TYPES = ("ecdsa", "ed25519", "rsa", "ecdsa-x509", "rsa-x509")
CLIENT_SECONDS = 60

pytestmark = pytest.mark.skipif(
    not (shutil.which("docker") and shutil.which("notary")),
    reason="needs the docker CLI and the notary client",
)


class Peers:
    """The two clients, each with a home of its own."""

    def __init__(self, service: Service, home: Path) -> None:
        self._service = service
        self._home = home
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "DOCKER_CONFIG": str(home / "docker"),
            **service.environment,
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env=self._environment,
            cwd=self._home,
            capture_output=True,
            text=True,
            check=False,
            timeout=CLIENT_SECONDS,
        )

    def inspect(self, image: str) -> dict[str, Any]:
        """What `docker trust inspect` prints for one image; its stderr must be empty."""
        found = self.run("docker", "trust", "inspect", image)
        assert (found.returncode, found.stderr) == (0, ""), found.stderr
        (value,) = json.loads(found.stdout)
        return dict(value)

    def list_targets(self, gun: str) -> set[tuple[str, str, int, str]]:
        """What `notary list` prints: tag, hex digest, length, role."""
        found = self.run(
            *("notary", "-s", self._service.url, "-d", str(self._home / "notary")),
            *("--tlscacert", str(self._service.ca_file), "list", gun),
        )
        assert found.returncode == 0, found.stderr
        rows = [line.split() for line in found.stdout.splitlines()[2:] if line.strip()]
        return {(tag, digest, int(length), role) for tag, digest, length, role in rows}


Serve = Callable[[Sandbox], Peers]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    services: list[Service] = []

    def start(sandbox: Sandbox) -> Peers:
        service = sandbox.serve()
        services.append(service)
        return Peers(service.__enter__(), tmp_path)

    yield start
    for service in services:
        service.__exit__(None, None, None)


def expected_keys(author: Author) -> dict[str, Any]:
    """The signers and keys that docker must show; signers by canonical ID."""
    signers = [
        role.removeprefix("targets/")
        for role in author.roles()
        if role.count("/") == 1 and role != "targets/releases"
    ]
    return {
        "Signers": [
            {
                "Name": name,
                "Keys": [{"ID": key.canonical} for key in author.keys(f"targets/{name}")],
            }
            for name in sorted(signers, reverse=True)
        ],
        "AdministrativeKeys": [
            {"Name": "Root", "Keys": [{"ID": key.scoped} for key in author.keys("root")]},
            {"Name": "Repository", "Keys": [{"ID": key.scoped} for key in author.keys("targets")]},
        ],
    }


def by_id(shown: dict[str, Any]) -> dict[str, Any]:
    """Signers and keys, the keys of each in a fixed order."""
    return {
        part: [
            {**one, "Keys": sorted(one["Keys"], key=lambda key: str(key["ID"]))}
            for one in shown[part]
        ]
        for part in ("Signers", "AdministrativeKeys")
    }


def tags(shown: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    return {one["SignedTag"]: (one["Digest"], one["Signers"]) for one in shown["SignedTags"]}


def check_both_clients(peers: Peers, author: Author, signed: dict[str, tuple[int, str]]) -> None:
    """``signed``: per tag the number of its digest, and the role that notary names for it."""
    shown = peers.inspect(author.gun)
    assert by_id(shown) == by_id(expected_keys(author))
    assert {tag: digest for tag, (digest, _) in tags(shown).items()} == {
        tag: DIGESTS[number].hex for tag, (number, _) in signed.items()
    }
    assert peers.list_targets(author.gun) == {
        (tag, DIGESTS[number].hex, 100 + number, role) for tag, (number, role) in signed.items()
    }


def sign(author: Author, tag: str, number: int, *roles: str) -> None:
    author.sign(tag, DIGESTS[number], 100 + number, roles=roles)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_targets_alone(serve: Serve, key_type: str) -> None:
    sandbox = Sandbox(at=NOW, key_type=key_type)
    sign(sandbox.author, "1.0", 0)
    sign(sandbox.author, "1.1", 1)
    sandbox.publish()
    signed = {"1.0": (0, "targets"), "1.1": (1, "targets")}
    check_both_clients(serve(sandbox), sandbox.author, signed)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_signers_and_releases(serve: Serve, key_type: str) -> None:
    sandbox = Sandbox(at=NOW)
    author = sandbox.author
    author.add_signer("alice", keys=(author.new_key(key_type), author.new_key()))
    author.add_signer("bob", keys=(author.new_key(key_type),))
    sign(author, "1.0", 0, "targets/releases", "targets/alice")
    sign(author, "2.0", 1, "targets/releases", "targets/alice", "targets/bob")
    sign(author, "3.0", 2, "targets")
    sandbox.publish()
    shown = serve(sandbox).inspect("nicolas/webdis")
    assert tags(shown) == {
        "1.0": (DIGESTS[0].hex, ["alice"]),
        "2.0": (DIGESTS[1].hex, ["alice", "bob"]),
        "3.0": (DIGESTS[2].hex, ["Repo Admin"]),
    }
    assert by_id(shown) == by_id(expected_keys(author))


def test_a_removed_signer_and_a_revoked_tag(serve: Serve) -> None:
    sandbox = Sandbox(at=NOW)
    author = sandbox.author
    author.add_signer("alice")
    author.add_signer("bob")
    sign(author, "1.0", 0)
    sign(author, "2.0", 1)
    sandbox.publish()
    author.remove_signer("alice")
    author.revoke("1.0")
    sandbox.publish()
    shown = serve(sandbox).inspect("nicolas/webdis")
    assert tags(shown) == {"2.0": (DIGESTS[1].hex, ["bob"])}
    assert by_id(shown) == by_id(expected_keys(author))


def test_a_nested_delegation_with_paths(serve: Serve) -> None:
    sandbox = Sandbox(at=NOW)
    author = sandbox.author
    author.add_signer("alice")
    author.delegate("targets/alice/ci", paths=("ci-",))
    sign(author, "ci-1", 0, "targets/alice/ci", "targets/releases")
    sign(author, "other", 1, "targets/alice/ci")
    sandbox.publish()
    peers = serve(sandbox)
    assert tags(peers.inspect("nicolas/webdis")) == {"ci-1": (DIGESTS[0].hex, ["alice/ci"])}
    found = {tag for tag, _, _, _ in peers.list_targets(author.gun)}
    assert found == {"ci-1"}


def test_a_client_follows_root_rotations(serve: Serve) -> None:
    sandbox = Sandbox(at=NOW)
    sign(sandbox.author, "1.0", 0)
    sandbox.publish()
    peers = serve(sandbox)
    check_both_clients(peers, sandbox.author, {"1.0": (0, "targets")})
    sandbox.author.rotate_root()
    sandbox.author.rotate_root(key_type="rsa-x509")
    sandbox.author.rotate("targets")
    sign(sandbox.author, "1.1", 1)
    sandbox.publish()
    signed = {"1.0": (0, "targets"), "1.1": (1, "targets")}
    check_both_clients(peers, sandbox.author, signed)


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp", "targets/alice"])
def test_thresholds(serve: Serve, role: str) -> None:
    sandbox = Sandbox(at=NOW)
    author = sandbox.author
    author.add_signer("alice")
    kind = "ecdsa-x509" if role == "root" else "ecdsa"
    author.assign(role, [author.new_key(kind) for _ in range(3)], threshold=2)
    author.damage(role).keep_signatures(2)
    sign(author, "1.0", 0, "targets/alice", "targets/releases")
    sandbox.publish()
    shown = serve(sandbox).inspect("nicolas/webdis")
    assert tags(shown) == {"1.0": (DIGESTS[0].hex, ["alice"])}
    assert by_id(shown) == by_id(expected_keys(author))


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_docker_refuses_one_signature_too_few(serve: Serve, role: str) -> None:
    sandbox = Sandbox(at=NOW)
    author = sandbox.author
    kind = "ecdsa-x509" if role == "root" else "ecdsa"
    author.assign(role, [author.new_key(kind) for _ in range(2)], threshold=2)
    author.damage(role).keep_signatures(1)
    sign(author, "1.0", 0)
    sandbox.publish()
    check_refused(serve(sandbox))


def check_refused(peers: Peers) -> None:
    found = peers.run("docker", "trust", "inspect", "nicolas/webdis")
    assert (found.returncode, found.stdout) == (1, "[]\n")
    # Docker 20.10 begins the line with a capital.
    assert "no signatures or cannot access nicolas/webdis" in found.stderr.lower()


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
@pytest.mark.parametrize("damage", ["drop_signatures", "corrupt_signature", "withhold"])
def test_docker_refuses_what_is_damaged(serve: Serve, role: str, damage: str) -> None:
    sandbox = Sandbox(at=NOW)
    sign(sandbox.author, "1.0", 0)
    getattr(sandbox.author.damage(role), damage)()
    sandbox.publish()
    check_refused(serve(sandbox))


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_docker_refuses_what_has_expired(serve: Serve, role: str) -> None:
    sandbox = Sandbox(at=NOW)
    sign(sandbox.author, "1.0", 0)
    sandbox.author.damage(role).expire(NOW - timedelta(seconds=1))
    sandbox.publish()
    check_refused(serve(sandbox))


def test_docker_refuses_a_server_that_went_back(serve: Serve) -> None:
    sandbox = Sandbox(at=NOW)
    release = publish_release(sandbox)
    publish_release(sandbox, "0.1.20")
    peers = serve(sandbox)
    assert set(tags(peers.inspect("nicolas/webdis"))) == {"0.1.19", "0.1.20"}
    roll_back_notary(sandbox, release)
    check_refused(peers)


def test_docker_reads_the_release_from_both_registries(serve: Serve) -> None:
    sandbox = Sandbox(at=NOW)
    release = publish_release(sandbox)
    peers = serve(sandbox)
    shown = tags(peers.inspect("nicolas/webdis:0.1.19"))
    assert shown == {"0.1.19": (release.signed.hex, ["Repo Admin"])}
    hub = peers.run("docker", "manifest", "inspect", "nicolas/webdis:0.1.19")
    assert Digest.of(hub.stdout.removesuffix("\n").encode()) == release.signed
    for image, manifest in zip(release.images, release.mirror, strict=True):
        name = f"{sandbox.mirror}@{manifest.digest}"
        found = json.loads(peers.run("docker", "manifest", "inspect", name).stdout)
        assert found["mediaType"] == DOCKER_MANIFEST
        assert found["config"]["digest"] == str(Digest.of(image.config))


def test_docker_does_not_see_the_attacks_on_content(serve: Serve) -> None:
    sandbox = Sandbox(at=NOW)
    release = publish_release(sandbox)
    reserialise_list(sandbox, release)
    add_platform(sandbox, release)
    peers = serve(sandbox)
    hub = peers.run("docker", "manifest", "inspect", "nicolas/webdis:0.1.19")
    assert Digest.of(hub.stdout.removesuffix("\n").encode()) == release.signed
    assert sandbox.registries["docker.io"].tags("nicolas/webdis")["0.1.19"] != release.signed
    revoke_tag(sandbox, release)
    assert peers.inspect("nicolas/webdis:0.1.19")["SignedTags"] == []
