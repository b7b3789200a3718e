"""Every small change to a JSON file: by bit, by text, by structure. Pure; nothing here judges.

Each change is yielded with its kind. The structural ones are written as compactly as notary
writes, so that nothing differs but the change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import NamedTuple, TypeAlias

Json: TypeAlias = "bool | int | str | list[Json] | Members | None"
Path: TypeAlias = tuple[int, ...]

# One of each JSON type, and the edges of numbers.
_OTHERS: tuple[Json, ...] = (None, True, False, 0, 1, -1, 2**53 + 1, "", "x", "1")


class Members(tuple[tuple[str, Json], ...]):
    """A JSON object as it is written: its members in order, a name may occur twice."""

    __slots__ = ()


class Change(NamedTuple):
    """``kind`` says what was done, and for structural changes where."""

    kind: str
    raw: bytes


def sampled(changes: Iterable[Change], stride: int) -> Iterator[Change]:
    """The first change of each kind, and one of every ``stride`` of the others."""
    kinds: set[str] = set()
    for number, change in enumerate(changes):
        if change.kind not in kinds or number % stride == 0:
            kinds.add(change.kind)
            yield change


def flip_bits(raw: bytes) -> Iterator[Change]:
    """Every bit of the file, one at a time."""
    changed = bytearray(raw)
    for place in range(len(raw)):
        for bit in range(8):
            changed[place] ^= 1 << bit
            yield Change("bit", bytes(changed))
            changed[place] ^= 1 << bit


def change_text(raw: bytes) -> Iterator[Change]:
    """Every byte deleted and doubled; white space and NUL at every place; every escape."""
    for place in range(len(raw) + 1):
        for blank in (b" ", b"\t", b"\r", b"\n"):
            yield Change("white space added", raw[:place] + blank + raw[place:])
        yield Change("NUL added", raw[:place] + b"\0" + raw[place:])
    for place in range(len(raw)):
        one, before, after = raw[place : place + 1], raw[:place], raw[place + 1 :]
        yield Change("byte deleted", before + after)
        yield Change("byte doubled", before + one + one + after)
        yield Change("character escaped", before + b"\\u%04x" % raw[place] + after)
        yield Change("cut off", before)
    yield Change("byte order mark added", b"\xef\xbb\xbf" + raw)
    yield Change("file doubled", raw + raw)


def change_structure(raw: bytes) -> Iterator[Change]:
    """Every member and element deleted, doubled, swapped, renamed, and given another type."""
    whole = parse(raw)
    for path, node in walk(whole):
        put = _Put(whole, path)
        place = described(whole, path)
        for other in _retyped(node):
            yield Change(f"another type of {place}", put(other))
        if isinstance(node, Members):
            yield from _member_changes(node, place, put)
        elif isinstance(node, list):
            yield from _element_changes(node, place, put)
    yield from _distant_swaps(whole)


def parse(raw: bytes) -> Json:
    """Return a file with the members of its objects in order."""
    value: Json = json.loads(raw, object_pairs_hook=Members)
    return value


def write(value: Json) -> bytes:
    """Return compact JSON; the inverse of ``parse`` for what notary writes."""
    return _text(value).encode()


def walk(value: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every value with its place: the number of the member or element at each level."""
    yield path, value
    for number, child in enumerate(_children(value)):
        yield from walk(child, (*path, number))


def described(whole: Json, path: Path) -> str:
    """Return the place in words: the names on the way, "*" for an element or a long name."""
    names, node = ["file"], whole
    for number in path:
        name = node[number][0] if isinstance(node, Members) else "*"
        names.append(name if len(name) < 32 else "*")
        node = _children(node)[number]
    return ".".join(names)


class _Put:
    """Writes the file with another value at one place."""

    def __init__(self, whole: Json, path: Path) -> None:
        self._whole = whole
        self._path = path

    def __call__(self, value: Json) -> bytes:
        return write(replaced(self._whole, self._path, value))


