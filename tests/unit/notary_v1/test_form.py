"""Role files that are refused for their form. Catalogue A10, A46 to A53, A65 to A69, A85 to A95."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crosstrust.oci import limits
from tests.unit.notary_v1.author import AT, Author, Json, bare, digest, encode
from tests.unit.notary_v1.trial import Trial, tried

ROLES = ["root", "timestamp", "snapshot", "targets", "targets/releases"]
FORM = ["tuf.metadata.form T"]

each_role = pytest.mark.parametrize("role", ROLES)


@pytest.fixture
def author() -> Author:
    made = Author()
    made.delegate("targets/releases")
    made.sign("v1", "one", "targets/releases")
    return made


def refuse_state(author: Author, expected: list[str] = FORM) -> Trial:
    """The author's state is refused with ``expected``, and nothing follows."""
    trial = tried(author)
    assert trial.failed == expected
    assert trial.tags == {}
    return trial


def set_member(author: Author, role: str, name: str, value: Any) -> None:
    def change(signed: Json) -> None:
        signed[name] = value

    author.edits[role] = change


def set_at(author: Author, role: str, path: str, value: Any) -> None:
    """Set what a dotted path names; "#" in it is the first key of a map."""

    def change(signed: Json) -> None:
        *way, last = path.split(".")
        node: Any = signed
        for step in way:
            node = next(iter(node.values())) if step == "#" else node[_index(step)]
        node[_index(last)] = value

    author.edits[role] = change


def _index(step: str) -> Any:
    return int(step) if step.isdigit() else step


@each_role
@pytest.mark.parametrize("version", [0, -1, 2**53 + 1, 10**18, "1", True, None, [1], {}])
def test_versions(author: Author, role: str, version: Any) -> None:
    set_member(author, role, "version", version)
    refuse_state(author)


@each_role
def test_the_greatest_version(author: Author, role: str) -> None:
    set_member(author, role, "version", 2**53)
    if role == "root":
        # Its predecessors are too many to be searched, and the pin is found in it.
        author.versions["root"] = 2**53
    assert tried(author).failed == []


@each_role
@pytest.mark.parametrize("number", ["1.0", "1e3", "1.5", "NaN", "Infinity", "9" * 40])
def test_numbers(author: Author, role: str, number: str) -> None:
    author.written[role] = lambda raw: raw.replace(b'"version":1', f'"version":{number}'.encode())
    refuse_state(author)


@each_role
@pytest.mark.parametrize("kind", ["Root", "Targets", "Snapshot", "Timestamp"])
def test_types_of_other_roles(author: Author, role: str, kind: str) -> None:
    own = {"root": "Root", "timestamp": "Timestamp", "snapshot": "Snapshot"}.get(role, "Targets")
    for written in {kind, kind.lower()} - {own}:
        set_member(author, role, "_type", written)
        refuse_state(author)


@each_role
@pytest.mark.parametrize("name", ["_type", "version", "expires"])
def test_missing_members(author: Author, role: str, name: str) -> None:
    def change(signed: Json) -> None:
        del signed[name]

    author.edits[role] = change
    refuse_state(author)


@each_role
@pytest.mark.parametrize("name", ["_type", "version", "expires"])
def test_members_that_differ_by_case(author: Author, role: str, name: str) -> None:
    def change(signed: Json) -> None:
        signed[name.upper()] = signed.pop(name)

    author.edits[role] = change
    check = refuse_state(author).check("tuf.metadata.form")
    assert (check.expected, check.actual) == (name, name.upper())


@pytest.mark.parametrize(
    ("role", "name", "written"),
    [
        ("root", "consistent_snapshot", "con\u017fistent_snapshot"),
        ("targets", "delegations", "delegation\u017f"),
        ("targets/releases", "targets", "target\u017f"),
    ],
)
def test_members_in_letters_that_go_takes_for_theirs(
    author: Author, role: str, name: str, written: str
) -> None:
    def change(signed: Json) -> None:
        signed[written] = signed.pop(name)

    author.edits[role] = change
    check = refuse_state(author).check("tuf.metadata.form")
    assert (check.expected, check.actual) == (name, written)


