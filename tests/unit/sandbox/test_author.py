from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from crosstrust.errors import InputError
from crosstrust.oci.digest import Digest
from crosstrust.sandbox.author import Author
from crosstrust.sandbox.key import BARE_TYPES, SigningKey, bare, certify, generate
from crosstrust.sandbox.notary import NotaryServer
from tests.unit.sandbox.reader import (
    certificate,
    count_valid,
    is_complete,
    key_id,
    message,
    signatures,
    signed,
)

AT = datetime(2021, 12, 24, 6, 46, 35, 210_300, tzinfo=UTC)
GUN = "docker.io/nicolas/webdis"
DIGEST = Digest.of(b"a manifest")


@pytest.fixture
def author() -> Author:
    return Author(GUN, at=AT)


@pytest.mark.parametrize("key_type", [*BARE_TYPES, "ecdsa-x509", "rsa-x509"])
def test_every_file_is_signed_and_bound_with_keys_of_each_kind(key_type: str) -> None:
    author = Author(GUN, at=AT, key_type=key_type, server_key_type="ed25519")
    author.add_signer("alice")
    author.sign("1.0", DIGEST, 10)
    author.sign("1.1", DIGEST, 10, roles=("targets",))
    files = author.files()
    assert set(files) == {
        *("root", "targets", "targets/alice", "targets/releases", "snapshot", "timestamp")
    }
    assert is_complete(files)


def test_a_file_is_written_as_notary_writes_it(author: Author) -> None:
    raw = author.files()["targets"]
    assert raw.startswith(b'{"signed":{"_type":"Targets","delegations":{"keys":{},"roles":[]},')
    assert b'"expires":"2024-12-23T06:46:35.2103Z","targets":{},"version":1},"signatures":[' in raw
    assert raw.endswith(b'"}]}')
    assert (
        message(raw)
        == json.dumps(
            signed(raw), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()
    )


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        ("root", "Root"),
        ("targets", "Targets"),
        ("snapshot", "Snapshot"),
        ("timestamp", "Timestamp"),
    ],
)
def test_types_are_written_with_a_capital(author: Author, role: str, kind: str) -> None:
    assert signed(author.files()[role])["_type"] == kind


def test_the_root_certificate_is_the_one_that_notary_makes(author: Author) -> None:
    root = signed(author.files()["root"])
    (name,) = root["roles"]["root"]["keyids"]
    found = certificate(root["keys"][name])
    assert found.subject.rfc4514_string() == f"CN={GUN}"
    assert found.not_valid_before_utc == AT.replace(microsecond=0)
    assert found.not_valid_after_utc == AT.replace(microsecond=0) + timedelta(days=3650)
    assert set(root["roles"]) == {"root", "snapshot", "targets", "timestamp"}


def test_key_ids_are_hashes_of_the_listed_keys(author: Author) -> None:
    listed = signed(author.files()["root"])["keys"]
    assert {name: key_id(key) for name, key in listed.items()} == {name: name for name in listed}
    assert {key.scoped for role in ("root", "targets") for key in author.keys(role)} <= set(listed)


def test_one_key_in_two_certificates_has_one_canonical_id(author: Author) -> None:
    key = author.new_key("ecdsa-x509")
    again = certify(key, name="docker.io/other/name", at=AT)
    assert key.scoped != again.scoped
    assert key.canonical == again.canonical == bare(key).scoped
    assert key.canonical == key_id(bare(key).listed)


def test_a_key_shows_no_private_half(author: Author) -> None:
    assert "private" not in repr(author.new_key())


def test_the_pem_file_of_a_key_is_the_listed_key(author: Author) -> None:
    key = author.new_key()
    body = "".join(key.pem.decode().splitlines()[1:-1])
    assert body == key.public


def test_a_pkcs1_signature_is_made_on_request() -> None:
    key = generate("rsa", name=GUN, at=AT)
    assert key.sign(b"text", method="rsapkcs1v15") == key.sign(b"text", method="rsapkcs1v15")
    assert key.sign(b"text") != key.sign(b"text")


def test_an_unknown_key_type_is_refused() -> None:
    with pytest.raises(InputError, match=r"expected ecdsa, .* found dsa"):
        generate("dsa", name=GUN, at=AT)


