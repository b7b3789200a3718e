"""The judge: dossier, pins and time in; one verdict out. No I/O, no clock.

Everything is computed anew from the bytes in the dossier, so a cache, a server or a bundle can
deny but cannot forge. Online, offline and replay are this one call.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crosstrust.chain.authority import pin_uses, signing_roles
from crosstrust.chain.content import Content, judge_content
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.moment import judge_moment
from crosstrust.chain.other_release import judge_other_release, warn_of_own_tag
from crosstrust.chain.pin import pinned_key
from crosstrust.chain.question import Question
from crosstrust.chain.scheme import Judgement, Scheme
from crosstrust.chain.side import Side
from crosstrust.chain.side_reader import read_side
from crosstrust.chain.signature import Signature, find_signature, judge_absence
from crosstrust.chain.unvouched import without_comparison
from crosstrust.chain.want import Want
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Evidence, Step
from crosstrust.evidence.trust_data import TrustData
from crosstrust.evidence.verdict import Decision, Notice, SignedBy, Verdict
from crosstrust.value import dataclass, replace

# What every tag rests on.
_CHAIN = frozenset({"anchor", "root", "root-in-force", "timestamp", "snapshot", "targets"})


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict, the scheme's state after it, and what would still be worth fetching."""

    verdict: Verdict
    state: bytes
    wants: tuple[Want, ...]


def early_wants(question: Question, dossier: Dossier) -> Sequence[Want]:
    """Return what can be fetched before the signed digest is known: both sides as they stand.

    The author's tag most often holds the signed digest, so its manifests are not waited for. If
    it holds another, they are not used.
    """
    copy = read_side(dossier, question.subject.repository, question.top)
    origin = question.origin
    if origin is None:
        return copy.missing
    top = read_side(dossier, origin.repository, origin, depth="top")
    if top.digest is not None and top.digest == copy.digest:
        return copy.missing
    return copy.missing + read_side(dossier, origin.repository, origin, depth="manifest").missing


def judge(question: Question, dossier: Dossier, scheme: Scheme) -> Ruling:
    """Return the verdict on ``question`` from what ``dossier`` holds, and what is wanting."""
    judgement = scheme.judge(
        question.gun,
        dossier,
        pins=question.pins,
        at=question.at,
        seen=question.seen,
        tags=question.tags,
    )
    data = judgement.trust_data
    copy = read_side(dossier, question.subject.repository, question.top)
    signature = find_signature(question, data, copy.digest) if data is not None else None
    steps = [*judgement.evidence.steps, *judge_moment(question, judgement)]
    steps += signature.steps if signature else ()
    content = None
    if signature is not None and copy.digest is not None:
        question = replace(question, demand=signature.demand)
        pinned = axioms(question, data)
        accepted = signature.accepted in Evidence(tuple(steps)).holding(pinned)
        content = judge_content(question, dossier, signature, copy, accepted=accepted)
        content = content if pinned else _undisputed(content)
    steps += content.steps if content else _alone(question, judgement, signature, copy)
    steps += _other_release(question, data, signature, copy, content)
    evidence = Evidence(tuple(steps))
    decision = decide(question, judgement, evidence, content.goal if content else None)
    verdict = _verdict(
        question,
        judgement,
        evidence,
        decision=decision,
        signature=signature,
        content=content,
        copy=copy,
    )
    wants = content.wants if content is not None else tuple(copy.missing)
    return Ruling(verdict, judgement.state, wants)


def _undisputed(content: Content) -> Content:
    """Return what was established of the copy where no pinned key vouches for any signature."""
    steps, notices = without_comparison(content.steps)
    return replace(content, steps=steps, warnings=(*content.warnings, *notices))


def decide(
    question: Question, judgement: Judgement, evidence: Evidence, goal: Claim | None
) -> Decision:
    """Return TRUSTED only if the goal follows from pinned keys and nothing contradicts it."""
    if any(check.outcome is Outcome.FAILED for check in evidence.checks):
        return Decision.REJECTED
    if goal is not None and goal in evidence.holding(axioms(question, judgement.trust_data)):
        return Decision.TRUSTED
    return Decision.UNDECIDED


