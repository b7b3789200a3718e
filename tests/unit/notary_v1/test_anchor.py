"""The anchor: which of the root keys the user vouches for, and which of them must have signed."""

from __future__ import annotations

import pytest

from crosstrust.chain.pin import Pins
from crosstrust.evidence.check import Check
from crosstrust.oci import limits
from tests.unit.notary_v1.author import GUN, Author, AuthorKey, digest, root_key
from tests.unit.notary_v1.trial import Trial, run, serve

SIGNED = {"v1": digest("one")}
TOFU = Pins(tofu=True)


@pytest.fixture
def author() -> Author:
    """An author with three root keys, of which any one will do."""
    made = Author(keys={"root": [root_key(), root_key(), root_key()]})
    made.sign("v1", "one")
    return made


def pinned(*keys: AuthorKey) -> Pins:
    return Pins(root=tuple(key.id for key in keys))


def match(trial: Trial) -> Check:
    """The check of the pin, made once however many keys there are."""
    (found,) = {check for check in trial.checks if check.code == "pin.match"}
    return found


def shown(*keys: AuthorKey) -> str:
    return ", ".join(f"{key.id} (canonical {key.canonical})" for key in keys)


@pytest.mark.parametrize("signer", [0, 1, 2])
def test_the_key_that_signed_is_the_one_that_counts(author: Author, signer: int) -> None:
    keys = author.keys["root"]
    author.signers["root"] = [keys[signer]]
    for pins, how in ((pinned(*keys), "scoped"), (TOFU, "first seen")):
        trial = run(serve(author), pins)
        assert trial.tags == SIGNED
        assert (match(trial).expected, match(trial).actual) == (how, shown(keys[signer]))


def test_of_several_that_signed_the_first_is_shown(author: Author) -> None:
    keys = author.keys["root"]
    for pins in (pinned(*keys), TOFU):
        assert match(run(serve(author), pins)).actual == shown(keys[0])


def test_a_pinned_key_that_is_listed_and_did_not_sign_vouches_for_nothing(author: Author) -> None:
    keys = author.keys["root"]
    author.signers["root"] = [keys[1]]
    trial = run(serve(author), pinned(keys[0]))
    assert trial.failed == ["pin.match T"]
    assert trial.tags == {}
    assert match(trial).expected == f"signed by {shown(keys[0])}"


@pytest.mark.parametrize("threshold", [1, 2])
def test_a_root_that_too_few_signed_is_said_to_lack_signatures(
    author: Author, threshold: int
) -> None:
    keys = author.keys["root"]
    author.thresholds["root"] = threshold
    author.signers["root"] = keys[1:threshold]
    trial = run(serve(author), pinned(keys[0]))
    assert trial.failed == ["tuf.signature.threshold T"]
    assert trial.tags == {}


def test_a_root_that_nobody_signed_is_no_first_contact(author: Author) -> None:
    author.signers["root"] = []
    trial = run(serve(author), TOFU)
    assert trial.failed == ["tuf.signature.threshold T"]
    assert match(trial).actual == shown(author.keys["root"][0])
    assert trial.tags == {}


def test_keys_that_nobody_pinned_are_all_shown(author: Author) -> None:
    other = root_key()
    trial = run(serve(author), pinned(other))
    assert set(trial.failed) == {"pin.match T"}
    assert (match(trial).expected, match(trial).actual) == (other.id, shown(*author.keys["root"]))


@pytest.mark.parametrize("pins", ["scoped", "canonical", "first seen", "none"])
def test_keys_of_the_first_and_of_the_last_root_are_shown_as_pinned(pins: str) -> None:
    author = Author()
    author.sign("v1", "one")
    first, last = author.keys["root"][0], root_key()
    server = serve(author)
    author.keys["root"], author.signers["root"] = [last], [first, last]
    author.versions["root"] = 2
    author.bump("snapshot", "timestamp")
    serve(author, server)
    used = {
        "scoped": pinned(first),
        "canonical": Pins(root=(first.canonical,)),
        "first seen": Pins(first_seen=(first.id,), tofu=True),
        "none": pinned(root_key()),
    }[pins]
    data = run(server, used).judgement.trust_data
    assert data is not None
    how = "" if pins == "none" else pins
    assert data.root_pins.get(first.id, "") == how
    assert data.root_pins[last.id] == ""


@pytest.mark.parametrize(("version", "code"), [(5, "notary.available U"), (6, "pin.match T")])
def test_older_roots_may_have_the_pin_as_far_as_they_are_searched(
    author: Author, monkeypatch: pytest.MonkeyPatch, version: int, code: str
) -> None:
    monkeypatch.setattr(limits, "ROOT_ROTATIONS", 4)
    author.versions["root"] = version
    server = serve(author)
    server.failing = {f"root {number}" for number in range(1, version)}
    trial = run(server, pinned(root_key()))
    assert {*trial.failed, *trial.unknown} == {code}
    assert trial.gun == GUN


def test_older_roots_that_are_gone_have_no_pin(author: Author) -> None:
    author.versions["root"] = 3
    server = serve(author)
    assert set(run(server, pinned(root_key())).failed) == {"pin.match T"}
    server.failing = {"root 2"}
    trial = run(server, pinned(root_key()))
    assert (trial.failed, set(trial.unknown)) == ([], {"notary.available U"})
    assert trial.checks[0].where == "root 2"
