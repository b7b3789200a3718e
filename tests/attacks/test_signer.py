"""Who has signed: delegations, the keys that count for them, and what a policy demands."""

from __future__ import annotations

import json

import pytest

from crosstrust.sandbox.key import SigningKey
from tests.attacks.trial import Trial

HEAD = '[[image]]\nname = "public.ecr.aws/nicolas/webdis"\nsigned-by = "nicolas/webdis"\n'
OTHER = "0f" * 32


def write_policy(trial: Trial, *, keys: str = "", signed_by: tuple[str, ...] = ()) -> None:
    """Pin the root key and ``keys``, and demand ``signed_by`` for every tag."""
    rule = f'[[image.rule]]\ntags = ["*"]\nsigned-by = {json.dumps(signed_by)}\n'
    text = HEAD + f'keys.root = ["{trial.root_pin.removeprefix("root=")}"]\n' + keys
    file = trial.home / "work" / "crosstrust.toml"
    file.write_text(text + (rule if signed_by else ""), encoding="utf-8")


def sign(trial: Trial, *roles: str) -> None:
    trial.sandbox.author.sign(
        trial.release.tag, trial.release.signed, trial.release.length, roles=roles
    )
    trial.sandbox.publish()


def signer_keys(name: str, *keys: SigningKey) -> str:
    return f"keys.signers.{name} = {json.dumps([key.canonical for key in keys])}\n"


@pytest.mark.row("C15")
def test_what_only_a_signer_s_own_role_has_is_not_released(trial: Trial) -> None:
    author, tag = trial.sandbox.author, trial.release.tag
    sign(trial, "targets/nicolasff", "targets/releases")
    trial.expect_trusted(trial.verify(), "tuf.target.released")
    author.revoke(tag, roles=("targets", "targets/releases"))
    trial.sandbox.publish()
    outcome = trial.verify()
    trial.expect_refused(outcome, "tuf.target.released", "N", where=tag, writes=".local/state/")
    assert "signer/nicolasff" in outcome.out
    # A delegation below the signer's releases nothing either.
    author.delegate("targets/nicolasff/ci")
    author.revoke(tag)
    sign(trial, "targets/nicolasff/ci")
    again = trial.verify()
    trial.expect_refused(again, "tuf.target.released", "N", where=tag, writes=".local/state/")


@pytest.mark.row("C16")
def test_signed_by_the_repository_key_alone_is_not_signed_by_a_person(trial: Trial) -> None:
    """As 0.1.19 of Webdis is: docker prints "(Repo Admin)" for it."""
    write_policy(trial, signed_by=("repository",))
    trial.expect_trusted(trial.verify("--policy", "crosstrust.toml", pins=()), "signer.present")
    write_policy(trial, signed_by=("signer/nicolasff",))
    outcome = trial.verify("--policy", "crosstrust.toml", pins=())
    trial.expect_refused(outcome, "signer.present", "P", where=trial.release.tag)
    (check,) = outcome.checks("failed")
    assert (check["expected"], check["actual"]) == (
        "signed by signer/nicolasff",
        "signed by repository only",
    )


@pytest.mark.row("C17")
def test_a_signer_who_was_removed_counts_as_absent(trial: Trial) -> None:
    author = trial.sandbox.author
    sign(trial, "targets", "targets/nicolasff", "targets/releases")
    write_policy(trial, signed_by=("signer/nicolasff",))
    trial.expect_trusted(trial.verify("--policy", "crosstrust.toml", pins=()), "signer.present")
    author.add_signer("alice")
    author.remove_signer("nicolasff")
    trial.sandbox.publish()
    outcome = trial.verify("--policy", "crosstrust.toml", pins=())
    trial.expect_refused(outcome, "signer.present", "P", writes=".local/state/")


@pytest.mark.row("C17")
def test_a_signature_of_a_revoked_key_is_none(trial: Trial) -> None:
    """The delegation has a new key; the file still has the old one's signature, and no other."""
    author = trial.sandbox.author
    sign(trial, "targets", "targets/nicolasff")
    write_policy(trial, signed_by=("signer/nicolasff",))
    verify = ("--policy", "crosstrust.toml")
    trial.expect_trusted(trial.verify(*verify, pins=()), "tuf.signature.threshold")
    (old,) = author.keys("targets/nicolasff")
    author.assign("targets/nicolasff", [author.new_key()])
    author.damage("targets/nicolasff").sign_with(old)
    trial.sandbox.publish()
    outcome = trial.verify(*verify, pins=())
    trial.expect_refused(
        outcome, "tuf.signature.threshold", "T", where="nicolasff", writes=".local/state/"
    )


