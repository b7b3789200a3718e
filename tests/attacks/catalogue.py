"""The attack catalogue: what a hostile or broken peer may do, and what has to come of it."""

import csv
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("catalogue.tsv")


@dataclass(frozen=True, slots=True)
class Row:
    """``codes`` and ``klass``: the check that fails and its class; empty where it is accepted.

    ``needs``: the capability without which the row cannot be tried; empty: it is in scope.
    """

    id: str
    attack: str
    codes: tuple[str, ...]
    klass: str
    needs: str


def read_catalogue(file: Path = FILE) -> tuple[Row, ...]:
    """Every row, in order."""
    with file.open(encoding="utf-8", newline="") as opened:
        table = csv.DictReader(opened, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
        return tuple(
            Row(one["id"], one["attack"], tuple(one["codes"].split()), one["class"], one["needs"])
            for one in table
        )
