"""Delegations that are declared and not published, that vanish, or whose names lead astray."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crosstrust.sandbox.damage import Damage
from crosstrust.sandbox.metadata import Json
from tests.attacks.forge import RELEASES, SIGNER, refuse, sign_in_every_role, start_again
from tests.attacks.sample import some
from tests.attacks.trial import Trial

PUBLISHED = "tuf.delegation.published"
ROLLBACK = "tuf.version.rollback"
FORM = "tuf.metadata.form"

NAMES = (
    "root",
    "targets",
    "../x",
    "targets/../root",
    "targets/..",
    "targets//x",
    "targets/x/",
    "/targets/x",
    "Targets/A",
    "targets/A",
    "targets/a b",
    "targets/%2f",
    "targets/a\\b",
    "targets/a\0",
    "targets/\u00e4",
    "targets/a\n",
    "targets/" + "a" * 300,
)


def sign_in_delegations_alone(trial: Trial) -> None:
    author = start_again(trial)
    author.revoke(trial.release.tag, roles=["targets"])
    trial.sandbox.publish()


@pytest.mark.row("A70")
def test_a_tag_of_a_delegation_that_the_snapshot_lacks_is_not_signed(trial: Trial) -> None:
    sign_in_delegations_alone(trial)
    trial.sandbox.author.damage(RELEASES).unlist()
    trial.sandbox.publish()
    # What the other roles say was verified, and is remembered.
    trial.expect_refused(
        trial.verify(), PUBLISHED, "N", where=trial.release.tag, writes=".local/state/"
    )
    trial.sandbox.author.damage(RELEASES).repair()
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), PUBLISHED)


@pytest.mark.row("A70")
def test_a_tag_of_targets_does_not_depend_on_it(trial: Trial) -> None:
    sign_in_every_role(trial)
    trial.sandbox.author.damage(RELEASES).unlist()
    trial.sandbox.publish()
    outcome = trial.verify()
    trial.expect_trusted(outcome, PUBLISHED)
    named = [one["actual"] for one in outcome.checks("passed") if one["code"] == PUBLISHED]
    assert named == [f"without a file: {RELEASES}"]


@pytest.mark.row("A71")
@pytest.mark.parametrize("role", [SIGNER, RELEASES])
def test_a_delegation_that_vanishes_is_refused(trial: Trial, role: str) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), ROLLBACK)
    author = trial.sandbox.author
    author.damage(role).unlist()
    trial.sandbox.publish()
    refuse(trial, role, ROLLBACK)
    author.damage(role).repair()
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), ROLLBACK)


@pytest.mark.row("A71")
def test_a_delegation_that_is_withdrawn_may_go(trial: Trial) -> None:
    sign_in_every_role(trial)
    author = trial.sandbox.author
    keys = author.keys(SIGNER)
    trial.expect_trusted(trial.verify(), ROLLBACK)
    author.remove_signer("nicolasff")
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), ROLLBACK)
    # A signer of that name and key may begin again, though not below what he signed before.
    author.add_signer("nicolasff", keys=keys)
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), ROLLBACK)


@pytest.mark.row("A71")
def test_a_delegation_with_new_keys_may_begin_again(trial: Trial) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), ROLLBACK)
    # Nobody looked between the two, so that the floor of the former signer is still there.
    trial.sandbox.author.remove_signer("nicolasff")
    trial.sandbox.author.add_signer("nicolasff")
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), ROLLBACK, PUBLISHED)


def declare(name: object) -> Callable[[Damage], object]:
    def edit(signed: Json) -> None:
        signed["delegations"]["roles"][0]["name"] = name

    return lambda damage: damage.edit(edit)


def publish_as(name: str) -> Callable[[Damage], object]:
    def edit(signed: Json) -> None:
        signed["meta"][name] = signed["meta"][RELEASES]

    return lambda damage: damage.edit(edit)


@pytest.mark.row("A72")
def test_a_name_that_is_no_delegation_s_is_refused_in_targets(trial: Trial) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), FORM)
    others: tuple[object, ...] = (None, 1, "", "x", "timestamp", "targets/x/y")
    for name in some((*NAMES, *others)):
        declare(name)(trial.sandbox.author.damage("targets"))
        trial.sandbox.publish()
        refuse(trial, "targets", FORM)
        trial.sandbox.author.damage("targets").repair()
    check_nothing_strays(trial)


@pytest.mark.row("A72")
def test_a_name_that_is_no_delegation_s_is_refused_in_the_snapshot(trial: Trial) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), FORM)
    # Names without a slash mean nothing there (A68).
    for name in some(NAMES[2:]):
        publish_as(name)(trial.sandbox.author.damage("snapshot"))
        trial.sandbox.publish()
        refuse(trial, "snapshot", FORM)
        trial.sandbox.author.damage("snapshot").repair()
    check_nothing_strays(trial)


def check_nothing_strays(trial: Trial) -> None:
    """Nothing was written outside the home or beside what the tool keeps; nothing was asked for."""
    assert list(trial.home.parent.iterdir()) == [trial.home]
    kept = {Path(".cache/crosstrust"), Path(".local/state/crosstrust")}
    files = [path.relative_to(trial.home) for path in trial.home.rglob("*") if path.is_file()]
    files.remove(Path(".docker/config.json"))
    assert files
    assert all(kept & set(path.parents) for path in files)
    asked = [one.target for one in trial.service.requests if "/_trust/" in one.target]
    known = ("root.json", "timestamp.json", "1.root.json", "2.root.json")
    stems = ("snapshot.", "targets.", f"{SIGNER}.", f"{RELEASES}.")
    for target in asked:
        name = target.partition("/_trust/tuf/")[2]
        assert name in known or name.startswith(stems), target
