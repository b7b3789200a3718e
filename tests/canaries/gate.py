"""Say where a run of the tests looked for secrets: python -m tests.canaries.gate ledger.json

Refused are a leak, and a kind of place that was never looked at: that would show nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.canaries.search import KINDS

Found = Mapping[str, Any]


def troubles(found: Found) -> Iterator[str]:
    """One line for each thing that must not be."""
    yield from found["leaks"]
    for kind in KINDS:
        if not found["searched"].get(kind):
            yield f"no {kind} was ever searched"


def lines(found: Found) -> Iterator[str]:
    """How many places of each kind, and the sum as the last line."""
    searched, leaks = found["searched"], len(found["leaks"])
    yield f"canaries in {found['tests']} tests"
    yield from (f"  {searched.get(kind, 0):8} {kind}" for kind in KINDS)
    yield f"canaries: {sum(searched.values())} places searched, {leaks} leaks"


def main(file: Path) -> int:
    """Print the figures; 1 where anything leaked or was not searched."""
    if not file.exists():
        print("canaries: no run of the tests has left its figures", file=sys.stderr)
        return 1
    found = json.loads(file.read_text(encoding="utf-8"))
    wrong = list(troubles(found))
    for line in wrong:
        print(f"canaries: {line}", file=sys.stderr, flush=True)
    print("\n".join(lines(found)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
