"""What is done to a repository: kinds of damage and of oddity, each applied to a random role."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from crosstrust.sandbox.damage import Damage
from crosstrust.sandbox.metadata import bind, canonical, signature
from tests.interop.repository_maker import DIGESTS, RELEASES, Made

Json = dict[str, Any]
Do = Callable[[Made], None]

CERTIFIED = ("root", "targets", "snapshot", "timestamp")


def anywhere(do: Callable[[Made, Damage], object], *, of: tuple[str, ...] = ()) -> Do:
    """A kind that is done to any published role, or to one of ``of``."""

    def apply(made: Made) -> None:
        taken = {role for _, role in made.damages}
        places = [r for r in made.published() if (not of or r in of) and r not in taken]
        made.role = made.rng.choice(places)
        do(made, made.author.damage(made.role))

    return apply


def foreign(made: Made) -> Any:
    """A key that nothing lists."""
    listed = {key.canonical for role in made.author.roles() for key in made.author.keys(role)}
    key = made.ring.pick(made.rng, made.gun)
    return key if key.canonical not in listed else foreign(made)


def two_keys(made: Made) -> list[Any]:
    kind = "ecdsa-x509" if made.role == "root" else ""
    keys = made.ring.several(made.rng, made.gun, 2, kind)
    made.author.assign(made.role, keys, threshold=2)
    return keys


def too_few(made: Made, damage: Damage) -> None:
    two_keys(made)
    damage.edit_signatures(lambda all_: [s for s in all_ if s["keyid"] in ids][:1])
    ids = {key.scoped for key in made.author.keys(made.role)[:1]}


def repeated(made: Made, damage: Damage) -> None:
    keys = two_keys(made)
    damage.sign_with(keys[0]).repeat_signature()


def twice_listed(made: Made, damage: Damage) -> None:
    """One key in two certificates, with a threshold of two."""
    key = made.ring.pick(made.rng, made.gun, "ecdsa")
    pair = [made.ring.certified(key, made.gun), made.ring.certified(key, made.gun, days=100)]
    made.author.assign(made.role, pair, threshold=2)


def doubled_signature(made: Made, damage: Damage) -> None:
    damage.edit_signatures(lambda found: [*found, found[0]])


def extra_signature(made: Made, damage: Damage) -> None:
    key = foreign(made)
    entry = {"keyid": key.scoped, "method": key.method, "sig": base64.b64encode(b"x" * 64).decode()}
    damage.edit_signatures(lambda found: [entry, *found])


def other_method(made: Made, damage: Damage) -> None:
    others = {"ecdsa": "eddsa", "eddsa": "rsapss", "rsapss": "ecdsa"}
    damage.edit_signatures(lambda found: [{**s, "method": others[s["method"]]} for s in found])


def capital_method(made: Made, damage: Damage) -> None:
    damage.edit_signatures(lambda found: [{**s, "method": s["method"].upper()} for s in found])


def loose_base64(made: Made, damage: Damage) -> None:
    damage.edit_signatures(lambda found: [{**s, "sig": s["sig"] + "\n"} for s in found])


def expired(made: Made, damage: Damage) -> None:
    damage.expire(made.author.at - timedelta(seconds=made.rng.choice((1, 3600, 10**8))))


def edited_parent(change: Callable[[Json, Made], None]) -> Callable[[Made, Damage], None]:
    """Change what the snapshot or the timestamp says of the role."""

    def do(made: Made, damage: Damage) -> None:
        role = made.role
        parent = "timestamp" if role == "snapshot" else "snapshot"
        made.author.damage(parent).edit(lambda signed: change(signed["meta"][role], made))

    return do


def spoil_hash(name: str) -> Callable[[Json, Made], None]:
    def change(entry: Json, made: Made) -> None:
        raw = bytearray(base64.b64decode(entry["hashes"][name]))
        raw[0] ^= 1
        entry["hashes"][name] = base64.b64encode(bytes(raw)).decode()

    return change


def add_length(difference: int) -> Callable[[Json, Made], None]:
    def change(entry: Json, made: Made) -> None:
        entry["length"] += difference

    return change


def drop_hash(name: str) -> Callable[[Json, Made], None]:
    return lambda entry, made: entry["hashes"].pop(name)


BOUND = ("root", "targets", "snapshot", RELEASES, "targets/alice", "targets/bob")


def certificate(name: str = "", *, start: int = -1, days: int = 3650) -> Do:
    """Replace the root key's certificate; the pin is the key, so that only this is wrong."""

    def apply(made: Made) -> None:
        made.role = "root"
        found = name.format(made.gun) if name else made.gun
        key = made.ring.pick(made.rng, made.gun, "ecdsa")
        cert = made.ring.certified(key, found, start=timedelta(hours=start), days=days)
        made.author.assign("root", (cert,))
        made.pinned = (cert.canonical,)
        made.marks.add("pin:newest")

    return apply


def foreign_pin(made: Made) -> None:
    """The user pinned another key than the author's."""
    made.pinned = ("ab" * 32,)


def bare_root(made: Made) -> None:
    made.role = "root"
    key = made.ring.pick(made.rng, made.gun, "ecdsa")
    made.author.assign("root", (key,))
    made.pinned = (key.scoped,)
    made.marks.add("pin:newest")


def short_key(made: Made, damage: Damage) -> None:
    key = made.ring.short
    if made.role == "root":
        key = made.ring.certified(key, made.gun)
    made.author.assign(made.role, (key,))


