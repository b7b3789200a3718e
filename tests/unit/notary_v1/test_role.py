"""Timestamp, snapshot, targets: floors, binding, signatures. Catalogue A01 to A16, A35 to A64."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from crosstrust.chain.answer import Answer
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins
from crosstrust.evidence.check import Class, Outcome
from crosstrust.schemes.notary_v1 import NotaryV1
from crosstrust.schemes.notary_v1.state import parse_state
from tests.unit.notary_v1.author import (
    AT,
    GUN,
    Author,
    AuthorKey,
    Json,
    bare,
    certificate,
    certified,
    digest,
    encode,
    root_key,
)
from tests.unit.notary_v1.serving import Server
from tests.unit.notary_v1.trial import Trial, pin, run, serve, tried

SIGNED = {"v1": digest("one")}
ROLES = ["timestamp", "snapshot", "targets", "targets/releases"]
EXPIRIES = {"targets/releases": "tuf.delegation.expiry"}

each_role = pytest.mark.parametrize("role", ROLES)


@pytest.fixture
def author() -> Author:
    made = Author()
    made.delegate("targets/releases")
    made.sign("v1", "one", "targets/releases")
    return made


@dataclass
class Twice:
    """An author's second state, judged with what was seen in the first."""

    author: Author

    def __call__(self, change: Callable[[], None]) -> Trial:
        server = serve(self.author)
        first = run(server, pin(self.author))
        assert first.failed == []
        change()
        second = serve(self.author, server)
        return run(second, pin(self.author), seen=first.judgement.state)


class TestExpiry:
    @each_role
    def test_run_out(self, author: Author, role: str) -> None:
        author.expires[role] = AT
        trial = tried(author)
        assert trial.failed == [f"{EXPIRIES.get(role, f'tuf.{role}.expiry')} S"]
        assert trial.tags == {}
        # The keys are shown all the same.
        assert trial.judgement.trust_data is not None

    @each_role
    def test_one_microsecond_before(self, author: Author, role: str) -> None:
        author.expires[role] = AT + timedelta(microseconds=1)
        assert tried(author).tags == SIGNED


