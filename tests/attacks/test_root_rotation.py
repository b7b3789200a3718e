"""Root keys that change hands: from a pinned first root to the one in force, or not."""

from __future__ import annotations

import pytest

from crosstrust.oci import limits
from crosstrust.sandbox.exchange import Response
from crosstrust.sandbox.metadata import Json
from crosstrust.sandbox.sandbox import NOTARY_HOST
from crosstrust.value import replace
from tests.attacks.kept import FLOORS, lose_everything, read_floors
from tests.attacks.root import DAY, serve_roots
from tests.attacks.trial import Trial

ROTATION = "tuf.root.rotation"
CONSECUTIVE = "tuf.root.consecutive"


@pytest.fixture
def pins(trial: Trial) -> list[str]:
    """The pin of the first root key, which everything has to follow from."""
    return [trial.root_pin]


def rotations(trial: Trial, count: int) -> dict[int, bytes]:
    """Rotate the root key ``count`` times without telling the server; return all the roots."""
    for _ in range(count):
        trial.sandbox.author.rotate_root()
    return trial.sandbox.author.roots()


def root_version(verdict: Json) -> int:
    (found,) = [role["version"] for role in verdict["metadata"] if role["role"] == "root"]
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize("seen", ["cold", "warm"])
@pytest.mark.parametrize(
    ("signer", "place"),
    [
        # Neither the old nor the new keys alone, nor those of another role, replace a root.
        pytest.param("new", "by the keys of root 1", marks=pytest.mark.row("A26")),
        pytest.param("targets", "by the keys of root 1", marks=pytest.mark.row("A26")),
        pytest.param("old", "by its own keys", marks=pytest.mark.row("A27")),
    ],
)
def test_a_root_that_one_side_did_not_sign_is_refused(
    trial: Trial, pins: list[str], signer: str, place: str, seen: str
) -> None:
    author = trial.sandbox.author
    if seen == "warm":
        trial.expect_trusted(trial.verify(pins=pins))
    old = author.keys("root")
    new = author.rotate_root()
    signers = {"new": (new,), "old": old, "targets": (*author.keys("targets"), new)}
    author.damage("root").sign_with(*signers[signer])
    trial.sandbox.publish()
    writes = FLOORS if seen == "cold" else ""  # the first root, which was verified
    outcome = trial.verify(pins=pins)
    trial.expect_refused(outcome, ROTATION, "T", where=f"root 2 {place}", writes=writes)
    assert read_floors(trial.home, trial.sandbox.origin)["root"] == 1


@pytest.mark.row("A26", "A27")
@pytest.mark.parametrize("seen", ["cold", "warm"])
def test_a_root_that_both_sides_signed_is_followed(
    trial: Trial, pins: list[str], seen: str
) -> None:
    if seen == "warm":
        trial.expect_trusted(trial.verify(pins=pins))
    trial.sandbox.author.rotate_root()
    trial.sandbox.author.rotate_root()
    trial.sandbox.publish()
    outcome = trial.verify(pins=pins)
    trial.expect_trusted(outcome, ROTATION, CONSECUTIVE)
    assert root_version(outcome.verdict) == 3


@pytest.mark.row("A28")
@pytest.mark.parametrize("seen", ["cold", "warm"])
def test_a_root_that_is_left_out_is_missed(trial: Trial, pins: list[str], seen: str) -> None:
    if seen == "warm":
        trial.expect_trusted(trial.verify(pins=pins), CONSECUTIVE)
    roots = rotations(trial, 2)
    serve_roots(trial, {1: roots[1], 3: roots[3]})
    outcome = trial.verify(pins=pins)
    writes = FLOORS if seen == "cold" else ""  # the first root, which was verified
    trial.expect_refused(outcome, CONSECUTIVE, "T", where="root 2", writes=writes)


@pytest.mark.row("A28")
def test_a_root_that_cannot_be_fetched_leaves_it_open(trial: Trial, pins: list[str]) -> None:
    trial.expect_trusted(trial.verify(pins=pins), "notary.available")
    serve_roots(trial, rotations(trial, 2))
    path = f"/v2/{trial.sandbox.origin}/_trust/tuf/2.root.json"
    trial.service.fail(f"{NOTARY_HOST}{path}", Response(503))
    # Nobody hides anything as far as can be seen: the code is that of the outage.
    trial.expect_refused(trial.verify(pins=pins), "notary.available", "U", where=path)
    trial.service.recover()
    trial.expect_trusted(trial.verify(pins=pins), CONSECUTIVE)


@pytest.mark.row("A29")
@pytest.mark.parametrize("seen", ["cold", "warm"])
def test_a_root_under_another_number_is_refused(trial: Trial, pins: list[str], seen: str) -> None:
    if seen == "warm":
        trial.expect_trusted(trial.verify(pins=pins), CONSECUTIVE)
    roots = rotations(trial, 4)
    writes = FLOORS if seen == "cold" else ""  # the first root, which was verified
    for wrong in ({2: roots[5]}, {2: roots[3], 3: roots[2]}, {2: roots[1]}):
        serve_roots(trial, roots | wrong)
        outcome = trial.verify(pins=pins)
        trial.expect_refused(outcome, CONSECUTIVE, "T", where="root 2", writes=writes)
    serve_roots(trial, roots)
    trial.expect_trusted(trial.verify(pins=pins), CONSECUTIVE)


