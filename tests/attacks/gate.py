"""Show every row with its result, and refuse gaps: python tests/attacks/gate.py ledger.json

Refused are: a row in scope that no test carries or that a test of it fails, a test of a row that
is not in the catalogue or not in scope, a code of the registry that was not seen to pass or not
seen to fail, and a page in the documentation that says otherwise; `--write` writes that page.
The last line has the figures.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from crosstrust.evidence.codes import CODES
from tests.attacks.catalogue import Row, read_catalogue

PAGE = Path(__file__).parents[2] / "docs/reference/attack-catalogue.md"
INTRODUCTION = """# Attack catalogue

What a hostile or broken peer may do, and what has to come of it. Each row that
is marked ok has at least one test that carries its number, drives the command
or the library over real sockets and files, and looks at the code, the class,
the exit code, and at every byte that the user's files hold before and after.
A row that needs something that is not built says what. No code and no class:
it is accepted, or told as a warning.

The classes are those of [the verdict](verdict-v1.md). The page is written by
`make attacks WRITE=1`, from a run of the tests.

"""

Found = Mapping[str, Any]


def result_of(row: Row, found: Found) -> str:
    """``ok``, ``FAILED``, ``MISSING``, or what the row needs that is not built."""
    tests = found["rows"].get(row.id, {})
    if row.needs:
        return f"needs {row.needs}"
    if not tests:
        return "MISSING"
    return "ok" if set(tests.values()) == {"passed"} else "FAILED"


def troubles(rows: tuple[Row, ...], found: Found) -> Iterator[str]:
    """One line for each thing that must not be."""
    for row in rows:
        yield from _row_troubles(row, found)
    for unknown in sorted(found["rows"].keys() - {row.id for row in rows}):
        yield f"{unknown} is not in the catalogue"
    for kind in ("passed", "failed"):
        for code in sorted(CODES.keys() - set(found[kind])):
            yield f"{code} was not seen to have {kind} by any test of tests/attacks"


def _row_troubles(row: Row, found: Found) -> Iterator[str]:
    result = result_of(row, found)
    if result in {"MISSING", "FAILED"}:
        yield f"{row.id} {result.lower()}: {row.attack}"
    for code in () if row.needs else row.codes:
        if code not in CODES:
            yield f"{row.id} names {code}, which no check has"
    if row.needs and row.id in found["rows"]:
        yield f"{row.id} has a test, and the catalogue says that it needs {row.needs}"


def render_page(rows: tuple[Row, ...], found: Found) -> str:
    """Every row with what must come of it, and its result."""
    lines = ["| row | attack | code | class | result |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        codes = " ".join(f"`{code}`" for code in row.codes if not row.needs)
        attack = row.attack.replace("|", "\\|").replace("*", "\\*").replace("<", "\\<")
        lines.append(f"| {row.id} | {attack} | {codes} | {row.klass} | {result_of(row, found)} |")
    return INTRODUCTION + "\n".join(lines) + "\n"


def summary(rows: tuple[Row, ...], found: Found) -> str:
    """How many rows of each group have which result."""
    groups: dict[str, Counter[str]] = {}
    for row in rows:
        result = result_of(row, found)
        kind = "later" if row.needs else result
        groups.setdefault(row.id[0], Counter())[kind] += 1
    return "\n".join(
        f"  {group}  " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        for group, counts in groups.items()
    )


def figures(rows: tuple[Row, ...], found: Found) -> str:
    """The line that sums up."""
    results = Counter(result_of(row, found) for row in rows if not row.needs)
    scope = results.total()
    return (
        f"attacks: {scope} rows in scope, {results['ok']} as required, "
        f"{results['MISSING']} missing; {len(rows) - scope} not reachable yet"
    )


def main(arguments: list[str]) -> int:
    """Print or write the table; 1 where anything is missing."""
    rows, ledger = read_catalogue(), Path(arguments[0])
    if not ledger.exists():
        print("attack gate: no run of the tests has left its results", file=sys.stderr)
        return 1
    found = json.loads(ledger.read_text(encoding="utf-8"))
    if arguments[1:] == ["--write"]:
        PAGE.write_text(render_page(rows, found), encoding="utf-8")
    wrong = list(troubles(rows, found))
    if PAGE.read_text(encoding="utf-8") != render_page(rows, found):
        wrong.append(f"{PAGE.name} says otherwise: `make attacks WRITE=1` writes it anew")
    for line in wrong:
        print(f"attack gate: {line}", file=sys.stderr, flush=True)
    print("attack catalogue\n" + summary(rows, found) + "\n" + figures(rows, found))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
