"""The envelope of a role file: what is signed, and the signatures. Dialect, section 1."""

from __future__ import annotations

import re

from crosstrust.errors import LimitError, MalformedError
from crosstrust.oci import limits
from crosstrust.oci.strict_json import parse_json
from crosstrust.schemes.notary_v1.canonical import encode_canonical
from crosstrust.schemes.notary_v1.field import (
    FORM,
    JsonObject,
    base64_bytes,
    malformed,
    members,
    sequence,
    text,
)
from crosstrust.value import dataclass

_ENVELOPE = frozenset({"signed", "signatures"})
_SIGNATURE = frozenset({"keyid", "method", "sig"})
_START = re.compile(rb"\s*\{")
# Tags are data, and two of them may differ by case alone.
_MAPS = frozenset({"$.signed.targets"})


@dataclass(frozen=True, slots=True)
class Signature:
    """One entry of ``signatures``, decoded and not verified."""

    key_id: str
    method: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """``message`` is the canonical form of ``signed``: the bytes that signatures cover.

    ``unsigned`` names the members beside ``signed`` and ``signatures``; nothing vouches for them.
    """

    signed: JsonObject
    message: bytes
    signatures: tuple[Signature, ...]
    unsigned: tuple[str, ...]


def parse_envelope(raw: bytes, role: str) -> Envelope:
    """Return the envelope of a role file.

    Codes: ``notary.answer.form`` for what is no role file at all, such as an error page;
    ``tuf.metadata.form``; ``limit.exceeded``.
    """
    if not _START.match(raw):
        raise _no_role_file(role, "empty" if not raw.strip() else "no JSON object")
    limit = limits.TIMESTAMP_SIZE if role == "timestamp" else limits.METADATA_SIZE
    value = members(
        parse_json(raw, code=FORM, where=role, limit=limit, maps=_MAPS), _ENVELOPE, role
    )
    if not value.keys() & _ENVELOPE:
        raise _no_role_file(role, "another JSON object")
    signed = value.get("signed")
    if not isinstance(signed, dict):
        raise malformed(f"{role} signed", "an object", "none")
    return Envelope(
        signed,
        encode_canonical(signed, role),
        _signatures(value.get("signatures"), role),
        tuple(name for name in value if name not in _ENVELOPE),
    )


def _signatures(value: object, role: str) -> tuple[Signature, ...]:
    where = f"{role} signatures"
    entries = sequence(value, where)
    if len(entries) > limits.SIGNATURES:
        raise LimitError(
            "limit.exceeded",
            where,
            expected=f"at most {limits.SIGNATURES}",
            actual=str(len(entries)),
        )
    found = tuple(_signature(entry, where) for entry in entries)
    if len({each.key_id for each in found}) != len(found):
        raise malformed(where, "one signature per key ID", "a key ID twice")
    return found


def _signature(value: object, where: str) -> Signature:
    entry = members(value, _SIGNATURE, where)
    return Signature(
        text(entry.get("keyid"), f"{where} keyid"),
        text(entry.get("method"), f"{where} method"),
        base64_bytes(entry.get("sig"), f"{where} sig"),
    )


def _no_role_file(role: str, actual: str) -> MalformedError:
    return MalformedError(
        "notary.answer.form",
        role,
        expected="a role file",
        actual=actual,
        remedy="something between here and the Notary server answers in its place",
    )
