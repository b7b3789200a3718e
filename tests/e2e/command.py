"""The installed command as a user runs it: a process of its own in a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosstrust.sandbox.service import Service
from tests.canaries.planted import planted, proxied

COMMAND = (sys.executable, "-m", "crosstrust")
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Done:
    """What a run left: exit code, standard output, standard error."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


@dataclass(slots=True)
class User:
    """A user with an empty ``home``, who works in an empty folder of it and meets ``service``.

    ``measured``: coverage runs along. It must not where a run is interrupted: a lock of its own
    is then never given back, and the run waits for ever.
    """

    home: Path
    service: Service
    more: dict[str, str] = field(default_factory=dict)
    measured: bool = True

    @property
    def work(self) -> Path:
        return self.home / "work"

    @property
    def environ(self) -> Mapping[str, str]:
        """Nothing of the person who runs the tests but where Python and its packages are."""
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        coverage = {
            name: os.environ[name]
            for name in os.environ
            if name.startswith("COV") and self.measured
        }
        own = {"HOME": str(self.home), "LANG": "C.UTF-8"}
        served = proxied(self.service.environment)
        return {**kept, **coverage, **own, **planted(), **served, **self.more}

    def run(self, *arguments: str) -> Done:
        with self.start(*arguments) as process:
            raw, err = process.communicate(timeout=SECONDS)
        return Done(process.returncode, raw, err.decode())

    def start(self, *arguments: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
        """The command under way; whoever starts it waits for it."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=dict(self.environ),
            cwd=self.work,
        )

    def files(self) -> set[str]:
        """Every file below the home, by its path there."""
        return {str(p.relative_to(self.home)) for p in self.home.rglob("*") if p.is_file()}
