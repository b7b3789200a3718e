"""Where docker prints an answer and we do not: the list of docs/reference/docker-differences.md.

Each test shows first what the real docker does, with an exit status of 0.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox import Author, Sandbox, Service
from crosstrust.sandbox.damage import Damage
from tests.interop.client import Client, Done, Json, Lab
from tests.interop.traffic import free_port

NOW = datetime.now(UTC)
DIGEST = Digest.of(b"a manifest")
IMAGE = "nicolas/webdis:1.0"
LIST = Path(__file__).parents[2] / "docs" / "reference" / "docker-differences.md"


def expire(damage: Damage) -> None:
    damage.expire(NOW - timedelta(seconds=1))


def corrupt(damage: Damage) -> None:
    damage.corrupt_signature()


def signed_release() -> tuple[Sandbox, Author]:
    """One tag, signed by alice and released, and by the repository key as well."""
    sandbox = Sandbox(at=NOW)
    author = sandbox.author
    author.add_signer("alice")
    author.sign("1.0", DIGEST, 10, roles=("targets", "targets/releases", "targets/alice"))
    return sandbox, author


def people(service: Service, home: Path) -> tuple[Client, Client]:
    """A user of docker and one of ours, before the sandbox's servers."""
    # A sandbox needs no lab; a client names one for its certificates, which are replaced here.
    nowhere = Lab(home, 0, 0, 0, 0)
    environ = {**service.environment, "https_proxy": service.environment["HTTPS_PROXY"]}
    return Client(nowhere, home / "docker", environ), Client(nowhere, home / "ours", environ)


def docker(client: Client) -> Done:
    return client.run("docker", "trust", "inspect", IMAGE)


def ours(client: Client, author: Author) -> Done:
    pins = [word for key in author.pins().root for word in ("--pin", f"root={key}")]
    return client.crosstrust("inspect", IMAGE, *pins, "--format", "docker")


def shown(done: Done) -> Json:
    (image,) = json.loads(done.out)
    found: Json = image
    return found


@pytest.mark.parametrize("role", ["targets/alice", "targets/releases"])
@pytest.mark.parametrize(
    ("do", "code"), [(expire, "tuf.delegation.expiry"), (corrupt, "tuf.signature.threshold")]
)
def test_a_role_that_does_not_hold(
    tmp_path: Path, role: str, do: Callable[[Damage], None], code: str
) -> None:
    sandbox, author = signed_release()
    do(author.damage(role))
    sandbox.publish()
    with sandbox.serve() as service:
        theirs, own = people(service, tmp_path)
        accepted = docker(theirs)
        assert accepted.code == 0, accepted.err
        assert shown(accepted)["SignedTags"][0]["Digest"] == DIGEST.hex
        refused = ours(own, author)
    assert (refused.code, refused.text) == (1, "[]\n")
    assert code in refused.err
    assert role in refused.err
    assert f"`{code}`" in LIST.read_text()


def test_both_show_it_while_it_holds(tmp_path: Path) -> None:
    sandbox, author = signed_release()
    sandbox.publish()
    with sandbox.serve() as service:
        theirs, own = people(service, tmp_path)
        expected = docker(theirs)
        found = ours(own, author)
    assert (found.code, found.out) == (0, expected.out)


def test_a_server_that_is_gone(tmp_path: Path) -> None:
    sandbox, author = signed_release()
    sandbox.publish()
    with sandbox.serve() as service:
        theirs, own = people(service, tmp_path)
        before = docker(theirs)
        assert ours(own, author).out == before.out
        dead = f"http://127.0.0.1:{free_port()}"
        for client in (theirs, own):
            client.environ.update(HTTPS_PROXY=dead, https_proxy=dead)
        cached = docker(theirs)
        assert (cached.code, cached.out) == (0, before.out)
        undecided = ours(own, author)
    assert (undecided.code, undecided.text) == (3, "[]\n")
    assert "`http.available`" in LIST.read_text() or "`notary.available`" in LIST.read_text()


def test_no_pin(tmp_path: Path) -> None:
    sandbox, _ = signed_release()
    sandbox.publish()
    with sandbox.serve() as service:
        theirs, own = people(service, tmp_path)
        assert docker(theirs).code == 0
        undecided = own.crosstrust("inspect", IMAGE, "--format", "docker")
    assert (undecided.code, undecided.text) == (3, "[]\n")
    assert "pin.present" in undecided.err
    assert "`pin.present`" in LIST.read_text()


def test_one_of_several_names_is_no_reference(tmp_path: Path) -> None:
    sandbox, author = signed_release()
    sandbox.publish()
    root = f"root={author.pins().root[0]}"
    with sandbox.serve() as service:
        theirs, own = people(service, tmp_path)
        half = theirs.run("docker", "trust", "inspect", IMAGE, "UPPER")
        assert (half.code, shown(half)["Name"]) == (1, IMAGE)
        before = len(service.requests)
        refused = own.crosstrust("inspect", IMAGE, "UPPER", "--pin", root, "--format", "docker")
        assert len(service.requests) == before
    assert (refused.code, refused.text) == (2, "")
    assert "reference.form" in refused.err
    assert "`reference.form`" in LIST.read_text()


def test_a_trust_server_without_tls(tmp_path: Path) -> None:
    sandbox, author = signed_release()
    sandbox.publish()
    with sandbox.serve() as service:
        theirs, own = people(service, tmp_path)
        for client in (theirs, own):
            client.environ["DOCKER_CONTENT_TRUST_SERVER"] = "http://notary.docker.io"
        nothing = docker(theirs)
        assert (nothing.code, nothing.text) == (1, "[]\n")
        refused = ours(own, author)
    assert (refused.code, refused.text) == (2, "")
    assert "notary.server.form" in refused.err
    assert "`notary.server.form`" in LIST.read_text()
