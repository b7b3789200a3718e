"""Refuse a coverage below the limits: python tests/house/coverage_gate.py coverage.json

100 % of the lines and branches in the packages that decide about trust, 90 % in each other one. A
package that does not exist yet is not listed; a report without any file is refused.
"""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

PURE = frozenset({"oci", "evidence", "chain", "schemes", "render"})
PURE_LIMIT = 100.0
OTHER_LIMIT = 90.0


@dataclass(slots=True)
class Figure:
    """What was run of one package: lines and branches, and where the rest is."""

    total: int = 0
    covered: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def percent(self) -> float:
        return 100.0 if self.total == 0 else 100.0 * self.covered / self.total


def package_of(path: str) -> str:
    """The package under ``crosstrust`` that a file belongs to; a top-level file is its own."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    below = parts[parts.index("crosstrust") + 1 :]
    return below[0].removesuffix(".py")


def missing_in(path: str, file: Mapping[str, Any]) -> list[str]:
    """One line for a file that was not run whole, none for one that was."""
    lines = [str(line) for line in file["missing_lines"]]
    branches = [f"{start}->{'exit' if end < 0 else end}" for start, end in file["missing_branches"]]
    return [f"{path}: {', '.join(lines + branches)}"] if lines or branches else []


def measure(report: Mapping[str, Any]) -> dict[str, Figure]:
    """Figures per package, of lines and branches together."""
    figures: dict[str, Figure] = {}
    for path, file in sorted(report["files"].items()):
        summary = Counter(file["summary"])
        figure = figures.setdefault(package_of(path), Figure())
        figure.total += summary["num_statements"] + summary["num_branches"]
        figure.covered += summary["covered_lines"] + summary["covered_branches"]
        figure.missing += missing_in(path, file)
    return figures


def limit_of(package: str) -> float:
    """The least percentage that a package must reach."""
    return PURE_LIMIT if package in PURE else OTHER_LIMIT


def below_limit(figures: Mapping[str, Figure]) -> list[str]:
    """The packages that fall short. 99.99 % is not 100 %: nothing is rounded."""
    return [name for name, figure in figures.items() if figure.percent < limit_of(name)]


def table(figures: Mapping[str, Figure]) -> list[str]:
    """One line per package, then what is missing in those that fall short."""
    lines = ["coverage of lines and branches"]
    for name, figure in figures.items():
        lines.append(f"  {name:12} {figure.percent:7.2f} %  (at least {limit_of(name):.0f} %)")
    for name in below_limit(figures):
        lines += [f"BELOW THE LIMIT: {name}", *(f"  {line}" for line in figures[name].missing)]
    return lines


def main(path: str) -> int:
    """Print the figures; 1 if any package is below its limit or nothing was measured."""
    report = json.loads(Path(path).read_text(encoding="utf-8"))
    if not report["meta"]["branch_coverage"]:
        print("coverage gate: the report has no branches", file=sys.stderr)
        return 1
    figures = measure(report)
    print("\n".join(table(figures)))
    if not figures:
        print("coverage gate: no file was measured", file=sys.stderr)
        return 1
    return 1 if below_limit(figures) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
