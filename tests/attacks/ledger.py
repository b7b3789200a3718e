"""What the tests of a run have shown: which rows they carry, which codes passed and failed.

tests/conftest.py registers it. Tests name rows with ``@pytest.mark.row("A01")``;
several tests may carry one row, and it holds when all of them pass.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

LEDGER_VARIABLE = "ATTACK_LEDGER"


class Ledger:
    """Collects reports, of this process or of its workers, and writes them at the end."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._rows: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._codes: dict[str, set[str]] = {"passed": set(), "failed": set()}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        rows = [str(value) for kind, value in report.user_properties if kind == "row"]
        for row in rows:
            if report.failed or report.when == "call":
                self._rows[row][report.nodeid] = report.outcome
        if report.when == "call" and report.passed:
            for kind, value in report.user_properties:
                if kind in self._codes:
                    self._codes[kind].add(str(value))

    def pytest_sessionfinish(self) -> None:
        found: dict[str, Any] = {
            "rows": {row: dict(sorted(tests.items())) for row, tests in sorted(self._rows.items())},
            **{kind: sorted(codes) for kind, codes in self._codes.items()},
        }
        self._file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def keep_ledger(config: pytest.Config) -> None:
    """Register a ledger where the environment names a file for it."""
    # Workers of xdist hand their reports to the process that started them.
    file = os.environ.get(LEDGER_VARIABLE)
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Ledger(Path(file)), "attack-ledger")