@pytest.mark.row("C18")
def test_a_signer_is_a_name_and_a_key(trial: Trial) -> None:
    """The name stays and the key is another: the keys of a role are all listed or all refused."""
    author = trial.sandbox.author
    sign(trial, "targets", "targets/nicolasff")
    (key,) = author.keys("targets/nicolasff")
    write_policy(trial, keys=signer_keys("nicolasff", key), signed_by=("signer/nicolasff",))
    trial.expect_trusted(trial.verify("--policy", "crosstrust.toml", pins=()), "key.expected")
    author.remove_signer("nicolasff")
    author.add_signer("nicolasff")
    sign(trial, "targets/nicolasff")
    (taken,) = author.keys("targets/nicolasff")
    outcome = trial.verify("--policy", "crosstrust.toml", pins=())
    trial.expect_refused(
        outcome, "key.expected", "T", where="signer/nicolasff", writes=".local/state/"
    )
    trial.expect_refused(
        outcome, "pin.match", "T", where="signer/nicolasff", writes=".local/state/"
    )
    assert taken.canonical in outcome.out


@pytest.mark.row("C19")
def test_two_signers_are_two_keys(trial: Trial) -> None:
    author = trial.sandbox.author
    (shared,) = author.keys("targets/nicolasff")
    author.add_signer("alice", keys=[shared])
    roles = ("signer/nicolasff", "signer/alice")
    sign(trial, "targets", "targets/nicolasff", "targets/alice")
    write_policy(trial, signed_by=roles)
    outcome = trial.verify("--policy", "crosstrust.toml", pins=())
    tag = trial.release.tag
    trial.expect_refused(outcome, "signer.present", "P", where=tag, writes=".local/state/")
    (check,) = outcome.checks("failed")
    assert check["expected"] == "2 signers with keys of their own"
    # docker gives every signer's key to targets/releases too: that is no second signer.
    write_policy(trial, signed_by=("signer/nicolasff", "releases"))
    sign(trial, "targets/releases")
    trial.expect_trusted(trial.verify("--policy", "crosstrust.toml", pins=()), "signer.present")
    author.assign("targets/alice", [author.new_key()])
    trial.sandbox.publish()
    write_policy(trial, signed_by=roles)
    trial.expect_trusted(trial.verify("--policy", "crosstrust.toml", pins=()), "signer.present")


@pytest.mark.row("C20")
@pytest.mark.parametrize("role", ["targets", "targets/nicolasff"])
def test_a_key_that_nobody_listed_is_told(trial: Trial, role: str) -> None:
    """A second key beside the pinned one, which still signs: the list is of all keys."""
    author = trial.sandbox.author
    name = {"targets": "repository"}.get(role, "signer/nicolasff")
    (own,) = author.keys(role)
    pins = [trial.root_pin, f"{name}={own.scoped}"]
    trial.expect_trusted(trial.verify(pins=pins), "key.expected")
    extra = author.new_key()
    author.assign(role, [own, extra])
    trial.sandbox.publish()
    outcome = trial.verify(pins=pins)
    trial.expect_refused(outcome, "key.expected", "T", where=name, writes=".local/state/")
    assert [one["actual"] for one in outcome.checks("failed")] == [extra.canonical]
    trial.expect_trusted(trial.verify(pins=[*pins, f"{name}={extra.canonical}"]), "key.expected")


@pytest.mark.row("C20")
def test_a_new_signer_s_key_for_releases_is_told_to_whoever_pins_signers(trial: Trial) -> None:
    author = trial.sandbox.author
    sign(trial, "targets", "targets/nicolasff", "targets/releases")
    (own,) = author.keys("targets/nicolasff")
    pins = [trial.root_pin, f"signer/nicolasff={own.canonical}"]
    trial.expect_trusted(trial.verify(pins=pins), "key.expected")
    author.add_signer("mallory")
    sign(trial, "targets/mallory", "targets/releases")
    (new,) = author.keys("targets/mallory")
    outcome = trial.verify(pins=pins)
    trial.expect_refused(outcome, "key.expected", "T", where="releases", writes=".local/state/")
    assert [one["actual"] for one in outcome.checks("failed")] == [new.canonical]
    trial.expect_trusted(trial.verify(pins=[*pins, f"releases={new.scoped}"]), "key.expected")


@pytest.mark.row("C21")
def test_a_rotated_repository_key_is_the_author_s_and_not_the_pinned_one(trial: Trial) -> None:
    """The root signs the new key, so a pin of the root goes on; one of the key itself does not."""
    author = trial.sandbox.author
    (old,) = author.keys("targets")
    pinned = [trial.root_pin, f"repository={old.canonical}"]
    trial.expect_trusted(trial.verify(pins=pinned), "pin.match")
    new = author.rotate("targets")
    trial.sandbox.publish()
    outcome = trial.verify(pins=pinned)
    trial.expect_refused(outcome, "pin.match", "T", where="repository", writes=".local/state/")
    trial.expect_refused(outcome, "key.expected", "T", where="repository", writes=".local/state/")
    assert new.canonical in outcome.out
    trial.expect_trusted(trial.verify(), "pin.match")
    renewed = [trial.root_pin, f"repository={new.scoped}"]
    trial.expect_trusted(trial.verify(pins=renewed), "pin.match")
    stale = trial.verify(pins=[trial.root_pin, f"repository={OTHER}"])
    trial.expect_refused(stale, "pin.match", "T", where="repository")