class TestSignatures:
    @each_role
    @pytest.mark.parametrize("none", [[], None])
    def test_no_signature(self, author: Author, role: str, none: list[Json] | None) -> None:
        author.signatures[role] = lambda _: none
        trial = tried(author)
        assert trial.failed == ["tuf.signature.threshold T"]
        assert trial.tags == {}

    @each_role
    def test_an_unlisted_key(self, author: Author, role: str) -> None:
        author.signers[role] = [bare()]
        assert tried(author).failed == ["tuf.signature.threshold T"]

    @each_role
    def test_another_message(self, author: Author, role: str) -> None:
        author.written[role] = lambda raw: raw.replace(b'"version":1', b'"version":2')
        trial = tried(author)
        assert trial.failed == ["tuf.signature.threshold T"]
        assert "does not verify" in trial.check("tuf.signature.threshold").actual

    def test_a_bad_signature_beside_enough_good_ones(self, author: Author) -> None:
        good, other = author.keys["targets"][0], bare()
        author.keys["targets"].append(other)
        message = b"another"
        author.signatures["targets"] = lambda made: [made[0], other.signature(message)]
        author.signers["targets"] = [good]
        trial = tried(author)
        assert trial.tags == SIGNED
        shown = [c.actual for c in trial.checks if c.code == "tuf.signature.threshold"]
        assert any(f"void: {other.id}" in actual for actual in shown)

    def test_a_threshold_of_two(self, author: Author) -> None:
        author.keys["targets"].append(bare())
        author.thresholds["targets"] = 2
        assert tried(author).tags == SIGNED
        author.signers["targets"] = author.keys["targets"][:1]
        trial = tried(author)
        assert trial.failed == ["tuf.signature.threshold T"]
        assert trial.check("tuf.signature.threshold").expected == "2 of 2 keys"

    def test_a_threshold_above_the_number_of_keys(self, author: Author) -> None:
        author.thresholds["timestamp"] = 2
        assert tried(author).failed == ["tuf.signature.threshold T"]

    def test_one_key_in_two_forms_counts_once(self, author: Author) -> None:
        plain = author.keys["targets"][0]
        twin = certified(certificate(plain.private), private=plain.private)
        author.keys["targets"].append(twin)
        author.thresholds["targets"] = 2
        trial = tried(author)
        assert trial.failed == ["tuf.signature.threshold T"]
        assert trial.check("tuf.signature.threshold").expected == "2 of 1 keys"

    @pytest.mark.parametrize(
        ("method", "code"),
        [
            ("eddsa", "tuf.signature.method T"),
            ("rsapss", "tuf.signature.method T"),
            ("pycrypto-pkcs#1 pss", "tuf.signature.method T"),
            ("ECDSA", "tuf.signature.threshold T"),
            ("none", "tuf.signature.threshold T"),
            ("rsapss-sha1", "tuf.signature.threshold T"),
            ("", "tuf.signature.threshold T"),
        ],
    )
    def test_another_method(self, author: Author, method: str, code: str) -> None:
        author.signatures["timestamp"] = lambda made: [{**made[0], "method": method}]
        assert tried(author).failed == [code]

    def test_der_instead_of_two_numbers(self, author: Author) -> None:
        def der(made: list[Json]) -> list[Json]:
            private = author.keys["timestamp"][0].private
            assert isinstance(private, ec.EllipticCurvePrivateKey)
            from cryptography.hazmat.primitives import hashes

            return [{**made[0], "sig": encode(private.sign(b"x", ec.ECDSA(hashes.SHA256())))}]

        author.signatures["timestamp"] = der
        assert tried(author).failed == ["tuf.signature.threshold T"]

    @pytest.mark.parametrize("kind", ["p384", "p521", "ed25519", "rsa", "rsa-x509", "ecdsa-x509"])
    def test_every_kind_of_key(self, author: Author, kind: str) -> None:
        author.keys["targets"] = [key_of(kind)]
        assert tried(author).tags == SIGNED

    def test_eddsa_over_another_message(self, author: Author) -> None:
        author.keys["timestamp"] = [key_of("ed25519")]
        author.signatures["timestamp"] = lambda _: [author.keys["timestamp"][0].signature(b"")]
        assert tried(author).failed == ["tuf.signature.threshold T"]

    def test_an_ed25519_key_with_the_method_of_another(self, author: Author) -> None:
        author.keys["timestamp"] = [key_of("ed25519")]
        author.signatures["timestamp"] = lambda made: [{**made[0], "method": "ecdsa"}]
        assert tried(author).failed == ["tuf.signature.method T"]

    def test_an_ed25519_key_of_the_wrong_length_or_order_is_void(self, author: Author) -> None:
        genuine = key_of("ed25519")
        for raw in (bytes(31), bytes(32), b"\x01" + bytes(31), bytes(31) + b"\x80"):
            weak = AuthorKey(genuine.private, "ed25519", encode(raw))
            author.keys["timestamp"] = [weak]
            assert tried(author).failed == ["tuf.signature.threshold T"]

    def test_a_signature_that_fits_every_message_of_a_weak_key(self, author: Author) -> None:
        # Under the neutral point S=1 and R=B verify whatever the message is.
        base, one = bytes.fromhex("58" + "66" * 31), (1).to_bytes(32, "little")
        weak = AuthorKey(ed25519.Ed25519PrivateKey.generate(), "ed25519", encode(one))
        entry = {"keyid": weak.id, "method": "eddsa", "sig": encode(base + one)}
        author.keys["timestamp"] = [weak]
        author.signatures["timestamp"] = lambda _: [entry]
        assert tried(author).failed == ["tuf.signature.threshold T"]

    def test_a_zero_between_the_two_numbers(self, author: Author) -> None:
        def widen(made: list[Json]) -> list[Json]:
            raw = base64.b64decode(made[0]["sig"])
            return [{**made[0], "sig": encode(raw[:32] + bytes(1) + raw[32:])}]

        author.signatures["timestamp"] = widen
        assert tried(author).failed == ["tuf.signature.threshold T"]

    def test_a_short_rsa_key_is_void(self, author: Author) -> None:
        author.keys["timestamp"] = [bare(rsa.generate_private_key(65537, 1024))]  # noqa: S505 - weak on purpose
        assert tried(author).failed == ["tuf.signature.threshold T"]

    def test_pkcs1_padding(self, author: Author) -> None:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        private = rsa.generate_private_key(65537, 2048)
        key = bare(private)

        class Signer(AuthorKey):
            def signature(self, message: bytes) -> Json:
                value = private.sign(message, padding.PKCS1v15(), hashes.SHA256())
                return {"keyid": key.id, "method": "rsapkcs1v15", "sig": encode(value)}

        author.keys["timestamp"] = [key]
        author.signers["timestamp"] = [Signer(private, "rsa", key.public)]
        assert tried(author).tags == SIGNED


