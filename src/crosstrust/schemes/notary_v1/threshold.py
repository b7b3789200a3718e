"""Thresholds: how many distinct keys of a role validly signed a file.

Counted from the role: walk its keys and look for each one's signature. Two listings of one key,
bare and in a certificate or in two certificates, count once (A50).
"""

from __future__ import annotations

from collections.abc import Iterable

from crosstrust.evidence.check import Check
from crosstrust.schemes.notary_v1.envelope import Envelope, Signature
from crosstrust.schemes.notary_v1.finding import failed
from crosstrust.schemes.notary_v1.key import PublicKey
from crosstrust.schemes.notary_v1.metadata import Signing
from crosstrust.schemes.notary_v1.signature import KNOWN_METHODS, METHODS
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Void:
    """Why the signature of ``key_id`` does not count; ``code`` names what is wrong, if anything
    beside the signature is.
    """

    key_id: str
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """What the walk over a role's keys gave.

    ``signers`` signed validly, in listed order; ``void`` are signatures that count for nothing.
    """

    signers: tuple[PublicKey, ...]
    void: tuple[Void, ...]


def count_signers(envelope: Envelope, signing: Signing) -> Count:
    """Return who of the role's keys signed ``envelope``."""
    by_key = {signature.key_id: signature for signature in envelope.signatures}
    signers, void = [], []
    for key in signing.keys:
        signature = by_key.get(key.listed.scoped)
        if signature is None:
            continue
        if key.verify(signature.method, signature.value, envelope.message):
            signers.append(key)
        else:
            void.append(_void(signature, key))
    return Count(tuple(signers), tuple(void))


def canonical_ids(keys: Iterable[PublicKey]) -> tuple[str, ...]:
    """Return the canonical IDs of ``keys``, each once, in order."""
    return tuple(dict.fromkeys(key.listed.canonical for key in keys))


def judge_threshold(
    count: Count, signing: Signing, role: str, *, code: str = "tuf.signature.threshold"
) -> Check:
    """Return whether enough keys signed; if not, with the code of what is wrong with a key."""
    signed = len(canonical_ids(count.signers))
    expected = f"{signing.threshold} of {len(canonical_ids(signing.keys))} keys"
    void = "".join(f"; void: {each.key_id}, {each.reason}" for each in count.void)
    names = ", ".join(canonical_ids(count.signers))
    actual = f"{signed}: {names}{void}" if signed else f"none{void}"
    if signed >= signing.threshold:
        return Check.passed(code, role, expected=expected, actual=actual)
    return failed(
        next((each.code for each in count.void if each.code), code),
        role,
        expected=expected,
        actual=actual,
        remedy="not signed by the author's keys: do not trust it, and tell the author",
    )


def _void(signature: Signature, key: PublicKey) -> Void:
    scoped, method = key.listed.scoped, signature.method
    if method in KNOWN_METHODS and method not in METHODS[key.algorithm]:
        return Void(scoped, f"method {method} with {key.algorithm}", "tuf.signature.method")
    if key.material is None and key.certificates:
        return Void(scoped, "a certificate of a short RSA key", "key.strength")
    return Void(scoped, "does not verify")