def odd_curve(made: Made, damage: Damage) -> None:
    """An ECDSA key that is not on P-256, in a certificate where the role is root."""
    name, key = made.rng.choice(list(made.ring.curves.items()))
    if made.role == "root":
        key = made.ring.certified(key, made.gun)
    made.marks.add(f"curve:{name}")
    made.author.assign(made.role, (key,))


def pkcs1(made: Made, damage: Damage) -> None:
    """An RSA signature with the older padding."""
    key = made.ring.pick(made.rng, made.gun, "rsa-x509" if made.role == "root" else "rsa")
    made.author.assign(made.role, (key,))

    def rewrite(raw: bytes) -> bytes:
        value = json.loads(raw)
        signed = canonical(value["signed"])
        value["signatures"] += [
            signature(key.scoped, "rsapkcs1v15", key.sign(signed, method="rsapkcs1v15"))
        ]
        value["signatures"] = [s for s in value["signatures"] if s["method"] != "rsapss"]
        return json.dumps(value).encode()

    damage.rewrite(rewrite)


def edit(change: Callable[[Json, Made], None]) -> Callable[[Made, Damage], object]:
    return lambda made, damage: damage.edit(lambda signed: change(signed, made))


def set_random(name: str, *values: object) -> Callable[[Made, Damage], object]:
    return lambda made, damage: damage.set_member(name, made.rng.choice(values))


def roles_of(signed: Json) -> list[Json]:
    """The role entries of a root, ``targets`` or delegation file."""
    if signed["_type"] == "Root":
        return [signed["roles"][name] for name in CERTIFIED]
    found: list[Json] = signed["delegations"]["roles"]
    return found


def entry(change: Callable[[Json, Json, Made], None]) -> Do:
    """Change one entry of a role list: of the root, or of whoever delegates."""

    def apply(made: Made) -> None:
        declaring = {role.rpartition("/")[0] for role in made.author.roles()} - {""}
        made.role = made.rng.choice(["root", *sorted(declaring & set(made.published()))])
        index = made.rng.randrange(4)

        def edited(signed: Json) -> None:
            listed = roles_of(signed)
            one = listed[index % len(listed)]
            names = [name for name in CERTIFIED if signed["_type"] == "Root"]
            made.marks.add("entry:" + (names[index] if names else one["name"]))
            change(one, signed, made)

        made.author.damage(made.role).edit(edited)

    return apply


def unknown_key(one: Json, signed: Json, made: Made) -> None:
    one["keyids"].append("ab" * 32)


def misnamed_key(one: Json, signed: Json, made: Made) -> None:
    keys = signed.get("keys") or signed["delegations"]["keys"]
    keys["ab" * 32] = copy.deepcopy(next(iter(keys.values())))
    one["keyids"].append("ab" * 32)


def doubled_member(made: Made, damage: Damage) -> None:
    """``signed`` twice in the envelope: the honest one last, as Go reads it."""
    damage.rewrite(lambda raw: b'{"signed":{"_type":"Nothing"},' + raw[1:])


def twin_member(made: Made, damage: Damage) -> None:
    damage.rewrite(lambda raw: b'{"Signatures":[],' + raw[1:])


def pretty(made: Made, damage: Damage) -> None:
    damage.rewrite(lambda raw: json.dumps(json.loads(raw), indent=2).encode() + b"\n")


def escaped(made: Made, damage: Damage) -> None:
    """Other bytes for the same value: members in another order, every letter escaped."""

    def rewrite(raw: bytes) -> bytes:
        value = json.loads(raw)
        turned = {"signatures": value["signatures"], "signed": _turned(value["signed"])}
        return json.dumps(turned).replace("targets", "\\u0074argets").encode()

    damage.rewrite(rewrite)


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in sorted(value, reverse=True)}
    return value


def more_members(made: Made, damage: Damage) -> None:
    damage.set_member("spec_version", "1.0").set_member("x", {"y": [1, None, "ü"]})
    damage.rewrite(lambda raw: raw[:-1] + b',"note":"unsigned"}')


def odd_target(value: Callable[[Json], object], tag: str = "") -> Callable[[Made, Damage], None]:
    """Add an entry to ``targets`` or releases, with an odd name or an odd hash."""

    def do(made: Made, damage: Damage) -> None:
        raw = bytes.fromhex(DIGESTS[0].hex)
        honest = {"hashes": {"sha256": base64.b64encode(raw).decode()}, "length": 10}
        name = tag or "odd"
        made.marks.add(f"odd:{name}")
        if name == "odd":
            made.tags.append(name)
        damage.edit(lambda signed: signed["targets"].update({name: value(copy.deepcopy(honest))}))

    return do


def hashes(**found: str) -> Callable[[Json], object]:
    return lambda honest: {**honest, "hashes": found}


def child(name: str) -> Do:
    """Let ``targets`` declare a delegation of an odd name."""

    def apply(made: Made) -> None:
        made.role = "targets"
        key = foreign(made)
        listed = {"keyids": [key.scoped], "name": name, "paths": [""], "threshold": 1}

        def change(signed: Json) -> None:
            signed["delegations"]["roles"].append(listed)
            signed["delegations"]["keys"][key.scoped] = key.listed

        made.author.damage("targets").edit(change)

    return apply


def extra_meta(name: str) -> Do:
    def apply(made: Made) -> None:
        made.role = "snapshot"
        change = {name: bind(b"{}")}
        made.author.damage("snapshot").edit(lambda signed: signed["meta"].update(change))

    return apply
