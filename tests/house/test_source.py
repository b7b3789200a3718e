"""The limits of CONTRIBUTING.md on size, names and failures in src/."""

import ast
import re

import pytest

from tests.house.tree import ROOT, SOURCE, body_length, functions, parse, place, python_files

FILE_LIMIT = 400
FILE_WISH = 250
BODY_LIMIT = 40
EMPTY_NAMES = frozenset({"common", "helper", "helpers", "manager", "misc", "util", "utils"})
# Joined here, so that this file does not hold the words it looks for.
UNFINISHED = re.compile(
    "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error"))
)
FILES = python_files(SOURCE)
MAIN = SOURCE / "cli" / "main.py"

EVERY_FILE = [*FILES, *python_files(ROOT / "tests"), *python_files(ROOT / "bench")]


def catches_all(handler: ast.ExceptHandler) -> bool:
    """Whether a handler takes every exception, our own bugs included."""
    if handler.type is None:
        return True
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return bool(names & {"Exception", "BaseException"})


def catch_alls(tree: ast.AST) -> list[int]:
    """The lines where everything is caught."""
    handlers = (node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler))
    return [handler.lineno for handler in handlers if catches_all(handler)]


def long_bodies(tree: ast.AST) -> list[str]:
    """The functions whose body is longer than the limit."""
    return [node.name for node in functions(tree) if body_length(node) > BODY_LIMIT]


def test_there_is_source_to_judge() -> None:
    assert FILES


def test_files_that_grow_long_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    with capsys.disabled():
        for file, length in lengths.items():
            if length > FILE_WISH:
                print(f"\n{place(file)} has {length} lines; {FILE_WISH} is the wish")
    assert [place(file) for file, length in lengths.items() if length > FILE_LIMIT] == []


def test_functions_are_short() -> None:
    found = {place(file): long_bodies(parse(file)) for file in FILES}
    assert {file: names for file, names in found.items() if names} == {}


def test_names_say_what_is_inside() -> None:
    below = {part for file in FILES for part in file.relative_to(SOURCE).parts}
    assert {part.removesuffix(".py") for part in below} & EMPTY_NAMES == set()


def test_bugs_are_caught_in_one_place() -> None:
    found = {place(file): len(catch_alls(parse(file))) for file in FILES}
    assert {file for file, count in found.items() if count} == {place(MAIN)}
    assert found[place(MAIN)] == 1


def test_nothing_is_left_unfinished() -> None:
    found = {file: UNFINISHED.findall(file.read_text(encoding="utf-8")) for file in EVERY_FILE}
    assert {place(file): words for file, words in found.items() if words} == {}


@pytest.mark.parametrize(
    "handler", ["except:", "except Exception:", "except (KeyError, BaseException):"]
)
def test_a_catch_all_is_found(handler: str) -> None:
    assert catch_alls(ast.parse(f"try:\n    run()\n{handler}\n    stop()\n")) == [3]


def test_a_long_body_is_found() -> None:
    body = "    run()\n" * BODY_LIMIT
    assert long_bodies(ast.parse(f'def fits():\n    """Run."""\n{body}')) == []
    assert long_bodies(ast.parse(f"def grows():\n{body}    run()\n")) == ["grows"]
