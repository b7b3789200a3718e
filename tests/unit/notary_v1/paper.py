"""Certificates of every kind, written with cryptography, and what cryptography reads in them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from cryptography.x509.oid import NameOID

from crosstrust.schemes.notary_v1.x509 import Certificate
from tests.unit.notary_v1.author import Private

START = datetime(2020, 1, 1, tzinfo=UTC)
END = datetime(2030, 1, 1, tzinfo=UTC)

Parts = Sequence["x509.NameAttribute[str]"]


@cache
def private_keys() -> tuple[Private, ...]:
    """One key of each kind that can be in a certificate, those first that Notary v1 has."""
    return (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP521R1()),
        rsa.generate_private_key(65537, 2048),
        rsa.generate_private_key(3, 1024),  # noqa: S505 - weak: the bad input
        ed25519.Ed25519PrivateKey.generate(),
        ec.generate_private_key(ec.SECP256K1()),
    )


def certificate_der(
    private: Private,
    subject: Sequence[Parts],
    validity: tuple[datetime, datetime] = (START, END),
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    algorithm: hashes.HashAlgorithm | None = None,
) -> bytes:
    """Return a self-signed certificate; each extension with whether it is critical."""
    name = x509.Name([x509.RelativeDistinguishedName(parts) for parts in subject])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    used = None if isinstance(private, ed25519.Ed25519PrivateKey) else algorithm or hashes.SHA256()
    return builder.sign(private, used).public_bytes(Encoding.DER)  # type: ignore[arg-type]  # weak hashes too


def common_name(value: str) -> Parts:
    return [x509.NameAttribute(NameOID.COMMON_NAME, value)]


def spki_of(private: Private) -> bytes:
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_again(spki: bytes) -> bytes:
    """Return the key as cryptography writes what it read; raises ``ValueError``."""
    return load_der_public_key(spki).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def as_cryptography_reads(der: bytes, spki: bytes) -> Certificate:
    """Return what cryptography sees in ``der``; raises ``ValueError`` where it refuses.

    ``spki`` is passed through: cryptography gives a key, not the bytes of one.
    """
    with warnings.catch_warnings():
        # Of serial numbers that are not positive, and names of unusual length.
        warnings.simplefilter("ignore")
        found = x509.load_der_x509_certificate(der)
        names = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return Certificate(
            tuple(str(name.value) for name in names),
            found.not_valid_before_utc,
            found.not_valid_after_utc,
            _authority(found),
            _hash_name(found),
            spki,
        )


def _authority(found: x509.Certificate) -> bool:
    try:
        return found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
    except x509.UnsupportedGeneralNameType as error:
        # It knows the kind of name, and that it has no class for it.
        raise ValueError(str(error)) from error


def _hash_name(found: x509.Certificate) -> str:
    try:
        algorithm = found.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return ""
    return "ed25519" if algorithm is None else algorithm.name
