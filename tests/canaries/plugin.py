"""The pytest plugin that searches for secrets after every test, and adds up what it searched.

A leak fails the test. tests/conftest.py registers the plugin; workers of xdist hand their figures
to the process that started them, which adds them to the file that ``CANARY_LEDGER`` names.
"""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.canaries.search import SEARCH, Search
from tests.canaries.tap import LogTap, tap

LEDGER_VARIABLE = "CANARY_LEDGER"


class CanaryPlugin:
    """Holds the taps for a session. ``ledger``: where the figures go, or None."""

    def __init__(self, search: Search, ledger: Path | None) -> None:
        self._search = search
        self._ledger = ledger
        self._tests = 0
        self._folders: set[Path] = set()
        self._patch = pytest.MonkeyPatch()
        self._log = LogTap(search)

    def pytest_sessionstart(self) -> None:
        tap(self._search, self._patch)
        logging.root.addHandler(self._log)
        self._patch.setattr(logging.root, "level", logging.DEBUG)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        """Outside of all others: what was captured is there, and monkeypatches are undone."""
        try:
            return (yield)
        finally:
            self._tests += 1
            self._note(item)
            leaks = self._search.settle()
            if leaks:
                pytest.fail("canaries: " + "; ".join(leaks), pytrace=False)

    def _note(self, item: pytest.Item) -> None:
        for when, key, text in item._report_sections:
            if key != "log":
                self._search.note("output", f"{key} of {when}", text)
        folder = getattr(item, "funcargs", {}).get("tmp_path")
        if isinstance(folder, Path):
            self._folders.add(folder)
            self._search.look_below(folder)

    def look_at_rest(self, base: Path) -> None:
        """Look at the temporary folders of modules and of the session, which no test owns."""
        for folder in base.iterdir():
            if folder not in self._folders and not folder.is_symlink():
                self._search.look_below(folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the figures of a worker that has ended."""
        found = getattr(node, "workeroutput", {}).get("canaries", {})
        self._tests += found.get("tests", 0)
        self._search.searched.update(found.get("searched", {}))
        self._search.leaks += found.get("leaks", [])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._search.settle()
        found = {
            "tests": self._tests,
            "searched": dict(Counter(self._search.searched)),
            "leaks": list(self._search.leaks),
        }
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["canaries"] = found
        elif self._ledger is not None:
            add_figures(self._ledger, found)

    def pytest_unconfigure(self) -> None:
        logging.root.removeHandler(self._log)
        self._patch.undo()


def add_figures(ledger: Path, found: dict[str, Any]) -> None:
    """Write the figures of a run, together with those of the parts of the suite before it."""
    if ledger.exists():
        before = json.loads(ledger.read_text(encoding="utf-8"))
        found = {
            "tests": before["tests"] + found["tests"],
            "searched": dict(Counter(before["searched"]) + Counter(found["searched"])),
            "leaks": before["leaks"] + found["leaks"],
        }
    ledger.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def keep_canaries(config: pytest.Config) -> None:
    """Register the plugin, with a ledger where the environment names a file for one."""
    file = os.environ.get(LEDGER_VARIABLE)
    plugin = CanaryPlugin(SEARCH, Path(file) if file else None)
    config.pluginmanager.register(plugin, "canaries")
