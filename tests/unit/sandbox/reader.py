"""A reader of role files that shares no code with the sandbox or the scheme under test."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

Json = dict[str, Any]


def signed(raw: bytes) -> Json:
    found: Json = json.loads(raw)["signed"]
    return found


def signatures(raw: bytes) -> list[Json]:
    found: list[Json] = json.loads(raw)["signatures"]
    return found


def message(raw: bytes) -> bytes:
    """The bytes between the member names, as they stand in the file."""
    assert raw.startswith(b'{"signed":')
    return raw[len(b'{"signed":') : raw.rindex(b',"signatures":')]


def key_id(key: Json) -> str:
    form = json.dumps(key, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(form.encode()).hexdigest()


def certificate(key: Json) -> x509.Certificate:
    return x509.load_pem_x509_certificate(base64.b64decode(key["keyval"]["public"]))


def verifies(key: Json, text: bytes, signature: Json) -> bool:
    raw = base64.b64decode(signature["sig"], validate=True)
    try:
        return _verify(key, text, signature["method"], raw)
    except InvalidSignature:
        return False


def _verify(key: Json, text: bytes, method: str, raw: bytes) -> bool:
    public = base64.b64decode(key["keyval"]["public"], validate=True)
    if key["keytype"] == "ed25519":
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(raw, text)
        return method == "eddsa"
    x509_type = key["keytype"].endswith("-x509")
    loaded = (
        certificate(key).public_key() if x509_type else serialization.load_der_public_key(public)
    )
    if isinstance(loaded, rsa.RSAPublicKey):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        loaded.verify(raw, text, pss, hashes.SHA256())
        return method == "rsapss"
    assert isinstance(loaded, ec.EllipticCurvePublicKey)
    assert len(raw) == 64
    r, s = (int.from_bytes(part, "big") for part in (raw[:32], raw[32:]))
    loaded.verify(encode_dss_signature(r, s), text, ec.ECDSA(hashes.SHA256()))
    return method == "ecdsa"


def count_valid(raw: bytes, keys: Json, role: Json) -> int:
    """How many keys of ``role`` signed the file; its keys are looked up in ``keys``."""
    by_id = {one["keyid"]: one for one in signatures(raw)}
    return sum(
        verifies(keys[name], message(raw), by_id[name]) for name in role["keyids"] if name in by_id
    )


def is_complete(files: dict[str, bytes]) -> bool:
    """Whether every file is bound, and signed to its role's threshold, from the root down."""
    root = signed(files["root"])
    levels = {name: (root["keys"], role) for name, role in root["roles"].items()}
    for name in sorted(files):
        if name.startswith("targets"):
            below = signed(files[name])["delegations"]
            levels |= {role["name"]: (below["keys"], role) for role in below["roles"]}
    bound = signed(files["timestamp"])["meta"] | signed(files["snapshot"])["meta"]
    return all(
        count_valid(raw, levels[name][0], levels[name][1]) >= levels[name][1]["threshold"]
        and (name == "timestamp" or binds(bound[name], raw))
        for name, raw in files.items()
    )


def binds(entry: Json, raw: bytes) -> bool:
    found = {
        name: base64.b64encode(hashlib.new(name, raw).digest()).decode()
        for name in ("sha256", "sha512")
    }
    return bool(entry["hashes"] == found and entry["length"] == len(raw))
