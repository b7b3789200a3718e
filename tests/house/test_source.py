"""The limits of CONTRIBUTING.md on size, names and failures in src/."""

import ast
import re
from pathlib import Path

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

each_file = pytest.mark.parametrize("file", FILES, ids=place)


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


@each_file
def test_a_file_is_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= FILE_LIMIT


def test_files_that_grow_long_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    with capsys.disabled():
        for file, length in lengths.items():
            if length > FILE_WISH:
                print(f"\n{place(file)} has {length} lines; {FILE_WISH} is the wish")
    assert max(lengths.values()) <= FILE_LIMIT


@each_file
def test_a_function_is_short(file: Path) -> None:
    assert long_bodies(parse(file)) == []


@each_file
def test_a_name_says_what_is_inside(file: Path) -> None:
    names = {part.removesuffix(".py") for part in file.relative_to(SOURCE).parts}
    assert names & EMPTY_NAMES == set()


@each_file
def test_bugs_are_caught_in_one_place(file: Path) -> None:
    allowed = 1 if file == SOURCE / "cli" / "main.py" else 0
    assert len(catch_alls(parse(file))) <= allowed


@pytest.mark.parametrize(
    "file", [*FILES, *python_files(ROOT / "tests"), *python_files(ROOT / "bench")], ids=place
)
def test_nothing_is_left_unfinished(file: Path) -> None:
    assert UNFINISHED.findall(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "handler", ["except:", "except Exception:", "except (KeyError, BaseException):"]
)
def test_a_catch_all_is_found(handler: str) -> None:
    assert catch_alls(ast.parse(f"try:\n    run()\n{handler}\n    stop()\n")) == [3]


def test_a_long_body_is_found() -> None:
    body = "    run()\n" * BODY_LIMIT
    assert long_bodies(ast.parse(f'def fits():\n    """Run."""\n{body}')) == []
    assert long_bodies(ast.parse(f"def grows():\n{body}    run()\n")) == ["grows"]