def replaced(whole: Json, path: Path, value: Json) -> Json:
    """Return a copy of ``whole`` with ``value`` at ``path``."""
    if not path:
        return value
    number, below = path[0], path[1:]
    if isinstance(whole, Members):
        name, child = whole[number]
        member = name, replaced(child, below, value)
        return Members((*whole[:number], member, *whole[number + 1 :]))
    assert isinstance(whole, list)
    elements = list(whole)
    elements[number] = replaced(elements[number], below, value)
    return elements


def _children(value: Json) -> list[Json]:
    if isinstance(value, Members):
        return [child for _, child in value]
    return list(value) if isinstance(value, list) else []


def _text(value: Json) -> str:
    if isinstance(value, Members):
        return "{" + ",".join(f"{json.dumps(k)}:{_text(child)}" for k, child in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _retyped(node: Json) -> Iterator[Json]:
    """Other values in the place of ``node``, and ``node`` in a container of its own."""
    empty: list[Json] = []
    for other in (*_OTHERS, empty, Members()):
        if (type(other), other) != (type(node), node):
            yield other
    yield [node]
    yield Members([("x", node)])
    if isinstance(node, int):
        yield str(node)
        yield node + 1


def _member_changes(node: Members, place: str, put: Callable[[Json], bytes]) -> Iterator[Change]:
    for number, (name, child) in enumerate(node):
        before, after = node[:number], node[number + 1 :]
        yield Change(f"member deleted from {place}", put(Members(before + after)))
        twice = Members([*before, (name, child), (name, child), *after])
        yield Change(f"member doubled in {place}", put(twice))
        for other in {name.upper(), name.capitalize(), f"{name} "} - {name}:
            renamed = Members([*before, (other, child), *after])
            yield Change(f"member renamed in {place}", put(renamed))
            both = Members([*node, (other, child)])
            yield Change(f"unknown member added to {place}", put(both))
    for one, two in combinations(range(len(node)), 2):
        moved, mixed = list(node), list(node)
        moved[one], moved[two] = node[two], node[one]
        yield Change(f"order of members in {place}", put(Members(moved)))
        mixed[one], mixed[two] = (node[one][0], node[two][1]), (node[two][0], node[one][1])
        if mixed != list(node):
            yield Change(f"values swapped in {place}", put(Members(mixed)))
    yield Change(f"unknown member added to {place}", put(Members([*node, ("x", 1)])))


def _element_changes(
    node: list[Json], place: str, put: Callable[[Json], bytes]
) -> Iterator[Change]:
    for number, child in enumerate(node):
        before, after = node[:number], node[number + 1 :]
        yield Change(f"element deleted from {place}", put([*before, *after]))
        yield Change(f"element doubled in {place}", put([*before, child, child, *after]))
        yield Change(f"element added to {place}", put([*before, child, _renamed(child), *after]))
    for one, two in combinations(range(len(node)), 2):
        moved = list(node)
        moved[one], moved[two] = node[two], node[one]
        yield Change(f"order of elements in {place}", put(moved))


def _renamed(element: Json) -> Json:
    """Return a stranger like ``element``: its first text, such as a key ID, is another one."""
    if isinstance(element, str):
        return "0" * len(element)
    if not isinstance(element, Members):
        return element
    texts = [number for number, (_, child) in enumerate(element) if isinstance(child, str)]
    return replaced(element, (texts[0],), _renamed(element[texts[0]][1])) if texts else element


def _distant_swaps(whole: Json) -> Iterator[Change]:
    """The values of equal names in different objects: one file's hash for another's."""
    named: dict[str, list[tuple[Path, Json]]] = {}
    for path, node in walk(whole):
        if isinstance(node, Members):
            for number, (name, child) in enumerate(node):
                named.setdefault(name, []).append(((*path, number), child))
    for name, places in named.items():
        for (one, first), (two, second) in combinations(places, 2):
            if first != second:
                swapped = replaced(replaced(whole, one, second), two, first)
                yield Change(f"{name} swapped with another", write(swapped))
