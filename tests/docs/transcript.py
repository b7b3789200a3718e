"""Commands as a page shows them, run as a reader would type them, and compared with what is shown.

Digests, keys, times and costs differ from run to run; they are made equal before comparing.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.docs.elsewhere import ELSEWHERE
from tests.docs.page import Block

ANY_LINES = "[...]"
SHOW_CODE = "echo $?"

_PROMPT, _FURTHER = "$ ", "> "
_MARK = "\x1e"
_VARYING = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "x" * 64),
    (re.compile(r"\b[0-9a-f]{12}\b"), "x" * 12),
    (re.compile(r"\d{4}-\d\d-\d\d"), "DATE"),
    (re.compile(r"\d\d:\d\d:\d\d(?:\.\d+)?"), "TIME"),
    (re.compile(r"\d+ requests?, [\d.]+ [kM]B, [\d.]+ s"), "COST"),
    (re.compile(r"\b\d+\.\d+ (?=hours|seconds|s\b)"), "N "),
    (re.compile(r"127\.0\.0\.1:\d+"), "LOOPBACK"),
)


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed, the line it stands on, and the output that the page shows below it."""

    line: int
    text: str
    shown: tuple[str, ...]

    @property
    def elsewhere(self) -> bool:
        return self.text in ELSEWHERE


@dataclass(frozen=True, slots=True)
class Done:
    """A command, its exit code and the lines that it printed."""

    command: Command
    code: int
    printed: tuple[str, ...]


def commands(block: Block) -> list[Command]:
    """The commands of a ``console`` block; ``>`` continues one, other lines are its output."""
    found: list[tuple[int, list[str], list[str]]] = []
    for number, line in enumerate(block.lines, start=block.start):
        if line.startswith(_PROMPT):
            found.append((number, [line.removeprefix(_PROMPT)], []))
        elif line.startswith(_FURTHER) and found and not found[-1][2]:
            found[-1][1].append(line.removeprefix(_FURTHER))
        else:
            assert found, f"line {number}: output before any command"
            found[-1][2].append(line)
    return [Command(line, "\n".join(typed), tuple(shown)) for line, typed, shown in found]


def run_commands(
    typed: list[Command], folder: Path, environ: Mapping[str, str], names: Mapping[str, str]
) -> list[Done]:
    """Type ``typed`` into one shell. ``names`` are texts of the page that stand for others."""
    script = "".join(
        f"{replaced(command.text, names)}\n__code=$?; printf '{_MARK}%s{_MARK}' $__code; "
        "(exit $__code)\n"
        for command in typed
    )
    _, output = run_shell(script, folder, environ)
    parts = output.split(_MARK)
    assert len(parts) == 2 * len(typed) + 1, f"the shell ended early:\n{output}"
    return [
        Done(command, int(code), tuple(printed.splitlines()))
        for command, printed, code in zip(typed, parts[::2], parts[1::2], strict=False)
    ]


def run_shell(script: str, folder: Path, environ: Mapping[str, str]) -> tuple[int, str]:
    """Run ``script``; its exit code and what a terminal would have shown."""
    done = subprocess.run(
        ["bash", "-c", script],  # noqa: S607 - the reader's shell, wherever it is
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=dict(environ),
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout.decode()


def replaced(text: str, names: Mapping[str, str]) -> str:
    """``text`` with every name of ``names`` replaced by what it stands for."""
    for name, meaning in names.items():
        text = text.replace(name, meaning)
    return text


def even(line: str) -> str:
    """``line`` without what differs from run to run."""
    for pattern, text in _VARYING:
        line = pattern.sub(text, line)
    return line.rstrip()


def agrees(shown: tuple[str, ...], printed: tuple[str, ...]) -> bool:
    """Whether a page shows what was printed; a line ``[...]`` stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == ANY_LINES else re.escape(even(line)) + r"\n" for line in shown
    )
    return re.fullmatch(pattern, "".join(f"{even(line)}\n" for line in printed)) is not None


def reader_environ(home: Path, further: Mapping[str, str]) -> dict[str, str]:
    """The environment of a reader with an empty home, in a terminal of 80 columns."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return {
        **kept,
        "HOME": str(home),
        "SHELL": "true",
        "COLUMNS": "80",
        "LC_ALL": "C.UTF-8",
        "PYTHONIOENCODING": "utf-8",
        "DOCKER_CONFIG": str(home / ".docker"),
        **further,
    }