def key_of(kind: str) -> AuthorKey:
    if kind == "ed25519":
        return bare(ed25519.Ed25519PrivateKey.generate())
    if kind.startswith("rsa"):
        private = rsa.generate_private_key(65537, 2048)
        if kind == "rsa":
            return bare(private)
        return certified(certificate(private), private=private, keytype="rsa-x509")
    if kind == "ecdsa-x509":
        # Only root's certificates have to name the repository and be in time (A79).
        return root_key("someone else", end=AT - timedelta(days=1))
    curve = ec.SECP384R1() if kind == "p384" else ec.SECP521R1()
    return bare(ec.generate_private_key(curve))


class TestBinding:
    @pytest.mark.parametrize("role", ["snapshot", "targets", "targets/releases"])
    def test_other_bytes(self, author: Author, role: str) -> None:
        def swap(server: Server) -> None:
            (name,) = [key for key in server.stored if key[0] == role]
            server.stored[name] += b" "

        trial = tried(author, swap)
        assert trial.failed == ["tuf.meta.hash T"]
        assert trial.check("tuf.meta.hash").where == role
        assert trial.tags == {}

    def test_another_root(self, author: Author) -> None:
        server = serve(author)
        author.expires["root"] = AT + timedelta(days=1)
        server.files["root"] = server.roots[1] = author.root()
        trial = run(server, pin(author))
        assert trial.failed == ["tuf.meta.hash T"]
        assert trial.check("tuf.meta.hash").where == "root"

    def test_another_length(self, author: Author) -> None:
        def lie(signed: Json) -> None:
            signed["meta"]["snapshot"]["length"] += 1

        author.edits["timestamp"] = lie
        assert tried(author).failed == ["tuf.meta.length T"]

    @pytest.mark.parametrize("role", ["targets", "root"])
    def test_a_right_sha256_and_a_wrong_sha512(self, author: Author, role: str) -> None:
        def lie(signed: Json) -> None:
            signed["meta"][role]["hashes"]["sha512"] = encode(bytes(64))

        author.edits["snapshot"] = lie
        assert tried(author).failed == ["tuf.meta.hash T"]

    @pytest.mark.parametrize(
        "hashes",
        [{}, None, {"md5": "AAAA"}, {"sha256": encode(bytes(31))}, {"sha512": encode(bytes(64))}],
    )
    def test_no_usable_sha256(self, author: Author, hashes: Any) -> None:
        def change(signed: Json) -> None:
            signed["meta"]["targets"]["hashes"] = hashes

        author.edits["snapshot"] = change
        trial = tried(author)
        expected = "tuf.metadata.form T" if hashes is None else "digest.algorithm.supported T"
        assert trial.failed == [expected]


