"""The metadata alone: does the chain hold, and is the tag that was named signed?

What ``inspect`` asks. No registry is looked at, so the verdict names no digest to run unless a
signature gives one.
"""

from __future__ import annotations

from collections.abc import Iterable

from crosstrust.chain.authority import judge_pins, pin_uses
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.judge import Ruling, decide, freshness, signed_by
from crosstrust.chain.moment import judge_moment
from crosstrust.chain.question import Question
from crosstrust.chain.scheme import Judgement, Scheme
from crosstrust.chain.signature import (
    SIGNED_ALGORITHM,
    Signature,
    find_signature,
    judge_absence,
    signed_form,
)
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Evidence, Step, staged
from crosstrust.evidence.verdict import Verdict
from crosstrust.oci.digest import Digest


def judge_trust(question: Question, dossier: Dossier, scheme: Scheme) -> Ruling:
    """Return the verdict on the metadata of ``question.signed``.

    With a tag or a digest: trusted if it is signed and released; with both, if that very digest
    is signed under that tag. Without: if the chain from the
    pinned keys to ``targets`` holds.
    """
    judgement = scheme.judge(
        question.gun,
        dossier,
        pins=question.pins,
        at=question.at,
        seen=question.seen,
        tags=question.tags,
    )
    data, signature = judgement.trust_data, None
    goal, steps = _whole(question, judgement)
    if data is not None and (question.signed.tag or question.subject.digest):
        signature = find_signature(question, data)
        goal, steps = _entry(question, judgement, signature)
    evidence = judgement.evidence | Evidence((*judge_moment(question, judgement), *steps))
    decision = decide(question, judgement, evidence, goal)
    digest = signature.digest if signature is not None else None
    verdict = Verdict(
        subject=str(question.subject),
        signed_by=str(question.signed),
        decision=decision,
        digest=digest,
        pinned=f"{question.gun}@{digest}" if digest else "",
        at=question.at,
        basis="user" if question.historic else "clock",
        freshness=freshness(judgement),
        evidence=evidence,
        historic=question.historic,
        signed=signed_by(data, signature),
        keys=pin_uses(question.pins, data) if data is not None else (),
        warnings=judgement.warnings,
        trust_data=data,
    )
    return Ruling(verdict, judgement.state, ())


def _whole(question: Question, judgement: Judgement) -> tuple[Claim, Iterable[Step]]:
    """The goal of a question without a tag: ``targets`` follows, and its keys are as pinned."""
    conclusions = [step.conclusion for step in judgement.evidence.steps]
    targets = [c for c in conclusions if (c.kind, c.subject) == ("targets", question.gun)]
    reached = targets[-1] if targets else Claim("targets", question.gun, "unread")
    data = judgement.trust_data
    checks = tuple(judge_pins(question.pins, data)) if data is not None else ()
    if not checks:
        return reached, ()
    goal = Claim("accepted", question.gun, reached.value)
    return goal, staged((reached,), goal, checks)


def _entry(
    question: Question, judgement: Judgement, signature: Signature | None
) -> tuple[Claim, Iterable[Step]]:
    none = Claim("none", str(question.subject), "")
    if signature is None:
        checks = list(judge_absence(question, judgement))
        if question.signed.tag is None and signed_form(question, None) is None:
            checks.append(_uncompared(question, question.subject.digest))
        return none, [Step((), none, check) for check in checks]
    asked = question.subject.digest
    if asked is None or asked == signature.digest:
        return signature.accepted, signature.steps
    found = _other_digest(question, signature, asked)
    if asked.algorithm != SIGNED_ALGORITHM:
        found = _uncompared(question, asked)
    return none, (*signature.steps, Step((), none, found))


def _uncompared(question: Question, asked: Digest | None) -> Check:
    """Digests of two algorithms are compared by their bytes, which only a registry has."""
    return Check(
        "digest.algorithm.supported",
        Outcome.UNKNOWN,
        str(question.subject),
        Class.USAGE,
        f"a {SIGNED_ALGORITHM} digest, as authors sign",
        str(asked),
        "name the sha256 digest, or use `crosstrust verify`, which reads the bytes",
    )


def _other_digest(question: Question, signature: Signature, asked: Digest) -> Check:
    """A reference with tag and digest, and another digest was signed under that tag (C10)."""
    return Check(
        "reference.tag.digest",
        Outcome.FAILED,
        str(question.subject),
        Class.ATTACK,
        f"{signature.digest}, signed as {signature.tag}",
        str(asked),
        "tag and digest of the reference are two images: leave one of them out",
    )
