"""Role files as notary writes them: canonical ``signed``, envelope, dates, bindings.

Dialect, sections 1 and 2. Nothing here knows keys or decides what a role says.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

CERTIFIED = ("root", "targets", "snapshot", "timestamp")
_TYPES = {"root": "Root", "snapshot": "Snapshot", "timestamp": "Timestamp"}


def canonical(value: object) -> bytes:
    """Return the canonical form of what the sandbox writes: sorted keys, no spaces, raw UTF-8.

    The sandbox writes no control characters, the one place where plain JSON differs.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def go_time(moment: datetime) -> str:
    """Return ``moment`` as Go writes RFC 3339: UTC, trailing zeros of the fraction dropped."""
    utc = moment.astimezone(UTC)
    text = utc.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{utc.microsecond:06d}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def start_signed(role: str, version: int, expires: datetime) -> Json:
    """Return the members that every role file has."""
    return {"_type": _TYPES.get(role, "Targets"), "expires": go_time(expires), "version": version}


def bind(raw: bytes) -> Json:
    """Return the entry by which a snapshot or timestamp binds the file ``raw``."""
    return {
        "hashes": {
            name: base64.b64encode(hashlib.new(name, raw).digest()).decode("ascii")
            for name in ("sha256", "sha512")
        },
        "length": len(raw),
    }


def bind_all(files: Mapping[str, bytes]) -> Json:
    """Return the ``meta`` of a snapshot over ``files``, keyed by role name."""
    return {role: bind(raw) for role, raw in files.items()}


def target(digest_hex: str, length: int, custom: object = None) -> Json:
    """Return a target entry: docker writes sha256 and the manifest's length in bytes."""
    sha256 = base64.b64encode(bytes.fromhex(digest_hex)).decode("ascii")
    entry: Json = {"hashes": {"sha256": sha256}, "length": length}
    return entry if custom is None else {**entry, "custom": custom}


def signature(key_id: str, method: str, raw: bytes) -> Json:
    """Return one entry of ``signatures``."""
    return {"keyid": key_id, "method": method, "sig": base64.b64encode(raw).decode("ascii")}


def envelope(signed: bytes, signatures: Sequence[Json]) -> bytes:
    """Return the file: canonical ``signed`` first, then ``signatures``, no final newline."""
    tail = json.dumps(list(signatures), separators=(",", ":"), ensure_ascii=False).encode()
    return b'{"signed":' + signed + b',"signatures":' + tail + b"}"


SignedEdit = Callable[[Json], None]
RawEdit = Callable[[bytes], bytes]
