"""Public keys as metadata lists them, their IDs, and what they verify. Dialect, section 3."""

from __future__ import annotations

import binascii
import hashlib
from typing import TYPE_CHECKING

from crosstrust.evidence.trust_data import Key
from crosstrust.schemes.notary_v1.canonical import encode_canonical
from crosstrust.schemes.notary_v1.field import base64_bytes, malformed, members, text
from crosstrust.schemes.notary_v1.signature import is_usable, verify_signature
from crosstrust.schemes.notary_v1.spki import ED25519_SIZE, BareKey, key_type_error, parse_spki
from crosstrust.value import dataclass

if TYPE_CHECKING:
    from crosstrust.schemes.notary_v1.x509 import Certificate

_OBJECT = frozenset({"keytype", "keyval"})
_VALUE = frozenset({"private", "public"})


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key, ready to verify.

    ``algorithm`` is "ecdsa", "rsa" or "ed25519". ``material`` is None for a key too weak to
    count: every signature by it is void. ``certificates`` are those of an x509 type, leaf first.
    """

    listed: Key
    algorithm: str
    material: BareKey | None
    certificates: tuple[Certificate, ...] = ()

    def verify(self, method: str, signature: bytes, message: bytes) -> bool:
        """Return True if ``signature`` is this key's over ``message`` by ``method``."""
        return self.material is not None and verify_signature(
            self.material, method, signature, message
        )


def key_id(keytype: str, public: str) -> str:
    """Return the Notary key ID: 64 hex digits over exactly this object. Private is null in it."""
    value = {"keytype": keytype, "keyval": {"private": None, "public": public}}
    return hashlib.sha256(encode_canonical(value)).hexdigest()


def listed_id(listed: object, where: str) -> str:
    """Return the scoped ID of a key object, without reading the key."""
    keytype, public = _parts(listed, where)
    return key_id(keytype, public)


def parse_key(listed: object, where: str) -> PublicKey:
    """Return the key of a key object. Codes: ``tuf.metadata.form``, ``tuf.key.type``."""
    keytype, public = _parts(listed, where)
    raw = base64_bytes(public, f"{where} public")
    scoped = key_id(keytype, public)
    if keytype == "ed25519":
        return _ed25519(raw, scoped)
    if keytype in {"ecdsa", "rsa"}:
        return _bare(raw, keytype, scoped, where)
    if keytype in {"ecdsa-x509", "rsa-x509"}:
        return _certified(raw, keytype, scoped, where)
    raise key_type_error(where, keytype)


def check_key_form(listed: object, where: str) -> None:
    """Refuse what is not formed like a key object; the key in it may be of any kind."""
    _, public = _parts(listed, where)
    base64_bytes(public, f"{where} public")


def canonical_id(key: BareKey) -> str:
    """Return the ID of the bare key, the same in whatever form it is listed."""
    return key_id(key.algorithm, binascii.b2a_base64(key.raw, newline=False).decode("ascii"))


def _parts(listed: object, where: str) -> tuple[str, str]:
    outer = members(listed, _OBJECT, where)
    value = members(outer.get("keyval"), _VALUE, f"{where} keyval")
    if value.get("private") is not None:
        raise malformed(f"{where} private", "null", "a value")
    return text(outer.get("keytype"), f"{where} keytype"), text(
        value.get("public"), f"{where} public"
    )


def _ed25519(raw: bytes, scoped: str) -> PublicKey:
    material = BareKey("ed25519", raw)
    usable = material if len(raw) == ED25519_SIZE and is_usable(material) else None
    return PublicKey(Key(scoped, scoped, "ed25519"), "ed25519", usable)


def _bare(raw: bytes, keytype: str, scoped: str, where: str) -> PublicKey:
    material = _of_algorithm(parse_spki(raw, where), keytype, where)
    usable = material if is_usable(material) else None
    return PublicKey(Key(scoped, scoped, keytype), keytype, usable)


def _certified(raw: bytes, keytype: str, scoped: str, where: str) -> PublicKey:
    from crosstrust.schemes.notary_v1.certificate import parse_certificates

    algorithm = keytype.removesuffix("-x509")
    certificates = parse_certificates(raw, where)
    material = _of_algorithm(parse_spki(certificates[0].spki, where), algorithm, where)
    usable = material if is_usable(material) else None
    listed = Key(scoped, canonical_id(material), keytype)
    return PublicKey(listed, algorithm, usable, certificates)


def _of_algorithm(material: BareKey, algorithm: str, where: str) -> BareKey:
    if material.algorithm != algorithm:
        raise key_type_error(where, f"{algorithm} with a key of another kind")
    return material
