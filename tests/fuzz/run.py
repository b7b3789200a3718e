"""Fuzz every target, several at a time: python -m tests.fuzz.run --seconds 60 [TARGET...]

What the fuzzer has learnt stays in .fuzz/TARGET/ for the next run. An input that fails is saved
there; copy it to tests/fuzz/corpus/TARGET/ once the parser is mended, so that `make test` keeps it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.fuzz.table import CORPUS, TABLE

WORK = Path(".fuzz")
MEMORY = 768
# By the clock on the wall, which goes on while other processes have the processors: for what waits.
HANG = 300
SHOWN = 60
EXECUTED = "number_of_executed_units"


def quoted(word: bytes) -> str:
    """Return a line of a libFuzzer dictionary."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n'


def command(name: str, seconds: int) -> list[str]:
    """Return what fuzzes one target, after its folders and its dictionary were made."""
    folder = WORK / name
    (folder / "learnt").mkdir(parents=True, exist_ok=True)
    words = folder / "words"
    words.write_text("".join(map(quoted, TABLE[name].words)), encoding="ascii")
    return [
        *(sys.executable, "-m", "tests.fuzz.process", name),
        f"-max_total_time={seconds}",
        f"-timeout={HANG}",
        f"-rss_limit_mb={MEMORY}",
        f"-max_len={TABLE[name].longest}",
        f"-dict={words}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
        str(folder / "learnt"),
        str(CORPUS / name),
    ]


@dataclass(frozen=True)
class Ended:
    """How the fuzzing of one target ended: how many inputs it tried, and whether all passed."""

    name: str
    executions: int
    passed: bool


def fuzz(name: str, seconds: int) -> Ended:
    """Fuzz one target, print one line, or all that there is to know of a failure."""
    log = WORK / name / "log"
    arguments, before = command(name, seconds), saved(name)
    with log.open("wb") as out:
        done = subprocess.run(arguments, stdout=out, stderr=subprocess.STDOUT, check=False)
    text = log.read_text(encoding="utf-8", errors="replace")
    executions = last(EXECUTED, text)
    # A fuzzer that ends well and has tried nothing has shown nothing.
    if done.returncode == 0 and executions not in {"?", "0"}:
        print(f"{name:12} {figures(text)}", flush=True)
        return Ended(name, int(executions), passed=True)
    shown = "\n".join(text.splitlines()[-SHOWN:])
    inputs = " ".join(map(str, failing(name, before)))
    print(f"{name:12} FAILED\n{shown}\nthe input: {inputs or f'not saved, see {log}'}", flush=True)
    print(f"again: {sys.executable} -m tests.fuzz.process {name} {inputs}", flush=True)
    return Ended(name, int(executions.replace("?", "0")), passed=False)


def saved(name: str) -> dict[Path, int]:
    """Return what libFuzzer and process.py have saved of failing inputs, and when."""
    forms = ("failed", "crash-*", "timeout-*", "oom-*", "leak-*", "slow-unit-*")
    files = (file for form in forms for file in sorted((WORK / name).glob(form)))
    return {file: file.stat().st_mtime_ns for file in files}


def failing(name: str, before: Mapping[Path, int]) -> list[Path]:
    """Return what was saved since ``before``, the same bytes once."""
    fresh = [file for file, when in saved(name).items() if before.get(file) != when]
    return list({file.read_bytes(): file for file in reversed(fresh)}.values())


def figures(text: str) -> str:
    """Return what libFuzzer counted."""
    names = (EXECUTED, "cov", "ft", "slowest_unit_time_sec", "peak_rss_mb")
    units, places, ways, slowest, memory = (last(name, text) for name in names)
    return (
        f"{units:>8} inputs, {places:>5} places, {ways:>5} ways, {slowest} s at most, {memory} MB"
    )


def last(name: str, text: str) -> str:
    """Return the last number that stands after ``name``, "?" without one."""
    found: list[str] = re.findall(rf"\b{name}: +(\d+)", text)
    return found[-1] if found else "?"


def main(names: Iterable[str], seconds: int, jobs: int) -> int:
    """Return 0 if no target failed; the last line has the figures."""
    with ThreadPoolExecutor(jobs) as pool:
        ended = list(pool.map(partial(fuzz, seconds=seconds), names))
    failed = [each.name for each in ended if not each.passed]
    if failed:
        print(f"failed: {', '.join(failed)}")
    executions = sum(each.executions for each in ended)
    print(f"fuzz: {len(ended)} parsers, {executions} executions, {len(failed)} crashes")
    return 0 if ended and not failed else 1


def positive(text: str) -> int:
    """Return a number of seconds; libFuzzer takes 0 for no end."""
    if (value := int(text)) < 1:
        raise ValueError(text)
    return value


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Fuzz the parsers.")
    parser.add_argument("targets", nargs="*", choices=[[], *TABLE], metavar="TARGET")
    parser.add_argument("--seconds", type=positive, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    sys.exit(main(chosen.targets or TABLE, chosen.seconds, max(1, chosen.jobs)))
