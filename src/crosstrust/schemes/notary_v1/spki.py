"""Public keys as SubjectPublicKeyInfo. RFC 5280, 4.1.2.7; RFC 3279, 2.3.1; RFC 5480, 2.

One key has one encoding here: named curves, points in full, RSA with NULL as its parameters. So
the bytes that were read are those that a key ID is taken over.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from crosstrust.errors import MalformedError
from crosstrust.schemes.notary_v1.algorithm import read_algorithm
from crosstrust.schemes.notary_v1.der import DerError, Reader
from crosstrust.schemes.notary_v1.field import malformed
from crosstrust.value import dataclass

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

ED25519_SIZE = 32

_EC = bytes.fromhex("2a8648ce3d0201")  # 1.2.840.10045.2.1
_RSA = bytes.fromhex("2a864886f70d010101")  # 1.2.840.113549.1.1.1
_ED25519 = bytes.fromhex("2b6570")  # 1.3.101.112

# Elements that name a curve, with the size of a point: a byte for its form, and two coordinates.
_POINT_SIZES = {
    bytes.fromhex("06082a8648ce3d030107"): 65,  # P-256
    bytes.fromhex("06052b81040022"): 97,  # P-384
    bytes.fromhex("06052b81040023"): 133,  # P-521
}
_UNCOMPRESSED = b"\x04"
_NULL = b"\x05\x00"

# More keys than a repository has; each is some kilobytes.
_KEYS = 256


@dataclass(frozen=True, slots=True)
class BareKey:
    """A public key without a certificate.

    ``algorithm`` is its keytype: "ecdsa", "rsa" or "ed25519". ``raw`` is what ``public`` encodes
    for it: a SubjectPublicKeyInfo, or the 32 bytes of an Ed25519 key.
    """

    algorithm: str
    raw: bytes


def parse_spki(raw: bytes, where: str) -> BareKey:
    """Return the key of a SubjectPublicKeyInfo. Codes: ``tuf.metadata.form``, ``tuf.key.type``."""
    try:
        found = _parse(raw)
    except ValueError as error:
        raise malformed(where, "a DER public key", f"{len(raw)} other bytes") from error
    if found is None:
        raise key_type_error(where, "another algorithm or curve")
    return found


def key_type_error(where: str, actual: str) -> MalformedError:
    """Return the error for a kind of key that Notary v1 does not have."""
    return MalformedError(
        "tuf.key.type",
        where,
        expected="ecdsa (P-256, P-384, P-521), ed25519, rsa, ecdsa-x509, rsa-x509",
        actual=actual[:80],
    )


def split_spki(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the algorithm's OID, its parameters and the key's bits. Raises ``DerError``."""
    outer = Reader(raw)
    inner = outer.inside()
    outer.finish()
    algorithm, parameters = read_algorithm(inner)
    bits = inner.whole_bytes()
    inner.finish()
    return algorithm, parameters, bits


@lru_cache(maxsize=_KEYS)
def load_ecdsa(raw: bytes) -> EllipticCurvePublicKey:
    """Return the ECDSA key of a SubjectPublicKeyInfo; raises ``ValueError`` for a bad point."""
    from crosstrust.schemes.notary_v1.ecdsa import load_point

    _, curve, point = split_spki(raw)
    # Other forms of a point are other bytes, so another ID, for the same key.
    if len(point) != _POINT_SIZES[curve] or point[:1] != _UNCOMPRESSED:
        raise DerError("no uncompressed point")
    return load_point(point)


@lru_cache(maxsize=_KEYS)
def load_rsa(raw: bytes) -> RSAPublicKey:
    """Return the RSA key of a SubjectPublicKeyInfo; raises ``ValueError`` for bad numbers."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    _, parameters, bits = split_spki(raw)
    outer = Reader(bits)
    inner = outer.inside()
    outer.finish()
    modulus, exponent = inner.integer(), inner.integer()
    inner.finish()
    if parameters != _NULL or modulus <= 0 or exponent <= 0:
        raise DerError("no RSA key")
    return RSAPublicNumbers(exponent, modulus).public_key()


def _parse(raw: bytes) -> BareKey | None:
    algorithm, parameters, bits = split_spki(raw)
    if algorithm == _EC and parameters in _POINT_SIZES:
        load_ecdsa(raw)
        return BareKey("ecdsa", raw)
    if algorithm == _RSA:
        load_rsa(raw)
        return BareKey("rsa", raw)
    if algorithm != _ED25519:
        return None
    if parameters or len(bits) != ED25519_SIZE:
        raise DerError("no Ed25519 key")
    return BareKey("ed25519", bits)
