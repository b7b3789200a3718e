"""The author's own repository, verified itself: it serves the signed bytes, not their likeness.

ADR 0006. There is no other serialiser to excuse a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crosstrust.chain.question import Question
from crosstrust.chain.signature import Signature
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.digest import Digest


def judge_own_bytes(
    question: Question,
    signature: Signature,
    held: Digest | None,
    tags: Sequence[Check],
    *,
    accepted: bool,
) -> Iterator[Check]:
    """Yield a failure where the author's repository holds, in ``held``, other bytes than signed.

    ``tags`` are the checks on the last look at the reference's tag. ``accepted``: the signature
    follows from a pinned key, so that its digest may be advised.
    """
    if not question.plain or held == signature.digest:
        return
    subject = question.subject
    looks = {check.outcome for check in tags}
    if subject.tag is None or subject.digest is None or Outcome.PASSED in looks:
        yield _other_bytes(question, signature, held, accepted=accepted)
    elif Outcome.FAILED not in looks:
        # What the tag holds could not be seen; that the digest is not what is signed, can.
        yield _other_digest(question, signature, held)


def _other_bytes(
    question: Question, signature: Signature, held: Digest | None, *, accepted: bool
) -> Check:
    remedy = "the tag holds other bytes than were signed: see why the signature does not count"
    if accepted:
        remedy = "the tag holds other bytes than the author signed: run the signed digest instead"
    if question.subject.tag != signature.tag:
        remedy = f"this is not what was signed as {signature.tag}, as was asked: name one release"
    return Check(
        "image.tag.signed",
        Outcome.FAILED,
        str(question.subject),
        Class.CONTENT,
        f"{signature.digest}, signed",
        str(held),
        remedy,
    )


def _other_digest(question: Question, signature: Signature, held: Digest | None) -> Check:
    return Check(
        "reference.tag.digest",
        Outcome.FAILED,
        str(question.subject),
        Class.ATTACK,
        f"{signature.digest}, signed as {signature.tag}",
        str(held),
        "tag and digest of the reference are two images: leave one of them out",
    )
