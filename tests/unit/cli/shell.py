"""Runs the command as a user would, in this process or in one of its own."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

COMMAND = (sys.executable, "-m", "crosstrust")


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str


Run = Callable[..., Result]


def start(*arguments: str, environ: Mapping[str, str], folder: Path) -> Result:
    """The command in a process of its own."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        env=dict(environ),
        cwd=folder,
        timeout=60,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def files_below(folder: Path) -> set[str]:
    """Every file and folder, so that what was left behind can be seen."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def check_refused(result: Result, code: str) -> None:
    """Wrong usage: exit code 2, nothing on stdout, one line that names the code."""
    assert result.code == 2, result
    assert result.out == ""
    assert result.err.count("\n") == 1
    assert result.err.startswith(f"crosstrust: {code}: ")
    assert result.err.strip().isprintable()