@pytest.mark.row("A30")
@pytest.mark.parametrize("seen", ["cold", "warm"])
def test_a_root_between_may_have_run_out(trial: Trial, pins: list[str], seen: str) -> None:
    author = trial.sandbox.author
    if seen == "warm":
        trial.expect_trusted(trial.verify(pins=pins))
    author.rotate_root()
    author.damage("root").expire(trial.sandbox.at - DAY)
    expired = author.roots()
    author.damage("root").repair()
    author.rotate_root()
    trial.sandbox.publish()
    outcome = trial.verify(pins=pins)
    trial.expect_trusted(outcome, "tuf.root.expiry", ROTATION)
    assert root_version(outcome.verdict) == max(author.roots()) > max(expired) == 2


@pytest.mark.row("A31")
@pytest.mark.parametrize("way", ["corrupt", "unsigned", "stranger"])
def test_a_badly_signed_root_between_stops_at_the_one_before(
    trial: Trial, pins: list[str], way: str
) -> None:
    author = trial.sandbox.author
    trial.expect_trusted(trial.verify(pins=pins), ROTATION)
    author.rotate_root()
    author.rotate_root()
    harmed = author.damage("root")
    if way == "corrupt":
        harmed.corrupt_signature()
    elif way == "unsigned":
        harmed.drop_signatures()
    else:
        harmed.sign_with(author.new_key("ecdsa-x509"))
    assert max(author.roots()) == 3
    harmed.repair()
    author.rotate_root()
    trial.sandbox.publish()
    outcome = trial.verify(pins=pins)
    trial.expect_refused(outcome, ROTATION, "T", where="root 3", writes=FLOORS)
    assert read_floors(trial.home, trial.sandbox.origin)["root"] == 2


@pytest.mark.row("A32")
@pytest.mark.parametrize("way", ["threshold", "key", "both"])
def test_who_takes_over_needs_the_threshold_of_before(
    trial: Trial, pins: list[str], way: str
) -> None:
    author = trial.sandbox.author
    first, second, thief = author.keys("root")[0], *(author.new_key("ecdsa-x509") for _ in "ab")
    author.assign("root", (first, second), threshold=2)
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(pins=pins), ROTATION)
    keys, threshold = {
        "threshold": ((first, second), 1),
        "key": ((first, thief), 2),
        "both": ((first,), 1),
    }[way]
    author.assign("root", keys, threshold=threshold)
    author.damage("root").sign_with(*(key for key in keys if key is not second))
    trial.sandbox.publish()
    outcome = trial.verify(pins=pins)
    trial.expect_refused(outcome, ROTATION, "T", where="root 3 by the keys of root 2")


@pytest.mark.row("A33")
def test_roots_without_end_are_not_followed_for_ever(trial: Trial, pins: list[str]) -> None:
    author = trial.sandbox.author
    while max(author.roots()) <= limits.ROOT_ROTATIONS:
        author.refresh("root")
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(pins=pins), "limit.exceeded", ROTATION)
    lose_everything(trial.home)
    while max(author.roots()) < limits.ROOT_ROTATIONS + 40:
        author.refresh("root")
    trial.sandbox.publish()
    before = len(trial.service.requests)
    outcome = trial.verify(pins=pins)
    trial.expect_refused(outcome, "limit.exceeded", "R", where="root", writes=FLOORS)
    assert len(trial.service.requests) - before < limits.ROOT_ROTATIONS + 30


@pytest.mark.row("A34")
@pytest.mark.parametrize("seen", ["cold", "warm"])
def test_a_newer_root_wins_though_the_server_does_not_name_it(
    trial: Trial, pins: list[str], seen: str
) -> None:
    if seen == "warm":
        trial.expect_trusted(trial.verify(pins=pins))
    roots = rotations(trial, 2)
    serve_roots(trial, roots, current=roots[1])
    outcome = trial.verify(pins=pins)
    trial.expect_trusted(outcome, CONSECUTIVE)
    assert root_version(outcome.verdict) == 3
    assert read_floors(trial.home, trial.sandbox.origin)["root"] == 3


@pytest.mark.row("A34")
@pytest.mark.parametrize("seen", ["cold", "warm"])
def test_what_a_replaced_key_signed_does_not_outlive_the_newer_root(
    trial: Trial, pins: list[str], seen: str
) -> None:
    author = trial.sandbox.author
    if seen == "warm":
        trial.expect_trusted(trial.verify(pins=pins), "tuf.signature.threshold")
    former = author.publication()
    author.rotate("timestamp")
    # All that the first root vouches for still verifies under it, and 2.root.json is there.
    trial.sandbox.notary.publish(trial.sandbox.origin, replace(former, roots=author.roots()))
    outcome = trial.verify(pins=pins)
    trial.expect_refused(outcome, "tuf.signature.threshold", "T", where="timestamp", writes=FLOORS)
    assert read_floors(trial.home, trial.sandbox.origin)["root"] == 2
