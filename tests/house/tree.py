"""The files of this repository, as the tests of its rules see them."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "crosstrust"
TESTS = ROOT / "tests"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tracked_files() -> tuple[Path, ...]:
    """What git tracks or would add. An unpacked archive has no git: then everything visible."""
    git = shutil.which("git")
    if git is not None and (ROOT / ".git").exists():
        listed = subprocess.run(
            [
                *(git, "-c", f"safe.directory={ROOT}", "-C", str(ROOT)),
                *("ls-files", "-z", "--cached", "--others", "--exclude-standard"),
            ],
            check=True,
            capture_output=True,
        )
        names = listed.stdout.decode().split("\0")
        return tuple(sorted(ROOT / name for name in names if name and (ROOT / name).is_file()))
    visible = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
    return tuple(
        sorted(
            ROOT / path
            for path in visible
            if (ROOT / path).is_file()
            and not any(part.startswith(".") or part == "__pycache__" for part in path.parts)
        )
    )


def python_files(folder: Path) -> list[Path]:
    """The Python files below a folder, without those that git ignores."""
    return [file for file in tracked_files() if file.suffix == ".py" and folder in file.parents]


def parse(file: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def place(file: Path, line: int = 0) -> str:
    """``src/crosstrust/x.py:12``, which an editor can open."""
    name = str(file.relative_to(ROOT)) if ROOT in file.parents else file.name
    return f"{name}:{line}" if line else name


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function of a syntax tree, inner ones and methods too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_length(function: Function) -> int:
    """Lines from the first statement after the docstring to the last one."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    if not body or body[-1].end_lineno is None:
        return 0
    return body[-1].end_lineno - body[0].lineno + 1
