"""The score: how many mutants a test noticed, and whether each of the others has its reason."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXCUSED = Path(__file__).parent / "survivors.tsv"
LIMIT = 90.0

Result = Mapping[str, Any]
# A file, and which of its mutants.
Key = tuple[str, int]


def read_results(file: Path) -> list[Result]:
    """Return what a run has written, one result a line; nothing where there is no file."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def latest(file: Path) -> dict[Key, Result]:
    """Return the last result of each mutant, and all of the trials without one."""
    found: dict[Key, Result] = {}
    for position, each in enumerate(read_results(file)):
        found[each["file"], each["number"] if each["change"] else -1 - position] = each
    return found


def read_excuses(file: Path = EXCUSED) -> dict[str, str]:
    """Return the survivors that are known, each with the reason why nothing is wrong with it."""
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {"\t".join(row[:3]): row[3] for row in rows}


def identity(found: Result) -> str:
    """Return what a row of survivors is known by. Lines may move: they are no part of it."""
    return "\t".join((found["file"], found["function"], found["change"]))


@dataclass(frozen=True)
class Score:
    """``results`` are those of a run; ``excuses`` the survivors that have a reason."""

    results: list[Result]
    excuses: Mapping[str, str]

    @property
    def tried(self) -> list[Result]:
        return [each for each in self.results if each["change"] and each["outcome"] != "unfit"]

    @property
    def killed(self) -> int:
        return sum(each["outcome"] == "killed" for each in self.tried)

    @property
    def share(self) -> float:
        """Of 100 mutants, how many were killed."""
        return 100 * self.killed / len(self.tried) if self.tried else 0.0

    @property
    def spread(self) -> float:
        """How far the share of all may lie from that of a sample, 19 times in 20."""
        share = self.share / 100
        return 196 * math.sqrt(share * (1 - share) / len(self.tried)) if self.tried else 100.0

    @property
    def unlisted(self) -> list[Result]:
        survived = [each for each in self.tried if each["outcome"] == "survived"]
        return [each for each in survived if not self.excuses.get(identity(each))]

    @property
    def broken(self) -> list[Result]:
        """The trials without a mutant in which a test failed: it fails by chance."""
        return [
            each for each in self.results if not each["change"] and each["outcome"] != "survived"
        ]

    @property
    def idle(self) -> list[str]:
        """The listed survivors that were tried and do not survive."""
        tried = {identity(each) for each in self.tried}
        surviving = {identity(each) for each in self.tried if each["outcome"] == "survived"}
        return sorted(name for name in self.excuses if name in tried - surviving)

    def packages(self) -> Iterable[str]:
        """Yield a line for each package."""
        for package in sorted({each["file"].partition("/")[0] for each in self.tried}):
            own = [each for each in self.tried if each["file"].startswith(f"{package}/")]
            part = Score(own, {})
            yield f"{package:10} {part.killed} of {len(own)} killed, {part.share:.1f} %"

    def falls_short(self, *, sample: bool) -> bool:
        """Whether a run must fail; the share of a sample may lie below by chance.

        A sample does not fail for a survivor without a reason: it would find another one each
        time, and so fail a change that has nothing to do with it.
        """
        least = LIMIT - self.spread if sample else LIMIT
        short = not self.tried or self.share < least or bool(self.broken)
        return short or (not sample and bool(self.unlisted))

    def __str__(self) -> str:
        survived = len(self.tried) - self.killed
        return (
            f"mutation: {len(self.tried)} mutants, {self.killed} killed, {self.share:.1f} %; "
            f"{survived} survived, {len(self.unlisted)} of them without a reason"
        )


def show(score: Score, *, sample: bool) -> int:
    """Print a score, the figures last; return 1 where it falls short."""
    for each in score.unlisted:
        print(f"src/crosstrust/{each['file']}:{each['line']} {each['function']}: {each['change']}")
    for name in score.idle:
        print(f"listed as a survivor, and killed: {name}")
    for each in score.broken:
        print(f"without any mutant, this failed: {each['killer']}")
    controls = len(score.results) - len([each for each in score.results if each["change"]])
    print(f"{controls} trials without a mutant, {len(score.broken)} failed")
    print(*score.packages(), sep="\n")
    if sample:
        print(f"of all mutants it would be this share, 19 times in 20: +-{score.spread:.1f}")
    print(score)
    return 1 if score.falls_short(sample=sample) else 0
