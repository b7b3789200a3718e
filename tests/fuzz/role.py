"""Role files of Notary: what is read stands in them, by the standard library's reading."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from crosstrust.errors import CrosstrustError, MalformedError
from crosstrust.schemes.notary_v1.envelope import Envelope, Signature, parse_envelope
from crosstrust.schemes.notary_v1.field import JsonObject
from crosstrust.schemes.notary_v1.metadata import FileMeta, Root, Signing, Snapshot, Targets
from crosstrust.schemes.notary_v1.metadata import Timestamp as TimestampBody
from crosstrust.schemes.notary_v1.parse import (
    parse_root,
    parse_snapshot,
    parse_targets,
    parse_timestamp,
)
from tests.fuzz.go_form import SIGNATURES, SIGNED
from tests.fuzz.json_text import WORDS
from tests.fuzz.target import Target, assert_same_json, outcome
from tests.properties.canonical_definition import definition

Parse = Callable[[JsonObject, str], Root | TimestampBody | Snapshot | Targets]
Document = Mapping[str, Any]


def check_role(parse: Parse, roles: tuple[str, ...], raw: bytes) -> None:
    """``raw`` as it is, and with each key under its true ID, which no fuzzer finds by chance."""
    for role in roles:
        for text in (raw, with_true_ids(raw)):
            found = outcome(partial(read, text, role, parse))
            if isinstance(found, CrosstrustError):
                assert isinstance(found, MalformedError)
                continue
            envelope, body = found
            document = json.loads(text.decode())
            assert SIGNATURES(document.get("signatures"))
            assert SIGNED[document["signed"]["_type"]](document["signed"])
            check_envelope(envelope, document)
            check_body(body, document["signed"])


def read(
    raw: bytes, role: str, parse: Parse
) -> tuple[Envelope, Root | TimestampBody | Snapshot | Targets]:
    envelope = parse_envelope(raw, role)
    return envelope, parse(envelope.signed, role)


def with_true_ids(raw: bytes) -> bytes:
    """Return ``raw`` with key IDs that are those of the keys; as it is where that cannot be."""
    try:
        signed = (document := json.loads(raw))["signed"]
        for holder in (signed, signed.get("delegations") or {}):
            keys = holder.get("keys") or {}
            names = {listed: true_id(key) for listed, key in keys.items()}
            holder["keys"] = {names[listed]: key for listed, key in keys.items()}
            roles = holder.get("roles") or {}
            for entry in roles.values() if isinstance(roles, dict) else roles:
                entry["keyids"] = [names.get(listed, listed) for listed in entry["keyids"]]
        return json.dumps(document).encode()
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        return raw


def true_id(key: Any) -> str:
    value = {"private": None, "public": key["keyval"]["public"]}
    written = definition({"keytype": key["keytype"], "keyval": value})
    return hashlib.sha256(written).hexdigest()


def check_envelope(found: Envelope, document: Document) -> None:
    assert_same_json(found.signed, document["signed"])
    assert found.message == definition(document["signed"])
    assert [
        Signature(each["keyid"], each["method"], base64.b64decode(each["sig"], validate=True))
        for each in document.get("signatures") or []
    ] == list(found.signatures)
    assert set(found.unsigned) == set(document) - {"signed", "signatures"}


def check_body(body: Root | TimestampBody | Snapshot | Targets, signed: Document) -> None:
    assert body.version == signed["version"] >= 1
    assert body.expires.tzinfo is UTC
    check_instant(body.expires, signed["expires"])
    if isinstance(body, Root):
        for name, signers in body.signers.items():
            check_signers(signers, signed["roles"][name], signed.get("keys") or {})
    elif isinstance(body, TimestampBody):
        check_file(body.snapshot, signed["meta"]["snapshot"])
    elif isinstance(body, Snapshot):
        assert set(body.meta) <= set(signed["meta"])
        for name, file in body.meta.items():
            check_file(file, signed["meta"][name])
    else:
        check_targets(body, signed)


def check_targets(body: Targets, signed: Document) -> None:
    assert list(body.targets) == list(signed.get("targets") or {})
    for tag, target in body.targets.items():
        entry = signed["targets"][tag]
        assert target.length == entry["length"] >= 0
        if target.digest is not None:
            assert target.digest.hex == sha256_in(entry)
    section = signed.get("delegations") or {}
    entries = section.get("roles") or []
    assert [each.name for each in body.delegations] == [entry["name"] for entry in entries]
    for delegation, entry in zip(body.delegations, entries, strict=True):
        assert list(delegation.paths) == (entry.get("paths") or [])
        check_signers(delegation.signing, entry, section.get("keys") or {})


def check_signers(found: Signing, entry: Document, keys: Document) -> None:
    listed = entry.get("keyids") or []
    assert [key.listed.scoped for key in found.keys] == listed
    assert found.threshold == entry["threshold"] >= 1
    assert listed == [true_id(keys[name]) for name in listed]


def check_file(found: FileMeta, entry: Document) -> None:
    assert found.length == entry["length"] >= 0
    assert found.sha256 == sha256_in(entry)


def sha256_in(entry: Document) -> str:
    return base64.b64decode(entry["hashes"]["sha256"], validate=True).hex()


def check_instant(found: datetime, written: str) -> None:
    """Compare with the digits, read one by one."""
    year = int(written[:4])
    month, day, hour, minute, second = (int(written[at : at + 2]) for at in range(5, 20, 3))
    local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    offset = timedelta()
    if not written.endswith("Z"):
        sign = -1 if written[-6] == "-" else 1
        offset = sign * timedelta(hours=int(written[-5:-3]), minutes=int(written[-2:]))
    if timedelta(days=1) < local - datetime.min.replace(tzinfo=UTC) and year < 9999:
        assert found.replace(microsecond=0) == local - offset


def role_target(parse: Parse, *roles: str) -> Target:
    return Target(partial(check_role, parse, roles), (*WORDS, *FIELDS), longest=6000)


FIELDS = tuple(
    f'"{name}"'.encode()
    for name in (
        *("_type", "Root", "Timestamp", "Snapshot", "Targets", "version", "expires", "signed"),
        *("signatures", "keyid", "method", "sig", "keys", "roles", "keyids", "threshold", "meta"),
        *("keytype", "keyval", "public", "private", "ecdsa", "rsa", "ed25519", "ecdsa-x509"),
        *("targets", "delegations", "targets/releases", "paths", "name", "length", "hashes"),
        *("sha256", "sha512", "custom", "root", "timestamp", "snapshot", "consistent_snapshot"),
        *("md5", "mirror", "delegation\u017f", "\u212aeys", "con\u017fistent_snapshot"),
        *("2030-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999-23:59", "+01:00"),
    )
)

ROOT = role_target(parse_root, "root")
TIMESTAMP = role_target(parse_timestamp, "timestamp")
SNAPSHOT = role_target(parse_snapshot, "snapshot")
TARGETS = role_target(parse_targets, "targets", "targets/releases")
