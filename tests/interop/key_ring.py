"""Keys for thousands of repositories: made once, given out at random, certified by name."""

from __future__ import annotations

import base64
import random
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crosstrust.sandbox.key import (
    BARE_TYPES,
    CERTIFICATE_TYPES,
    PrivateKey,
    SigningKey,
    certify,
    generate,
)

KINDS = BARE_TYPES + CERTIFICATE_TYPES
# What authors have: RSA and bare Ed25519 keys are rare.
WEIGHTS = (6, 2, 1, 3, 1)
POOL = {"ecdsa": 24, "ed25519": 12, "rsa": 8}
SHORT_RSA_BITS = 1024


class KeyRing:
    """Private keys are shared by repositories, as an author's are; certificates are not."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._pool = {
            kind: [generate(kind, name="", at=at) for _ in range(count)]
            for kind, count in POOL.items()
        }
        # Only damages ask for these.
        self.short = listed("rsa", rsa.generate_private_key(65537, SHORT_RSA_BITS))
        curves = (ec.SECP224R1(), ec.SECP256K1(), ec.SECP384R1(), ec.SECP521R1())
        self.curves = {
            curve.name: listed("ecdsa", ec.generate_private_key(curve)) for curve in curves
        }

    def pick(self, rng: random.Random, name: str, kind: str = "") -> SigningKey:
        """Return a key of ``kind``, or of a likely one; a certificate is for ``name``."""
        chosen = kind or rng.choices(KINDS, WEIGHTS)[0]
        key = rng.choice(self._pool[chosen.removesuffix("-x509")])
        return key if chosen in BARE_TYPES else self.certified(key, name)

    def several(
        self, rng: random.Random, name: str, count: int, kind: str = ""
    ) -> list[SigningKey]:
        """Return ``count`` keys that are no two the same key."""
        found: dict[str, SigningKey] = {}
        while len(found) < count:
            key = self.pick(rng, name, kind)
            found.setdefault(key.canonical, key)
        return list(found.values())

    def certified(
        self,
        key: SigningKey,
        name: str,
        *,
        start: timedelta = timedelta(hours=-1),
        days: int = 3650,
    ) -> SigningKey:
        """Return ``key`` in a certificate for ``name`` that begins ``start`` from now."""
        return certify(key, name=name, at=self.at + start, lifetime=timedelta(days=days))


def listed(keytype: str, private: PrivateKey) -> SigningKey:
    """Return a key that no author makes, as metadata lists it."""
    der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SigningKey(keytype, base64.b64encode(der).decode("ascii"), private)
