"""Run the real tools over the lab and keep what they print: `golden.py [REGEX...]`.

Per case of golden-cases.tsv, in $GOLDEN (default $LAB/golden): .cmd .out .err .rc .http (the
requests, in order) and .ms, and SUMMARY.tsv for all. Every case starts with an empty docker
configuration unless it shares one. The environment is that of `. env.sh; lab_client_env`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
LAB = Path(os.environ["LAB"])
GOLDEN = Path(os.environ.get("GOLDEN", LAB / "golden"))
TAP = LAB / "logs" / "tap.jsonl"
CASE_SECONDS = 120
REPOSITORY = "nicolas/webdis"
PRELUDE = """
digest() { # hub|ecr TAG
  local port="$HUB_PORT"; [ "$1" = hub ] || port="$ECR_PORT"
  curl --noproxy '*' -sI -H 'Accept: application/vnd.docker.distribution.manifest.list.v2+json' \\
    -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' \\
    "http://127.0.0.1:$port/v2/nicolas/webdis/manifests/$2" |
    tr -d '\\r' | sed -n 's/^[Dd]ocker-[Cc]ontent-[Dd]igest: //p'
}
"""


@dataclass(frozen=True)
class Case:
    """A command; ``shared`` names a configuration that an earlier case filled, or is empty."""

    name: str
    shared: str
    command: str

    @property
    def configuration(self) -> Path:
        """The directory for docker's and notary's state."""
        return LAB / "gcfg" / (self.shared or self.name)


@dataclass(frozen=True)
class Outcome:
    """What a case gave; ``requests`` are the lines that the tap logged meanwhile."""

    code: int
    out: bytes
    err: bytes
    milliseconds: float
    requests: list[str]


def read_cases(file: Path) -> list[Case]:
    """The cases of the table."""
    lines = (line for line in file.read_text().splitlines() if not line.startswith("#"))
    rows = (line.split("\t") for line in lines)
    return [Case(name, shared.strip("-"), command) for name, shared, command in rows]


def environment(configuration: Path, keys: str) -> dict[str, str]:
    """The client's environment, without the settings of whoever runs this."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DOCKER_", "NOTARY_"))}
    return {
        **kept,
        "NOTARY_PORT": os.environ["NOTARY_PORT"],
        "DOCKER_CONFIG": str(configuration),
        "NOTARY_TRUST": str(configuration),
        "KEYS": keys,
    }


def run_case(case: Case, keys: str) -> Outcome:
    """Run one command and read what passed through the tap meanwhile."""
    case.configuration.mkdir(parents=True, exist_ok=True)
    mark = TAP.stat().st_size if TAP.exists() else 0
    began = time.monotonic()
    try:
        done = subprocess.run(
            ["bash", "-c", PRELUDE + case.command],
            env=environment(case.configuration, keys),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=CASE_SECONDS,
        )
        code, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as error:
        code, out, err = 124, error.stdout or b"", error.stderr or b""
    took = (time.monotonic() - began) * 1000
    # The line of a request is written after its answer was sent.
    time.sleep(0.02)
    return Outcome(code, out, err, took, list(read_requests(mark)))


def read_requests(mark: int) -> Iterator[str]:
    """The tap's log after ``mark``, one tab-separated line per request."""
    with TAP.open() as log:
        log.seek(mark)
        for record in map(json.loads, log):
            if "method" in record:
                shown = ("method", "host", "path", "auth", "status", "resp_bytes")
                yield "\t".join(str(record[name] or "-") for name in shown)
            elif record.get("event") == "tls-failed":
                yield "TLS-FAILED\t" + re.sub(r"\(_ssl.c:\d+\)", "", record["error"]).strip()


def write(case: Case, outcome: Outcome) -> None:
    """Keep one case, without the paths of this machine."""
    shared = f"   # shared config {case.shared}" if case.shared else ""
    for suffix, raw in (
        (".cmd", f"{case.command}{shared}\n".encode()),
        (".out", outcome.out),
        (".err", outcome.err.replace(str(LAB).encode(), b"$LAB")),
        (".rc", f"{outcome.code}\n".encode()),
        (".http", "".join(f"{line}\n" for line in outcome.requests).encode()),
        (".ms", f"{outcome.milliseconds:.1f}\n".encode()),
    ):
        (GOLDEN / f"{case.name}{suffix}").write_bytes(raw)


def summary(case: Case, outcome: Outcome) -> str:
    """One line of SUMMARY.tsv: name, exit code, bytes printed, requests, last line on stderr."""
    last = outcome.err.decode(errors="replace").strip().split("\n")[-1][:160]
    columns = (case.name, outcome.code, len(outcome.out), len(outcome.requests), last)
    return "\t".join(map(str, columns)) + "\n"


def trusted_keys() -> str:
    """The key IDs of the guide's repository: signers, root, repository."""
    done = subprocess.run(
        ["docker", "trust", "inspect", REPOSITORY],
        env=environment(LAB / "gcfg" / "keys", ""),
        capture_output=True,
        check=True,
    )
    (shown,) = json.loads(done.stdout)
    named = shown["Signers"] + shown["AdministrativeKeys"]
    return " ".join(key["ID"] for one in named for key in one["Keys"])


def main(patterns: list[str]) -> None:
    """Record the cases that match one of the patterns, or all."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(LAB / "gcfg", ignore_errors=True)
    keys = trusted_keys()
    lines = []
    for case in read_cases(HERE / "golden-cases.tsv"):
        # A case that shares a configuration may need what the one before it left there.
        if not patterns or case.shared or any(re.search(p, case.name) for p in patterns):
            outcome = run_case(case, keys)
            write(case, outcome)
            lines.append(summary(case, outcome))
    (GOLDEN / "SUMMARY.tsv").write_text("".join(lines))
    print(f"golden: {len(lines)} cases")


if __name__ == "__main__":
    main(sys.argv[1:])
