"""Whose keys: none, the wrong ones, shortened ones, and those that are seen first."""

from __future__ import annotations

import json
import shutil

import pytest

from crosstrust.sandbox.author import Author
from crosstrust.sandbox.exchange import answer_error
from crosstrust.sandbox.key import bare, certify
from crosstrust.sandbox.release import publish_release
from tests.attacks.trial import Trial

HEAD = '[[image]]\nname = "public.ecr.aws/nicolas/webdis"\nsigned-by = "nicolas/webdis"\n'
OTHER = "0f" * 32


def write_policy(trial: Trial, text: str) -> None:
    (trial.home / "work" / "crosstrust.toml").write_text(HEAD + text, encoding="utf-8")


@pytest.mark.row("C01")
def test_without_trust_data_nothing_passes_as_unsigned(trial: Trial) -> None:
    trial.expect_trusted(trial.verify("--tofu", "--no-cache", pins=()), "tuf.target.present")
    for folder in (".local", ".cache"):
        shutil.rmtree(trial.home / folder, ignore_errors=True)
    trial.sandbox.notary.forget(trial.sandbox.origin)
    for more in (["--tofu"], [], ["--accept", "config", "--tofu"]):
        refused = trial.verify(*more, pins=())
        trial.expect_refused(refused, "tuf.target.present", "N", where=trial.sandbox.origin)
    refused = trial.verify()
    trial.expect_refused(refused, "notary.still_present", "T", where=trial.sandbox.origin)
    # The copy's own registry has no Notary server for it.
    unsigned = trial.run("verify", trial.copy, "--format", "json", "--tofu")
    trial.expect_refused(unsigned, "tuf.target.present", "N", where=trial.sandbox.mirror)


@pytest.mark.row("C01")
def test_a_policy_that_expects_no_signature_trusts_nothing(trial: Trial) -> None:
    trial.sandbox.author.revoke(trial.release.tag)
    trial.sandbox.publish()
    write_policy(trial, '[[image.rule]]\ntags = ["*"]\nexpect = "unsigned"\n')
    outcome = trial.verify("--policy", "crosstrust.toml")
    trial.expect_refused(outcome, "tuf.target.present", "N", writes=".local/state/")
    assert "unsigned, as the policy says" in outcome.out


@pytest.mark.row("C02")
def test_an_unreachable_notary_server_is_not_unsigned(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "notary.available")
    trial.patch.setenv("CROSSTRUST_TIMEOUT", "0.4")
    trial.service.fail("notary.docker.io", answer_error(503, "UNAVAILABLE", "out of order"))
    for more in ((), ("--no-cache",)):
        outcome = trial.verify(*more)
        trial.expect_refused(outcome, "notary.available", "U", where="notary.docker.io")
        assert outcome.checks("failed") == []
    offline = trial.verify("--offline")
    trial.expect_warned(offline, "notary.available")


@pytest.mark.row("C03")
def test_first_contact_without_a_pin_is_undecided_and_records_nothing(trial: Trial) -> None:
    # The default says undecided, not rejected: nothing contradicts this author.
    outcome = trial.verify(pins=())
    trial.expect_refused(outcome, "pin.present", "P", where="root", undecided=True)
    (gap,) = outcome.verdict["gaps"]
    assert trial.root_pin in gap["remedy"]
    seen_first = trial.verify("--tofu", pins=())
    trial.expect_trusted(seen_first, "pin.present")
    assert {one["pinned"] for one in seen_first.verdict["keys"]["root"]} == {"first seen"}


@pytest.mark.row("C03")
def test_pins_other_than_the_root_s_do_not_anchor(trial: Trial) -> None:
    pins = [f"repository={trial.sandbox.author.keys('targets')[0].scoped}"]
    trial.expect_trusted(trial.verify(pins=[trial.root_pin, *pins]), "pin.present")
    trial.expect_refused(trial.verify(pins=pins), "pin.present", "P", undecided=True)


@pytest.mark.row("C04")
def test_a_first_look_counts_only_where_it_is_asked_for_again(trial: Trial) -> None:
    trial.expect_trusted(trial.verify("--tofu", pins=()), "pin.present")
    trial.expect_refused(trial.verify(pins=()), "pin.present", "P", undecided=True)
    trial.expect_trusted(trial.verify("--tofu", pins=()), "pin.present")


