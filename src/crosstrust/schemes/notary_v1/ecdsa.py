"""ECDSA with SHA-256 by cryptography: the one module that every verification needs of it."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

# By the length of an uncompressed point in bytes.
_CURVES: dict[int, ec.EllipticCurve] = {
    65: ec.SECP256R1(),
    97: ec.SECP384R1(),
    133: ec.SECP521R1(),
}


class _Sha256(ec.ECDSA):
    """ECDSA over a SHA-256 digest, without asking whether this machine can also sign.

    The constructor that it replaces imports every cipher to find that out.
    """

    def __init__(self) -> None:
        """Set nothing: what is asked of it does not change."""

    @property
    def algorithm(self) -> Prehashed:
        return Prehashed(SHA256())


def load_point(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key that is an uncompressed point; ``ValueError`` if off its curve."""
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[len(point)], point)


def verify_digest(key: ec.EllipticCurvePublicKey, signature: bytes, digest: bytes) -> bool:
    """Return True if ``signature``, r and s side by side, is the key's over a SHA-256 digest."""
    size = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
    try:
        # SHA-256 whatever the curve, as the anchor does.
        key.verify(encode_dss_signature(r, s), digest, _Sha256())
    except InvalidSignature:
        return False
    return True
