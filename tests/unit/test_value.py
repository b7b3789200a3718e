"""Value classes behave as the standard library's data classes do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust import value_class


def make(dataclass: Any, field: Any, **options: Any) -> Any:
    class Item:
        """What is made twice: once by each module."""

        name: str
        size: int = 3
        notes: tuple[str, ...] = field(default=(), compare=False)
        more: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

        @property
        def doubled(self) -> int:
            return self.size * 2

    Item.__qualname__ = "Item"
    return dataclass(slots=True, **options)(Item)


def both(**options: Any) -> tuple[Any, Any]:
    ours = make(value_class.dataclass, value_class.field, **options)
    return ours, make(dataclasses.dataclass, dataclasses.field, **options)


OURS, THEIRS = both(frozen=True, order=True)
names = st.text(max_size=3)
sizes = st.integers(0, 3)


@given(names, sizes, names, sizes)
def test_they_compare_hash_and_show_alike(a: str, m: int, b: str, n: int) -> None:
    ours, theirs = (OURS(a, m), OURS(b, size=n)), (THEIRS(a, m), THEIRS(b, size=n))
    assert (ours[0] == ours[1]) == (theirs[0] == theirs[1])
    assert (ours[0] < ours[1]) == (theirs[0] < theirs[1])
    assert (ours[0] >= ours[1]) == (theirs[0] >= theirs[1])
    assert (ours[0] <= ours[1], ours[0] > ours[1]) == (
        theirs[0] <= theirs[1],
        theirs[0] > theirs[1],
    )
    assert hash(ours[0]) == hash(theirs[0])
    assert repr(ours[0]) == repr(theirs[0])


def test_fields_that_are_not_compared_do_not_count() -> None:
    assert OURS("a", notes=("x",)) == OURS("a")
    assert hash(OURS("a", more={"x": 1})) == hash(OURS("a"))


def test_another_class_is_never_equal_nor_ordered() -> None:
    assert OURS("a") != THEIRS("a")
    assert OURS("a") != ("a", 3)
    with pytest.raises(TypeError):
        _ = OURS("a") < ("a", 3)


@pytest.mark.parametrize(
    ("args", "given"),
    [((), {}), (("a", 1, (), {}, 5), {}), (("a",), {"name": "b"}), (("a",), {"other": 1})],
)
def test_wrong_calls_are_type_errors_in_both(args: Any, given: Any) -> None:
    for made in (OURS, THEIRS):
        with pytest.raises(TypeError):
            made(*args, **given)


def test_a_frozen_one_refuses_changes_and_a_plain_one_takes_them() -> None:
    frozen = OURS("a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        frozen.name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del frozen.name
    plain, _ = both()
    item = plain("a")
    item.name = "b"
    assert item == plain("b")
    with pytest.raises(TypeError):
        hash(item)
    with pytest.raises(AttributeError):
        item.other = 1


def test_each_instance_gets_a_default_of_its_own() -> None:
    first, second = OURS("a"), OURS("a")
    assert first.more is not second.more


def test_copies_and_pickles_are_equal() -> None:
    item = OURS("a", 5, ("n",), {"x": 1})
    for twin in (copy.copy(item), copy.deepcopy(item)):
        assert (twin, twin.notes, twin.more) == (item, item.notes, item.more)
    from crosstrust.oci.digest import Digest

    digest = Digest.of(b"x")
    assert pickle.loads(pickle.dumps(digest)) == digest  # noqa: S301 - our own bytes


def test_the_standard_librarys_functions_work_on_them() -> None:
    item: Any = OURS("a", 5)
    fields = [one.name for one in dataclasses.fields(item)]
    assert fields == ["name", "size", "notes", "more"]
    assert dataclasses.replace(item, size=6) == OURS("a", 6)
    assert value_class.replace(item, size=6) == OURS("a", 6)
    assert dataclasses.asdict(item) == {"name": "a", "size": 5, "notes": (), "more": {}}


def test_patterns_and_properties_work() -> None:
    match OURS("a", 4):
        case OURS(name, size):
            assert (name, size) == ("a", 4)
    assert OURS("a", 4).doubled == 8


def test_fields_by_name_only() -> None:
    ours, theirs = both(frozen=True, kw_only=True)
    assert repr(ours(name="a")) == repr(theirs(name="a"))
    for made in (ours, theirs):
        with pytest.raises(TypeError):
            made("a")


def test_fields_are_inherited() -> None:
    decorate = value_class.dataclass(frozen=True, slots=True)

    class Base:
        a: int

    base = decorate(Base)

    class Child(base):  # type: ignore[valid-type,misc] # made at run time
        b: int = 2

    child = decorate(Child)
    assert (child(1).a, child(1).b) == (1, 2)
    assert child(1) != base(1)


def test_one_field_or_none_compare_too() -> None:
    decorate = value_class.dataclass(frozen=True)

    class One:
        a: int

    class Nothing:
        """Without fields."""

    one, nothing = decorate(One), decorate(Nothing)
    assert one(1) == one(1) != one(2)
    assert nothing() == nothing()


def test_what_is_written_out_by_hand_stays() -> None:
    class Odd:
        a: int

        def __eq__(self, other: object) -> bool:
            return False

        def __hash__(self) -> int:
            return 7

    odd = value_class.dataclass(frozen=True)(Odd)
    assert odd(1) != odd(1)
    assert hash(odd(1)) == 7


def test_slots_cannot_be_left_out() -> None:
    with pytest.raises(TypeError):
        value_class.dataclass(slots=False)