@pytest.mark.parametrize(
    "text",
    [
        "2024-07-01",
        "2024-07-01T00:00:00",
        "2024-07-01 00:00:00Z",
        "2024-07-01t00:00:00Z",
        "2024-07-01T00:00:00z",
        "2024-07-01T00:00:00.Z",
        "2024-07-01T00:00:00,5Z",
        "2024-07-01T00:00:00.1234567890Z",
        "2024-07-01T24:00:00Z",
        "2024-07-01T00:00:60Z",
        "2024-07-01T00:00:00+0200",
        "2024-07-01T00:00:00+24:00",
        "2024-07-01T00:00:00+02:60",
        "2024-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "20240701T000000Z",
        "\u0662024-07-01T00:00:00Z",
        "2024-07-01T00:00:00Z\n",
        "",
        0,
        None,
    ],
)
def test_times_that_are_none(author: Author, text: Any) -> None:
    set_member(author, "timestamp", "expires", text)
    refuse_state(author)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-07-01T00:00:00Z", datetime(2024, 7, 1, tzinfo=UTC)),
        ("2024-07-01T02:00:00.21926558+02:00", datetime(2024, 7, 1, 0, 0, 0, 219265, UTC)),
        ("2024-06-30T16:00:00.123456789-08:00", datetime(2024, 7, 1, 0, 0, 0, 123456, UTC)),
        ("9999-12-31T23:59:59-23:59", datetime(9999, 12, 31, 23, 59, 59, 0, UTC)),
        ("9999-12-31T23:59:59.999999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)),
    ],
)
def test_times_as_go_writes_them(author: Author, text: str, moment: datetime) -> None:
    set_member(author, "targets", "expires", text)
    trial = tried(author)
    assert trial.failed == []
    data = trial.judgement.trust_data
    assert data is not None
    role = data.role("targets")
    assert role is not None
    assert role.expires == moment


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59"])
def test_the_first_moment_is_past(author: Author, text: str) -> None:
    set_member(author, "timestamp", "expires", text)
    refuse_state(author, ["tuf.timestamp.expiry S"])


@pytest.mark.parametrize(
    ("role", "path", "value", "failed"),
    [
        ("root", "consistent_snapshot", "false", FORM),
        ("root", "consistent_snapshot", 0, FORM),
        ("root", "roles", None, FORM),
        ("root", "roles", [], FORM),
        ("root", "roles.timestamp", None, FORM),
        ("root", "roles.timestamp.threshold", 0, FORM),
        ("root", "roles.timestamp.threshold", -1, FORM),
        ("root", "roles.timestamp.threshold", None, FORM),
        ("root", "roles.timestamp.threshold", "1", FORM),
        ("root", "roles.timestamp.threshold", True, FORM),
        ("root", "roles.timestamp.keyids", "x", FORM),
        ("root", "roles.timestamp.keyids", [None], FORM),
        ("root", "roles.timestamp.keyids", ["0" * 64], FORM),
        ("root", "roles.timestamp.keyids", None, ["tuf.signature.threshold T"]),
        ("root", "roles.Timestamp", {}, FORM),
        ("root", "keys", None, FORM),
        ("root", "keys", [], FORM),
        # What no role needs is formed like what a role needs: Go decodes that, too.
        ("root", "keys.unused", None, FORM),
        ("root", "keys.unused", 5, FORM),
        ("root", "keys.unused", [], FORM),
        ("root", "keys.unused", {"keytype": "future"}, FORM),
        ("root", "keys.unused", {"keytype": "future", "keyval": {"public": "?"}}, FORM),
        ("root", "keys.unused", {"keytype": 5, "keyval": {"public": ""}}, FORM),
        ("root", "keys.unused", {"keytype": "rsa", "keyval": {"public": "", "private": ""}}, FORM),
        ("root", "roles.extra", 5, FORM),
        ("root", "roles.extra", [], FORM),
        ("root", "roles.extra", None, FORM),
        ("root", "roles.extra", {"keyids": [5], "threshold": 1}, FORM),
        ("root", "roles.extra", {"keyids": [], "threshold": "1"}, FORM),
        ("root", "roles.extra", {"keyids": [], "threshold": 0}, FORM),
        ("timestamp", "meta", None, FORM),
        ("timestamp", "meta", {}, FORM),
        ("timestamp", "meta", [], FORM),
        ("timestamp", "meta.snapshot", None, FORM),
        ("timestamp", "meta.snapshot.length", -1, FORM),
        ("timestamp", "meta.snapshot.length", None, FORM),
        ("timestamp", "meta.snapshot.hashes.SHA256", "", FORM),
        ("timestamp", "meta.snapshot.hashes.sha256", 5, FORM),
        ("timestamp", "meta.snapshot.hashes.sha512", "AA", FORM),
        ("timestamp", "meta.snapshot.hashes.sha512", "", FORM),
        ("timestamp", "meta.snapshot.hashes.sha512", "AAAA", FORM),
        ("timestamp", "meta.snapshot.hashes.md5", "?", FORM),
        ("timestamp", "meta.snapshot.hashes.md5", 5, FORM),
        ("timestamp", "meta.snapshot.hashes.md5", None, FORM),
        ("timestamp", "meta.snapshot.hashes", [], FORM),
        ("timestamp", "meta.other", 5, FORM),
        ("timestamp", "meta.other", None, FORM),
        ("timestamp", "meta.other", {"length": "1", "hashes": {}}, FORM),
        ("timestamp", "meta.other", {"length": 1, "hashes": []}, FORM),
        ("timestamp", "meta.other", {"length": 1, "hashes": {"sha256": 5}}, FORM),
        ("timestamp", "Meta", {}, FORM),
        ("timestamp", "_TYPE", "Timestamp", FORM),
        ("snapshot", "meta", None, FORM),
        ("snapshot", "meta.root", None, FORM),
        ("snapshot", "meta.targets", None, FORM),
        ("snapshot", "meta.targets/releases", None, FORM),
        ("snapshot", "meta.targets/releases.hashes.sha512", "AAAA", FORM),
        ("snapshot", "meta.targets.hashes.sha1", "?", FORM),
        ("snapshot", "meta.other", 5, FORM),
        ("snapshot", "meta.other", {"length": 1, "hashes": {"md5": "?"}}, FORM),
        ("targets", "targets", [], FORM),
        ("targets", "targets", {"v1": None}, FORM),
        ("targets", "targets", {"v1": {"length": "1", "hashes": {}}}, FORM),
        ("targets", "targets", {"v1": {"length": -1, "hashes": {}}}, FORM),
        ("targets", "targets", {"v1": {"length": 1, "hashes": {}, "Length": 2}}, FORM),
        ("targets", "delegations", [], FORM),
        ("targets", "delegations.Roles", [], FORM),
        ("targets", "delegations.roles", {}, FORM),
        ("targets", "delegations.roles", [None], FORM),
        ("targets", "delegations.roles.0.paths", "a", FORM),
        ("targets", "delegations.roles.0.paths", [1], FORM),
        ("targets", "delegations.roles.0.paths", ["a", "a"], FORM),
        ("targets", "delegations.roles.0.threshold", 0, FORM),
        ("targets", "delegations.roles.0.keyids", ["0" * 64], FORM),
        ("targets", "delegations.keys", [], FORM),
        ("targets", "delegations.keys.unused", 5, FORM),
        ("targets/releases", "delegations", {"keys": {"x": None}, "roles": []}, FORM),
        ("targets/releases", "targets.v1.hashes.md5", "?", FORM),
    ],
)
def test_members_of_the_wrong_kind(
    author: Author, role: str, path: str, value: Any, failed: list[str]
) -> None:
    set_at(author, role, path, value)
    refuse_state(author, failed)


