"""A certificate authority that lives as long as one service on loopback."""

from __future__ import annotations

import ipaddress
import secrets
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from crosstrust.value import dataclass

# Wide enough for every clock: the key is gone when the service closes.
_START = datetime(2020, 1, 1, tzinfo=UTC)
_END = datetime(2049, 12, 31, tzinfo=UTC)
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Authority:
    """``ca_file`` is what clients must trust, ``context`` what a server answers with."""

    ca_file: Path
    context: ssl.SSLContext


def create_authority(folder: Path, hosts: Iterable[str]) -> Authority:
    """Return an authority and a server certificate for ``hosts`` and for loopback itself.

    Writes the CA's certificate into ``folder``, which must be private.
    """
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = _certificate_authority(ca_key)
    leaf = _server_certificate(key, hosts, ca_key)
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    return Authority(ca_file, _server_context(folder / "server.pem", key, leaf))


def _server_context(
    file: Path, key: ec.EllipticCurvePrivateKey, leaf: x509.Certificate
) -> ssl.SSLContext:
    """Return the context of a server; OpenSSL reads its key from a file and from nowhere else.

    The file is gone at once, and a process that is killed before leaves a key under a password
    that nobody has.
    """
    password = secrets.token_hex(32).encode()
    file.touch(mode=0o600)
    file.write_bytes(_private_pem(key, password) + leaf.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, password=password)
    file.unlink()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_START)
        .not_valid_after(_END)
    )


def _certificate_authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        _builder("crosstrust sandbox", "crosstrust sandbox", key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(subject, critical=False)
        .sign(key, hashes.SHA256())
    )


def _server_certificate(
    key: ec.EllipticCurvePrivateKey,
    hosts: Iterable[str],
    ca_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in ("localhost", *hosts)]
    names.append(x509.IPAddress(ipaddress.ip_address(LOOPBACK)))
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    return (
        _builder("localhost", "crosstrust sandbox", key)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _private_pem(key: ec.EllipticCurvePrivateKey, password: bytes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )
