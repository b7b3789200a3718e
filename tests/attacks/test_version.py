"""Versions that are no versions, that come twice, or that block the way for honest ones."""

from __future__ import annotations

import pytest

from crosstrust.sandbox.metadata import Json
from crosstrust.sandbox.role import RELEASES
from tests.attacks.kept import FLOORS, lose_cache, read_floors
from tests.attacks.root import serve_roots
from tests.attacks.sample import some
from tests.attacks.trial import Trial

ROLLBACK = "tuf.version.rollback"
BELOW_ROOT = ["timestamp", "snapshot", "targets", RELEASES]
HUGE = 2**31 - 1
NO_VERSIONS: list[object] = [0, -1, 1.5, 2.0, "2", True, None, [2], 2**53 + 1, 10**30]


def sign_everywhere(trial: Trial) -> None:
    """Give each role a file, and show the user all of them."""
    author, release = trial.sandbox.author, trial.release
    author.sign(release.tag, release.signed, release.length, roles=("targets", RELEASES))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "tuf.metadata.form")


def above(role: str) -> str:
    """What a refusal of ``role`` may write: the floors of the roles that bind it."""
    return "" if role in {"root", "timestamp"} else FLOORS


def publish_last(trial: Trial, role: str) -> None:
    """Publish what was signed last; a root as the second, whatever was tried before."""
    roots = trial.sandbox.author.roots()
    if role == "root":
        serve_roots(trial, {1: roots[1], 2: roots[max(roots)]})
    else:
        trial.sandbox.publish()


def expires_a_little_earlier(signed: Json) -> None:
    signed["expires"] = signed["expires"][:-1].partition(".")[0] + "Z"


@pytest.mark.row("A08")
@pytest.mark.parametrize("role", BELOW_ROOT)
def test_another_file_of_a_version_that_was_seen_is_refused(trial: Trial, role: str) -> None:
    sign_everywhere(trial)
    trial.expect_trusted(trial.verify(), "tuf.version.unique")
    before = read_floors(trial.home, trial.sandbox.origin)
    other = trial.sandbox.author.damage(role).set_version(before[role])
    other.edit(expires_a_little_earlier)
    trial.sandbox.publish()
    outcome = trial.verify()
    trial.expect_refused(outcome, "tuf.version.unique", "T", where=role, writes=above(role))
    (check,) = [one for one in outcome.checks("failed") if one["code"] == "tuf.version.unique"]
    digests = {check[side].partition("sha256:")[2][:64] for side in ("expected", "actual")}
    assert {len(each) for each in digests} == {64}
    assert len(digests) == 2
    assert read_floors(trial.home, trial.sandbox.origin)[role] == before[role]


@pytest.mark.row("A08")
def test_another_root_of_a_version_that_was_seen_is_refused(trial: Trial) -> None:
    trial.expect_trusted(trial.verify())
    former = trial.sandbox.author.roots()[1]
    trial.sandbox.author.damage("root").set_version(1).edit(expires_a_little_earlier)
    other = trial.sandbox.author.roots()[2]
    assert other != former
    serve_roots(trial, {1: other})
    lose_cache(trial.home)
    outcome = trial.verify()
    trial.expect_refused(outcome, "tuf.version.unique", "T", where="root 1", writes=FLOORS)


@pytest.mark.row("A09")
@pytest.mark.parametrize("role", BELOW_ROOT)
def test_after_a_huge_version_only_other_keys_lead_back(trial: Trial, role: str) -> None:
    author, pins = trial.sandbox.author, [trial.root_pin]
    sign_everywhere(trial)
    stolen = author.damage(role).set_version(HUGE)
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(pins=pins))
    assert read_floors(trial.home, trial.sandbox.origin)[role] == HUGE
    stolen.repair()
    trial.sandbox.publish()
    refused = trial.verify(pins=pins)
    trial.expect_refused(refused, ROLLBACK, "T", where=role, writes=above(role))
    assert read_floors(trial.home, trial.sandbox.origin)[role] == HUGE
    author.rotate(role)
    trial.sandbox.publish()
    recovered = trial.verify(pins=pins)
    trial.expect_trusted(recovered, ROLLBACK)
    said = [one["actual"] for one in recovered.checks("passed") if one["code"] == ROLLBACK]
    assert any(f"all keys of version {HUGE} were replaced" in each for each in said)
    assert read_floors(trial.home, trial.sandbox.origin)[role] < HUGE
    # The lower version is the floor from now on.
    trial.expect_trusted(trial.verify(pins=pins), ROLLBACK)


@pytest.mark.row("A09")
def test_another_role_s_new_key_excuses_no_lower_version(trial: Trial) -> None:
    author, pins = trial.sandbox.author, [trial.root_pin]
    stolen = author.damage("timestamp").set_version(HUGE)
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(pins=pins))
    stolen.repair()
    author.rotate("snapshot")
    trial.sandbox.publish()
    refused = trial.verify(pins=pins)
    trial.expect_refused(refused, ROLLBACK, "T", where="timestamp", writes=FLOORS)


@pytest.mark.row("A10")
@pytest.mark.parametrize("role", ["root", *BELOW_ROOT])
def test_what_is_no_version_is_refused(trial: Trial, role: str) -> None:
    author, pins = trial.sandbox.author, [trial.root_pin]
    sign_everywhere(trial)
    for version in some(NO_VERSIONS):
        author.damage(role).set_version(version)
        publish_last(trial, role)
        outcome = trial.verify(pins=pins)
        trial.expect_refused(outcome, "tuf.metadata.form", "T", where=role, writes=above(role))
        author.damage(role).repair()
    author.damage(role).drop_member("version")
    publish_last(trial, role)
    outcome = trial.verify(pins=pins)
    trial.expect_refused(outcome, "tuf.metadata.form", "T", where=role, writes=above(role))