def test_without_signers_a_tag_goes_to_targets(author: Author) -> None:
    author.sign("1.0", DIGEST, 772, custom={"a": 1})
    entry = signed(author.files()["targets"])["targets"]["1.0"]
    assert entry == {
        "custom": {"a": 1},
        "hashes": {"sha256": base64.b64encode(bytes.fromhex(DIGEST.hex)).decode()},
        "length": 772,
    }


def test_with_signers_a_tag_goes_to_all_of_them_and_releases(author: Author) -> None:
    author.add_signer("alice")
    author.add_signer("bob")
    author.sign("1.0", DIGEST, 772)
    files = author.files()
    holding = {role for role, raw in files.items() if "1.0" in signed(raw).get("targets", {})}
    assert holding == {"targets/alice", "targets/bob", "targets/releases"}
    assert signed(files["targets"])["targets"] == {}


def test_a_signer_gets_a_role_and_a_place_in_releases(author: Author) -> None:
    author.add_signer("alice", keys=(author.new_key(), author.new_key("ed25519")))
    author.add_signer("bob")
    below = signed(author.files()["targets"])["delegations"]
    ids = {role: [key.scoped for key in author.keys(role)] for role in author.roles()}
    assert below["roles"] == [
        {"keyids": ids["targets/alice"], "name": "targets/alice", "paths": [""], "threshold": 1},
        {
            "keyids": ids["targets/alice"] + ids["targets/bob"],
            "name": "targets/releases",
            "paths": [""],
            "threshold": 1,
        },
        {"keyids": ids["targets/bob"], "name": "targets/bob", "paths": [""], "threshold": 1},
    ]
    assert set(below["keys"]) == set(ids["targets/releases"])


def test_a_role_that_signed_nothing_has_no_file(author: Author) -> None:
    author.add_signer("alice")
    assert set(author.files()) == {"root", "targets", "snapshot", "timestamp"}


def test_a_removed_signer_is_gone_everywhere(author: Author) -> None:
    author.add_signer("alice")
    author.add_signer("bob")
    author.sign("1.0", DIGEST, 772)
    alice = author.keys("targets/alice")[0]
    author.remove_signer("alice")
    files = author.files()
    assert "targets/alice" not in files
    assert "targets/alice" not in signed(files["snapshot"])["meta"]
    assert alice.scoped not in signed(files["targets"])["delegations"]["keys"]
    assert is_complete(files)
    author.remove_signer("bob")
    assert signed(author.files()["targets"])["delegations"] == {"keys": {}, "roles": []}


def test_a_key_that_two_signers_share_stays_when_one_leaves(author: Author) -> None:
    shared = author.new_key()
    author.add_signer("alice", keys=(shared,))
    author.add_signer("bob", keys=(shared,))
    author.remove_signer("alice")
    assert author.keys("targets/releases") == (shared,)


def test_a_revoked_tag_is_gone_from_every_role(author: Author) -> None:
    author.add_signer("alice")
    author.sign("1.0", DIGEST, 772)
    author.sign("1.0", DIGEST, 772, roles=("targets",))
    before = {role: signed(raw)["version"] for role, raw in author.files().items()}
    author.revoke("1.0")
    files = author.files()
    assert not any("1.0" in signed(raw).get("targets", {}) for raw in files.values())
    raised = {role for role, raw in files.items() if signed(raw)["version"] == before[role] + 1}
    assert raised == set(files) - {"root"}


def test_nested_delegations_are_listed_by_their_parents(author: Author) -> None:
    author.delegate("targets/alice", paths=("a/", "b/"))
    author.delegate("targets/alice/ci", paths=("a/ci",), threshold=1)
    author.sign("a/ci/1", DIGEST, 10, roles=("targets/alice/ci",))
    files = author.files()
    (child,) = signed(files["targets/alice"])["delegations"]["roles"]
    assert (child["name"], child["paths"]) == ("targets/alice/ci", ["a/ci"])
    assert is_complete(files)
    author.drop_delegation("targets/alice")
    assert set(author.files()) == {"root", "targets", "snapshot", "timestamp"}


@pytest.mark.parametrize("role", ["targets/nobody", "targets/nobody/ci", "mirror"])
def test_an_unknown_role_is_refused(author: Author, role: str) -> None:
    with pytest.raises(InputError, match=r"sandbox\.role\.known"):
        author.sign("1.0", DIGEST, 10, roles=(role,))


