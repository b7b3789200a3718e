"""Signatures that do not count, and how many are needed. TUF 5.3 to 5.6, dialect section 3."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from crosstrust.sandbox.damage import Damage
from crosstrust.sandbox.key import SigningKey, generate
from crosstrust.sandbox.metadata import Json
from tests.attacks.forge import (
    BELOW_ROOT,
    RELEASES,
    SIGNER,
    refuse,
    refuse_each,
    sign_in_every_role,
    start_again,
)
from tests.attacks.trial import Trial

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
THRESHOLD = "tuf.signature.threshold"

Rewrite = Callable[[Json], None]


def reshape(change: Rewrite) -> Callable[[Damage], object]:
    """Change the envelope; what binds the file binds the changed one."""

    def rewrite(raw: bytes) -> bytes:
        value = json.loads(raw)
        change(value)
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    return lambda damage: damage.rewrite(rewrite)


def each_signature(change: Callable[[bytes], bytes]) -> Callable[[Damage], object]:
    def edit(signatures: list[Json]) -> list[Json]:
        return [
            {**one, "sig": base64.b64encode(change(base64.b64decode(one["sig"]))).decode("ascii")}
            for one in signatures
        ]

    return lambda damage: damage.edit_signatures(edit)


def sign_twice(key: SigningKey) -> Callable[[Damage], object]:
    return lambda damage: damage.sign_with(key, key)


def as_der(signature: bytes) -> bytes:
    half = len(signature) // 2
    r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
    return encode_dss_signature(r, s)


def mirrored(signature: bytes) -> bytes:
    """Return the other signature that fits the same message: s and the order less s."""
    s = P256_ORDER - int.from_bytes(signature[32:], "big")
    return signature[:32] + s.to_bytes(32, "big")


@pytest.mark.row("A44")
def test_a_key_that_is_not_listed_signs_for_nobody(trial: Trial) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), THRESHOLD)
    author = trial.sandbox.author
    stranger = author.new_key()
    for role in BELOW_ROOT:
        (victim, *_) = author.keys(role)
        damages: dict[str, Callable[[Damage], object]] = {
            "own ID": lambda damage: damage.sign_with(stranger),
            "the victim's ID": partial(Damage.impersonate, victim=victim, key=stranger),
            "another role's key": lambda damage: damage.sign_with(*author.keys("root")),
        }
        refuse_each(trial, THRESHOLD, damages, roles=[role])


@pytest.mark.row("A44", "A45")
@pytest.mark.parametrize("signed", ["a stranger", "nobody"])
def test_a_first_root_that_its_keys_did_not_sign_is_refused(trial: Trial, signed: str) -> None:
    author = start_again(trial)
    signers = [author.new_key("ecdsa-x509")] if signed == "a stranger" else []
    author.damage("root").sign_with(*signers)
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), THRESHOLD, "T", where="root")


@pytest.mark.row("A44", "A45")
@pytest.mark.parametrize("signed", ["a stranger", "nobody", "the new key", "the old key"])
def test_a_later_root_needs_the_former_keys_and_its_own(trial: Trial, signed: str) -> None:
    trial.expect_trusted(trial.verify(), "tuf.root.rotation")
    author, pin = trial.sandbox.author, trial.root_pin
    (old,) = author.keys("root")
    new, stranger = author.rotate_root(), author.new_key("ecdsa-x509")
    signers = {"a stranger": [stranger], "nobody": [], "the new key": [new], "the old key": [old]}
    author.damage("root").sign_with(*signers[signed])
    trial.sandbox.publish()
    outcome = trial.verify(pins=[pin])
    trial.expect_refused(outcome, "tuf.root.rotation", "T", where="root 2")


@pytest.mark.row("A45")
def test_a_file_without_signatures_is_refused(trial: Trial) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), THRESHOLD)
    damages = {
        "empty": lambda damage: damage.drop_signatures(),
        "null": reshape(lambda value: value.update(signatures=None)),
        "no member": reshape(lambda value: value.pop("signatures")),
    }
    refuse_each(trial, THRESHOLD, damages)


@pytest.mark.row("A45")
def test_signatures_that_are_no_list_are_refused(trial: Trial) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify())
    others: tuple[object, ...] = ({}, "", 0, [None], [[]], True)
    damages = {str(other): reshape(partial(dict.update, signatures=other)) for other in others}
    refuse_each(trial, "tuf.metadata.form", damages, roles=("timestamp", RELEASES))


@pytest.mark.row("A48")
def test_one_key_that_signs_twice_is_refused(trial: Trial) -> None:
    author = trial.sandbox.author
    for role in BELOW_ROOT:
        author.assign(role, (author.keys(role)[0], author.new_key()), threshold=2)
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), THRESHOLD)
    for role in BELOW_ROOT:
        key = author.keys(role)[0]
        damages: dict[str, Callable[[Damage], object]] = {
            "the same": Damage.repeat_signature,
            # ECDSA signs with a fresh number each time: two signatures, both valid.
            "another": sign_twice(key),
        }
        refuse_each(trial, "tuf.metadata.form", damages, roles=[role])


@pytest.mark.row("A54")
@pytest.mark.parametrize("first", [True, False], ids=["bad one first", "bad one last"])
def test_a_bad_signature_beside_a_good_one_is_reported(trial: Trial, *, first: bool) -> None:
    author = trial.sandbox.author
    good, bad = author.keys("targets")[0], author.new_key()
    author.assign("targets", (bad, good) if first else (good, bad))

    def spoil(signatures: list[Json]) -> list[Json]:
        nothing = base64.b64encode(bytes(64)).decode("ascii")
        return [
            {**one, "sig": nothing} if one["keyid"] == bad.scoped else one for one in signatures
        ]

    author.damage("targets").edit_signatures(spoil)
    trial.sandbox.publish()
    outcome = trial.verify()
    trial.expect_trusted(outcome, THRESHOLD)
    (check,) = [
        one
        for one in outcome.checks("passed")
        if (one["code"], one["where"]) == (THRESHOLD, "targets")
    ]
    assert f"void: {bad.scoped}, does not verify" in check["actual"]
    assert f"void: {good.scoped}" not in check["actual"]
    # With the good one gone as well, the bad one is worth nothing.
    author.damage("targets").corrupt_signature()
    trial.sandbox.publish()
    refuse(trial, "targets", THRESHOLD)


@pytest.mark.row("A55", "A64")
@pytest.mark.parametrize(
    ("kind", "methods"),
    [
        ("rsa", ["eddsa", "ecdsa", "pycrypto-pkcs#1 pss"]),
        ("ecdsa", ["eddsa", "rsapss", "rsapkcs1v15", "pycrypto-pkcs#1 pss"]),
        ("ed25519", ["ecdsa", "rsapss", "rsapkcs1v15", "pycrypto-pkcs#1 pss"]),
    ],
)
def test_a_method_of_another_kind_of_key_is_refused(
    trial: Trial, kind: str, methods: list[str]
) -> None:
    roles = ("timestamp", RELEASES)
    for role in roles:
        trial.sandbox.author.rotate(role, key_type=kind)
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), "tuf.signature.method")
    damages = {method: partial(Damage.set_method, method=method) for method in methods}
    refuse_each(trial, "tuf.signature.method", damages, roles=roles)


@pytest.mark.row("A56")
@pytest.mark.parametrize("kind", ["ecdsa", "rsa", "ed25519"])
def test_a_method_that_nobody_knows_makes_a_signature_void(trial: Trial, kind: str) -> None:
    author = trial.sandbox.author
    author.rotate("targets", key_type=kind)
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), THRESHOLD)
    right = author.keys("targets")[0].method
    names = (right.upper(), right.title(), f" {right}", f"{right}\n", "none", "rsapss-sha1", "")
    damages = {name: partial(Damage.set_method, method=name) for name in names}
    refuse_each(trial, THRESHOLD, damages, roles=["targets"])


@pytest.mark.row("A57")
def test_ecdsa_in_der_is_void(trial: Trial) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), THRESHOLD)
    refuse_each(trial, THRESHOLD, {"der": each_signature(as_der)})


@pytest.mark.row("A58")
def test_numbers_that_no_ecdsa_signature_has_are_void(trial: Trial) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), THRESHOLD)
    n, zero = P256_ORDER.to_bytes(32, "big"), bytes(32)
    forms: dict[str, Callable[[bytes], bytes]] = {
        "nothing": lambda _: b"",
        "r alone": lambda good: good[:32],
        "a byte less": lambda good: good[:-1],
        "a byte more": lambda good: good + b"\0",
        "zeros before": lambda good: b"\0" + good[:32] + b"\0" + good[32:],
        "s and r": lambda good: good[32:] + good[:32],
        "zeros": lambda _: zero + zero,
        "r zero": lambda good: zero + good[32:],
        "s zero": lambda good: good[:32] + zero,
        "r the order": lambda good: n + good[32:],
        "s the order": lambda good: good[:32] + n,
        "both the order": lambda _: n + n,
        "s beyond": lambda good: good[:32] + b"\xff" * 32,
        "r and s one": lambda _: (1).to_bytes(32, "big") * 2,
    }
    damages = {name: each_signature(form) for name, form in forms.items()}
    refuse_each(trial, THRESHOLD, damages, roles=["timestamp", "targets", SIGNER])


@pytest.mark.row("A59")
def test_the_mirrored_ecdsa_signature_is_one_by_that_key(trial: Trial) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), THRESHOLD)
    for role in BELOW_ROOT:
        each_signature(mirrored)(trial.sandbox.author.damage(role))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), THRESHOLD)


@pytest.mark.row("A59")
def test_a_timestamp_seen_before_keeps_its_very_bytes(trial: Trial) -> None:
    # Nobody needs a key to mirror a signature, so this is the server's doing. One version in two
    # files is refused whatever their difference is (A08): to let it pass would gain nothing.
    trial.expect_trusted(trial.verify(), "tuf.version.unique")
    raw = trial.sandbox.author.files()["timestamp"]
    (one,) = json.loads(raw)["signatures"]
    twin = base64.b64encode(mirrored(base64.b64decode(one["sig"]))).decode("ascii")
    changed = raw.replace(one["sig"].encode(), twin.encode())
    trial.sandbox.author.damage("timestamp").replace(lambda _: changed)
    trial.sandbox.publish()
    refuse(trial, "timestamp", "tuf.version.unique")


def test_mirrored_and_der_are_what_they_are_called() -> None:
    good = generate("ecdsa", name="", at=datetime(2026, 1, 1, tzinfo=UTC)).sign(b"message")
    r, s = decode_dss_signature(as_der(good))
    assert good == r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert mirrored(mirrored(good)) == good != mirrored(good)
