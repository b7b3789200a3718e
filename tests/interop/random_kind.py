"""Changes made at random, each told in the terms that a rule asks for.

A change at random may do what another kind does on purpose. Its marks say what it was:
``form:case``, ``form:missing``, ``form:number``, ``form:name``, ``form:base64``, ``form:key``,
``form:length``, ``form:hashes``, ``form:entry``, ``form:version``, and those of honest parts, such
as ``paths``.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from crosstrust.sandbox.damage import Damage
from tests.interop.repository_maker import Made

Json = dict[str, Any]

# Objects whose keys are data. A Root has its roles by name, Targets has a list of them.
DATA = frozenset({"keys", "meta", "targets", "roles"})
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 1.5, 2**40, 2**60, 10**30, "", "1", "x", "é\u2028<&>"),
    *([], {}, [None], [""], [[]], {"": None}, {"sha256": ""}, "2099-01-01T00:00:00Z"),
)
NOTHING: tuple[Any, ...] = (None, [], [None])
REMOVED = object()


class Place(NamedTuple):
    """Where a value stands: ``path`` has "#" for what is data, ``names`` has that data."""

    path: str
    names: tuple[str, ...]
    holder: Any
    key: Any


def places(value: Any, path: str = "", names: tuple[str, ...] = ()) -> Iterator[Place]:
    """Yield each place within ``value``."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    data = not isinstance(value, dict) or path.rpartition(".")[2] in DATA
    for key, inner in list(pairs):
        below = f"{path}.{'#' if data else key}".lstrip(".")
        named = (*names, str(key)) if data else names
        yield Place(below, named, value, key)
        if isinstance(inner, dict | list):
            yield from places(inner, below, named)


def mutate(made: Made, damage: Damage) -> None:
    """Replace, remove or rename one member somewhere in ``signed``, and sign it."""
    seed = made.rng.random()

    def change(signed: Json) -> None:
        rng = random.Random(seed)
        place = rng.choice(list(places(signed)))
        made.marks.update(_changed(rng, place))

    damage.edit(change)


def _changed(rng: random.Random, place: Place) -> set[str]:
    how, holder, key = rng.random(), place.holder, place.key
    if how < 0.25:
        del holder[key]
        return marks_of(place, REMOVED)
    if how < 0.4 and isinstance(holder, dict):
        name = rng.choice((key.upper(), key.title(), key + "x", ""))
        holder[name] = holder.pop(key)
        return marks_of(place, REMOVED) | name_marks(place, name)
    holder[key] = copy.deepcopy(rng.choice(VALUES))
    return marks_of(place, holder[key])


def name_marks(place: Place, name: str) -> set[str]:
    """Return what it means that the member at ``place`` is called ``name``."""
    if place.path.endswith("#"):
        return {"form:name"}
    return {"form:case"} if name.lower() == place.key else set()


def marks_of(place: Place, value: object) -> set[str]:
    """Return what it means that ``value``, or nothing, stands at ``place``."""
    path, found = place.path, set()
    # An object of VALUES has no member that belongs anywhere.
    if value is REMOVED or value in NOTHING or isinstance(value, dict):
        found.add("form:missing")
    if isinstance(value, int | float) and not (isinstance(value, int) and 0 <= value < 2**53):
        found.add("form:number")
    for part, mark in PARTS.items():
        if part in f".{path}.":
            found.add(mark)
    if path.startswith("targets.#") and ".length" in path:
        found.add(f"two:{place.names[0]}")
    if path.startswith("targets.#") and ".hashes" in path:
        found.add(f"odd:{place.names[0]}")
    return found


# Parts of a path, with the mark of all that is changed there.
PARTS = {
    ".paths.": "paths",
    ".keys.": "form:key",
    ".length.": "form:length",
    ".hashes.": "form:hashes",
    ".delegations.roles.": "form:entry",
    ".version.": "form:version",
}


def bound_byte(made: Made, damage: Damage) -> None:
    """Change one byte of the file; snapshot and timestamp bind the changed file."""
    place, value = made.rng.random(), made.rng.choice(b' "{}[]:,\\0A=xe-.\x00\xff')

    def rewrite(raw: bytes) -> bytes:
        index = int(place * len(raw))
        changed = raw[:index] + bytes([value]) + raw[index + 1 :]
        before, after = _names(raw), _names(changed)
        if before != after and _lower(before) == _lower(after):
            made.marks.add("form:case")
        return changed

    damage.rewrite(rewrite)


def _names(raw: bytes) -> list[str]:
    """Return the names of all members, in the order of the file; none where it is no JSON."""
    try:
        return [str(place.key) for place in places(json.loads(raw.decode()))]
    except (ValueError, AttributeError):
        return []


def _lower(names: list[str]) -> list[str]:
    return [name.lower() for name in names]
