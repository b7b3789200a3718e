"""The key ID of a file that a person has: a public key or a certificate, PEM or DER."""

from __future__ import annotations

import base64
import binascii
import re

from crosstrust.errors import InputError, LimitError, MalformedError
from crosstrust.evidence.trust_data import Key
from crosstrust.oci import limits
from crosstrust.schemes.notary_v1.key import canonical_id, key_id
from crosstrust.schemes.notary_v1.spki import key_type_error, parse_spki
from crosstrust.schemes.notary_v1.x509 import Certificate, parse_certificate

_BLOCK = re.compile(
    rb"-----BEGIN ([A-Z0-9 ]{1,64})-----\s*(.*?)-----END \1-----", re.ASCII | re.DOTALL
)
# Notary writes "role: nicolasff" and a blank line before the base64.
_HEADERS = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]*:[^\r\n]*\r?\n)+\r?\n", re.ASCII)
_BODY = re.compile(rb"[A-Za-z0-9+/=\s]+", re.ASCII)
_COLUMNS = 64


def key_id_of_file(raw: bytes, where: str) -> Key:
    """Return the IDs of the public key, or of the certificate bundle, in ``raw``.

    ``scoped`` is the ID that root metadata shows for a certificate; for a bare key both IDs are
    equal. Raises ``InputError`` (``key.private``, ``key.form``) or ``LimitError``.
    """
    if len(raw) > limits.KEY_FILE_SIZE:
        raise LimitError("limit.exceeded", where, expected=f"at most {limits.KEY_FILE_SIZE} bytes")
    if not raw.strip():
        raise _no_key(where, "an empty file")
    try:
        return _read(raw, where)
    except MalformedError as error:
        raise _no_key(where, error.actual) from error


def _read(raw: bytes, where: str) -> Key:
    blocks = [(match.group(1), match.group(2)) for match in _BLOCK.finditer(raw)]
    if any(label.endswith(b"PRIVATE KEY") for label, _ in blocks):
        raise _private(where)
    labels = {label for label, _ in blocks}
    if labels == {b"CERTIFICATE"}:
        return _of_certificates([_decode(body, where) for _, body in blocks], where)
    if labels == {b"PUBLIC KEY"} and len(blocks) == 1:
        return _of_key(_decode(blocks[0][1], where), where)
    if blocks:
        found = ", ".join(sorted(label.decode("ascii") for label in labels))
        raise _no_key(where, f"{len(blocks)} PEM blocks: {found}")
    if raw.lstrip()[:1] == b"-":
        raise _no_key(where, "PEM without an end")
    return _of_der(raw, where)


def _decode(body: bytes, where: str) -> bytes:
    headers = _HEADERS.match(body)
    encoded = body[headers.end() :] if headers else body
    if not _BODY.fullmatch(encoded):
        raise _no_key(where, "PEM with other text in it")
    try:
        return binascii.a2b_base64(b"".join(encoded.split()), strict_mode=True)
    except binascii.Error as error:
        raise _no_key(where, "PEM with damaged base64") from error


def _of_der(raw: bytes, where: str) -> Key:
    if _is_private(raw):
        raise _private(where)
    try:
        certificate = parse_certificate(raw, where)
    except MalformedError:
        return _of_key(raw, where)
    return _of_certificate(certificate, [raw], where)


def _of_key(der: bytes, where: str) -> Key:
    material = parse_spki(der, where)
    bare = canonical_id(material)
    return Key(bare, bare, material.algorithm)


def _of_certificates(ders: list[bytes], where: str) -> Key:
    return _of_certificate(parse_certificate(ders[0], where), ders, where)


def _of_certificate(leaf: Certificate, ders: list[bytes], where: str) -> Key:
    material = parse_spki(leaf.spki, where)
    if material.algorithm not in {"ecdsa", "rsa"}:
        raise key_type_error(where, f"a certificate of an {material.algorithm} key")
    keytype = f"{material.algorithm}-x509"
    bundle = b"".join(_pem(der) for der in ders)
    scoped = key_id(keytype, base64.b64encode(bundle).decode("ascii"))
    return Key(scoped, canonical_id(material), keytype)


def _pem(der: bytes) -> bytes:
    """Return the certificate as Go writes PEM, which is what the key ID is taken over."""
    encoded = base64.b64encode(der)
    lines = [encoded[at : at + _COLUMNS] for at in range(0, len(encoded), _COLUMNS)]
    return b"\n".join((b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""))


def _is_private(der: bytes) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        load_der_private_key(der, None)
    except TypeError:
        # It asks for a passphrase.
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _private(where: str) -> InputError:
    return InputError(
        "key.private",
        where,
        expected="a public key or a certificate",
        actual="a private key",
        remedy="give the public key instead, and keep this file to yourself",
    )


def _no_key(where: str, actual: str) -> InputError:
    return InputError(
        "key.form",
        where,
        expected="a public key or a certificate, PEM or DER",
        actual=actual,
        remedy="give the file that the author published",
    )
