"""The pytest plugin that tries mutants in place of running tests: it starts and awaits trials."""

from __future__ import annotations

import argparse
import ast
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from crosstrust.evidence.codes import CODES
from tests.mutation.lesson import WORK, Lesson
from tests.mutation.operators import Mutant, mutants
from tests.mutation.patch import caches_of, functions_in, import_all
from tests.mutation.score import Key, latest
from tests.mutation.trial import BUDGET, KILLED, SURVIVED, UNFIT, Trial

SOURCE = Path("src/crosstrust").resolve()
PACKAGES = ("evidence", "chain", "schemes")
SCRATCH = (WORK / "scratch").resolve()
# So many trials without a mutant, which must survive, to each hundred with one.
CONTROLS = 2
WORDS = {SURVIVED: "survived", KILLED: "killed", UNFIT: "unfit"}

RESULTS = WORK / "results.jsonl"
SAMPLED = WORK / "sampled.jsonl"
TOTAL = WORK / "total"


class Candidate(NamedTuple):
    """A mutant and the tree that it changes; ``number`` counts the mutants of its file."""

    file: Path
    tree: ast.Module
    mutant: Mutant
    number: int

    @property
    def key(self) -> Key:
        return self.file.relative_to(SOURCE).as_posix(), self.number


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutants", type=int, default=0, help="how many; 0 is all")
    parser.addoption("--mutants-seed", type=int, default=0)
    parser.addoption("--mutants-jobs", type=int, default=2)
    parser.addoption("--mutants-of", default="", help="only files with this in their path")
    parser.addoption("--mutants-part", default="1/1", help="K/N: the Kth of N parts")
    parser.addoption("--mutants-again", action="store_true", help="only what survived before")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Try the mutants that the options choose."""
    option = session.config.option
    for package in PACKAGES:
        import_all(f"crosstrust.{package}")
    lesson = Lesson()
    found = list(candidates(lesson))
    TOTAL.write_text(str(len(found)), encoding="utf-8")
    court = Court(session, lesson, option.mutants_jobs)
    court.find_all(found)
    court.hear(choose(found, option), SAMPLED if option.mutants else RESULTS)
    return True


def choose(found: list[Candidate], option: argparse.Namespace) -> list[Candidate]:
    """Return those that the options name, in the order of the source.

    What killed one mutant often kills the next.
    """
    part, parts = (int(number) for number in option.mutants_part.split("/"))
    chosen = found[len(found) * (part - 1) // parts : len(found) * part // parts]
    chosen = [one for one in chosen if option.mutants_of in str(one.file)]
    if option.mutants_again:
        survivors = {key for key, one in latest(RESULTS).items() if one["outcome"] == "survived"}
        chosen = [one for one in chosen if one.key in survivors]
    if option.mutants and option.mutants < len(chosen):
        drawn = random.Random(option.mutants_seed).sample(range(len(chosen)), option.mutants)
        chosen = [chosen[number] for number in sorted(drawn)]
    return chosen


def candidates(lesson: Lesson) -> Iterator[Candidate]:
    """Yield all mutants; those of one file share its tree, which only a fork changes.

    What an import has done is there before any mutant, which so would change nothing.
    """
    for package in PACKAGES:
        for file in sorted((SOURCE / package).rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
            for number, mutant in enumerate(mutants(tree, CODES.keys())):
                if not lesson.is_of_import(file, range(mutant.start, mutant.end + 1)):
                    yield Candidate(file, tree, mutant, number)


class Court:
    """Which tests a mutant meets, and what became of it."""

    def __init__(self, session: pytest.Session, lesson: Lesson, jobs: int) -> None:
        self._items = {item.nodeid: item for item in session.items}
        self._lesson = lesson
        self._jobs = jobs
        self._functions = functions_in(SOURCE)
        self._caches = caches_of("crosstrust")
        # What killed a neighbour is tried first.
        self._killers: defaultdict[tuple[Path, str], list[str]] = defaultdict(list)

    def find_all(self, candidates: list[Candidate]) -> None:
        """Fail where a function is not there to be changed: its mutants would all survive."""
        keys = {(str(one.file), one.mutant.function, one.mutant.first_line) for one in candidates}
        if missing := keys - self._functions.keys():
            pytest.exit(f"mutation: no such function in this process: {sorted(missing)}", 3)

    def hear(self, chosen: list[Candidate], results: Path) -> None:
        SCRATCH.mkdir(exist_ok=True)
        running: list[Trial] = []
        with results.open("a", encoding="utf-8", buffering=1) as out:
            for trial in self._trials(chosen):
                while len(running) >= self._jobs:
                    running = [each for each in running if not self._end(each, out.write)]
                    time.sleep(0.01)
                mutant = trial.mutant
                found = []
                if mutant is not None:
                    key = (str(trial.file), mutant.function, mutant.first_line)
                    found = self._functions.get(key, [])
                trial.start(found, self._clear, SCRATCH)
                running.append(trial)
            while running:
                running = [each for each in running if not self._end(each, out.write)]
                time.sleep(0.01)

    def _clear(self) -> None:
        for cache in self._caches:
            cache.cache_clear()

    def _trials(self, chosen: list[Candidate]) -> Iterator[Trial]:
        for position, (file, tree, mutant, number) in enumerate(chosen):
            names = self._tests(file, mutant)
            items = [self._items[name] for name in names]
            yield Trial(file, tree, mutant, items, self._lesson.seconds, number)
            if position * CONTROLS % 100 < CONTROLS:
                yield Trial(file, tree, None, items, self._lesson.seconds)

    def _tests(self, file: Path, mutant: Mutant) -> list[str]:
        """Return killers of neighbours, then the others that reach the line, within the budget."""
        reaching = self._lesson.tests_of(file, range(mutant.start, mutant.end + 1))
        known = self._killers[file, mutant.function]
        names = [name for name in known if name in reaching]
        names += [name for name in reaching if name not in known]
        kept: list[str] = []
        spent = 0.0
        for name in names:
            spent += self._lesson.seconds[name]
            if name in self._items and (spent <= BUDGET or not kept):
                kept.append(name)
        return kept

    def _end(self, trial: Trial, write: Callable[[str], object]) -> bool:
        outcome = trial.poll()
        if outcome is None:
            return False
        mutant = trial.mutant
        if outcome == KILLED and mutant is not None and trial.killer in self._items:
            killers = self._killers[trial.file, mutant.function]
            if trial.killer in killers:
                killers.remove(trial.killer)
            killers.insert(0, trial.killer)
        line = {
            "file": trial.file.relative_to(SOURCE).as_posix(),
            "number": trial.number,
            "line": mutant.start if mutant else 0,
            "function": mutant.function if mutant else "",
            "change": mutant.change if mutant else "",
            "outcome": WORDS.get(outcome, "unfit"),
            "killer": trial.killer,
            "tests": len(trial.tests),
            "seconds": round(trial.seconds, 2),
        }
        write(json.dumps(line) + "\n")
        return True