@pytest.mark.row("C04")
def test_a_job_without_memory_needs_pins_from_its_project(trial: Trial) -> None:
    """Another author takes the name between two jobs; only the project's file knows the first."""
    write_policy(trial, f'keys.root = ["{trial.root_pin.removeprefix("root=")}"]\n')
    trial.expect_trusted(trial.run("verify", trial.copy, "--format", "json"), "pin.match")
    for folder in (".local", ".cache"):
        shutil.rmtree(trial.home / folder)
    trial.sandbox.author = Author(trial.sandbox.origin, at=trial.sandbox.at)
    publish_release(trial.sandbox)
    taken = trial.run("verify", trial.copy, "--format", "json")
    trial.expect_refused(taken, "pin.match", "T", where="root")
    # Without the project's pins, each job trusts anew, and says so.
    (trial.home / "work" / "crosstrust.toml").unlink()
    anew = trial.verify("--tofu", pins=())
    trial.expect_trusted(anew)
    assert anew.verdict["freshness"] == "first-seen"


@pytest.mark.row("C05")
def test_a_short_key_id_is_no_pin(trial: Trial) -> None:
    whole = trial.root_pin
    trial.expect_trusted(trial.verify(pins=[whole]), "pin.length")
    for length in (12, 63):
        short = whole[: len("root=") + length]
        trial.expect_usage(trial.verify(pins=[short]), "pin.length")
        write_policy(trial, f'keys.root = ["{short.removeprefix("root=")}"]\n')
        trial.expect_usage(trial.run("verify", trial.copy), "pin.length")
        (trial.home / "work" / "crosstrust.toml").unlink()


@pytest.mark.row("C06")
def test_either_id_of_the_root_key_is_a_pin_and_the_verdict_says_which(trial: Trial) -> None:
    """Both name the same key, so that neither is refused; only an unknown one is."""
    (key,) = trial.sandbox.author.keys("root")
    assert key.scoped != key.canonical
    for kind, key_id in (("scoped", key.scoped), ("canonical", key.canonical)):
        outcome = trial.verify(pins=[f"root={key_id}"])
        trial.expect_trusted(outcome, "pin.match")
        (used,) = outcome.verdict["keys"]["root"]
        assert (used["pinned"], used["scoped"], used["canonical"]) == (
            kind,
            key.scoped,
            key.canonical,
        )
    other = trial.verify(pins=[f"root={OTHER}"])
    trial.expect_refused(other, "pin.match", "T", where="root")
    assert key.scoped in other.out
    assert key.canonical in other.out


@pytest.mark.row("C07")
def test_a_renewed_certificate_is_followed_from_the_old_one(trial: Trial) -> None:
    author = trial.sandbox.author
    (old,) = author.keys("root")
    author.assign("root", [certify(bare(old), name=author.gun, at=author.at)])
    trial.sandbox.publish()
    (new,) = author.keys("root")
    assert (old.scoped != new.scoped, old.canonical) == (True, new.canonical)
    for pin in (old.scoped, old.canonical, new.scoped):
        trial.expect_trusted(trial.verify("--no-cache", pins=[f"root={pin}"]), "pin.match")


@pytest.mark.row("C07")
def test_a_new_certificate_without_the_way_to_it_needs_the_canonical_pin(trial: Trial) -> None:
    """The repository is made anew with the same key: no root leads from the old certificate."""
    (old,) = trial.sandbox.author.keys("root")
    renewed = certify(bare(old), name=trial.sandbox.origin, at=trial.sandbox.at)
    trial.sandbox.notary.forget(trial.sandbox.origin)
    trial.sandbox.author = Author(trial.sandbox.origin, at=trial.sandbox.at, root_key=renewed)
    publish_release(trial.sandbox)
    outcome = trial.verify(pins=[f"root={old.scoped}"])
    trial.expect_refused(outcome, "pin.match", "T", where="root")
    (check,) = [one for one in outcome.checks("failed") if one["code"] == "pin.match"]
    for key_id in (renewed.scoped, renewed.canonical):
        assert key_id in check["actual"]
    trial.expect_trusted(trial.verify(pins=[f"root={old.canonical}"]), "pin.match")


@pytest.mark.row("C44")
def test_an_empty_list_of_pins_is_an_error(trial: Trial) -> None:
    pinned = json.dumps([trial.root_pin.removeprefix("root=")])
    write_policy(trial, f"keys.root = {pinned}\n")
    trial.expect_trusted(trial.run("verify", trial.copy, "--format", "json"), "policy.form")
    for keys in (
        "keys.root = []",
        'keys.root = [""]',
        "keys = {}",
        "keys.signers = {}",
        "keys.signers.nicolasff = []",
    ):
        write_policy(trial, f"{keys}\n")
        # The command line's pins do not make up for it.
        for more in ([], ["--pin", trial.root_pin]):
            trial.expect_usage(trial.run("verify", trial.copy, *more), "policy.form")
