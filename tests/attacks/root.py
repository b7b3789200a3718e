"""Roots as a hostile server may offer them, and root keys in certificates that are not right."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from crosstrust.sandbox.author import Author
from crosstrust.sandbox.key import PrivateKey, SigningKey
from crosstrust.sandbox.publication import Publication
from tests.attacks.trial import Trial

DAY = timedelta(days=1)


def serve_roots(trial: Trial, roots: Mapping[int, bytes], *, current: bytes | None = None) -> None:
    """Serve the author's files, but of the roots only ``roots``, by their numbers.

    ``current`` is what comes as "the root", the one with the highest number unless told.
    """
    honest = trial.sandbox.author.publication()
    files = {**honest.files, "root": current or roots[max(roots)]}
    trial.sandbox.notary.forget(trial.sandbox.origin)
    trial.sandbox.notary.publish(trial.sandbox.origin, Publication.honest(files, roots))


def begin_with(trial: Trial, key: SigningKey) -> None:
    """Begin the repository anew with ``key`` as the key of its first root."""
    release = trial.release
    author = Author(trial.sandbox.origin, at=trial.sandbox.at, root_key=key)
    author.sign(release.tag, release.signed, release.length)
    trial.sandbox.author = author
    trial.sandbox.notary.forget(trial.sandbox.origin)
    trial.sandbox.publish()


def certificate(
    private: PrivateKey,
    names: str | Sequence[str],
    start: datetime,
    end: datetime,
    *,
    authority: bool = False,
) -> bytes:
    """A self-signed certificate in DER."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name)
            for name in ([names] if isinstance(names, str) else names)
        ]
    )
    return (
        x509.CertificateBuilder(subject, subject, private.public_key(), 1, start, end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


def as_pem(der: bytes, label: str = "CERTIFICATE") -> bytes:
    """One PEM block."""
    body = base64.encodebytes(der).decode("ascii")
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


def certified(private: PrivateKey, *pems: bytes) -> SigningKey:
    """A key that is listed by ``pems``, whatever they are."""
    public = base64.b64encode(b"".join(pems)).decode("ascii")
    kind = "rsa" if isinstance(private, rsa.RSAPrivateKey) else "ecdsa"
    return SigningKey(f"{kind}-x509", public, private)


def root_key(
    trial: Trial,
    *,
    names: str | Sequence[str] = "",
    start: datetime | None = None,
    end: datetime | None = None,
    change: Callable[[bytes], bytes] = bytes,
) -> SigningKey:
    """A new P-256 key in a certificate that is right but for what is told.

    ``change`` is done to the DER after it was signed: nobody asks who signed it.
    """
    private = ec.generate_private_key(ec.SECP256R1())
    at = trial.sandbox.at
    der = certificate(
        private, names or trial.sandbox.origin, start or at - DAY, end or at + 365 * DAY
    )
    return certified(private, as_pem(change(der)))
