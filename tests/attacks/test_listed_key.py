"""Roles that list their keys or their threshold wrongly, in root and in delegations."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crosstrust.sandbox.key import SigningKey, bare, certify
from crosstrust.sandbox.metadata import CERTIFIED, Json
from tests.attacks.forge import (
    BELOW_ROOT,
    RELEASES,
    SIGNER,
    refuse,
    refuse_each,
    sign_in_every_role,
    start_again,
)
from tests.attacks.sample import some, some_pairs
from tests.attacks.trial import Trial

# What is done to a role's entry and to the keys beside it.
Change = Callable[[Json, Json], object]

FORM = "tuf.metadata.form"
THRESHOLD = "tuf.signature.threshold"


def in_root(role: str, change: Change) -> Callable[[Json], None]:
    def edit(signed: Json) -> None:
        change(signed["roles"][role], signed["keys"])

    return edit


def in_delegations(role: str, change: Change) -> Callable[[Json], None]:
    def edit(signed: Json) -> None:
        section = signed["delegations"]
        (entry,) = [one for one in section["roles"] if one["name"] == role]
        change(entry, section["keys"])

    return edit


def refuse_listings(trial: Trial, code: str, changes: Iterable[Change]) -> None:
    """Each change is refused in a first root and in delegations, the first in every role.

    That one also in a root which comes later.
    """
    listed = list(changes)
    for number, change in some(enumerate(listed)):
        for role in CERTIFIED if number == 0 else CERTIFIED[number % 4 :][:1]:
            start_again(trial).damage("root").edit(in_root(role, change))
            trial.sandbox.publish()
            trial.expect_refused(trial.verify(), code, "T", where="root")
    author = start_again(trial)
    # A key of its own, so that what is done to it is done to no other role.
    author.assign(RELEASES, (author.new_key(),))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), code)
    for change, role in some_pairs(listed, (SIGNER, RELEASES)):
        author.damage("targets").edit(in_delegations(role, change))
        trial.sandbox.publish()
        refuse(trial, "targets", code)
        author.damage("targets").repair()
    author.damage("root").edit(in_root("targets", listed[0]))
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), code, "T", where="root 2")


def put(name: str, value: object) -> Change:
    def change(entry: Json, _: Json) -> None:
        entry[name] = value

    return change


def rename(new: Callable[[str], str]) -> Change:
    """List the first key under another ID, in the role and among the keys alike."""

    def change(entry: Json, keys: Json) -> None:
        old = entry["keyids"][0]
        entry["keyids"] = [new(old), *entry["keyids"][1:]]
        keys[new(old)] = keys.pop(old)

    return change


def on_curve(curve: ec.EllipticCurve) -> SigningKey:
    private = ec.generate_private_key(curve)
    raw = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SigningKey("ecdsa", base64.b64encode(raw).decode("ascii"), private)


@pytest.mark.row("A46")
def test_a_threshold_that_is_no_count_is_refused(trial: Trial) -> None:
    wrong: tuple[object, ...] = (0, -1, None, "1", True, [1], 2**53 + 1)
    drop: Change = lambda entry, _: entry.pop("threshold")  # noqa: E731 - one of a list
    refuse_listings(trial, FORM, [drop, *(put("threshold", value) for value in wrong)])


@pytest.mark.row("A47")
def test_a_threshold_above_the_number_of_keys_is_never_reached(trial: Trial) -> None:
    sign_in_every_role(trial)
    author = trial.sandbox.author
    for role in BELOW_ROOT:
        for threshold in (1, 2, 100):
            author.assign(role, author.keys(role), threshold=threshold)
            trial.sandbox.publish()
            if threshold == 1:
                trial.expect_trusted(trial.verify(), THRESHOLD)
            else:
                refuse(trial, role, THRESHOLD, new_root=True)
        author.assign(role, author.keys(role))


@pytest.mark.row("A47")
def test_a_root_that_more_keys_must_sign_than_it_lists_is_refused(trial: Trial) -> None:
    trial.expect_trusted(trial.verify())
    author = trial.sandbox.author
    author.assign("root", author.keys("root"), threshold=2)
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), "tuf.root.rotation", "T", where="root 2")


@pytest.mark.row("A49")
def test_a_key_that_a_role_lists_nine_times_is_refused(trial: Trial) -> None:
    def repeat(entry: Json, _: Json) -> None:
        entry.update(keyids=entry["keyids"] * 9, threshold=2)

    refuse_listings(trial, FORM, [repeat])


@pytest.mark.row("A50")
@pytest.mark.parametrize("listing", ["bare and certified", "two certificates"])
@pytest.mark.parametrize("role", BELOW_ROOT)
def test_one_key_under_two_ids_counts_once(trial: Trial, role: str, listing: str) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), THRESHOLD)
    author = trial.sandbox.author
    key = author.new_key()
    first, second = (certify(key, name=author.gun, at=author.at) for _ in range(2))
    one = bare(key) if listing == "bare and certified" else first
    assert (one.canonical, one.scoped != second.scoped) == (second.canonical, True)
    author.assign(role, (one, second), threshold=2)
    trial.sandbox.publish()
    refuse(trial, role, THRESHOLD, new_root=True)
    author.assign(role, (one, second, author.new_key()), threshold=2)
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), THRESHOLD)


@pytest.mark.row("A50")
def test_a_root_key_in_two_certificates_counts_once(trial: Trial) -> None:
    trial.expect_trusted(trial.verify())
    author, pin = trial.sandbox.author, trial.root_pin
    key = author.new_key()
    twice = [certify(key, name=author.gun, at=author.at) for _ in range(2)]
    author.assign("root", twice, threshold=2)
    trial.sandbox.publish()
    outcome = trial.verify(pins=[pin])
    trial.expect_refused(outcome, "tuf.root.rotation", "T", where="root 2")


@pytest.mark.row("A51", "A52")
def test_a_key_id_that_is_not_the_key_s_hash_is_refused(trial: Trial) -> None:
    names: list[Callable[[str], str]] = [
        lambda _: "0" * 64,
        lambda good: good[::-1],
        str.upper,
        lambda good: good[:12],
        lambda good: f" {good}",
        lambda good: f"{good}\n",
        lambda good: f"{good}=",
        lambda good: f"sha256:{good}",
        lambda _: "",
    ]
    refuse_listings(trial, "tuf.key.id", [rename(name) for name in names])


@pytest.mark.row("A51")
def test_another_key_under_a_listed_id_is_refused(trial: Trial) -> None:
    stranger = trial.sandbox.author.new_key()

    def swap(entry: Json, keys: Json) -> None:
        keys[entry["keyids"][0]] = stranger.listed

    refuse_listings(trial, "tuf.key.id", [swap])


@pytest.mark.row("A53")
def test_a_role_that_lists_a_key_which_is_not_there_is_refused(trial: Trial) -> None:
    changes: list[Change] = [
        lambda entry, keys: keys.pop(entry["keyids"][0]),
        lambda entry, _: entry["keyids"].append("0" * 64),
        lambda entry, _: entry.update(keyids=[entry["keyids"][0].upper()]),
    ]
    refuse_listings(trial, FORM, changes)


@pytest.mark.row("A60")
def test_the_curves_of_nist_are_accepted(trial: Trial) -> None:
    author = trial.sandbox.author
    for curve in (ec.SECP384R1(), ec.SECP521R1()):
        for role in BELOW_ROOT:
            author.assign(role, (on_curve(curve),))
        sign_in_every_role(trial)
        trial.expect_trusted(trial.verify(), "tuf.key.type", THRESHOLD)
    refuse_each(trial, THRESHOLD, {"bad": lambda damage: damage.corrupt_signature()})


@pytest.mark.row("A60")
@pytest.mark.parametrize("curve", [ec.SECP224R1(), ec.SECP256K1(), ec.BrainpoolP256R1()])
@pytest.mark.parametrize("role", ["timestamp", "targets", SIGNER])
def test_other_curves_are_refused(trial: Trial, curve: ec.EllipticCurve, role: str) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), "tuf.key.type")
    trial.sandbox.author.assign(role, (on_curve(curve),))
    trial.sandbox.publish()
    if role == SIGNER:
        refuse(trial, "targets", "tuf.key.type")
    else:
        trial.expect_refused(trial.verify(), "tuf.key.type", "T", where="root 2")
