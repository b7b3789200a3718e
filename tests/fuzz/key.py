"""Key files and certificates beside cryptography's reading of them."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import suppress

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from crosstrust.errors import CrosstrustError, InputError, LimitError, MalformedError
from crosstrust.evidence.trust_data import Key
from crosstrust.schemes.notary_v1.certificate import parse_certificates
from crosstrust.schemes.notary_v1.key import parse_key
from crosstrust.schemes.notary_v1.key_file import key_id_of_file
from crosstrust.schemes.notary_v1.x509 import Certificate
from tests.fuzz.target import Target, outcome
from tests.unit.notary_v1.paper import as_cryptography_reads

MARKS = (
    b"-----BEGIN PUBLIC KEY-----\n",
    b"-----END PUBLIC KEY-----\n",
    b"-----BEGIN CERTIFICATE-----\n",
    b"-----END CERTIFICATE-----\n",
    b"-----BEGIN EC PRIVATE KEY-----\n",
    b"-----END EC PRIVATE KEY-----\n",
    b"role: x\n\n",
)
ELEMENTS = tuple(
    map(
        bytes.fromhex,
        (
            *("06072a8648ce3d0201", "06082a8648ce3d030107", "06052b81040022", "06032b6570"),
            *("06092a864886f70d010101", "0500", "06092a864886f70d01010b", "0603550403"),
            *("0603551d13", "0101ff", "a003020102", "170d", "180f", "3000", "30820100", "034100"),
        ),
    )
)


def check_key_file(raw: bytes) -> None:
    found = outcome(lambda: key_id_of_file(raw, "x"))
    if isinstance(found, CrosstrustError):
        assert isinstance(found, InputError | LimitError)
        return
    assert isinstance(found, Key)
    assert len(found.scoped) == len(found.canonical) == 64
    if not found.keytype.endswith("-x509"):
        assert found.scoped == found.canonical
        assert found.canonical in keys_in(found.keytype, raw)


def keys_in(keytype: str, raw: bytes) -> set[str]:
    """Return the IDs of the public keys in a file, read as DER and as PEM in the plainest way."""
    _, _, rest = raw.partition(b"-----BEGIN PUBLIC KEY-----")
    body = rest.partition(b"-----END PUBLIC KEY-----")[0]
    if b":" in body:
        # Headers end with the line of the last colon; base64 has none.
        body = body[body.rindex(b":") :].partition(b"\n")[2]
    ders, found = [raw], set()
    with suppress(ValueError):
        ders.append(base64.b64decode(body))
    for der in ders:
        # A key may hold the marks of PEM within its numbers, and then only one reading is a key.
        with suppress(ValueError, UnsupportedAlgorithm):
            found.add(id_of(keytype, der))
    return found


def id_of(keytype: str, der: bytes) -> str:
    """Return the key ID of what cryptography reads and writes again."""
    key = load_der_public_key(der)
    if isinstance(key, Ed25519PublicKey):
        again = key.public_bytes_raw()
    else:
        again = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    public = base64.b64encode(again).decode()
    value = {"keytype": keytype, "keyval": {"private": None, "public": public}}
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode()).hexdigest()


def check_certificate(raw: bytes) -> None:
    """DER as it is, wrapped as root metadata has it, and as the key of a key object."""
    encoded = base64.encodebytes(raw)
    pem = b"-----BEGIN CERTIFICATE-----\n" + encoded + b"-----END CERTIFICATE-----\n"
    for text in (raw, pem, pem + pem):
        found = outcome(lambda text=text: parse_certificates(text, "x"))  # type: ignore[misc]  # default not inferred
        if isinstance(found, CrosstrustError):
            assert isinstance(found, MalformedError)
        elif text is not raw:
            check_as_read_elsewhere(found[0], raw)
    for keytype, value in (("ecdsa-x509", pem), ("rsa-x509", pem), ("ecdsa", raw), ("rsa", raw)):
        public = base64.b64encode(value).decode()
        listed = {"keytype": keytype, "keyval": {"private": None, "public": public}}
        key = outcome(lambda listed=listed: parse_key(listed, "x"))  # type: ignore[misc]  # default not inferred
        if isinstance(key, CrosstrustError):
            assert isinstance(key, MalformedError)
        elif value is raw:
            assert key.listed.scoped == id_of(keytype, raw)


def check_as_read_elsewhere(found: Certificate, der: bytes) -> None:
    try:
        expected = as_cryptography_reads(der, found.spki)
    except ValueError:
        # It also reads the parameters of keys and extensions that no rule asks about.
        return
    assert found == expected


KEY = Target(check_key_file, (*MARKS, *ELEMENTS))
CERTIFICATE = Target(check_certificate, ELEMENTS, longest=2048)
