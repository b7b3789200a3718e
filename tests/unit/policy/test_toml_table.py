"""A table of a TOML file: what each kind of key may hold, and what is said of the others."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from crosstrust.chain.toml_table import Table
from crosstrust.errors import InputError

Read = Callable[[Table], object]
LINES = {("rule", 0): 2, ("rule", 0, "key"): 3}


def table(value: Any) -> Table:
    """The first ``[[rule]]``, whose ``key`` has this value."""
    return Table({"key": value}, "file.toml", LINES, ("rule", 0))


READERS: dict[str, Read] = {
    "string": lambda found: found.string("key"),
    "choice": lambda found: found.choice("key", ("a", "b")),
    "flag": lambda found: found.flag("key"),
    "strings": lambda found: found.strings("key"),
    "table": lambda found: found.table("key"),
    "tables": lambda found: found.tables("key"),
}


# As the file writes it, whatever Python makes of it.
SHOWN = {
    "true": "true",
    "false": "false",
    "1": "1",
    "2021-01-01": "2021-01-01",
    "2021-01-01T00:00:00Z": "2021-01-01T00:00:00+00:00",
    "07:32:00": "07:32:00",
    "{a = 1}": "a table",
    "{}": "an empty table",
    "[true, 'a', {b = 2}, [1.5]]": "[true, 'a', a table, [1.5]]",
    "[]": "[]",
    "[[1], 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22]": (
        "[[1], 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22"
    ),
}


@pytest.mark.parametrize("written", SHOWN)
def test_what_was_found_is_shown_as_toml(written: str) -> None:
    with pytest.raises(InputError) as caught:
        table(tomllib.loads(f"key = {written}")["key"]).string("key")
    assert caught.value.actual == SHOWN[written]


def test_one_bracket_is_not_two() -> None:
    with pytest.raises(InputError) as caught:
        table({"a": 1}).tables("key")
    assert caught.value.remedy == "write [[rule.key]], in double brackets"


def test_leaving_a_list_out_is_the_remedy_unless_there_is_another() -> None:
    for given, remedy in (("", "remove `key` if it should not restrict anything"), ("x", "x")):
        with pytest.raises(InputError) as caught:
            table([]).strings("key", remedy=given)
        assert caught.value.remedy == remedy


REFUSED: list[tuple[str, str, list[Any]]] = [
    ("string", "`key` as a text in quotes", ["", " \t", 1, None, ["a"]]),
    ("choice", '`key` = "a" or "b"', ["c", "A", "a "]),
    ("choice", "`key` as a text in quotes", ["", 1]),
    ("flag", "`key` = true or false", [0, 1, "true", None]),
    (
        "strings",
        "`key` as a list of texts with at least one entry",
        ["a", [], [""], [" "], ["a", " "], ["a", 1], {"a": 1}],
    ),
    ("table", "`key` as a table with at least one entry", [{}, [], "a", [{"a": 1}]]),
    ("tables", "[[rule.key]] tables, at least one", [[], {}, {"a": 1}, "a"]),
    (
        "tables",
        "a [[rule.key]] table that is not empty",
        [[{}], [1], [{"a": 1}, {}], [{"a": 1}, ["b"]]],
    ),
]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [(kind, value, expected) for kind, expected, values in REFUSED for value in values],
)
def test_what_a_key_may_not_hold(kind: str, value: Any, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        READERS[kind](table(value))
    assert (caught.value.code, caught.value.where) == ("policy.form", "file.toml line 3")
    assert caught.value.expected == expected


@pytest.mark.parametrize(
    ("kind", "value", "absent"),
    [
        ("string", "a", ""),
        ("choice", "b", ""),
        ("flag", True, False),
        ("strings", ["a", "b"], ()),
        ("table", {"a": 1}, None),
        ("tables", [{"a": 1}, {"b": 2}], ()),
    ],
)
def test_what_a_key_may_hold(kind: str, value: Any, absent: object) -> None:
    found = READERS[kind](table(value))
    if kind == "table":
        assert isinstance(found, Table)
        assert (found.values, found.path) == (value, ("rule", 0, "key"))
    elif kind == "tables":
        assert isinstance(found, tuple)
        assert [(one.values, one.path[-1]) for one in found] == [({"a": 1}, 0), ({"b": 2}, 1)]
    else:
        assert found == (tuple(value) if isinstance(value, list) else value)
    assert READERS[kind](Table({}, "file.toml", {})) == absent


def test_the_line_of_a_key_is_that_of_what_holds_it() -> None:
    found = table({"inner": {"a": 1}})
    assert (found.line(), found.line("key"), found.line("other")) == (2, 3, 2)
    inner = found.table("key")
    assert inner is not None
    assert (inner.line(), inner.line("inner")) == (3, 3)
    assert Table({}, "file.toml", {}).line() == 1
    assert Table({}, "file.toml", LINES).place("x") == "file.toml line 1"


def test_an_unknown_key_is_told_those_that_are_known_in_order() -> None:
    with pytest.raises(InputError) as caught:
        table(1).refuse_unknown(["tags", "form", "accept"])
    assert caught.value.expected == "one of accept, form, tags"
    assert (caught.value.actual, caught.value.where) == ("'key'", "file.toml line 3")
    table(1).refuse_unknown(["key", "form"])
