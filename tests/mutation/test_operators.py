"""Mutants: what is changed, what is left alone, and that the change reaches a running function."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path
from types import FunctionType

import pytest

from tests.mutation.operators import Mutant, mutants
from tests.mutation.patch import code_of, replace_code


def mutants_of(body: str) -> list[Mutant]:
    text = "def f(a, b=1):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    return list(mutants(ast.parse(text), {"pin.form", "digest.form"}))


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ("return a < b", {"a < b -> a <= b", "return a < b -> return None"}),
        ("return a < 3 < b", {"a < 3 < b -> a <= 3 < b", "a < 3 < b -> a < 3 <= b", "3 -> 4"}),
        ("a = b and not a", {"b and (not a) -> b or not a", "not a -> a"}),
        ("if a:\n    pass", {"if a: ... -> if not a: ..."}),
        ("return True", {"True -> False"}),
        ("raise ValueError", {"raise ValueError -> pass"}),
        ("yield from a", {"yield from a -> pass"}),
        ("a[0] = b", {"a[0] = b -> pass"}),
        ("return any(x for x in a if x)", {"any((x for x in a if x)) -> all((x for x in a if x))"}),
        ("a = sorted(b)", {"sorted(b) -> b"}),
        ("a = b.lower()", {"b.lower() -> b"}),
        ("a = Class.ATTACK", {"Class.ATTACK -> Class.LOCAL"}),
        ("a = 'pin.form'", {"'pin.form' -> 'digest.form'"}),
        ("for a in b:\n    continue", {"continue -> break"}),
    ],
)
def test_what_is_changed(body: str, changes: set[str]) -> None:
    assert changes <= {each.change for each in mutants_of(body)}


@pytest.mark.parametrize(
    "body",
    [
        "'a text'",
        "a: int = b",
        "import os",
        "a = f'{a + b}'",
        "a = fail(expected=str(1), actual=not a, remedy=a and b)",
        "a = 'any text' + b",
        "return None",
    ],
)
def test_what_is_left_alone(body: str) -> None:
    assert [each.change for each in mutants_of(body)] == []


def test_lines_are_those_of_the_statement_without_its_body() -> None:
    found = {
        each.change: (each.start, each.end) for each in mutants_of("if (a and\n b):\n  return a")
    }
    assert found["a and b -> a or b"] == (2, 3)
    assert found["return a -> return None"] == (4, 4)


def test_a_method_is_found_by_its_qualified_name_and_decorators_are_not_changed() -> None:
    text = "class A:\n    @cached(1)\n    def f(self):\n        return self.x == 2\n"
    found = list(mutants(ast.parse(text), ()))
    assert {(each.function, each.first_line) for each in found} == {("A.f", 2)}
    assert not any(each.before == "1" for each in found)


def test_a_change_reaches_the_function_through_a_cache(tmp_path: Path) -> None:
    tree = ast.parse("def f(a):\n    return a < 3\n")
    space: dict[str, FunctionType] = {}
    exec(compile(tree, "x.py", "exec"), space)  # noqa: S102 - a function of our own to change
    cached = lru_cache(space["f"])
    assert [cached(2), cached(3)] == [True, False]
    mutant = next(each for each in mutants(tree, ()) if each.change == "a < 3 -> a <= 3")
    mutant.apply()
    code = code_of(compile(tree, "x.py", "exec"), "f", 1)
    assert code is not None
    replace_code([space["f"]], code)
    cached.cache_clear()
    assert [cached(2), cached(3)] == [True, True]
