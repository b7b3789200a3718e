"""Signing keys of the sandbox, in every form that Notary v1 knows (dialect, section 3).

The keys are for tests: they are never written anywhere, and their ``repr`` does not show them.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from crosstrust.errors import InputError
from crosstrust.sandbox.metadata import Json, canonical
from crosstrust.value import dataclass, field

if TYPE_CHECKING:
    from cryptography import x509

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

BARE_TYPES = ("ecdsa", "ed25519", "rsa")
CERTIFICATE_TYPES = ("ecdsa-x509", "rsa-x509")
CERTIFICATE_LIFETIME = timedelta(days=3650)
RSA_BITS = 2048
_METHODS = {"ecdsa": "ecdsa", "ed25519": "eddsa", "rsa": "rsapss"}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair, and its public half as metadata lists it.

    ``keytype`` is Notary's word ("ecdsa", "rsa-x509", ...), ``public`` the base64 text of
    ``keyval.public``. ``certificate`` is the PEM text for the x509 types, else empty.
    """

    keytype: str
    public: str
    private: PrivateKey = field(repr=False)
    certificate: bytes = b""

    @property
    def listed(self) -> Json:
        """The key object as root and targets files list it."""
        return {"keytype": self.keytype, "keyval": {"private": None, "public": self.public}}

    @property
    def scoped(self) -> str:
        """The Notary key ID of the object as listed: 64 hex digits."""
        return hashlib.sha256(canonical(self.listed)).hexdigest()

    @property
    def canonical(self) -> str:
        """The Notary key ID of the bare key; the same as ``scoped`` without a certificate."""
        return bare(self).scoped

    @property
    def pem(self) -> bytes:
        """The public key as a PEM file, as authors publish it."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def method(self) -> str:
        """The signature method that metadata names for this key."""
        return _METHODS[self.keytype.removesuffix("-x509")]

    def sign(self, message: bytes, *, method: str = "") -> bytes:
        """Return the raw signature bytes; ``method`` "rsapkcs1v15" replaces PSS for RSA keys."""
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(message)
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(message, _padding(method), hashes.SHA256())
        size = (self.private.curve.key_size + 7) // 8
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _padding(method: str) -> padding.PSS | padding.PKCS1v15:
    if method == "rsapkcs1v15":
        return padding.PKCS1v15()
    return padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)


def generate(
    keytype: str, *, name: str, at: datetime, lifetime: timedelta | None = None
) -> SigningKey:
    """Return a new key of ``keytype``.

    A certificate is self-signed for the common name ``name`` (the GUN of a root key), valid
    from ``at`` (UTC) for ``lifetime``, ten years unless told. Raises ``InputError`` for a type
    that Notary v1 does not know.
    """
    if keytype not in BARE_TYPES + CERTIFICATE_TYPES:
        raise InputError(
            "sandbox.key.type",
            "key_type",
            expected=", ".join(BARE_TYPES + CERTIFICATE_TYPES),
            actual=keytype,
        )
    key = _bare(_private(keytype.removesuffix("-x509")))
    if keytype in BARE_TYPES:
        return key
    return certify(key, name=name, at=at, lifetime=lifetime)


def bare(key: SigningKey) -> SigningKey:
    """Return the same key without its certificate."""
    return _bare(key.private)


def certify(
    key: SigningKey, *, name: str, at: datetime, lifetime: timedelta | None = None
) -> SigningKey:
    """Return the same key in a new self-signed certificate, with another scoped ID.

    The form is the one that notary writes: P-256 or RSA with SHA-256, for code signing, no CA.
    """
    pem = _certificate(key.private, name, at, at + (lifetime or CERTIFICATE_LIFETIME)).public_bytes(
        serialization.Encoding.PEM
    )
    keytype = f"{bare(key).keytype}-x509"
    return SigningKey(keytype, base64.b64encode(pem).decode("ascii"), key.private, pem)


def _private(algorithm: str) -> PrivateKey:
    if algorithm == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())


def _bare(private: PrivateKey) -> SigningKey:
    public = private.public_key()
    if isinstance(private, ed25519.Ed25519PrivateKey):
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        keytype = "ed25519"
    else:
        raw = public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        keytype = "rsa" if isinstance(private, rsa.RSAPrivateKey) else "ecdsa"
    return SigningKey(keytype, base64.b64encode(raw).decode("ascii"), private)


def _certificate(
    private: PrivateKey, name: str, start: datetime, end: datetime
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name, _validate=False)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(_code_signing_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )


def _code_signing_usage() -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
