"""The short form leaves out places, and neither a case nor a place altogether."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.attacks import sample
from tests.attacks.sample import EVERY, FEW, some, some_pairs


@pytest.fixture(autouse=True, scope="module")
def short() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample, "ALL", False)
        yield


@given(st.lists(st.integers(), unique=True))
def test_a_fifth_of_a_table_and_the_first_of_it(cases: list[int]) -> None:
    found = some(cases)
    assert found == [case for number, case in enumerate(cases) if number % FEW == 0]
    assert bool(found) is bool(cases)


@given(st.integers(EVERY, 20), st.integers(EVERY, 20))
def test_each_case_is_tried_somewhere_and_each_place_with_something(
    cases: int, places: int
) -> None:
    found = some_pairs(range(cases), range(places))
    assert {case for case, _ in found} == set(range(cases))
    assert {place for _, place in found} == set(range(places))
    assert len(found) <= cases * places / EVERY + max(cases, places)


def test_the_long_form_leaves_out_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "ALL", True)
    assert some("abcd") == ["a", "b", "c", "d"]
    assert some_pairs("ab", (1, 2)) == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
