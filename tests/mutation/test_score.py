"""The score: what counts as killed, and when a run must fail; the list of survivors is in order."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from crosstrust.evidence.codes import CODES
from tests.mutation.operators import mutants
from tests.mutation.score import EXCUSED, Result, Score, identity, read_excuses

SOURCE = Path(__file__).parents[2] / "src" / "crosstrust"


def result(outcome: str, change: str = "a < b -> a <= b", line: int = 1) -> Result:
    return {
        "file": "chain/pin.py",
        "line": line,
        "function": "f",
        "change": change,
        "outcome": outcome,
        "killer": "test_x.py::test",
    }


def score(*results: Result, excuses: Mapping[str, str] | None = None) -> Score:
    return Score(list(results), excuses or {})


KILLED, SURVIVED = result("killed"), result("survived", "1 -> 2")
REASON = {identity(SURVIVED): "words for people"}


def test_what_could_not_be_made_and_what_had_no_mutant_is_not_counted() -> None:
    found = score(KILLED, SURVIVED, result("unfit"), result("survived", change=""))
    assert (len(found.tried), found.killed, found.share) == (2, 1, 50.0)
    assert str(found) == (
        "mutation: 2 mutants, 1 killed, 50.0 %; 1 survived, 1 of them without a reason"
    )


@pytest.mark.parametrize(
    ("killed", "survived", "sample", "short"),
    [
        (90, 10, False, False),
        (899, 101, False, True),
        (85, 15, True, False),
        (80, 20, True, True),
        (0, 0, False, True),
        (0, 0, True, True),
    ],
)
def test_ninety_of_a_hundred_must_be_killed(
    killed: int, survived: int, *, sample: bool, short: bool
) -> None:
    found = score(*[KILLED] * killed, *[SURVIVED] * survived, excuses=REASON)
    assert found.falls_short(sample=sample) is short


def test_a_survivor_without_a_reason_fails_a_whole_run_and_no_sample() -> None:
    found = score(*[KILLED] * 99, SURVIVED)
    assert found.unlisted == [SURVIVED]
    assert found.falls_short(sample=False)
    assert not found.falls_short(sample=True)
    assert not score(*[KILLED] * 99, SURVIVED, excuses=REASON).falls_short(sample=False)


@pytest.mark.parametrize("sample", [True, False])
def test_a_test_that_fails_without_a_mutant_fails_the_run(*, sample: bool) -> None:
    assert score(KILLED, result("killed", change="")).falls_short(sample=sample)
    assert not score(KILLED, result("survived", change="")).falls_short(sample=sample)


def test_a_listed_survivor_is_known_wherever_its_line_is() -> None:
    moved = result("survived", "1 -> 2", line=99)
    assert score(moved, excuses=REASON).unlisted == []
    assert score(moved, excuses={identity(moved): ""}).unlisted == [moved]


def test_a_listed_survivor_that_was_killed_is_named() -> None:
    killed = result("killed", "1 -> 2")
    assert score(killed, excuses=REASON).idle == [identity(killed)]
    assert score(killed, SURVIVED, excuses=REASON).idle == []
    assert score(KILLED, excuses=REASON).idle == []


def test_every_listed_survivor_is_a_mutant_of_today_and_has_a_reason() -> None:
    rows = [
        row for row in EXCUSED.read_text(encoding="utf-8").splitlines() if not row.startswith("#")
    ]
    excuses = read_excuses()
    files = {name.partition("\t")[0] for name in excuses}
    there = {
        f"{file}\t{each.function}\t{each.change}"
        for file in files
        for each in mutants(ast.parse((SOURCE / file).read_text(encoding="utf-8")), CODES.keys())
    }
    assert [name for name in excuses if name not in there] == []
    assert all(excuses.values())
    assert len(excuses) == len(rows)
    assert rows == sorted(rows)
