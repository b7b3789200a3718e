"""How much of a table of bad inputs is tried: a sample in `make test`, all in `make attacks`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
P = TypeVar("P")

ALL = os.environ.get("ATTACKS") == "all"
# Of a table; of the places of a case.
FEW, EVERY = 5, 3


def some(cases: Iterable[T]) -> list[T]:
    """All of ``cases``; in the short form the first of them and every fifth after it."""
    found = list(cases)
    return found if ALL else found[::FEW]


def some_pairs(cases: Iterable[T], places: Iterable[P]) -> list[tuple[T, P]]:
    """Every case in every place; in the short form each in a third of the places, in turn."""
    listed = list(places)
    return [
        (case, place)
        for number, case in enumerate(cases)
        for other, place in enumerate(listed)
        if ALL or (number + other) % EVERY == 0
    ]
