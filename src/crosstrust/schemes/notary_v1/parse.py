"""Role files read into values, strictly. Dialect, sections 1 and 10.

What the anchor tolerates and two readers could read differently is refused. What no verdict asks
for, such as a key that no role lists, has the form of what it asks for: the anchor decodes that
too, and refuses a file for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from crosstrust.errors import LimitError, MalformedError
from crosstrust.oci import limits
from crosstrust.oci.digest import Digest
from crosstrust.schemes.notary_v1.field import (
    JsonObject,
    base64_bytes,
    instant,
    integer,
    malformed,
    mapping,
    members,
    sequence,
    text,
    texts,
)
from crosstrust.schemes.notary_v1.key import PublicKey, check_key_form, listed_id, parse_key
from crosstrust.schemes.notary_v1.metadata import (
    Delegation,
    FileMeta,
    Root,
    Signing,
    Snapshot,
    Target,
    Targets,
    Timestamp,
)

CERTIFIED = ("root", "timestamp", "snapshot", "targets")

_COMMON = {"_type", "version", "expires"}
_ROOT = frozenset(_COMMON | {"keys", "roles", "consistent_snapshot"})
_META = frozenset(_COMMON | {"meta"})
_TARGETS = frozenset(_COMMON | {"targets", "delegations"})
_ROLE = frozenset({"keyids", "threshold"})
_DELEGATIONS = frozenset({"keys", "roles"})
_DELEGATION = frozenset({"keyids", "name", "paths", "threshold"})
_FILE = frozenset({"length", "hashes"})
_TARGET = frozenset({"length", "hashes", "custom"})

_DIGEST_SIZES = {"sha256": 32, "sha512": 64}
_DELEGATED = re.compile(r"targets(?:/[-a-z0-9_]+)+", re.ASCII)
_NAME_LENGTH = 255
# What docker accepts as a tag.
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)


def parse_root(signed: JsonObject, role: str = "root") -> Root:
    """Return the root; of keys and roles that the four roles do not need, the form is checked."""
    version, expires = _header(signed, _ROOT, "Root", role)
    consistent = signed.get("consistent_snapshot")
    if consistent is not None and not isinstance(consistent, bool):
        raise malformed(f"{role} consistent_snapshot", "a boolean", consistent)
    keys = _keys(signed.get("keys"), f"{role} keys")
    roles = members(signed.get("roles"), frozenset(CERTIFIED), f"{role} roles")
    for name in roles.keys() - set(CERTIFIED):
        _holders(members(roles[name], _ROLE, f"{role} roles"), f"{role} roles")
    pool: dict[str, PublicKey] = {}
    signers = {}
    for name in CERTIFIED:
        where = f"{role} roles {name}"
        entry = members(roles.get(name), _ROLE, where)
        signers[name] = _signing(entry, keys, pool, where)
    return Root(version, expires, signers)


def parse_timestamp(signed: JsonObject, role: str = "timestamp") -> Timestamp:
    """Return the timestamp; of entries other than the snapshot's, the form is checked."""
    version, expires = _header(signed, _META, "Timestamp", role)
    meta = mapping(signed.get("meta"), f"{role} meta")
    for name in meta.keys() - {"snapshot"}:
        _measures(meta[name], _FILE, f"{role} meta {name[:80]}")
    return Timestamp(version, expires, _file(meta.get("snapshot"), f"{role} meta snapshot"))


def parse_snapshot(signed: JsonObject, role: str = "snapshot") -> Snapshot:
    """Return the snapshot; of entries other than root, targets and delegations, the form."""
    version, expires = _header(signed, _META, "Snapshot", role)
    meta = mapping(signed.get("meta"), f"{role} meta")
    delegated = [name for name in meta if "/" in name]
    if len(delegated) > limits.DELEGATIONS:
        raise _too_many(role, len(delegated))
    for name in delegated:
        check_delegation_name(name, f"{role} meta")
    for name in meta.keys() - {"root", "targets", *delegated}:
        _measures(meta[name], _FILE, f"{role} meta {name[:80]}")
    files = {
        name: _file(meta.get(name), f"{role} meta {name}")
        for name in ("root", "targets", *delegated)
    }
    return Snapshot(version, expires, files)


def parse_targets(signed: JsonObject, role: str = "targets") -> Targets:
    """Return ``targets`` or the delegation ``role``, which may declare its own children only."""
    version, expires = _header(signed, _TARGETS, "Targets", role)
    entries = mapping(signed.get("targets"), f"{role} targets")
    for tag in entries:
        if not _TAG.fullmatch(tag):
            raise malformed(f"{role} targets", "names that are tags", repr(tag)[:80])
    targets = {tag: _target(entry, f"{role} {tag}") for tag, entry in entries.items()}
    return Targets(version, expires, targets, _delegations(signed.get("delegations"), role))


def check_delegation_name(name: str, where: str) -> None:
    """Refuse a delegation's name that could mean another role or leave a folder (A72, A78)."""
    if not _DELEGATED.fullmatch(name) or len(name) > _NAME_LENGTH:
        raise malformed(where, "targets/NAME of a-z, 0-9, _ and -", repr(name)[:80])
    if name.count("/") > limits.DELEGATION_DEPTH:
        raise LimitError(
            "limit.exceeded",
            where,
            expected=f"at most {limits.DELEGATION_DEPTH} levels of delegations",
            actual=name[:80],
        )


