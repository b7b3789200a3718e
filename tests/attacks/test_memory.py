"""Rollback against a machine that has lost, or can no longer read, what it had seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crosstrust.sandbox.image import write_list
from crosstrust.sandbox.release import PLATFORMS, build_webdis, push
from crosstrust.sandbox.sandbox import ORIGIN
from crosstrust.sources.trust_store import TrustStore
from tests.attacks.kept import (
    CACHE,
    FLOORS,
    floor_file,
    lose_cache,
    lose_everything,
    read_floors,
)
from tests.attacks.trial import Trial

ROLLBACK = "tuf.version.rollback"


def see_two_states(trial: Trial) -> None:
    """The user verifies a second state of the repository, and the server goes back."""
    trial.sandbox.author.sign("other", trial.release.signed, trial.release.length)
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify())
    trial.sandbox.notary.roll_back(trial.sandbox.origin)


@pytest.mark.row("A06")
def test_floors_outlive_the_cache(trial: Trial) -> None:
    see_two_states(trial)
    lose_cache(trial.home)
    trial.expect_refused(trial.verify(), ROLLBACK, "T", where="timestamp")


@pytest.mark.row("A06")
def test_who_has_lost_the_floors_too_is_told_that_this_is_a_first_sight(trial: Trial) -> None:
    see_two_states(trial)
    lose_everything(trial.home)
    outcome = trial.verify()
    trial.expect_trusted(outcome)
    assert outcome.verdict["freshness"] == "first-seen"
    assert trial.verify().verdict["freshness"] == "fresh"
    lose_everything(trial.home)
    words = ("--pin", trial.root_pin, "--signed-by", trial.sandbox.origin)
    assert "trust data seen first" in trial.run("verify", trial.copy, *words).out


@pytest.mark.row("A06")
def test_a_digest_in_the_reference_needs_no_floors(trial: Trial) -> None:
    sandbox, release = trial.sandbox, trial.release
    images = tuple(build_webdis("rebuilt", *platform) for platform in PLATFORMS)
    registry = sandbox.registries[ORIGIN]
    manifests, rebuilt = push(registry, sandbox.repository, release.tag, images)
    sandbox.author.sign(release.tag, rebuilt, len(write_list(manifests)), roles=("targets",))
    sandbox.publish()
    named = f"{sandbox.origin}:{release.tag}@{rebuilt}"
    trial.expect_trusted(trial.verify(image=named), "reference.tag.digest")
    # Both servers go back to the first build, which was honestly signed.
    sandbox.notary.roll_back(sandbox.origin)
    push(registry, sandbox.repository, release.tag, release.images)
    lose_everything(trial.home)
    trial.expect_refused(trial.verify(image=named), "reference.tag.digest", "T", writes=FLOORS)


@pytest.mark.row("A07")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda raw: raw[: len(raw) // 2], id="truncated"),
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda raw: raw.replace(b'"version":2', b'"version":1'), id="lowered"),
        pytest.param(lambda raw: raw.partition(b"\n")[2], id="unsealed"),
        pytest.param(lambda raw: b"\0" * len(raw), id="zeroed"),
    ],
)
def test_floors_that_cannot_be_read_are_never_none(
    trial: Trial, change: Callable[[bytes], bytes]
) -> None:
    see_two_states(trial)
    file = floor_file(trial.home)
    good = file.read_bytes()
    file.write_bytes(change(good))
    assert file.read_bytes() != good
    trial.expect_trouble(trial.verify(), "local.state.intact")
    trial.expect_trouble(trial.verify("--offline"), "local.state.intact")
    file.write_bytes(good)
    trial.expect_refused(trial.verify(), ROLLBACK, "T", where="timestamp")


@pytest.mark.row("A07")
def test_floors_of_another_repository_are_not_these(trial: Trial) -> None:
    see_two_states(trial)
    file = floor_file(trial.home)
    body = file.read_bytes().partition(b"\n")[2]
    TrustStore(file.parent).update("notary-v1 docker.io/other/one", lambda _: body)
    other = next(path for path in trial.home.glob(f"{FLOORS}*") if path != file)
    assert other.read_bytes().partition(b"\n")[2] == body
    other.replace(file)
    trial.expect_trouble(trial.verify(), "local.state.intact")


@pytest.mark.row("A07")
def test_a_damaged_cache_lowers_no_floor(trial: Trial) -> None:
    see_two_states(trial)
    before = read_floors(trial.home, trial.sandbox.origin)
    damaged = [path for path in (trial.home / CACHE / "sha256").rglob("*") if path.is_file()]
    for path in damaged:
        path.write_bytes(b"\n{}")
    # What is damaged is removed when it is met: it can only cost a request.
    trial.expect_refused(trial.verify(), ROLLBACK, "T", where="timestamp", writes=CACHE)
    assert read_floors(trial.home, trial.sandbox.origin) == before
    assert damaged
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), ROLLBACK, "local.state.intact")