@pytest.mark.parametrize(
    ("role", "path", "value"),
    [
        ("root", "roles.extra", {"keyids": [], "threshold": 1}),
        ("root", "roles.extra", {"keyids": ["unlisted"], "threshold": 9, "more": None}),
        ("root", "keys.unused", {"keytype": "future", "keyval": {"public": ""}}),
        ("root", "keys.unused", {"keytype": "rsa", "keyval": {"public": "AAAA", "private": None}}),
        ("root", "spec", {"a": [None, False]}),
        ("root", "consistent_snapshot", None),
        ("targets", "targets", None),
        ("targets/releases", "delegations", None),
        ("targets/releases", "delegations", {"keys": None, "roles": None}),
        ("timestamp", "meta.other", {"length": 0, "hashes": {}}),
        ("snapshot", "meta.other", {"length": 0, "hashes": {"sha512": "AA=="}, "custom": [5]}),
        ("timestamp", "meta.snapshot.hashes.md5", "AAAA"),
        ("timestamp", "meta.snapshot.custom", [None, 5]),
        ("targets/releases", "targets.v1.hashes.sha512", "AAAA"),
        ("targets/releases", "targets.v1.custom", False),
        ("targets", "delegations.keys.unused", {"keytype": "", "keyval": {"public": ""}}),
    ],
)
def test_members_that_are_let_be(author: Author, role: str, path: str, value: Any) -> None:
    set_at(author, role, path, value)
    trial = tried(author)
    assert trial.failed == []
    assert trial.tags == {"v1": digest("one")}


def test_paths_that_are_missing_allow_nothing(author: Author) -> None:
    set_at(author, "targets", "delegations.roles.0.paths", None)
    assert tried(author).tags == {}


