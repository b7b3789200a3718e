"""Mutation testing: python -m tests.mutation.run [--sample N] [--part K/N] [--of PATH] [--again]

First all tests run once, so that it is known which of them reach a line (kept until a source or
a test changes); then each mutant meets those tests, quickest first, until one fails.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from tests.mutation.lesson import COVERAGE, WORK, forget
from tests.mutation.plugin import RESULTS, SAMPLED, TOTAL
from tests.mutation.score import Score, latest, read_excuses, show

TESTS = (
    *("tests/unit/evidence", "tests/unit/chain", "tests/unit/policy", "tests/unit/notary_v1"),
    *("tests/unit/render", "tests/golden", "tests/properties"),
)
STAMP = WORK / "stamp"


def pytest_with(tests: Iterable[str], *arguments: str) -> int:
    """Run pytest without its caches, in this order, and with examples that never change."""
    environment = {
        **os.environ,
        "HYPOTHESIS_PROFILE": "mutation",
        "COVERAGE_FILE": str(COVERAGE.resolve()),
    }
    command = [
        *(sys.executable, "tests/house/offline.py", sys.executable, "-m", "pytest", "-q"),
        *("-p", "no:randomly", "-p", "no:cacheprovider", *arguments, *tests),
    ]
    return subprocess.run(command, env=environment, check=False).returncode


def learn(jobs: int) -> None:
    """Run the tests that are new or have changed; all of them where anything else has.

    Then the results of before mean nothing any more. More tests can only kill more.
    """
    WORK.mkdir(exist_ok=True)
    now = {str(file): sha256(file.read_bytes()).hexdigest() for file in sources()}
    kept = json.loads(STAMP.read_text(encoding="utf-8")) if STAMP.exists() else {}
    changed = sorted(name for name, digest in now.items() if kept.get(name) != digest)
    if not changed:
        return
    options = ["-p", "tests.mutation.learn", "--cov", "--cov-context=test", "--cov-report="]
    if all(Path(name).name.startswith("test_") for name in changed):
        options.append("--cov-append")
    else:
        changed = list(TESTS)
        RESULTS.unlink(missing_ok=True)
    forget(changed)
    print(f"mutation: which tests reach which line? {' '.join(changed)}", flush=True)
    # 1 is a test that failed: it is left out.
    if pytest_with(changed, "-n", str(jobs), *options) > 1:
        raise SystemExit("mutation: the tests could not be run")
    STAMP.write_text(json.dumps(now), encoding="utf-8")


def sources() -> list[Path]:
    folders = ("src", *TESTS)
    found = {file for folder in folders for file in Path(folder).rglob("*.py")}
    return sorted(found | {Path("tests/mutation/operators.py")})


def try_mutants(chosen: argparse.Namespace) -> int:
    """Let each mutant that was chosen meet its tests, and show what is known of all."""
    seed = chosen.seed or random.randrange(1, 10**6)
    learn(chosen.jobs)
    print(f"mutation: seed {seed}", flush=True)
    results = SAMPLED if chosen.sample else RESULTS
    if chosen.sample or (not chosen.again and chosen.part == "1/1" and not chosen.of):
        results.unlink(missing_ok=True)
    pytest_with(
        TESTS,
        *("-n", "0", "-p", "tests.mutation.plugin"),
        *(f"--mutants={chosen.sample}", f"--mutants-seed={seed}"),
        *(f"--mutants-jobs={chosen.jobs}", f"--mutants-of={chosen.of}"),
        f"--mutants-part={chosen.part}",
        *(("--mutants-again",) if chosen.again else ()),
    )
    known = latest(results)
    left = int(TOTAL.read_text(encoding="utf-8")) - sum(
        bool(one["change"]) for one in known.values()
    )
    if left and not chosen.sample:
        print(f"{left} mutants were not tried yet")
    score = Score(list(known.values()), read_excuses())
    return show(score, sample=bool(chosen.sample))


def main() -> int:
    parser = argparse.ArgumentParser(description="Mutation testing of evidence, chain, schemes.")
    parser.add_argument("--sample", type=int, default=0, help="so many mutants, chosen by chance")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--of", default="", help="only files with this in their path")
    parser.add_argument("--part", default="1/1", help="K/N: the Kth of N parts of the mutants")
    parser.add_argument("--again", action="store_true", help="only what survived before")
    return try_mutants(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
