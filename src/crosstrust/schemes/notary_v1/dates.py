"""What certificates say of the time at which the metadata was made.

Of all that Notary v1 signs, only a certificate says when it began; metadata says when it ends,
and how long its author meant it to last is nobody's to guess.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from crosstrust.evidence.claim import Claim
from crosstrust.evidence.verdict import Notice
from crosstrust.schemes.notary_v1.case import Case
from crosstrust.schemes.notary_v1.judge_delegation import TargetsTree
from crosstrust.schemes.notary_v1.judge_root import Succession, root_claim
from crosstrust.schemes.notary_v1.key import PublicKey


def newest_start(
    case: Case, succession: Succession, tree: TargetsTree | None, held: Collection[Claim]
) -> datetime | None:
    """Return when the newest certificate began whose key signed what holds; None without any.

    A key that is listed and has signed nothing may have a certificate for later.
    """
    signers = {root_claim(case.gun, root.file): root.counted.signers for root in succession.roots}
    if tree is not None:
        signers |= tree.signers
    starts = [
        key.certificates[0].start
        for claim, keys in signers.items()
        if claim in held
        for key in keys
        if key.certificates
    ]
    return max(starts, default=None)


def warn_of_expired(case: Case, tree: TargetsTree | None) -> Iterator[Notice]:
    """Yield which delegations were signed with a certificate that has run out (A79).

    The anchor does not look. The role itself has not run out, and its parent lists the key.
    """
    for claim, keys in tree.signers.items() if tree is not None else ():
        for key in keys:
            if key.certificates and key.certificates[0].end < case.at:
                yield _expired(claim, key)


def _expired(claim: Claim, key: PublicKey) -> Notice:
    end = key.certificates[0].end.isoformat()
    text = f"signed with key {key.listed.scoped}, whose certificate ran out at {end}"
    return Notice("tuf.delegation.certificate", claim.subject, text)
