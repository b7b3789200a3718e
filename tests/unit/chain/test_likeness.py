"""Two images of which neither is signed: what is said is the same both ways."""

from __future__ import annotations

import json

import pytest

from crosstrust.app.survey import Survey, survey
from crosstrust.chain.compare import Comparison
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.likeness import compare_both
from crosstrust.chain.question import Demand
from crosstrust.chain.want import MeasureLayer, Want
from crosstrust.evidence.check import Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Evidence
from crosstrust.evidence.verdict import Level
from crosstrust.oci.reference import parse_reference
from crosstrust.sandbox.image import Image, Producer
from tests.unit.chain.world import BOTH, GUN, MIRROR, TAG, World, edit, forged, webdis

AMD64, ARM64 = BOTH
PACKED = webdis("amd64", level=1)
HALF = Image(AMD64.config, (AMD64.layers[0], PACKED.layers[1]), AMD64.platform)
FOREIGN = forged(AMD64)
BASE, GOAL = Claim("given", "a", "1"), Claim("same", "b", "2")


class Beside:
    """Two lists in one world, and what comparing them gives, first without any layer."""

    def __init__(self, first: tuple[Image, ...], second: tuple[Image, ...]) -> None:
        self.world = World()
        self.world.push_list(GUN, TAG, first)
        self.world.push_list(MIRROR, TAG, second, Producer.ENGINE)

    def read(self, name: str) -> Survey:
        return survey(self.world, parse_reference(f"{name}:{TAG}"), depth="config")

    def look(self, demand: Demand | None = None, *, measured: bool = True) -> Comparison:
        first, second = self.read(GUN), self.read(MIRROR)
        chosen = demand or Demand()

        def compare(dossier: Dossier) -> Comparison:
            return compare_both(dossier, first.side, second.side, chosen, base=BASE, goal=GOAL)

        found = compare(second.dossier)
        if not measured or not found.wants:
            return found
        return compare(second.dossier.with_replies(self.world.fetch_all(found.wants)))


def holds(found: Comparison) -> bool:
    return GOAL in Evidence(found.steps).holding((BASE,))


def failures(found: Comparison) -> set[str]:
    return {step.check.code for step in found.steps if step.check.outcome is Outcome.FAILED}


def levels(found: Comparison) -> list[Level]:
    return [result.level for result in found.platforms]


def repositories(wants: tuple[Want, ...]) -> list[str]:
    return [want.repository for want in wants if isinstance(want, MeasureLayer)]


@pytest.mark.parametrize(
    ("first", "second", "level", "failed"),
    [
        (AMD64, AMD64, Level.CONTENT, set()),
        (AMD64, PACKED, Level.DIFF_IDS, set()),
        (AMD64, FOREIGN, Level.NONE, {"image.layer.diff_id"}),
        (PACKED, FOREIGN, Level.NONE, {"image.layer.diff_id"}),
        (AMD64, ARM64, Level.NONE, {"image.platform.extra", "image.platform.present"}),
    ],
)
def test_both_ways_say_the_same(
    first: Image, second: Image, level: Level, failed: set[str]
) -> None:
    for pair in ((first, second), (second, first)):
        found = Beside((pair[0],), (pair[1],)).look()
        assert failures(found) == failed
        assert holds(found) is not bool(failed)
        assert set(levels(found)) == {level}


def test_the_layers_of_both_sides_are_wanted_and_counted() -> None:
    found = Beside((AMD64,), (HALF,))
    unmeasured = found.look(measured=False)
    assert repositories(unmeasured.wants) == [MIRROR, GUN]
    assert not holds(unmeasured)
    assert levels(unmeasured) == [Level.CONFIG]
    measured = found.look()
    assert (measured.wants, measured.platforms[0].fetched) == ((), 2)
    assert holds(measured)


def test_layers_that_are_not_to_be_looked_at_are_not_wanted() -> None:
    found = Beside((AMD64,), (PACKED,)).look(Demand(layers=False))
    assert (found.wants, holds(found), failures(found)) == ((), False, set())
    accepted = Beside((AMD64,), (PACKED,)).look(Demand(layers=False, accept_config=True))
    assert (holds(accepted), levels(accepted)) == (True, [Level.CONFIG])


@pytest.mark.parametrize("wrong", [GUN, MIRROR])
def test_a_label_that_lies_is_told_on_either_side(wrong: str) -> None:
    beside = Beside(BOTH, BOTH)
    world = beside.world
    raw, media_type = world.manifests[wrong, world.tags[wrong, TAG]]
    one, other = json.loads(raw)["manifests"]
    swapped = [{**one, "platform": other["platform"]}, {**other, "platform": one["platform"]}]
    world.push(wrong, edit(raw, manifests=swapped), media_type, TAG)
    assert "image.platform.agrees" in failures(beside.look())


def test_what_only_one_side_has_keeps_its_own_row() -> None:
    found = Beside(BOTH, (AMD64,)).look()
    assert [(row.platform, row.level) for row in found.platforms] == [
        ("linux/amd64", Level.CONTENT),
        ("linux/arm64/v8", Level.NONE),
    ]
    allowed = Beside((AMD64,), (ARM64, AMD64)).look(Demand(allow_extra_platforms=True))
    assert [(row.platform, row.level) for row in allowed.platforms] == [
        ("linux/arm64/v8", Level.NONE),
        ("linux/amd64", Level.CONTENT),
    ]
    assert holds(allowed)


def test_the_same_bytes_need_no_second_look() -> None:
    beside = Beside(BOTH, BOTH)
    first = beside.read(GUN)
    found = compare_both(first.dossier, first.side, first.side, Demand(), base=BASE, goal=GOAL)
    assert holds(found)
    assert levels(found) == [Level.INDEX, Level.INDEX]
