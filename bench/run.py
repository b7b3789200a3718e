"""Measure crosstrust beside its peers: `run.py [PART...]`, or `make bench ARGS=PART`.

    process   how long the command takes to start
    cold      the whole verification, without latency
    far       the same with 50 ms per round trip, and what the round trips are spent on
    layer     the layer pipeline, and a layer of 200 MB from a real registry

Peers run in the same minute, in turn with ours. All but `process` and the first half of `layer`
need the lab: `bash tests/interop/lab/setup.sh`. Nothing here passes or fails by a time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run the parts that were named, or all."""
    # The Makefile runs this file by its path, so that only its own folder is searched.
    sys.path.insert(0, str(ROOT))
    from bench.part import PARTS

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    began = time.monotonic()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}; figures are medians unless they say more")
    for name in chosen:
        PARTS[name]()
    print(f"\nmeasured in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
