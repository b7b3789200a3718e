"""The gate on coverage: what it adds up, and when it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.house.coverage_gate import main


def file_report(covered: int, total: int) -> dict[str, Any]:
    """A file with as many branches as statements, equally covered."""
    return {
        "summary": {
            "num_statements": total,
            "covered_lines": covered,
            "num_branches": total,
            "covered_branches": covered,
        },
        "missing_lines": list(range(covered + 1, total + 1)),
        "missing_branches": [[line, -1] for line in range(covered + 1, total + 1)],
    }


def gate(folder: Path, files: dict[str, Any], *, branches: bool = True) -> int:
    report = {"meta": {"branch_coverage": branches}, "files": files}
    path = folder / "coverage.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    return main(str(path))


@pytest.mark.parametrize(
    ("file", "covered", "passes"),
    [
        ("oci/digest.py", 1000, True),
        ("oci/digest.py", 999, False),
        ("schemes/notary_v1/judge.py", 999, False),
        ("sources/cache.py", 900, True),
        ("sources/cache.py", 899, False),
        ("errors.py", 899, False),
    ],
)
def test_the_limits(tmp_path: Path, file: str, covered: int, *, passes: bool) -> None:
    files = {f"src/crosstrust/{file}": file_report(covered, 1000)}
    assert (gate(tmp_path, files) == 0) is passes


def test_what_is_missing_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate(tmp_path, {"src/crosstrust/oci/digest.py": file_report(1, 2)}) == 1
    assert "src/crosstrust/oci/digest.py: 2, 2->exit" in capsys.readouterr().out


def test_an_empty_report_is_refused(tmp_path: Path) -> None:
    assert gate(tmp_path, {}) == 1


def test_a_report_without_branches_is_refused(tmp_path: Path) -> None:
    files = {"src/crosstrust/errors.py": file_report(1, 1)}
    assert gate(tmp_path, files, branches=False) == 1