class TestAnswers:
    @pytest.mark.parametrize("role", ROLES)
    def test_unreachable(self, author: Author, role: str) -> None:
        trial = tried(author, lambda server: server.failing.add(role))
        assert trial.failed == []
        assert trial.unknown == ["notary.available U"]
        assert trial.tags == {}
        # A tag that might be in the missing role must not pass for unsigned.
        assert trial.judgement.trust_data is None

    @pytest.mark.parametrize("role", ["snapshot", "targets", "targets/releases"])
    def test_a_bound_file_that_is_not_served(self, author: Author, role: str) -> None:
        def drop(server: Server) -> None:
            server.stored = {key: raw for key, raw in server.stored.items() if key[0] != role}

        trial = tried(author, drop)
        assert trial.failed == ["notary.answer.form R"]
        assert trial.tags == {}

    def test_no_timestamp(self, author: Author) -> None:
        trial = tried(author, lambda server: server.files.__delitem__("timestamp"))
        assert trial.failed == []
        assert trial.unknown == ["notary.available U"]
        assert trial.check("notary.available", Outcome.UNKNOWN).actual == "404"

    @pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "targets/releases"])
    @pytest.mark.parametrize(
        ("raw", "code"), [(b"<html>", "notary.answer.form R"), (b"{}x", "tuf.metadata.form T")]
    )
    def test_a_file_that_is_none(self, author: Author, role: str, raw: bytes, code: str) -> None:
        author.written[role] = lambda _: raw
        trial = tried(author)
        assert trial.failed == [code]
        assert trial.tags == {}

    def test_members_beside_what_is_signed_are_told(self, author: Author) -> None:
        author.written["targets"] = lambda raw: raw[:-1] + b',"extra":1}'
        trial = tried(author)
        assert trial.tags == SIGNED
        (told,) = [c for c in trial.checks if "extra" in c.actual]
        assert (told.code, told.where) == ("tuf.metadata.form", "targets")

    def test_whitespace_and_order_do_not_matter(self, author: Author) -> None:
        import json

        author.written["targets"] = lambda raw: json.dumps(
            dict(reversed(json.loads(raw).items())), indent=3
        ).encode()
        assert tried(author).tags == SIGNED


class TestFloors:
    @each_role
    def test_an_older_version(self, author: Author, role: str) -> None:
        author.versions = dict.fromkeys(ROLES, 5)
        second = Twice(author)

        def roll_back() -> None:
            author.bump()
            author.versions[role] = 4

        trial = second(roll_back)
        assert trial.failed == ["tuf.version.rollback T"]
        assert trial.check("tuf.version.rollback").actual == "4"
        assert trial.tags == {}

    @each_role
    def test_other_bytes_under_the_same_version(self, author: Author, role: str) -> None:
        def sign_again() -> None:
            author.bump()
            author.versions[role] -= 1
            author.expires[role] = AT + timedelta(days=1)

        trial = Twice(author)(sign_again)
        assert trial.failed == ["tuf.version.unique T"]
        assert trial.tags == {}

    def test_the_same_state_again(self, author: Author) -> None:
        server = serve(author)
        first = run(server, pin(author))
        again = run(server, pin(author), seen=first.judgement.state)
        assert again.tags == SIGNED
        assert again.judgement.state == first.judgement.state
        assert (first.judgement.freshness, again.judgement.freshness) == ("first-seen", "fresh")

    def test_an_older_root(self, author: Author) -> None:
        server = serve(author)
        old_root = dict(server.files)
        author.versions["root"] = 2
        author.bump()
        server = serve(author, server)
        first = run(server, pin(author))
        assert first.failed == []
        server.roots.pop(2)
        server.publish(old_root, {})
        trial = run(server, pin(author), seen=first.judgement.state)
        assert "tuf.version.rollback T" in trial.failed
        assert trial.tags == {}
        assert trial.judgement.state == first.judgement.state

    def test_another_root_of_the_same_version(self, author: Author) -> None:
        server = serve(author)
        first = run(server, pin(author))
        author.expires["root"] = AT + timedelta(days=1)
        author.bump()
        trial = run(serve(author, server), pin(author), seen=first.judgement.state)
        assert "tuf.version.unique T" in trial.failed
        assert trial.judgement.state == first.judgement.state

    def test_a_replaced_key_lowers_the_floor(self, author: Author) -> None:
        author.versions = {"timestamp": 2**31 - 1}

        def recover() -> None:
            author.keys["timestamp"] = [bare()]
            author.bump("root", "snapshot", *author.tags)
            author.versions["timestamp"] = 1

        trial = Twice(author)(recover)
        assert trial.failed == []
        assert trial.tags == SIGNED
        (told,) = [c for c in trial.checks if "were replaced" in c.actual]
        assert told.where == "timestamp"
        floors = parse_state(trial.judgement.state, GUN).floors["timestamp"]
        assert [floor.version for floor in floors] == [2**31 - 1, 1]

    def test_an_added_key_keeps_the_floor(self, author: Author) -> None:
        author.versions = {"timestamp": 9}

        def add() -> None:
            author.keys["timestamp"].append(bare())
            author.bump("root", "snapshot", *author.tags)
            author.versions["timestamp"] = 8

        assert Twice(author)(add).failed == ["tuf.version.rollback T"]

    def test_a_delegation_that_vanishes(self, author: Author) -> None:
        def hide() -> None:
            author.bump()
            author.unlisted.add("targets/releases")

        trial = Twice(author)(hide)
        assert trial.failed == ["tuf.version.rollback T"]
        assert trial.tags == {}

    def test_a_delegation_that_is_no_longer_declared(self, author: Author) -> None:
        author.sign("v1", "one")

        def remove() -> None:
            del author.declared["targets/releases"]
            del author.tags["targets/releases"]
            author.bump()

        trial = Twice(author)(remove)
        assert trial.tags == SIGNED
        # Declared again, its keys could show what they signed before.
        assert b"releases" in trial.judgement.state


