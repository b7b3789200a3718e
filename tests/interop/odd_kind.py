"""Odd values where no verdict looks: Go decodes them all the same, and refuses some.

The marks that they leave for a rule are those of random_kind.py, and ``form:time``.
"""

from __future__ import annotations

import base64
import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from crosstrust.sandbox.damage import Damage
from tests.interop.repository_maker import Made

Json = dict[str, Any]
# Alters ``signed`` and returns the marks of what it did.
Change = Callable[[random.Random, Json], set[str]]
Do = Callable[[Made, Damage], None]

# Go reads it as "AAA=".
SPARE_BITS = "AAB="
VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 2**53, 2**60, "", "x", "!!", "AAAA", "AAA", SPARE_BITS),
    *([], [None], [1, 2], [300], ["AAAA"], {}, {"": None}, {"a": [{}]}),
)
# Objects whose keys are data; a Root has roles by name, a Targets file has a list of them.
_MAPS = frozenset({"keys", "meta", "hashes", "targets"})
# What Go takes as the letters s and k.
FOLDS = {"s": "\u017f", "k": "\u212a"}


def odd(change: Change) -> Do:
    """Let ``change`` alter ``signed``, the same way each time it is written; keep its marks."""

    def do(made: Made, damage: Damage) -> None:
        seed = made.rng.random()

        def edit(signed: Json) -> None:
            made.marks.update(change(random.Random(seed), signed))

        damage.edit(edit)

    return do


@dataclass(frozen=True)
class Place:
    """An object within ``signed``, and the name under which it stands there."""

    name: str
    value: Json
    keyed_by_data: bool


def places(value: Any, name: str = "", parent: str = "") -> Iterator[Place]:
    """Yield every object but what is in ``custom``."""
    if isinstance(value, dict):
        keyed = name in _MAPS and parent not in _MAPS
        keyed = keyed or (name == "roles" and parent == "")
        yield Place(name, value, keyed)
        for key, inner in list(value.items()):
            if keyed:
                yield from places(inner, "#", name)
            elif key != "custom":
                yield from places(inner, key, name)
    elif isinstance(value, list):
        for inner in value:
            yield from places(inner, "#", name)


def _named(signed: Json, name: str) -> list[Json]:
    return [each.value for each in places(signed) if each.name == name and each.keyed_by_data]


def _files(signed: Json) -> list[Json]:
    """What says the length and hashes of a file or of a tag."""
    found = [*_named(signed, "meta"), *_named(signed, "targets")]
    return [entry for one in found for entry in one.values()]


def _value(rng: random.Random) -> Any:
    return copy.deepcopy(rng.choice(VALUES))


def _shaped(rng: random.Random, *names: str) -> Any:
    """An object with some of ``names``, each odd; or something odd in place of it."""
    if rng.random() < 0.4:
        return _value(rng)
    return {name: _value(rng) for name in names if rng.random() < 0.8}


def add_hash(rng: random.Random, signed: Json) -> set[str]:
    """Give a file or a tag a hash that nobody compares."""
    found = _named(signed, "hashes")
    name = rng.choice(("md5", "sha1", "sha384", "sha-256", ""))
    if found:
        rng.choice(found)[name] = value = _value(rng)
        if isinstance(value, str):
            return {"form:base64"} if value == SPARE_BITS else set()
        return {"form:missing"}
    return set()


def resize_sha512(rng: random.Random, signed: Json) -> set[str]:
    """Give a file or a tag a sha512 of another size."""
    found = _named(signed, "hashes")
    if found:
        raw = b"x" * rng.choice((0, 1, 32, 63, 65))
        rng.choice(found)["sha512"] = base64.b64encode(raw).decode()
    return set()


def add_key(rng: random.Random, signed: Json) -> set[str]:
    """List a key that no role has."""
    found = _named(signed, "keys")
    if found:
        key = _shaped(rng, "keytype", "keyval", "more")
        if isinstance(key, dict) and rng.random() < 0.7:
            key |= {"keytype": rng.choice(("rsa", "mine", "")), "keyval": _keyval(rng)}
        rng.choice(found)[rng.choice(("cd" * 32, "", "x"))] = key
    return {"form:missing", "form:number"}


def _keyval(rng: random.Random) -> Any:
    return _shaped(rng, "public", "private", "more")


def add_role(rng: random.Random, signed: Json) -> set[str]:
    """Let a root list a role that is none of the four."""
    name = rng.choice(("mirror", "targets/x", "", "other"))
    signed["roles"][name] = _shaped(rng, "keyids", "threshold", "more")
    return {"form:missing", "form:number"}


def add_file(rng: random.Random, signed: Json) -> set[str]:
    """Bind a file that no client asks for."""
    name = rng.choice(("mirrors", "timestamp", "", "other"))
    signed["meta"][name] = _shaped(rng, "length", "hashes", "custom", "more")
    return {"form:missing", "form:number"}


def set_custom(rng: random.Random, signed: Json) -> set[str]:
    """Give a file or a tag custom data of any kind."""
    found = _files(signed)
    if found:
        rng.choice(found)["custom"] = value = _value(rng)
        return _number(value)
    return set()


def add_member(rng: random.Random, signed: Json) -> set[str]:
    """Add a member that Notary does not have, at any level."""
    found = [each.value for each in places(signed) if not each.keyed_by_data]
    name = rng.choice(("note", "", "é", "_id", "Length2", "a.b"))
    rng.choice(found)[name] = value = _value(rng)
    return _number(value)


