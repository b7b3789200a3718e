"""python -m tests.interop.differential_command --repositories 2000: what `make differential` runs.

It needs the real docker and notary commands, and no server but its own. A finding names its seed;
--seed is the first one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.interop.differential_report import report_of
from tests.interop.differential_run import open_world


def main(repositories: int, first: int) -> int:
    """Return 0 if we are never the laxer one and every difference is explained."""
    with tempfile.TemporaryDirectory(prefix="differential-") as home:
        report = report_of(open_world(Path(home)), range(first, first + repositories))
    print(report.table())
    for finding in (*report.laxer, *report.unexplained):
        print(finding)
    print(report.line())
    return 1 if report.laxer or report.unexplained or not report.results else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare with the real docker and notary.")
    parser.add_argument("--repositories", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    sys.exit(main(chosen.repositories, chosen.seed))