def test_nothing_is_signed_twice_without_a_change(author: Author) -> None:
    assert author.files() == author.files()
    assert author.roots() == author.roots()


def test_a_change_raises_only_the_versions_it_touches(author: Author) -> None:
    before = author.files()
    author.sign("1.0", DIGEST, 10)
    after = author.files()
    raised = {
        role: signed(after[role])["version"] - signed(before[role])["version"] for role in after
    }
    assert raised == {"root": 0, "targets": 1, "snapshot": 1, "timestamp": 1}


def test_a_refreshed_timestamp_runs_from_the_authors_clock(author: Author) -> None:
    before = author.files()
    author.at += timedelta(days=13)
    author.refresh()
    after = author.files()
    assert {role for role in after if after[role] != before[role]} == {"timestamp"}
    assert signed(after["timestamp"])["expires"] == "2022-01-20T06:46:35.2103Z"


def test_a_lifetime_can_be_chosen(author: Author) -> None:
    author.lifetimes["targets"] = timedelta(hours=1)
    assert signed(author.files()["targets"])["expires"] == "2021-12-24T07:46:35.2103Z"


def test_each_root_is_signed_by_itself_and_by_the_one_before(author: Author) -> None:
    first = author.keys("root")
    second = author.rotate_root()
    author.rotate_root(key_type="rsa-x509")
    roots = author.roots()
    assert sorted(roots) == [1, 2, 3]
    assert second not in first
    for older, newer in pairwise(signed(roots[number]) for number in (1, 2, 3)):
        raw = roots[newer["version"]]
        assert len(signatures(raw)) == 2
        assert count_valid(raw, older["keys"], older["roles"]["root"]) == 1
        assert count_valid(raw, newer["keys"], newer["roles"]["root"]) == 1
    assert is_complete(author.files())


def test_a_root_that_keeps_its_keys_is_signed_once(author: Author) -> None:
    author.rotate_root()
    author.files()
    author.rotate("targets")
    assert len(signatures(author.roots()[3])) == 1


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp", "targets/alice"])
def test_a_rotated_role_is_signed_by_its_new_key_alone(author: Author, role: str) -> None:
    author.add_signer("alice")
    author.sign("1.0", DIGEST, 10)
    author.files()
    key = author.rotate(role, key_type="ed25519")
    files = author.files()
    assert [one["keyid"] for one in signatures(files[role])] == [key.scoped]
    assert is_complete(files)


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp", "targets/alice"])
def test_a_threshold_is_written_and_reached(author: Author, role: str) -> None:
    author.add_signer("alice")
    author.sign("1.0", DIGEST, 10)
    keys = [author.new_key("ecdsa-x509" if role == "root" else "") for _ in range(3)]
    author.assign(role, keys, threshold=2)
    files = author.files()
    assert is_complete(files)
    listed = signed(files["root"])["roles"] | {
        one["name"]: one for one in signed(files["targets"])["delegations"]["roles"]
    }
    assert listed[role]["threshold"] == 2
    assert len(listed[role]["keyids"]) == 3


def test_pins_name_every_key_that_is_listed(author: Author) -> None:
    author.add_signer("alice")
    other = author.new_key()
    author.assign("targets/releases", (*author.keys("targets/alice"), other))
    pins = author.pins()
    assert pins.root == _ids(author.keys("root"))
    assert pins.repository == _ids(author.keys("targets"))
    assert pins.signers == {"alice": _ids(author.keys("targets/alice"))}
    assert pins.releases == (other.scoped,)


def test_a_root_key_can_be_given() -> None:
    key = generate("ecdsa-x509", name=f"{GUN}*", at=AT)
    author = Author(GUN, at=AT, root_key=key)
    assert author.keys("root") == (key,)
    assert is_complete(author.files())


def test_what_is_published_is_what_was_written(author: Author) -> None:
    server = NotaryServer()
    author.rotate_root()
    author.publish(server)
    files: dict[str, bytes | None] = {**author.files()}
    assert {role: server.current(GUN, role) for role in files} == files
    assert server.numbered(GUN, "root", 1) == author.roots()[1]
    assert server.numbered(GUN, "root", 2) == files["root"]


def _ids(keys: tuple[SigningKey, ...]) -> tuple[str, ...]:
    return tuple(key_id(key.listed) for key in keys)
