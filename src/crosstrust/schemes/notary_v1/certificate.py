"""Certificates of root keys: what they must say before the key counts. Dialect, section 5."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from crosstrust.evidence.check import Check, Class
from crosstrust.schemes.notary_v1.field import malformed
from crosstrust.schemes.notary_v1.finding import failed
from crosstrust.schemes.notary_v1.x509 import Certificate, parse_certificate

if TYPE_CHECKING:
    from crosstrust.schemes.notary_v1.key import PublicKey

_BLOCK = re.compile(
    rb"-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----\s*", re.ASCII
)
_WEAK_HASHES = frozenset({"", "md5", "sha1"})


def certificate_blocks(pem: bytes, where: str) -> tuple[bytes, ...]:
    """Return the DER of each certificate in ``pem``, which holds nothing else."""
    blocks: list[bytes] = []
    position = 0
    while position < len(pem):
        match = _BLOCK.match(pem, position)
        if match is None:
            raise malformed(where, "PEM certificates and nothing else", "other text")
        try:
            blocks.append(binascii.a2b_base64(match.group(1)))
        except binascii.Error as error:
            raise malformed(where, "base64 in a certificate", "something else") from error
        position = match.end()
    if not blocks:
        raise malformed(where, "a PEM certificate", "nothing")
    return tuple(blocks)


def parse_certificates(pem: bytes, where: str) -> tuple[Certificate, ...]:
    """Return the certificates of a PEM bundle in its order; the first is the key's own."""
    return tuple(parse_certificate(der, where) for der in certificate_blocks(pem, where))


def judge_identity(key: PublicKey, gun: str, *, wildcard: bool) -> Iterator[Check]:
    """Yield what must hold of a root key's certificate at any time.

    A24 it has one; A20, A21 named for the repository; A23 the leaf first, then authorities;
    A22 strong. ``wildcard`` accepts a name ``prefix/*``.
    """
    where = f"root key {key.listed.scoped}"
    if not key.certificates:
        yield failed(
            "tuf.root.certificate", where, expected="a certificate", actual=key.listed.keytype
        )
        return
    leaf = key.certificates[0]
    yield _judge_name(leaf, gun, where, wildcard=wildcard)
    if leaf.authority or not all(each.authority for each in key.certificates[1:]):
        expected = "first the key's own certificate, then authorities"
        yield failed("tuf.metadata.form", where, expected=expected, actual="another order")
    yield _judge_strength(key, where)


def judge_validity(key: PublicKey, at: datetime) -> Iterator[Check]:
    """Yield whether a root key's certificate has begun (A18) and has not run out (A17)."""
    where = f"root key {key.listed.scoped}"
    for leaf in key.certificates[:1]:
        yield _judge_moment(
            "tuf.root.certificate_start", where, leaf.start, at, holds=leaf.start <= at
        )
        yield _judge_moment(
            "tuf.root.certificate_expiry", where, leaf.end, at, holds=at <= leaf.end
        )


def _judge_name(leaf: Certificate, gun: str, where: str, *, wildcard: bool) -> Check:
    name = leaf.names[0] if len(leaf.names) == 1 else ""
    covers = name.endswith("/*") and gun.startswith(name[:-1])
    if name == gun or (wildcard and covers):
        return Check.passed("tuf.root.certificate_name", where, expected=gun, actual=name)
    remedy = "this root was made for another repository; do not trust it here"
    if covers:
        remedy = "accept names with a wildcard in the policy (allow-name-wildcard), if you want to"
    found = ", ".join(leaf.names) or "no common name"
    return failed(
        "tuf.root.certificate_name", where, expected=gun, actual=found[:300], remedy=remedy
    )


def _judge_strength(key: PublicKey, where: str) -> Check:
    leaf = key.certificates[0]
    faults = []
    if leaf.hash_name in _WEAK_HASHES:
        faults.append(f"signed with {leaf.hash_name or 'an unknown hash'}")
    if leaf.start > leaf.end:
        faults.append("a validity that ends before it starts")
    if not faults:
        return Check.passed("key.strength", where, actual=key.listed.keytype)
    return failed("key.strength", where, actual=", ".join(faults))


def _judge_moment(code: str, where: str, edge: datetime, at: datetime, *, holds: bool) -> Check:
    shown = edge.isoformat()
    if holds:
        return Check.passed(code, where, expected=at.isoformat(), actual=shown)
    return failed(
        code,
        where,
        klass=Class.STALE,
        expected=f"valid at {at.isoformat()}",
        actual=shown,
        remedy="the author must renew the root certificate; or judge the past with --at",
    )
