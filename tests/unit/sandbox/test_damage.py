from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.author import Author
from crosstrust.sandbox.damage import Damage
from crosstrust.sandbox.notary import NotaryServer
from tests.unit.sandbox.reader import binds, count_valid, is_complete, signatures, signed

AT = datetime(2026, 1, 1, tzinfo=UTC)
GUN = "docker.io/nicolas/webdis"
ROLES = ("root", "targets", "targets/releases", "snapshot", "timestamp")

each_role = pytest.mark.parametrize("role", ROLES)


@pytest.fixture
def author() -> Author:
    author = Author(GUN, at=AT)
    author.add_signer("alice")
    author.sign("1.0", Digest.of(b"a manifest"), 10)
    author.files()
    return author


def valid_signatures(author: Author, role: str) -> int:
    keys = {key.scoped: key.listed for key in author.keys(role)}
    return count_valid(author.files()[role], keys, {"keyids": list(keys)})


def is_bound(author: Author, role: str) -> bool:
    files = author.files()
    above = "timestamp" if role == "snapshot" else "snapshot"
    return role == "timestamp" or binds(signed(files[above])["meta"][role], files[role])


@each_role
@pytest.mark.parametrize(
    "damage", [Damage.drop_signatures, Damage.corrupt_signature], ids=["dropped", "corrupt"]
)
def test_without_valid_signatures_everything_else_still_fits(
    author: Author, role: str, damage: Callable[[Damage], Damage]
) -> None:
    damage(author.damage(role))
    assert valid_signatures(author, role) == 0
    assert is_bound(author, role)
    others = set(ROLES) - {role}
    assert {one for one in others if valid_signatures(author, one) and is_bound(author, one)} == (
        others
    )


@each_role
def test_an_expired_role_is_validly_signed(author: Author, role: str) -> None:
    author.damage(role).expire(AT - timedelta(seconds=1))
    assert signed(author.files()[role])["expires"] == "2025-12-31T23:59:59Z"
    assert is_complete(author.files())


@each_role
def test_a_version_can_be_anything(author: Author, role: str) -> None:
    author.damage(role).set_version("2")
    assert signed(author.files()[role])["version"] == "2"
    assert is_complete(author.files())


@each_role
def test_a_foreign_key_signs_under_its_own_id_or_anothers(author: Author, role: str) -> None:
    foreign = author.new_key()
    author.damage(role).sign_with(foreign)
    assert [one["keyid"] for one in signatures(author.files()[role])] == [foreign.scoped]
    victim = author.keys(role)[0]
    author.damage(role).impersonate(victim, foreign)
    assert [one["keyid"] for one in signatures(author.files()[role])] == [victim.scoped]
    assert valid_signatures(author, role) == 0


@each_role
def test_one_flipped_byte_fits_no_hash(author: Author, role: str) -> None:
    before = author.files()[role]
    author.damage(role).flip_byte(20)
    after = author.files()[role]
    assert [(a, b) for a, b in zip(before, after, strict=True) if a != b] == [
        (before[20], before[20] ^ 1)
    ]
    assert is_bound(author, role) == (role == "timestamp")


@each_role
def test_a_repaired_role_is_whole_again(author: Author, role: str) -> None:
    author.damage(role).drop_signatures().flip_byte(20).drop_member("version").unlist().withhold()
    author.damage(role).repair()
    assert is_complete(author.files())
    assert set(author.files()) == {*ROLES, "targets/alice"}


def test_a_signature_can_be_repeated(author: Author) -> None:
    author.damage("targets").repeat_signature()
    first, second = signatures(author.files()["targets"])
    assert first == second


def test_a_method_can_be_renamed(author: Author) -> None:
    author.damage("targets").set_method("none")
    assert [one["method"] for one in signatures(author.files()["targets"])] == ["none"]


def test_a_member_can_be_left_out(author: Author) -> None:
    author.damage("targets").drop_member("delegations")
    assert "delegations" not in signed(author.files()["targets"])


def test_bytes_can_be_rewritten_and_bound(author: Author) -> None:
    author.damage("targets").rewrite(lambda raw: raw + b"\n")
    assert author.files()["targets"].endswith(b"}\n")
    assert is_bound(author, "targets")


def test_a_withheld_role_is_listed_and_not_served(author: Author) -> None:
    author.damage("targets").withhold()
    assert "targets" not in author.files()
    assert "targets" in signed(author.files()["snapshot"])["meta"]


def test_an_unlisted_role_is_served(author: Author) -> None:
    author.damage("targets").unlist()
    assert "targets" in author.files()
    assert set(signed(author.files()["snapshot"])["meta"]) == {
        *("root", "targets/alice", "targets/releases")
    }


@pytest.mark.parametrize("role", ["root", "targets"])
def test_a_server_serves_the_damage_under_the_name_that_is_asked_for(
    author: Author, role: str
) -> None:
    honest = Digest.of(author.files()[role]).hex
    author.damage(role).flip_byte(20)
    server = NotaryServer()
    author.publish(server)
    damaged = author.files()[role]
    assert server.current(GUN, role) == damaged
    assert server.hashed(GUN, role, honest) == damaged
    if role == "root":
        assert server.numbered(GUN, "root", 1) == damaged


@pytest.mark.parametrize("role", ["root", "targets"])
def test_a_server_has_no_withheld_file(author: Author, role: str) -> None:
    honest = Digest.of(author.files()[role]).hex
    author.damage(role).withhold()
    server = NotaryServer()
    author.publish(server)
    assert server.current(GUN, role) is None
    assert server.hashed(GUN, role, honest) is None
    assert server.numbered(GUN, role, 1) is None