class TestFreshness:
    def test_cached(self, author: Author) -> None:
        server = serve(author)
        for raw in server.files.values():
            server.stored["", digest(raw.hex())] = raw
        trial = run(server, pin(author))
        from crosstrust.chain.want import ReadRole

        cached = Answer(server.files["timestamp"], origin="cache")
        dossier = type(trial.dossier)({**trial.dossier.replies, ReadRole(GUN, "timestamp"): cached})
        judgement = NotaryV1().judge(GUN, dossier, pins=pin(author), at=AT, seen=b"")
        assert judgement.freshness == "cached"

    def test_a_cache_older_than_what_was_seen_is_no_rollback(self, author: Author) -> None:
        server = serve(author)
        old = run(server, pin(author)).dossier
        author.bump("root", "timestamp", "snapshot", *author.tags)
        seen = run(serve(author, server), pin(author)).judgement.state
        replies = {
            want: replace(reply, origin="cache") if isinstance(reply, Answer) else reply
            for want, reply in old.replies.items()
        }
        judgement = NotaryV1().judge(GUN, Dossier(replies), pins=pin(author), at=AT, seen=seen)
        found = [c for c in judgement.evidence.checks if c.outcome is not Outcome.PASSED]
        assert found
        for check in found:
            assert (check.code, check.outcome) == ("tuf.version.rollback", Outcome.UNKNOWN)
            assert check.klass is Class.UNREACHABLE
            assert "ask the server" in check.remedy
        assert judgement.state == seen

    def test_a_cache_excuses_nothing_else(self, author: Author) -> None:
        author.expires["targets"] = AT
        server = serve(author)
        replies = {
            want: replace(reply, origin="cache") if isinstance(reply, Answer) else reply
            for want, reply in run(server, pin(author)).dossier.replies.items()
        }
        judgement = NotaryV1().judge(GUN, Dossier(replies), pins=pin(author), at=AT, seen=b"")
        failures = [c for c in judgement.evidence.checks if c.outcome is Outcome.FAILED]
        assert [check.code for check in failures] == ["tuf.targets.expiry"]

    def test_unknown(self, author: Author) -> None:
        trial = tried(author, lambda server: server.failing.add("timestamp"))
        assert trial.judgement.freshness == "unknown"


class TestGone:
    def test_trust_data_that_was_there(self, author: Author) -> None:
        first = tried(author)
        trial = run(Server(GUN), pin(author), seen=first.judgement.state)
        assert trial.failed == ["notary.still_present T"]
        assert trial.judgement.state == first.judgement.state

    def test_trust_data_that_is_only_in_the_cache(self, author: Author) -> None:
        server = serve(author)
        first = run(server, pin(author))
        server.warm()
        server.files.clear()
        server.roots.clear()
        trial = run(server, pin(author), seen=first.judgement.state)
        assert trial.failed == ["notary.still_present T"]
        assert trial.tags == {}


def test_nothing_is_remembered_without_a_pin(author: Author) -> None:
    for pins in (Pins(), Pins(root=("0" * 64,))):
        state = run(serve(author), pins).judgement.state
        assert b"sha256" not in state
