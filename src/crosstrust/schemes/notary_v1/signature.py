"""Signatures: which method fits which key, and whether the bytes verify. Dialect, section 3."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from crosstrust.schemes.notary_v1.spki import BareKey, load_ecdsa, load_rsa

METHODS = {
    "ecdsa": frozenset({"ecdsa"}),
    "ed25519": frozenset({"eddsa"}),
    "rsa": frozenset({"rsapss", "rsapkcs1v15"}),
}
# Names that notary knows, among them one that it cannot verify itself (A64).
KNOWN_METHODS = frozenset({"ecdsa", "eddsa", "rsapss", "rsapkcs1v15", "pycrypto-pkcs#1 pss"})

RSA_BITS = 2048

# A verification is judged more than once, each time with more files; 200 bytes are kept of each.
_VERIFIED = 4096

_PRIME = 2**255 - 19
# The y of the points of order 1, 2, 4 and 8, also as numbers at or above the prime. Under such
# a key one signature fits every message.
_SMALL_ORDER = frozenset(
    {
        0,
        1,
        _PRIME - 1,
        _PRIME,
        _PRIME + 1,
        int.from_bytes(
            bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
            "little",
        ),
        int.from_bytes(
            bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
            "little",
        ),
    }
)


def is_usable(key: BareKey) -> bool:
    """Return False for a key that proves nothing: short RSA, Ed25519 of small order."""
    if key.algorithm == "ed25519":
        y = int.from_bytes(key.raw, "little") & (2**255 - 1)
        return y not in _SMALL_ORDER
    return key.algorithm != "rsa" or load_rsa(key.raw).key_size >= RSA_BITS


def verify_signature(key: BareKey, method: str, signature: bytes, message: bytes) -> bool:
    """Return True if ``signature`` is the key's over ``message``.

    ``method`` must be, letter by letter, one that this kind of key signs with.
    """
    if method not in METHODS[key.algorithm]:
        return False
    if key.algorithm == "ed25519":
        return _verify_ed25519(key, signature, message)
    return _verify_digest(key, method, signature, hashlib.sha256(message).digest())


@lru_cache(maxsize=_VERIFIED)
def _verify_digest(key: BareKey, method: str, signature: bytes, digest: bytes) -> bool:
    if key.algorithm == "rsa":
        return _verify_rsa(key, method, signature, digest)
    from crosstrust.schemes.notary_v1.ecdsa import verify_digest

    return verify_digest(load_ecdsa(key.raw), signature, digest)


def _verify_ed25519(key: BareKey, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _verify_rsa(key: BareKey, method: str, signature: bytes, digest: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.hashes import SHA256

    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if method == "rsapss":
        scheme = padding.PSS(padding.MGF1(SHA256()), salt_length=32)
    try:
        load_rsa(key.raw).verify(signature, digest, scheme, Prehashed(SHA256()))
    except InvalidSignature:
        return False
    return True
