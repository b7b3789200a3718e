"""Who made which role file, and whether a verdict may rest on the files that it names.

The oracle of the siege: it shares no code with the judge. It checks no signature, since it knows
which keys made each file: files that it does not know were made by nobody.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from crosstrust.evidence.verdict import Verdict
from crosstrust.schemes.notary_v1.state import Floor, Seen

RELEASES = "targets/releases"
Json = dict[str, Any]
# By role and the sha256 of the file, in hex digits.
Name = tuple[str, str]


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


@dataclass(frozen=True)
class Made:
    """A role file, the scoped IDs of the keys that signed it, and whether the author did."""

    raw: bytes
    signers: frozenset[str]
    forged: bool = False

    @property
    def signed(self) -> Json:
        found: Json = json.loads(self.raw)["signed"]
        return found


@dataclass
class Past:
    """Every file that was ever made, by the author or with stolen keys.

    ``aliases`` has the canonical ID of each key that is listed in a certificate.
    """

    files: dict[Name, Made] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def record(self, role: str, raw: bytes) -> None:
        """Note a file of the author's: who is said to have signed it, did."""
        signers = frozenset(each["keyid"] for each in json.loads(raw)["signatures"])
        self.files[role, sha256(raw)] = Made(raw, signers)

    def record_forged(self, role: str, raw: bytes, signers: Iterable[str]) -> None:
        """Note a file of the attacker's, with those who truly signed it."""
        self.files[role, sha256(raw)] = Made(raw, frozenset(signers), forged=True)

    @property
    def forged(self) -> bool:
        return any(each.forged for each in self.files.values())

    def canonical(self, key_ids: Iterable[str]) -> set[str]:
        return {self.aliases.get(each, each) for each in key_ids}

    def signed_by_author(self, tag: str) -> set[str]:
        """Return every digest that the author ever released under a tag."""
        return {
            digest
            for (role, _), made in self.files.items()
            if role in {"targets", RELEASES} and not made.forged
            for digest in entries(made.signed, tag)
        }


def entries(signed: Json, tag: str) -> set[str]:
    """Return the digest that a targets file has for a tag, if any."""
    entry = signed["targets"].get(tag)
    return {f"sha256:{base64.b64decode(entry['hashes']['sha256']).hex()}"} if entry else set()


def bound(meta: Json) -> str:
    return base64.b64decode(meta["hashes"]["sha256"]).hex()


class Role(NamedTuple):
    """The canonical IDs of a role's keys, and how many of them must sign."""

    keys: set[str]
    threshold: int

    def allows(self, signers: Iterable[str]) -> bool:
        return len(self.keys.intersection(signers)) >= self.threshold


def listed_roles(past: Past, root: Json, targets: Json) -> dict[str, Role]:
    """Return the roles that root and targets list."""
    declared = (targets["delegations"] or {"roles": []})["roles"]
    listed = [*root["roles"].items(), *((each["name"], each) for each in declared)]
    return {name: Role(past.canonical(each["keyids"]), each["threshold"]) for name, each in listed}


def objections(past: Past, verdict: Verdict, tag: str, before: Seen, at: datetime) -> Iterator[str]:
    """Yield why a trusted verdict must not rest on what it rests on. ``before``: what the
    client remembered when it asked.
    """
    assert verdict.trust_data is not None
    names = {each.name: each.sha256 for each in verdict.trust_data.roles if each.sha256}
    made = {role: past.files.get((role, digest)) for role, digest in names.items()}
    unknown = [role for role, each in made.items() if each is None]
    if unknown or not {"root", "timestamp", "snapshot", "targets"} <= made.keys():
        yield f"files that nobody made: {unknown} of {sorted(made)}"
        return
    files = {role: each for role, each in made.items() if each is not None}
    signed = {role: each.signed for role, each in files.items()}
    roles = listed_roles(past, signed["root"], signed["targets"])
    yield from _binding_objections(signed, names, roles.keys())
    for role, each in files.items():
        if role != "root" and not roles[role].allows(past.canonical(each.signers)):
            yield f"{role} is not signed by enough of its keys"
        if datetime.fromisoformat(signed[role]["expires"]) <= at:
            yield f"{role} ran out"
        yield from _floor_objections(role, signed[role]["version"], names[role], before, roles)
    for role in before.floors.keys() & roles.keys() - files.keys():
        if any(not floor.withdrawn for floor in _counting(role, before, roles)):
            yield f"{role} was seen before and is hidden"
    yield from _digest_objections(verdict, signed, tag)


def _binding_objections(
    signed: Mapping[str, Json], names: Mapping[str, str], roles: AbstractSet[str]
) -> Iterator[str]:
    if bound(signed["timestamp"]["meta"]["snapshot"]) != names["snapshot"]:
        yield "the timestamp binds another snapshot"
    meta = signed["snapshot"]["meta"]
    for role in {"root", "targets", *meta.keys() & roles}:
        if bound(meta[role]) != names.get(role):
            yield f"the snapshot binds another {role}"
    for role in names.keys() - meta.keys() - {"timestamp", "snapshot"}:
        yield f"the snapshot does not bind {role}"


def _floor_objections(
    role: str, version: int, name: str, before: Seen, roles: Mapping[str, Role]
) -> Iterator[str]:
    if role == "root":
        if before.newest is not None and version < before.newest.version:
            yield "the root is older than one seen before"
        return
    for floor in _counting(role, before, roles):
        if version < floor.version:
            yield f"{role} is older than the one seen before"
        if version == floor.version and name != floor.sha256:
            yield f"{role} is another one of the same version"


def _counting(role: str, before: Seen, roles: Mapping[str, Role]) -> Iterator[Floor]:
    """Where all its keys were replaced, a role starts anew."""
    return (each for each in before.floors.get(role, ()) if roles[role].keys & {*each.keys})


def _digest_objections(verdict: Verdict, signed: Mapping[str, Json], tag: str) -> Iterator[str]:
    released = entries(signed["targets"], tag)
    if RELEASES in signed:
        released |= entries(signed[RELEASES], tag)
    said = {str(verdict.signed.digest)} if verdict.signed is not None else set()
    if released != said:
        yield f"released are {released}, and the verdict says {said}"
