"""From the pin to the root in force: pins, rotation, certificates. Catalogue A13, A17 to A34."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from crosstrust.chain.answer import Absent
from crosstrust.chain.pin import Pins
from crosstrust.chain.want import ReadRole
from crosstrust.evidence.check import Outcome
from crosstrust.oci import limits
from crosstrust.schemes.notary_v1 import NotaryV1
from tests.unit.notary_v1.author import (
    AT,
    GUN,
    Author,
    AuthorKey,
    Private,
    bare,
    certificate,
    certified,
    digest,
    root_key,
)
from tests.unit.notary_v1.serving import Server
from tests.unit.notary_v1.trial import Trial, pin, run, serve, tried

YEAR = timedelta(days=365)
SIGNED = {"v1": digest("one")}


@pytest.fixture
def author() -> Author:
    made = Author()
    made.sign("v1", "one")
    return made


def patched(
    private: Private,
    change: Callable[[bytes], bytes],
    keytype: str = "ecdsa-x509",
    **options: Any,
) -> AuthorKey:
    """A key whose certificate is changed after it was signed; nobody checks that signature."""
    pem = certificate(private, **options)
    before = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    after = change(before)
    assert after != before
    return certified(as_pem(after), private=private, keytype=keytype)


def as_pem(der: bytes) -> bytes:
    body = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"


def rotate(author: Author, *keys: AuthorKey, signers: list[AuthorKey] | None = None) -> None:
    """The next root: other root keys, signed by the old and the new ones."""
    old = author.keys["root"]
    author.keys["root"] = list(keys) or [root_key()]
    author.versions["root"] = author.versions.get("root", 1) + 1
    author.signers["root"] = old + author.keys["root"] if signers is None else signers


def rotated(author: Author, count: int = 1) -> tuple[Server, Pins]:
    """A server with ``count`` rotations, and the pins of the very first root."""
    server, pins = serve(author), pin(author)
    for _ in range(count):
        rotate(author)
        serve(author, server)
    return server, pins


class TestPins:
    def test_a_pinned_key_signs_a_tag(self, author: Author) -> None:
        trial = tried(author)
        assert trial.failed == trial.unknown == []
        assert trial.tags == SIGNED

    def test_without_a_pin_nothing_follows_and_the_keys_are_shown(self, author: Author) -> None:
        trial = run(serve(author), Pins())
        assert trial.failed == []
        assert trial.unknown == ["pin.present P"]
        assert trial.tags == {}
        key = author.keys["root"][0]
        check = trial.check("pin.present", Outcome.UNKNOWN)
        assert key.id in check.actual
        assert key.canonical in check.actual
        assert f"--pin root={key.id}" in check.remedy
        data = trial.judgement.trust_data
        assert data is not None
        assert data.root_pins == {key.id: ""}
        assert [tag.tag for tag in data.tags] == ["v1"]

    @pytest.mark.parametrize("ids", [{"repository": ("0" * 64,)}, {"first_seen": ("0" * 64,)}])
    def test_other_pins_anchor_nothing(self, author: Author, ids: dict[str, Any]) -> None:
        assert run(serve(author), Pins(**ids)).unknown == ["pin.present P"]

    def test_an_unknown_root_is_first_seen_with_tofu(self, author: Author) -> None:
        trial = run(serve(author), Pins(tofu=True))
        assert trial.tags == SIGNED
        data = trial.judgement.trust_data
        assert data is not None
        assert set(data.root_pins.values()) == {"first seen"}

    def test_tofu_holds_to_what_was_seen_first(self, author: Author) -> None:
        key = author.keys["root"][0]
        again = run(serve(author), Pins(tofu=True, first_seen=(key.canonical,)))
        assert again.tags == SIGNED
        assert again.judgement.trust_data is not None
        assert again.judgement.trust_data.root_pins == {key.id: "first seen"}
        other = run(serve(author), Pins(tofu=True, first_seen=("0" * 64,)))
        assert other.failed == ["pin.match T"]
        assert other.tags == {}

    def test_tofu_does_not_rescue_a_wrong_pin(self, author: Author) -> None:
        trial = run(serve(author), Pins(root=("0" * 64,), tofu=True))
        assert trial.failed == ["pin.match T"]
        assert trial.tags == {}

    def test_a_key_that_is_listed_but_did_not_sign_vouches_for_nothing(self) -> None:
        genuine, thief = root_key(), root_key()
        author = Author(keys={"root": [genuine, thief]}, signers={"root": [thief]})
        author.sign("v1", "foreign")
        trial = run(serve(author), Pins(root=(genuine.id,)))
        assert trial.failed == ["pin.match T"]
        assert "did not sign" in trial.check("pin.match").actual
        assert trial.tags == {}

    def test_a_pinned_key_beside_another(self) -> None:
        first, second = root_key(), root_key()
        author = Author(keys={"root": [first, second]}, thresholds={"root": 2})
        author.sign("v1", "one")
        for key in (first, second):
            assert run(serve(author), Pins(root=(key.canonical,))).tags == SIGNED

    def test_a_pinned_key_with_a_foreign_certificate_does_not_count(self) -> None:
        pinned, other = root_key("docker.io/not/it"), root_key()
        author = Author(keys={"root": [pinned, other]})
        trial = run(serve(author), Pins(root=(pinned.id,)))
        assert trial.failed == ["pin.match T"]

    def test_a_root_without_keys(self, author: Author) -> None:
        def drop(signed: dict[str, Any]) -> None:
            signed["roles"]["root"]["keyids"] = []

        author.edits["root"] = drop
        trial = run(serve(author), Pins())
        assert trial.unknown == ["pin.present P"]
        assert trial.failed == ["tuf.signature.threshold T"]
        assert tried(author).failed == ["pin.match T", "tuf.signature.threshold T"]
        assert run(serve(author), Pins(tofu=True)).tags == {}


class TestRotation:
    def test_a_newer_root_is_found_and_used(self, author: Author) -> None:
        server, pins = rotated(author)
        # The server still gives the old one as current (A34).
        server.files["root"] = server.roots[1]
        trial = run(server, pins)
        assert trial.failed == []
        assert trial.tags == SIGNED
        data = trial.judgement.trust_data
        assert data is not None
        assert data.roles[0].version == 2

    @pytest.mark.parametrize("count", [1, 2, 5])
    def test_an_old_pin_reaches_the_newest_root(self, author: Author, count: int) -> None:
        server, pins = rotated(author, count)
        trial = run(server, pins)
        assert trial.failed == []
        assert trial.tags == SIGNED
        codes = [check.code for check in trial.checks]
        assert codes.count("tuf.root.rotation") == 2 * count

    def test_the_canonical_id_outlives_a_renewed_certificate(self, author: Author) -> None:
        key = author.keys["root"][0]
        server = serve(author)
        rotate(author, root_key(private=key.private))
        trial = run(serve(author, server), Pins(root=(key.canonical,)))
        assert trial.tags == SIGNED
        assert len(trial.rounds) == 3

    @pytest.mark.parametrize("missing", ["old", "new"])
    def test_a_root_that_old_or_new_keys_did_not_sign(self, author: Author, missing: str) -> None:
        server, pins = serve(author), pin(author)
        old, new = author.keys["root"], [root_key()]
        rotate(author, *new, signers=new if missing == "old" else old)
        trial = run(serve(author, server), pins)
        assert trial.failed == ["tuf.root.rotation T"]
        assert trial.tags == {}
        assert missing == "old" or "own keys" in trial.check("tuf.root.rotation").where
        data = trial.judgement.trust_data
        assert data is not None
        # Nothing is said of a root that does not follow.
        assert data.roles[0].version == 1

    def test_a_lowered_threshold_is_the_old_keys_decision(self) -> None:
        first, second, thief = root_key(), root_key(), root_key()
        author = Author(keys={"root": [first, second]}, thresholds={"root": 2})
        server, pins = serve(author), Pins(root=(first.id,))
        seen = run(server, pins).judgement.state
        author.thresholds["root"] = 1
        rotate(author, first, thief, signers=[first, thief])
        author.bump()
        assert run(serve(author, server), pins, seen=seen).failed == ["tuf.root.rotation T"]

    def test_an_intermediate_root_badly_signed(self, author: Author) -> None:
        server, pins = rotated(author, 2)
        author.versions["root"], author.signers["root"] = 2, [root_key()]
        server.roots[2] = author.root()
        assert run(server, pins).failed == ["tuf.root.rotation T"]

    def test_an_intermediate_root_may_have_run_out(self, author: Author) -> None:
        author.expires["root"] = AT - timedelta(days=1)
        author.keys["root"] = [root_key(end=AT - timedelta(days=2))]
        server, pins = serve(author), pin(author)
        rotate(author)
        del author.expires["root"]
        assert run(serve(author, server), pins).tags == SIGNED

    def test_a_missing_root_between(self, author: Author) -> None:
        server, pins = rotated(author, 2)
        del server.roots[2]
        trial = run(server, pins)
        assert trial.failed == ["tuf.root.consecutive T"]
        assert trial.check("tuf.root.consecutive").actual == "404"
        assert trial.tags == {}

    def test_a_root_between_that_cannot_be_reached(self, author: Author) -> None:
        server, pins = rotated(author, 2)
        server.failing.add("root 2")
        trial = run(server, pins)
        assert trial.failed == []
        assert trial.unknown == ["notary.available U"]
        assert trial.tags == {}

    def test_an_older_root_that_cannot_be_reached_may_have_the_pin(self, author: Author) -> None:
        server, pins = rotated(author, 1)
        server.failing.add("root 1")
        trial = run(server, pins)
        assert trial.failed == []
        assert trial.unknown == ["notary.available U"]

    def test_an_older_root_that_is_gone_has_no_pin(self, author: Author) -> None:
        server, pins = rotated(author, 1)
        del server.roots[1]
        assert run(server, pins).failed == ["pin.match T"]

    def test_an_unreachable_next_root_leaves_it_open(self, author: Author) -> None:
        def cut(server: Server) -> None:
            server.failing.add("root 2")

        trial = tried(author, cut)
        assert trial.failed == []
        assert trial.unknown == ["notary.available U"]
        assert trial.tags == {}
        # What holds all the same is still said.
        assert {"timestamp", "snapshot", "targets"} <= {check.where for check in trial.checks}

    def test_an_unreachable_next_root_may_explain_what_fails(self, author: Author) -> None:
        server, pins = serve(author), pin(author)
        first = run(server, pins).judgement.state
        author.keys["timestamp"] = [bare()]
        rotate(author)
        author.bump()
        second = run(serve(author, server), pins, seen=first).judgement.state
        server.failing |= {"root 2", "root"}
        for seen in (b"", first, second):
            trial = run(server, pins, seen=seen)
            assert trial.failed == []
            assert "notary.available U" in trial.unknown
            assert trial.tags == {}
            assert trial.judgement.state == (seen or run(server, pins).judgement.state)

    def test_a_root_under_another_number(self, author: Author) -> None:
        server, pins = rotated(author, 3)
        server.roots[2] = server.roots[3]
        assert run(server, pins).failed == ["tuf.root.consecutive T"]

    def test_the_first_root_under_another_number(self, author: Author) -> None:
        server, pins = rotated(author, 2)
        server.roots[1] = server.roots[2]
        wanted = Pins(root=(Author().keys["root"][0].id, *pins.root))
        trial = run(server, wanted)
        assert "pin.match T" in trial.failed
        assert trial.tags == {}

    @pytest.mark.parametrize("raw", [b"<html>", b'{"signed":{},"signatures":[]}'])
    def test_a_next_root_that_is_none(self, author: Author, raw: bytes) -> None:
        def spoil(server: Server) -> None:
            server.roots[2] = raw

        trial = tried(author, spoil)
        codes = {b"<html>": "notary.answer.form R"}
        assert trial.failed == [codes.get(raw, "tuf.metadata.form T")]
        assert trial.unknown == []
        assert trial.tags == {}
        assert len(trial.rounds) == 3

    def test_rotations_without_end(self, author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "ROOT_ROTATIONS", 5)
        server, pins = serve(author), pin(author)
        key = author.keys["root"][0]
        for _ in range(7):
            rotate(author, key, signers=[key])
            server.roots[author.versions["root"]] = author.root()
        trial = run(server, pins)
        assert trial.failed == ["limit.exceeded R"]
        assert len(trial.rounds) < 9

    def test_a_huge_version_is_not_searched_for_a_pin(self, author: Author) -> None:
        author.versions["root"] = 2**53
        trial = run(serve(author), Pins(root=("0" * 64,)))
        assert trial.failed == ["pin.match T"]
        assert sum(map(len, trial.rounds)) < 8

    def test_the_root_that_the_snapshot_binds_must_be_the_one(self, author: Author) -> None:
        server = serve(author)
        rotate(author)
        server.publish(author.files() | {"root": server.roots[1]}, {})
        trial = run(server, Pins(root=(Author().keys["root"][0].id,)))
        assert "tuf.meta.hash T" in trial.failed


class TestExpiry:
    def test_a_root_that_has_run_out(self, author: Author) -> None:
        author.expires["root"] = AT
        trial = tried(author)
        assert trial.failed == ["tuf.root.expiry S"]
        assert trial.tags == {}

    def test_one_microsecond_before(self, author: Author) -> None:
        author.expires["root"] = AT + timedelta(microseconds=1)
        assert tried(author).tags == SIGNED

    @pytest.mark.parametrize(
        ("start", "end", "code"),
        [
            (0, 0, ""),
            (-1, 0, ""),
            (1, 2, "tuf.root.certificate_start S"),
            (-9, -1, "tuf.root.certificate_expiry S"),
        ],
    )
    def test_the_certificate_both_ends_inclusive(self, start: int, end: int, code: str) -> None:
        second = timedelta(seconds=1)
        key = root_key(start=AT + start * second, end=AT + end * second)
        trial = tried(Author(keys={"root": [key]}))
        assert trial.failed == ([code] if code else [])

    def test_one_key_must_have_both_the_name_and_the_time(self) -> None:
        named = root_key(end=AT - timedelta(days=1))
        author = Author(keys={"root": [named, root_key("docker.io/other/one")]})
        author.sign("v1", "one")
        trial = run(serve(author), Pins(root=(named.id,)))
        assert trial.failed == ["tuf.root.certificate_expiry S"]
        assert trial.tags == {}

    def test_a_second_key_with_a_valid_certificate_is_enough(self) -> None:
        old, new = root_key(end=AT - timedelta(days=1)), root_key()
        author = Author(keys={"root": [old, new]})
        author.sign("v1", "one")
        assert tried(author).tags == SIGNED


class TestCertificates:
    def refuse(self, key: AuthorKey) -> list[str]:
        trial = tried(Author(keys={"root": [key]}))
        assert trial.tags == {}
        return trial.failed

    @pytest.mark.parametrize(
        "name", ["docker.io/an/imag", "docker.io/an/image/", "*", "docker.io/an*"]
    )
    def test_another_name(self, name: str) -> None:
        assert self.refuse(root_key(name)) == ["tuf.root.certificate_name T"]

    def test_two_names_or_none(self) -> None:
        private = ec.generate_private_key(ec.SECP256R1())
        for names in ([GUN, GUN], []):
            key = certified(certificate(private, names), private=private)
            assert self.refuse(key) == ["tuf.root.certificate_name T"]

    @pytest.mark.parametrize(
        ("name", "holds"),
        [
            ("docker.io/an/*", True),
            ("docker.io/*", True),
            ("docker.io/a/*", False),
            ("docker.io/an*", False),
            ("*", False),
            ("/*", False),
        ],
    )
    def test_a_wildcard_name_only_where_it_is_accepted(self, name: str, *, holds: bool) -> None:
        author = Author(keys={"root": [root_key(name)]})
        author.sign("v1", "one")
        assert tried(author).failed == ["tuf.root.certificate_name T"]
        accepting = run(serve(author), replace(pin(author), name_wildcard=True))
        assert accepting.tags == (SIGNED if holds else {})
        assert accepting.failed == ([] if holds else ["tuf.root.certificate_name T"])

    def test_a_bare_key(self) -> None:
        assert self.refuse(bare()) == ["tuf.root.certificate T"]

    def test_two_leaves(self) -> None:
        private = ec.generate_private_key(ec.SECP256R1())
        pem = certificate(private)
        assert self.refuse(certified(pem, pem, private=private)) == ["tuf.metadata.form T"]

    def test_an_authority_first(self) -> None:
        assert self.refuse(root_key(authority=True)) == ["tuf.metadata.form T"]

    def test_an_authority_behind_the_leaf(self) -> None:
        private = ec.generate_private_key(ec.SECP256R1())
        pems = certificate(private), certificate(private, "a CA", authority=True)
        author = Author(keys={"root": [certified(*pems, private=private)]})
        author.sign("v1", "one")
        assert tried(author).tags == SIGNED

    def test_a_certificate_without_constraints_is_a_leaf(self) -> None:
        author = Author(keys={"root": [root_key(authority=None)]})
        author.sign("v1", "one")
        assert tried(author).tags == SIGNED

    def test_a_certificate_signed_by_ed25519(self) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization

        private = ec.generate_private_key(ec.SECP256R1())
        plain = x509.load_pem_x509_certificate(certificate(private))
        pem = (
            x509.CertificateBuilder(
                plain.issuer,
                plain.subject,
                plain.public_key(),
                plain.serial_number,
                plain.not_valid_before_utc,
                plain.not_valid_after_utc,
            )
            .sign(ed25519.Ed25519PrivateKey.generate(), None)
            .public_bytes(serialization.Encoding.PEM)
        )
        author = Author(keys={"root": [certified(pem, private=private)]})
        author.sign("v1", "one")
        assert tried(author).tags == SIGNED

    def test_a_short_rsa_key(self) -> None:
        private = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - weak on purpose
        key = certified(certificate(private), private=private, keytype="rsa-x509")
        assert self.refuse(key) == ["key.strength T"]
        author = Author(keys={"root": [key, root_key()]})
        assert tried(author).failed == []

    @pytest.mark.parametrize(
        ("oid", "named"), [("05", "sha1"), ("04", "md5"), ("77", "an unknown hash")]
    )
    def test_a_certificate_signed_over_a_weak_hash(self, oid: str, named: str) -> None:
        # The last byte of sha256WithRSAEncryption becomes that of another algorithm.
        good, weak = (bytes.fromhex("2a864886f70d0101" + last) for last in ("0b", oid))
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        key = patched(private, lambda der: der.replace(good, weak), "rsa-x509")
        trial = tried(Author(keys={"root": [key]}))
        assert trial.failed == ["key.strength T"]
        assert named in trial.check("key.strength").actual

    def test_a_certificate_that_ends_before_it_starts(self) -> None:
        start, end = (moment.strftime("%y%m%d%H%M%SZ").encode() for moment in (AT, AT + YEAR))
        private = ec.generate_private_key(ec.SECP256R1())

        def swap(der: bytes) -> bytes:
            return der.replace(start, b"-" * 13).replace(end, start).replace(b"-" * 13, end)

        key = patched(private, swap, start=AT, end=AT + YEAR)
        trial = tried(Author(keys={"root": [key]}))
        assert trial.failed[0] == "key.strength T"

    def test_a_certificate_with_one_extension_twice(self) -> None:
        from cryptography import x509

        # 2.5.29.18 becomes 2.5.29.19, basic constraints, which is there already.
        extra = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.18"), b"\x30\x00")
        private = ec.generate_private_key(ec.SECP256R1())
        twice = bytes.fromhex("0603551d12"), bytes.fromhex("0603551d13")
        key = patched(private, lambda der: der.replace(*twice), extra=extra)
        assert tried(Author(keys={"root": [key]})).failed == ["tuf.metadata.form T"]

    def test_rsa_in_a_certificate(self) -> None:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        key = certified(certificate(private), private=private, keytype="rsa-x509")
        author = Author(keys={"root": [key]})
        author.sign("v1", "one")
        assert tried(author).tags == SIGNED


class TestAnswers:
    def test_no_trust_data(self) -> None:
        trial = run(Server(GUN), Pins(root=("0" * 64,), of_prefix=True))
        assert trial.failed == ["tuf.target.present N"]
        assert trial.judgement.trust_data is None
        assert trial.judgement.freshness == "unknown"
        assert len(trial.rounds) == 1
        assert run(Server(GUN), Pins(tofu=True)).failed == ["tuf.target.present N"]

    def test_no_trust_data_where_there_must_be_some(self) -> None:
        for pins in (
            Pins(root=("0" * 64,)),
            Pins(first_seen=("0" * 64,), tofu=True),
            Pins(first_seen=("0" * 64,), tofu=True, of_prefix=True),
        ):
            trial = run(Server(GUN), pins)
            assert trial.failed == ["notary.still_present T"]
            assert trial.judgement.trust_data is None

    def test_an_unreachable_root(self, author: Author) -> None:
        def cut(server: Server) -> None:
            server.failing |= {"root", "timestamp"}

        trial = tried(author, cut)
        assert trial.failed == []
        assert trial.unknown == ["notary.available U"]
        assert trial.judgement.trust_data is None

    @pytest.mark.parametrize(
        ("raw", "failed"),
        [
            (b"", "notary.answer.form R"),
            (b"  \n", "notary.answer.form R"),
            (b"<!doctype html>", "notary.answer.form R"),
            (b'{"errors":[{"code":"UNKNOWN"}]}', "notary.answer.form R"),
            (b'{"signed":null,"signatures":[]}', "tuf.metadata.form T"),
            (b'{"signatures":[]}', "tuf.metadata.form T"),
            (b'{"signed":{}}', "tuf.metadata.form T"),
            (b'{"signed":', "tuf.metadata.form T"),
        ],
    )
    def test_a_root_that_is_none(self, raw: bytes, failed: str) -> None:
        server = Server(GUN, files={"root": raw})
        trial = run(server, Pins(root=("0" * 64,)))
        assert trial.failed == [failed]
        assert trial.judgement.trust_data is None

    def test_nothing_was_asked(self) -> None:
        from crosstrust.chain.dossier import Dossier

        judgement = NotaryV1().judge(GUN, Dossier(), pins=Pins(), at=AT, seen=b"")
        assert [check.code for check in judgement.evidence.checks] == ["notary.available"]
        assert judgement.evidence.checks[0].outcome is Outcome.UNKNOWN

    def test_a_current_root_that_is_none_beside_a_cached_one(self, author: Author) -> None:
        server = serve(author)
        first = run(server, pin(author))
        server.warm()
        server.files = {"root": b"<html>"}
        trial = run(server, pin(author), seen=first.judgement.state)
        assert trial.failed == []
        assert trial.unknown == ["notary.available U"]

    def test_another_repository_s_answers_are_not_used(self, author: Author) -> None:
        trial = tried(author)
        dossier = trial.dossier
        judgement = NotaryV1().judge("docker.io/other/one", dossier, pins=Pins(), at=AT, seen=b"")
        assert judgement.trust_data is None

    def test_a_server_that_hides_the_newest_root(self, author: Author) -> None:
        server, pins = rotated(author)
        server.files["root"] = server.roots[1]
        del server.roots[2]
        trial = run(server, pins)
        assert trial.failed == ["tuf.meta.hash T"]
        assert trial.dossier.replies[ReadRole(GUN, "root", version=2)] == Absent(
            "https://notary.test"
        )
        assert trial.tags == {}


def test_wants_end(author: Author) -> None:
    trial: Trial = tried(author)
    assert NotaryV1().wants(GUN, trial.dossier, pins=pin(author), seen=b"") == ()
