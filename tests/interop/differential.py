"""One repository before three judges: what docker, notary and we say of each tag."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crosstrust.app.collect import More, collect_metadata, pursue_in_rounds
from crosstrust.app.option import Options
from crosstrust.app.question import build_metadata_question
from crosstrust.chain.pin import Pins
from crosstrust.chain.want import Want
from crosstrust.evidence.check import Outcome
from crosstrust.render.docker import render_docker_json
from crosstrust.sandbox import MemorySource, Service
from crosstrust.schemes.notary_v1 import NotaryV1
from crosstrust.value import replace
from tests.interop.repository_maker import Made

CLIENT_SECONDS = 300

# What a view says of a docker that ended in a panic.
CRASH = "docker crashed"

# Tag -> what is shown for it: the hex digest, and who signed it.
Rows = dict[str, frozenset[tuple[str, tuple[str, ...]]]]


@dataclass(frozen=True)
class View:
    """What one judge says to one name: None is a refusal. ``why`` is for people."""

    rows: Rows | None
    why: str = ""


@dataclass
class Own:
    """Us, in this process, with the root key pinned; what was seen is kept per repository."""

    source: MemorySource
    seen: dict[str, bytes] = field(default_factory=dict)

    def pursue(self, wants: Sequence[Want], more: More, *, meanwhile: object = None) -> None:
        """Answer from the sandbox, in rounds."""
        pursue_in_rounds(self.source, wants, more)

    def look(self, made: Made) -> dict[str, View]:
        """Return our view by tag, and under "" that of the repository as a whole."""
        seen = self.seen.get(made.gun, b"")
        return {tag: self._ask(made, tag, seen) for tag in ("", *made.tags)}

    def _ask(self, made: Made, tag: str, seen: bytes) -> View:
        name = f"{made.name}:{tag}" if tag else made.name
        options = Options(pins=Pins(root=made.pinned), environ={}, home=None)
        question = build_metadata_question(name, options, at=datetime.now(UTC))
        ruling = collect_metadata(replace(question, seen=seen), NotaryV1(), self)
        verdict = ruling.verdict
        checks = [c for c in verdict.evidence.checks if c.outcome is not Outcome.PASSED]
        why = ", ".join(f"{c.code} {c.where}: {c.expected}, {c.actual}" for c in checks)[:400]
        if not verdict or verdict.trust_data is None:
            return View(None, why)
        if not tag:
            self.seen[made.gun] = ruling.state
        shown = json.loads(render_docker_json([(name, verdict.trust_data, tag or None)]))
        return View(rows_of(shown[0]), why)


def rows_of(shown: Mapping[str, Any]) -> Rows:
    """Return the rows of one entry of ``docker trust inspect``."""
    found: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    for one in shown["SignedTags"]:
        signers = tuple(sorted(one["Signers"]))
        found.setdefault(one["SignedTag"], set()).add((one["Digest"], signers))
    return {tag: frozenset(rows) for tag, rows in found.items()}


@dataclass(frozen=True)
class Docker:
    """The real docker, with a home that it keeps."""

    service: Service
    home: Path

    def look(self, names: Sequence[str]) -> dict[str, View]:
        """Return docker's view of each name, in one run if it survives it."""
        done = _run(self.service, self.home, "docker", "trust", "inspect", *names)
        if done.returncode not in (0, 1):
            if len(names) == 1:
                return {names[0]: View(None, f"{CRASH}: {done.stderr[:400]}")}
            half = len(names) // 2
            return self.look(names[:half]) | self.look(names[half:])
        shown = {entry["Name"]: View(rows_of(entry)) for entry in json.loads(done.stdout)}
        return {name: shown.get(name, View(None, _why(done.stderr, name))) for name in names}


def _why(stderr: str, name: str) -> str:
    return "; ".join(line for line in stderr.splitlines() if line.endswith(name))[:200]


@dataclass(frozen=True)
class Notary:
    """The real notary client; every root key that it may trust is pinned."""

    service: Service
    home: Path

    def look(self, made: Made, pinned: Iterable[str]) -> View:
        """Return what `notary list` shows of the two roles whose tags docker pulls."""
        self.home.mkdir(parents=True, exist_ok=True)
        pins = {"certs": {made.gun: list(pinned)}, "disable_tofu": True}
        config = self.home / f"{made.seed}.json"
        folder = str(self.home / "trust")
        config.write_text(json.dumps({"trust_pinning": pins, "trust_dir": folder}))
        done = _run(
            *(self.service, self.home, "notary", "-c", str(config), "-d", folder),
            *("-s", self.service.url, "--tlscacert", str(self.service.ca_file)),
            *("list", made.gun, "-r", "targets/releases", "-r", "targets"),
        )
        if done.returncode != 0:
            return View(None, done.stderr.strip()[-200:])
        rows = [line.split() for line in done.stdout.splitlines()[2:] if line.strip()]
        released = [row for row in rows if row[-1] in {"targets", "targets/releases"}]
        return View({row[0]: frozenset({(row[1], ())}) for row in released if len(row) == 4})


def _run(service: Service, home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    home.mkdir(parents=True, exist_ok=True)
    own = {"PATH": os.environ["PATH"], "HOME": str(home), "DOCKER_CONFIG": str(home / "docker")}
    return subprocess.run(
        command,
        env={**own, **service.environment},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=CLIENT_SECONDS,
    )