def _number(value: object) -> set[str]:
    """Numbers alone are limited wherever they stand."""
    return {"form:number"} if isinstance(value, int) and value > 2**53 else set()


LENGTHS: tuple[Any, ...] = (
    -1,
    0,
    None,
    "1",
    True,
    2**53 + 2,
    2**60,
    2**63 - 1,
    2**63,
    2**64,
    10**30,
    [],
    {},
)


def set_length(rng: random.Random, signed: Json) -> set[str]:
    """Give a file or a tag a length that is none."""
    name = rng.choice(("meta", "targets"))
    entries = signed.get(name) or signed.get("meta") or signed.get("targets")
    if not entries:
        return set()
    tag = rng.choice(list(entries))
    entries[tag]["length"] = rng.choice(LENGTHS)
    return {"form:missing", "form:number", "form:length", f"two:{tag}"}


def fold_member(rng: random.Random, signed: Json) -> set[str]:
    """Write one letter of a known member as another that Go takes for it."""
    found = [
        (each.value, name)
        for each in places(signed)
        if not each.keyed_by_data
        for name in each.value
        if set(name) & set(FOLDS)
    ]
    holder, name = rng.choice(found)
    holder[_folded(rng, name)] = holder.pop(name)
    return {"form:case"}


def _folded(rng: random.Random, name: str) -> str:
    at = rng.choice([at for at, letter in enumerate(name) if letter in FOLDS])
    return name[:at] + FOLDS[name[at]] + name[at + 1 :]


def add_folded(rng: random.Random, signed: Json) -> set[str]:
    """Add a member that is left out as a rule, under a name that Go takes for it."""
    name = rng.choice(("consistent_snapshot", "delegations", "targets", "keys"))
    signed.pop(name, None)
    signed[_folded(rng, name)] = rng.choice((True, "x", {}, [], None, 0))
    return {"form:case"}


NUMBER = 31337000
FORMS = (b"31337e3", b"3.1337e7", b"31337000.0", b"31337E+3", b"313370000e-1")


def other_number(change: Callable[[random.Random, Json], None]) -> Do:
    """Write a whole number with a point or an exponent: its canonical form has neither."""

    def do(made: Made, damage: Damage) -> None:
        seed, form = made.rng.random(), made.rng.choice(FORMS)
        made.marks.add("form:number")
        damage.edit(lambda signed: change(random.Random(seed), signed))
        damage.rewrite(lambda raw: raw.replace(str(NUMBER).encode(), form))

    return do


def number_length(rng: random.Random, signed: Json) -> None:
    found = _files(signed)
    if found:
        rng.choice(found)["length"] = NUMBER


def number_member(rng: random.Random, signed: Json) -> None:
    found = [each.value for each in places(signed) if not each.keyed_by_data]
    rng.choice(found)["note"] = NUMBER


# Not one of these has passed, whatever it means to who can read it.
TIMES = (
    *("2099-01-01T00:00:00+00:00", "2099-01-01T00:00:00-00:00", "2099-01-01T00:00:00+14:00"),
    *("2099-01-01T00:00:00+23:59", "2099-01-01T00:00:00+24:00", "2099-01-01T00:00:00+00:60"),
    *("2099-01-01T00:00:00+0100", "2099-01-01T00:00:00+01", "2099-01-01T00:00:00 Z"),
    *("2099-01-01T00:00:00.1Z", "2099-01-01T00:00:00.123456789Z", "2099-01-01T00:00:00.Z"),
    *("2099-01-01T00:00:00.1234567891Z", "2099-01-01T00:00:00,5Z", "2099-01-01T1:00:00Z"),
    *("2099-01-01t00:00:00Z", "2099-01-01T00:00:00z", "2099-01-01 00:00:00Z"),
    *("2099-1-1T00:00:00Z", "2099-02-29T00:00:00Z", "2096-02-29T00:00:00Z"),
    *("2099-01-01T24:00:00Z", "2099-01-01T23:59:60Z", "2099-01-01T23:60:00Z"),
    *("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "10000-01-01T00:00:00Z"),
    *("+2099-01-01T00:00:00Z", "2099-01-01T00:00Z", "2099-001T00:00:00Z", "20990101T000000Z"),
    *("2099-W01-1T00:00:00Z", "2099-01-01", "\uff12099-01-01T00:00:00Z", "2099-01-01T00:00:00Z "),
    *(" 2099-01-01T00:00:00Z", "2099-01-01T00:00:00Z\n", "2099-01-01T00:00:00\u221208:00"),
)


LOOSE_TIMES = frozenset(
    f"2099-01-01T{rest}"
    for rest in ("1:00:00Z", "00:00:00,5Z", "00:00:00+24:00", "00:00:00.1234567891Z")
)


def set_time(rng: random.Random, signed: Json) -> set[str]:
    """Write the time of expiry in another way."""
    written = rng.choice(TIMES)
    signed["expires"] = written
    return {"form:time"} if written in LOOSE_TIMES else set()


def odd_signature(made: Made, damage: Damage) -> None:
    """Add a member to each signature, or an entry that is no signature."""
    value = copy.deepcopy(made.rng.choice(VALUES))
    if made.rng.random() < 0.5:
        damage.edit_signatures(lambda found: [{**each, "note": value} for each in found])
        return
    made.marks.add("form:missing")
    entry = _shaped(made.rng, "keyid", "method", "sig", "more")
    damage.edit_signatures(lambda found: [*found, entry])
