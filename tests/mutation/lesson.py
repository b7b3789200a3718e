"""What one run of all tests teaches: which tests reach a line, and how long each takes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Generator, Iterable
from pathlib import Path

import coverage
import pytest

WORK = Path(".mutation")
COVERAGE = WORK / "coverage"
SECONDS = WORK / "seconds"


class Stopwatch:
    """Notes the processor seconds of each test that passes; the others are not used.

    Each process that runs tests has a file of its own.
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._failed: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        begin = time.process_time()
        result = yield
        self._seconds[item.nodeid] = time.process_time() - begin
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        kept = {name: each for name, each in self._seconds.items() if name not in self._failed}
        file = SECONDS / f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.json"
        file.write_text(json.dumps(kept), encoding="utf-8")


def read_seconds() -> dict[str, float]:
    """Return how long each test took."""
    found: dict[str, float] = {}
    for file in sorted(SECONDS.glob("*.json")):
        found |= json.loads(file.read_text(encoding="utf-8"))
    return found


def forget(files: Collection[str]) -> None:
    """Drop what is known of the tests in these files, or below these folders."""
    SECONDS.mkdir(exist_ok=True, parents=True)
    places = [Path(file) for file in files]
    kept = {
        name: each
        for name, each in read_seconds().items()
        if not any(Path(name.partition("::")[0]).is_relative_to(place) for place in places)
    }
    for file in SECONDS.glob("*.json"):
        file.unlink()
    (SECONDS / "kept.json").write_text(json.dumps(kept), encoding="utf-8")


class Lesson:
    """Tests by line. A line that runs once for many tests is known for the first of them alone."""

    def __init__(self) -> None:
        self.seconds = read_seconds()
        self._data = coverage.CoverageData(str(COVERAGE))
        self._data.read()
        self._files = {os.path.realpath(name): name for name in self._data.measured_files()}
        self._lines: dict[str, dict[int, list[str]]] = {}

    def tests_of(self, file: Path, lines: Iterable[int]) -> list[str]:
        """Return the tests that reach one of the lines.

        Each test gets as much time as another: its cases, the quickest first, come in the order
        of the time that this test will have taken by then. Cases of one test are much alike.
        """
        known = self._lines_of(str(file))
        names = {
            context.rpartition("|")[0]
            for line in lines
            for context in known.get(line, ())
            if "|" in context
        }
        spent: dict[str, float] = {}
        ranked = []
        for name in sorted(names & self.seconds.keys(), key=self.seconds.__getitem__):
            test = name.partition("[")[0]
            spent[test] = spent.get(test, 0.0) + self.seconds[name]
            ranked.append((spent[test], name))
        return [name for _, name in sorted(ranked)]

    def is_of_import(self, file: Path, lines: Iterable[int]) -> bool:
        """Return True if the lines ran when their module was imported, and never in a test."""
        known = self._lines_of(str(file))
        return {context for line in lines for context in known.get(line, ())} == {""}

    def _lines_of(self, file: str) -> dict[int, list[str]]:
        if file not in self._lines:
            name = self._files.get(file)
            self._lines[file] = self._data.contexts_by_lineno(name) if name else {}
        return self._lines[file]
