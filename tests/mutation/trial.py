"""One mutant before its tests, in a process of its own that is forked from a warm one."""

from __future__ import annotations

import ast
import os
import resource
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.operators import Mutant
from tests.mutation.patch import code_of, replace_code

SURVIVED, KILLED, UNFIT = 0, 1, 2
# Of the tests of one mutant, by what they took unmutated; the quickest come first.
BUDGET = 60.0
PATIENCE = 10.0
MEMORY = 4 << 30


@dataclass
class Trial:
    """A mutant that is being tried. ``killer`` is the test that failed, or what else ended it."""

    file: Path
    tree: ast.Module
    mutant: Mutant | None
    tests: list[pytest.Item]
    expected: Mapping[str, float]
    number: int = -1
    process: int = 0
    report: int = 0
    deadline: float = 0.0
    killer: str = ""
    seconds: float = 0.0

    def start(
        self, functions: list[FunctionType], clear: Callable[[], None], scratch: Path
    ) -> None:
        """Fork; in the new process: change ``functions``, ``clear`` caches, run the tests."""
        reader, writer = os.pipe()
        self.deadline = (
            time.monotonic() + 600 + 20 * sum(self.expected[each.nodeid] for each in self.tests)
        )
        self.process = os.fork()
        if self.process:
            os.close(writer)
            self.report = reader
            return
        code = UNFIT
        try:
            clear()
            code = self._run(functions, scratch / str(os.getpid()), writer)
        finally:
            os._exit(code)

    def poll(self) -> int | None:
        """Return the outcome once it is there. What runs for too long, or dies, is killed too."""
        if time.monotonic() > self.deadline:
            os.kill(self.process, signal.SIGKILL)
        process, status, used = os.wait4(self.process, os.WNOHANG)
        if not process:
            return None
        self.seconds = used.ru_utime + used.ru_stime
        self.killer = os.read(self.report, 4096).decode("utf-8", "replace")
        os.close(self.report)
        if os.WIFSIGNALED(status):
            self.killer = f"signal {os.WTERMSIG(status)}"
            return KILLED
        return os.WEXITSTATUS(status)

    def _run(self, functions: list[FunctionType], scratch: Path, writer: int) -> int:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        if self.mutant is not None and not self._mutate(functions):
            return UNFIT
        try:
            return self._try_tests(scratch, writer)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _mutate(self, functions: list[FunctionType]) -> bool:
        mutant = self.mutant
        if mutant is None:
            return True
        mutant.apply()
        try:
            module = compile(self.tree, str(self.file), "exec", dont_inherit=True)
            code = code_of(module, mutant.function, mutant.first_line)
            if code is None:
                return False
            replace_code(functions, code)
        except (SyntaxError, ValueError):
            return False
        return True

    def _allow(self, seconds: float) -> None:
        """End this process if its next test takes much longer than it should."""
        limit = int(time.process_time() + 2 + PATIENCE * seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))

    def _try_tests(self, scratch: Path, writer: int) -> int:
        for item in self.tests:
            factory = item.config._tmp_path_factory  # type: ignore[attr-defined]  # pytest's
            factory._given_basetemp, factory._basetemp = scratch, None
            break
        for item, following in zip(self.tests, [*self.tests[1:], *self.tests[-1:]], strict=True):
            self._allow(self.expected[item.nodeid])
            reports = runtestprotocol(item, log=False, nextitem=following)
            if any(report.failed for report in reports):
                os.write(writer, item.nodeid.encode()[:4000])
                return KILLED
        return SURVIVED
