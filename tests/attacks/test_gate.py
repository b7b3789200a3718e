"""The gate of the attack catalogue refuses gaps, and its last line has the figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crosstrust.evidence.codes import CODES
from tests.attacks.catalogue import read_catalogue
from tests.attacks.gate import main

IN_SCOPE = [row.id for row in read_catalogue() if not row.needs]
LATER = [row.id for row in read_catalogue() if row.needs]
CODE = next(iter(CODES))
Found = dict[str, Any]


def complete() -> Found:
    """What a run leaves in which everything is as required."""
    rows = {row: {"tests/test_x.py::test_it": "passed"} for row in IN_SCOPE}
    return {"rows": rows, "passed": sorted(CODES), "failed": sorted(CODES)}


def judged(found: Found, folder: Path) -> int:
    ledger = folder / "attacks.json"
    ledger.write_text(json.dumps(found), encoding="utf-8")
    return main([str(ledger)])


def test_a_complete_run_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert judged(complete(), tmp_path) == 0
    scope = len(IN_SCOPE)
    assert scope >= 200
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"attacks: {scope} rows in scope, {scope} as required, 0 missing; "
        f"{len(LATER)} not reachable yet"
    )


def without_row(found: Found) -> str:
    del found["rows"]["A01"]
    return "A01 missing"


def with_failed_row(found: Found) -> str:
    found["rows"]["A01"]["tests/test_x.py::test_other"] = "failed"
    return "A01 failed"


def with_skipped_row(found: Found) -> str:
    found["rows"]["A01"] = {"tests/test_x.py::test_it": "skipped"}
    return "A01 failed"


def with_unknown_row(found: Found) -> str:
    found["rows"]["Z99"] = {"tests/test_x.py::test_it": "passed"}
    return "Z99 is not in the catalogue"


def with_later_row(found: Found) -> str:
    found["rows"][LATER[0]] = {"tests/test_x.py::test_it": "passed"}
    return f"{LATER[0]} has a test"


def never_passed(found: Found) -> str:
    found["passed"].remove(CODE)
    return f"{CODE} was not seen to have passed"


def never_failed(found: Found) -> str:
    found["failed"].remove(CODE)
    return f"{CODE} was not seen to have failed"


@pytest.mark.parametrize(
    "spoil",
    [
        *(without_row, with_failed_row, with_skipped_row, with_unknown_row, with_later_row),
        *(never_passed, never_failed),
    ],
)
def test_a_gap_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Found], str]
) -> None:
    found = complete()
    said = spoil(found)
    assert judged(found, tmp_path) == 1
    caught = capsys.readouterr()
    assert f"attack gate: {said}" in caught.err
    missing = "1 missing" if "missing" in said else "0 missing"
    assert missing in caught.out.splitlines()[-1]


def test_no_results_at_all_are_refused(tmp_path: Path) -> None:
    assert main([str(tmp_path / "none.json")]) == 1
