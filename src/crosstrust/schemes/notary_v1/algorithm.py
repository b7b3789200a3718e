"""Algorithm identifiers, and which hash a certificate was signed over. RFC 5280, 4.1.1.2."""

from __future__ import annotations

from crosstrust.schemes.notary_v1.der import SEQUENCE, DerError, Reader, explicit

_PSS = bytes.fromhex("2a864886f70d01010a")  # 1.2.840.113549.1.1.10
_NULL = b"\x05\x00"

# Ed25519 and Ed448 signatures have no hash of their own to be weak.
_NAMES = {
    "2a864886f70d010104": "md5",  # with RSA
    "2a864886f70d010105": "sha1",
    "2b0e03021d": "sha1",
    "2a864886f70d01010e": "sha224",
    "2a864886f70d01010b": "sha256",
    "2a864886f70d01010c": "sha384",
    "2a864886f70d01010d": "sha512",
    "60864801650304030d": "sha3-224",
    "60864801650304030e": "sha3-256",
    "60864801650304030f": "sha3-384",
    "608648016503040310": "sha3-512",
    "2a8648ce3d0401": "sha1",  # with ECDSA
    "2a8648ce3d040301": "sha224",
    "2a8648ce3d040302": "sha256",
    "2a8648ce3d040303": "sha384",
    "2a8648ce3d040304": "sha512",
    "608648016503040309": "sha3-224",
    "60864801650304030a": "sha3-256",
    "60864801650304030b": "sha3-384",
    "60864801650304030c": "sha3-512",
    "2a8648ce380403": "sha1",  # with DSA
    "608648016503040301": "sha224",
    "608648016503040302": "sha256",
    "608648016503040303": "sha384",
    "608648016503040304": "sha512",
    "2b6570": "ed25519",
    "2b6571": "ed25519",
    "2b0e03021a": "sha1",  # hashes by themselves
    "608648016503040204": "sha224",
    "608648016503040201": "sha256",
    "608648016503040202": "sha384",
    "608648016503040203": "sha512",
}


def read_algorithm(reader: Reader) -> tuple[bytes, bytes]:
    """Return an AlgorithmIdentifier: an OID, and the parameters as an element or b""."""
    inner = reader.inside()
    oid = inner.oid()
    parameters = inner.whole() if inner.more else b""
    inner.finish()
    return oid, parameters


def hash_name(algorithm: bytes) -> str:
    """Return the hash of a signature's AlgorithmIdentifier, "" where it is unknown.

    Raises ``DerError``.
    """
    outer = Reader(algorithm)
    oid, parameters = read_algorithm(outer)
    if oid == _PSS:
        return _pss_hash(parameters)
    name = _NAMES.get(oid.hex(), "")
    if name and parameters not in (b"", _NULL):
        raise DerError("parameters where none belong")
    return name


def _pss_hash(parameters: bytes) -> str:
    """Return the hash of RSASSA-PSS. RFC 4055, 3.1: SHA-1 if none is named."""
    inner = Reader(parameters).inside(SEQUENCE)
    if not inner.at(explicit(0)):
        return "sha1"
    oid, _ = read_algorithm(inner.inside(explicit(0)))
    return _NAMES.get(oid.hex(), "")