class TestKeys:
    def swap(self, author: Author, change: Callable[[Json], None], *, rename: bool = True) -> None:
        """Change the timestamp key's object in root; with ``rename`` under its right ID."""
        import hashlib

        from tests.unit.notary_v1.author import canonical

        key_id = author.keys["timestamp"][0].id

        def edit(signed: Json) -> None:
            listed = signed["keys"].pop(key_id)
            change(listed)
            # In the dialect a line break stands raw in a string.
            message = canonical(listed).replace(b"\\n", b"\n")
            new = hashlib.sha256(message).hexdigest() if rename else key_id
            signed["keys"][new] = listed
            signed["roles"]["timestamp"]["keyids"] = [new]

        author.edits["root"] = edit

    @pytest.mark.parametrize("keytype", ["ECDSA", "dsa", "ed25519-x509", "rsa-x509 ", ""])
    def test_unknown_types(self, author: Author, keytype: str) -> None:
        self.swap(author, lambda listed: listed.update(keytype=keytype))
        refuse_state(author, ["tuf.key.type T"])

    def test_a_type_that_is_not_the_key_s(self, author: Author) -> None:
        self.swap(author, lambda listed: listed.update(keytype="rsa"))
        refuse_state(author, ["tuf.key.type T"])
        self.swap(author, lambda listed: listed.update(keytype="ecdsa-x509"))
        refuse_state(author)

    @pytest.mark.parametrize(
        "public", ["", "?", "AAAA", "\u00e4", encode(b"-----BEGIN CERTIFICATE-----"), 5, None]
    )
    def test_bytes_that_are_no_key(self, author: Author, public: Any) -> None:
        self.swap(author, lambda listed: listed["keyval"].update(public=public))
        refuse_state(author)

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda b: b + "\n",
            lambda b: b[:8] + "\n" + b[8:],
            lambda b: b[:-3] + chr(ord(b[-3]) + 1) + "==",
            lambda b: b.rstrip("="),
            lambda b: b + "=",
        ],
    )
    def test_base64_in_another_form(self, author: Author, spoil: Callable[[str], str]) -> None:
        public = author.keys["timestamp"][0].public
        self.swap(author, lambda listed: listed["keyval"].update(public=spoil(public)))
        refuse_state(author)

    @pytest.mark.parametrize("curve", ["SECP224R1", "SECP256K1", "BrainpoolP256R1"])
    def test_other_curves(self, author: Author, curve: str) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        author.keys["timestamp"] = [bare(ec.generate_private_key(getattr(ec, curve)()))]
        refuse_state(author, ["tuf.key.type T"])

    def test_an_unknown_curve(self, author: Author) -> None:
        public = base64.b64decode(author.keys["timestamp"][0].public)
        # The last arc of the curve's OID 1.2.840.10045.3.1.7 becomes another.
        other = public.replace(bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d030177"))
        assert other != public
        self.swap(author, lambda listed: listed["keyval"].update(public=encode(other)))
        refuse_state(author, ["tuf.key.type T"])

    def test_a_compressed_point_is_another_encoding(self, author: Author) -> None:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = author.keys["timestamp"][0].private.public_key()
        point = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        head = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
        self.swap(author, lambda listed: listed["keyval"].update(public=encode(head + point)))
        refuse_state(author)

    def test_a_private_part(self, author: Author) -> None:
        self.swap(author, lambda listed: listed["keyval"].update(private="x"), rename=False)
        refuse_state(author)

    @pytest.mark.parametrize("member", ["keytype", "keyval"])
    def test_missing_parts(self, author: Author, member: str) -> None:
        self.swap(author, lambda listed: listed.pop(member), rename=False)
        refuse_state(author)

    def test_an_id_that_is_not_the_hash(self, author: Author) -> None:
        other = bare().public
        self.swap(author, lambda listed: listed["keyval"].update(public=other), rename=False)
        refuse_state(author, ["tuf.key.id T"])

    @pytest.mark.parametrize("spoil", [str.upper, lambda i: i[:12], lambda i: f" {i}"])
    def test_an_id_in_another_form(self, author: Author, spoil: Callable[[str], str]) -> None:
        key_id = author.keys["timestamp"][0].id

        def edit(signed: Json) -> None:
            signed["keys"][spoil(key_id)] = signed["keys"].pop(key_id)
            signed["roles"]["timestamp"]["keyids"] = [spoil(key_id)]

        author.edits["root"] = edit
        refuse_state(author, ["tuf.key.id T"])

    def test_one_id_listed_twice(self, author: Author) -> None:
        author.keys["timestamp"] *= 2
        author.signers["timestamp"] = author.keys["timestamp"][:1]
        refuse_state(author)

    @pytest.mark.parametrize(
        "pem",
        [
            b"",
            b"text",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n",
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ],
    )
    def test_bundles_that_are_none(self, author: Author, pem: bytes) -> None:
        self.swap(
            author,
            lambda listed: listed.update(
                keytype="ecdsa-x509", keyval={"private": None, "public": encode(pem)}
            ),
        )
        refuse_state(author)

    def test_a_certificate_of_another_kind_of_key(self, author: Author) -> None:
        from cryptography.hazmat.primitives.asymmetric import ed25519

        from tests.unit.notary_v1.author import certificate, certified

        private = ed25519.Ed25519PrivateKey.generate()
        author.keys["timestamp"] = [certified(certificate(private), private=bare().private)]
        refuse_state(author, ["tuf.key.type T"])


class TestSignatureEntries:
    @each_role
    @pytest.mark.parametrize(
        "entries",
        [
            {},
            "x",
            [None],
            [{}],
            [{"keyid": 1, "method": "ecdsa", "sig": ""}],
            [{"keyid": "k", "method": None, "sig": ""}],
            [{"keyid": "k", "method": "ecdsa", "sig": "?"}],
            [{"keyid": "k", "method": "ecdsa", "sig": "", "Sig": ""}],
        ],
    )
    def test_entries_of_the_wrong_kind(self, author: Author, role: str, entries: Any) -> None:
        author.signatures[role] = lambda _: entries
        refuse_state(author)

    @each_role
    def test_one_key_signs_twice(self, author: Author, role: str) -> None:
        author.signatures[role] = lambda made: made * 2
        refuse_state(author)

    @each_role
    def test_too_many(self, author: Author, role: str) -> None:
        extra = [{"keyid": str(n), "method": "x", "sig": ""} for n in range(limits.SIGNATURES)]
        author.signatures[role] = lambda made: made + extra
        refuse_state(author, ["limit.exceeded R"])

    def test_spare_bits(self, author: Author) -> None:
        def spare(made: list[Json]) -> list[Json]:
            # 64 bytes end in "X==", where the last four bits of X are spare.
            sig = made[0]["sig"]
            assert sig.endswith("==")
            return [{**made[0], "sig": sig[:-3] + chr(ord(sig[-3]) + 1) + "=="}]

        author.signatures["timestamp"] = spare
        refuse_state(author)

    def test_numbers_of_another_length(self, author: Author) -> None:
        def lengthen(made: list[Json]) -> list[Json]:
            sig = base64.b64decode(made[0]["sig"])
            return [{**made[0], "sig": encode(sig[:32] + b"\x00" + sig[32:])}]

        author.signatures["timestamp"] = lengthen
        refuse_state(author, ["tuf.signature.threshold T"])

    @pytest.mark.parametrize("length", [0, 63, 65, 128])
    def test_a_signature_of_another_length(self, author: Author, length: int) -> None:
        author.signatures["timestamp"] = lambda made: [{**made[0], "sig": encode(bytes(length))}]
        refuse_state(author, ["tuf.signature.threshold T"])


@each_role
@pytest.mark.parametrize(
    "change",
    [
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: raw.decode().encode("utf-16"),
        lambda raw: raw + b"{}",
        lambda raw: raw[:-1] + b",}",
        lambda raw: raw + b"//",
        lambda raw: raw[:-1] + b',"signed":{}}',
        lambda raw: raw[:-1] + b',"Signed":{}}',
        lambda raw: raw[:-1] + b',"x":"\xff"}',
        lambda raw: raw[:-1] + b',"x":"\\ud800"}',
        lambda raw: raw.replace(b'"version":1', b'"version":1,"version":1'),
        lambda raw: raw.replace(b'"version":1', b'"version":1,"Version":1'),
    ],
)
def test_text_that_two_readers_may_read_differently(
    author: Author, role: str, change: Callable[[bytes], bytes]
) -> None:
    author.written[role] = change
    trial = tried(author)
    assert trial.failed in (FORM, ["notary.answer.form R"])
    assert trial.tags == {}


@each_role
def test_depth(author: Author, role: str) -> None:
    author.written[role] = lambda raw: raw[:-1] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}"
    refuse_state(author, ["limit.exceeded R"])


def test_a_timestamp_of_more_than_a_mebibyte(author: Author) -> None:
    author.written["timestamp"] = lambda raw: raw + b" " * limits.MIB
    refuse_state(author, ["limit.exceeded R"])


def test_a_check_names_its_place() -> None:
    author = Author(expires={"root": AT + timedelta(days=1)})
    set_at(author, "targets", "targets", {"v1": {"length": -1, "hashes": {}}})
    check = refuse_state(author).check("tuf.metadata.form")
    assert check.where == "targets v1 length"
    assert check.actual == "-1"
    assert check.remedy