def axioms(question: Question, data: TrustData | None) -> frozenset[Claim]:
    """Return what the user vouches for: the root keys pinned, or first seen where asked for."""
    pinned = data.root_pins.items() if data is not None else ()
    return frozenset(pinned_key(question.gun, key) for key, how in pinned if how)


def freshness(judgement: Judgement) -> str:
    """Return how fresh the trust data is: "unknown" where it was not read, or is refused."""
    refused = any(
        step.check.outcome is Outcome.FAILED and step.conclusion.about in _CHAIN
        for step in judgement.evidence.steps
    )
    return "unknown" if refused or judgement.trust_data is None else judgement.freshness


def _alone(
    question: Question, judgement: Judgement, signature: Signature | None, copy: Side
) -> Iterable[Step]:
    """Steps that conclude nothing: what is absent, and what stopped the comparison."""
    checks: list[Check] = []
    if signature is None:
        checks += judge_absence(question, judgement, copy.digest)
    if copy.absent:
        checks.append(_copy_absent(question))
    else:
        checks += copy.problems
    return [Step((), Claim("none", str(question.subject), ""), check) for check in checks]


def _other_release(
    question: Question,
    data: TrustData | None,
    signature: Signature | None,
    copy: Side,
    content: Content | None,
) -> Iterable[Step]:
    """Steps that conclude nothing: which signed release a copy that differs really is."""
    if data is None or signature is None or copy.digest is None or content is None:
        return ()
    compared = [step.check for step in content.steps]
    checks = judge_other_release(question, data, signature, copy.digest, compared)
    return [Step((), Claim("none", str(question.subject), ""), check) for check in checks]


def _copy_absent(question: Question) -> Check:
    remedy = "check the name; if the signed repository has it, the copy was never pushed"
    if question.plain:
        remedy = "check the name; if it is signed, ask the author to push it again"
    return Check(
        "image.tag.present",
        Outcome.FAILED,
        str(question.subject),
        Class.CONTENT,
        "an image",
        "404: the registry has none of this name",
        remedy,
    )


def _verdict(
    question: Question,
    judgement: Judgement,
    evidence: Evidence,
    *,
    decision: Decision,
    signature: Signature | None,
    content: Content | None,
    copy: Side,
) -> Verdict:
    data = judgement.trust_data
    return Verdict(
        subject=str(question.subject),
        signed_by=str(question.signed),
        decision=decision,
        digest=copy.digest,
        pinned=f"{copy.repository}@{copy.digest}" if copy.digest else "",
        at=question.at,
        basis="user" if question.historic else "clock",
        freshness=freshness(judgement),
        evidence=evidence,
        historic=question.historic,
        signed=signed_by(data, signature),
        keys=pin_uses(question.pins, data) if data is not None else (),
        platforms=content.platforms if content is not None else (),
        asked=tuple(str(platform) for platform in question.demand.platforms),
        warnings=(*judgement.warnings, *_warnings(question, data, signature, copy, content)),
        trust_data=data,
    )


def _warnings(
    question: Question,
    data: TrustData | None,
    signature: Signature | None,
    copy: Side,
    content: Content | None,
) -> Iterable[Notice]:
    if data is None or signature is None or content is None:
        return ()
    compared = [step.check for step in content.steps]
    own = warn_of_own_tag(question, data, signature, copy.digest, compared)
    return (*content.warnings, *own)


def signed_by(data: TrustData | None, signature: Signature | None) -> SignedBy | None:
    """Return the signature as the verdict shows it: with every role that made it."""
    if data is None or signature is None:
        return None
    roles = signing_roles(data, signature.tag, signature.digest, signature.length)
    return SignedBy(signature.tag, signature.digest, signature.length, roles)
