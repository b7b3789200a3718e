"""The search finds what leaks, in each kind of place, fails the test that leaks, and counts."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.canaries.gate import main
from tests.canaries.plugin import add_figures
from tests.canaries.search import KINDS, SEARCH, Search
from tests.canaries.secret import secrets_in, token
from tests.house.tree import ROOT

LEAKY = ROOT / "tests" / "canaries" / "leaky.py"
NAMES = re.findall(r"^def (test_\w+)", LEAKY.read_text(encoding="utf-8"), re.MULTILINE)
WHERE = {
    "test_leak_in_what_the_test_reads": "output (read by the test",
    "test_leak_in_what_nobody_reads": "output (stderr of call",
    "test_leak_of_a_process": "output of a process (",
    "test_leak_of_a_process_that_writes_here": "output (stdout of call",
    "test_leak_in_a_log": "log (deep",
    "test_leak_in_an_error_that_is_expected": "traceback (ValueError",
    "test_leak_in_the_cause_of_an_error": "traceback (ValueError",
    "test_leak_into_a_file": "file (cache/answer",
    "test_leak_into_the_name_of_a_file": "file (named after it)",
    "test_leak_into_a_file_that_is_gone": "file (answer",
    "test_leak_beside_the_file_of_credentials": "file (config.json.new",
    "test_leak_to_another_host": "request (to ",
    "test_leak_in_a_target": "request (to cdn.example",
    "test_leak_in_a_body": "request (to cdn.example",
}


@dataclass(frozen=True, slots=True)
class Run:
    said: str
    ledger: Path

    @property
    def found(self) -> dict[str, Any]:
        read = json.loads(self.ledger.read_text(encoding="utf-8"))
        assert isinstance(read, dict)
        return read


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The leaky tests, run by two workers. What they leave is theirs to keep."""
    folder = tmp_path_factory.mktemp("leaky")
    ledger = folder / "ledger.json"
    words = ["-p", "no:cacheprovider", "-p", "no:randomly", "-n2"]
    shown = ["-rEf", "--tb=line", "--show-capture=no", f"--basetemp={folder / 'base'}"]
    done = subprocess.Popen(
        [sys.executable, "-m", "pytest", *words, *shown, str(LEAKY)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        env={**os.environ, "CANARY_LEDGER": str(ledger), "COVERAGE_PROCESS_START": ""},
    )
    with done:
        said, _ = done.communicate(timeout=120)
    for path in (folder / "base").rglob("*"):
        SEARCH.own.add(path)
    return Run(said.decode(), ledger)


def test_every_leak_fails_its_test(run: Run) -> None:
    failed = set(re.findall(r"^ERROR \S+::(\w+)", run.said, re.MULTILINE))
    assert failed == {name for name in NAMES if name.startswith("test_leak")}, run.said
    assert "FAILED" not in run.said


def test_every_leak_is_named_and_not_repeated(run: Run) -> None:
    leaks = run.found["leaks"]
    for where in WHERE.values():
        assert [one for one in leaks if one.startswith(where)], where
    assert not [one for one in leaks if "(helper)" in one or "(config.json)" in one]
    assert secrets_in(json.dumps(leaks).encode()) == []


def test_every_kind_is_counted(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert set(run.found["searched"]) == set(KINDS)
    assert run.found["tests"] == len(NAMES) + 1
    total, leaks = sum(run.found["searched"].values()), len(run.found["leaks"])
    assert main(run.ledger) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"canaries: {total} places searched, {leaks} leaks"


def test_every_leak_has_its_place_in_this_table() -> None:
    assert set(WHERE) == {name for name in NAMES if name.startswith("test_leak")}


@pytest.mark.parametrize("missing", KINDS)
def test_a_kind_that_was_never_searched_is_refused(
    missing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "ledger.json"
    whole = dict.fromkeys(KINDS, 7)
    for searched, code in ((whole, 0), ({**whole, missing: 0}, 1)):
        found = {"tests": 5, "searched": searched, "leaks": []}
        ledger.write_text(json.dumps(found), encoding="utf-8")
        assert main(ledger) == code
    assert capsys.readouterr().err == f"canaries: no {missing} was ever searched\n"


def test_no_figures_at_all_are_refused(tmp_path: Path) -> None:
    assert main(tmp_path / "none.json") == 1


def test_a_log_of_this_very_run_is_heard() -> None:
    before = SEARCH.searched["log"] + len(SEARCH._noted)
    logging.getLogger("canaries").debug("nothing secret")
    assert SEARCH.searched["log"] + len(SEARCH._noted) == before + 1


def test_files_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    search = Search()
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    search.look_below(tmp_path)
    search.look_below(tmp_path / "none")
    assert (search.settle(), dict(search.searched)) == ([], {})
    search.note("output", "x", token("a"))
    assert search.settle() == ["output (x) has a token for a"]
    assert search.settle() == []


def test_the_parts_of_a_suite_are_added_up(tmp_path: Path) -> None:
    ledger = tmp_path / "canaries.json"
    add_figures(ledger, {"tests": 2, "searched": {"file": 3, "log": 1}, "leaks": ["a leak"]})
    add_figures(ledger, {"tests": 5, "searched": {"file": 4, "request": 6}, "leaks": []})
    assert json.loads(ledger.read_text(encoding="utf-8")) == {
        "tests": 7,
        "searched": {"file": 7, "log": 1, "request": 6},
        "leaks": ["a leak"],
    }