def _header(
    signed: JsonObject, known: frozenset[str], kind: str, role: str
) -> tuple[int, datetime]:
    members(signed, known, role)
    if signed.get("_type") != kind:
        raise malformed(f"{role} _type", kind, signed.get("_type", "nothing"))
    version = integer(signed.get("version"), f"{role} version", least=1)
    return version, instant(signed.get("expires"), f"{role} expires")


def _signing(
    entry: JsonObject, listed: JsonObject, pool: dict[str, PublicKey], where: str
) -> Signing:
    """Return the signers of a role. ``pool`` holds the keys that were read before."""
    key_ids, threshold = _holders(entry, where)
    for key_id in key_ids:
        if key_id not in pool:
            pool[key_id] = _key(key_id, listed, where)
    return Signing(tuple(pool[key_id] for key_id in key_ids), threshold)


def _holders(entry: JsonObject, where: str) -> tuple[tuple[str, ...], int]:
    """Return the key IDs of a role, and how many of the keys must sign."""
    key_ids = texts(entry.get("keyids"), f"{where} keyids")
    return key_ids, integer(entry.get("threshold"), f"{where} threshold", least=1)


def _keys(value: object, where: str) -> JsonObject:
    """Return key objects by ID, each well formed."""
    found = mapping(value, where)
    for listed in found.values():
        check_key_form(listed, where)
    return found


def _key(key_id: str, listed: JsonObject, where: str) -> PublicKey:
    if key_id not in listed:
        raise malformed(f"{where} keyids", "keys that the file holds", key_id)
    place = f"{where} key {key_id[:64]}"
    hashed = listed_id(listed[key_id], place)
    if hashed != key_id:
        raise MalformedError("tuf.key.id", place, expected=hashed, actual=key_id[:80])
    return parse_key(listed[key_id], place)


def _file(value: object, where: str) -> FileMeta:
    length, hashes = _measures(value, _FILE, where)
    for algorithm, size in _DIGEST_SIZES.items():
        if algorithm != "sha256" and len(hashes.get(algorithm, bytes(size))) != size:
            raise malformed(f"{where} {algorithm}", f"{size} bytes", len(hashes[algorithm]))
    digests = _digests(hashes)
    if not digests or digests[0].algorithm != "sha256":
        raise MalformedError(
            "digest.algorithm.supported", where, expected="sha256", actual="no whole sha256"
        )
    return FileMeta(length, digests)


def _target(value: object, where: str) -> Target:
    length, hashes = _measures(value, _TARGET, where)
    sha256 = next((each for each in _digests(hashes) if each.algorithm == "sha256"), None)
    others = tuple((name, hashes[name].hex()) for name in _DIGEST_SIZES if name in hashes)
    return Target(sha256, length, tuple(each for each in others if each[0] != "sha256"))


def _measures(value: object, known: frozenset[str], where: str) -> tuple[int, Mapping[str, bytes]]:
    """Return the length and the hashes of a file or a tag; all must be well formed."""
    entry = members(value, known, where)
    length = integer(entry.get("length"), f"{where} length", least=0)
    hashes = members(entry.get("hashes"), frozenset(_DIGEST_SIZES), f"{where} hashes")
    read = {name: base64_bytes(each, f"{where} {name[:80]}") for name, each in hashes.items()}
    return length, read


def _digests(hashes: Mapping[str, bytes]) -> tuple[Digest, ...]:
    """Return the digests of known algorithms and right size, sha256 first."""
    return tuple(
        Digest(algorithm, hashes[algorithm].hex())
        for algorithm, size in _DIGEST_SIZES.items()
        if len(hashes.get(algorithm, b"")) == size
    )


def _delegations(value: object, role: str) -> tuple[Delegation, ...]:
    where = f"{role} delegations"
    if value is None:
        return ()
    section = members(value, _DELEGATIONS, where)
    listed = _keys(section.get("keys"), f"{where} keys")
    entries = sequence(section.get("roles"), f"{where} roles")
    if len(entries) > limits.DELEGATIONS:
        raise _too_many(where, len(entries))
    pool: dict[str, PublicKey] = {}
    found = tuple(_delegation(entry, listed, pool, role) for entry in entries)
    if len({each.name for each in found}) != len(found):
        raise malformed(where, "each role once", "a role twice")
    return found


def _delegation(
    value: object, listed: JsonObject, pool: dict[str, PublicKey], parent: str
) -> Delegation:
    where = f"{parent} delegations"
    entry = members(value, _DELEGATION, where)
    name = text(entry.get("name"), f"{where} name")
    check_delegation_name(name, where)
    if name.rpartition("/")[0] != parent:
        raise malformed(where, f"children of {parent}", name)
    paths = texts(entry.get("paths"), f"{where} {name} paths")
    return Delegation(name, _signing(entry, listed, pool, f"{where} {name}"), paths)


def _too_many(where: str, found: int) -> LimitError:
    return LimitError(
        "limit.exceeded",
        where,
        expected=f"at most {limits.DELEGATIONS} delegations",
        actual=str(found),
    )
