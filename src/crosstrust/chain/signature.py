"""The author's signature on the tag, and whether the user accepts it."""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.chain.authority import RELEASED, judge_pins, judge_roles, pin_name, released_tags
from crosstrust.chain.pin import signed_tag
from crosstrust.chain.question import Demand, Question
from crosstrust.chain.scheme import Judgement
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Step, staged
from crosstrust.evidence.trust_data import TrustData
from crosstrust.oci.digest import Digest
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """The released entry that answers the question.

    ``length`` is the signed length of the manifest or index in bytes, ``hashes`` what else was
    signed of its bytes, as (algorithm, hex digits); ``accepted`` is the claim that this digest is
    the author's and fits the user's pins and rules.
    """

    tag: str
    digest: Digest
    length: int
    accepted: Claim
    steps: tuple[Step, ...]
    hashes: tuple[tuple[str, str], ...] = ()


def find_signature(question: Question, data: TrustData) -> Signature | None:
    """Return the signature that the question is about; None if there is none, or two differ."""
    digest = question.subject.digest if question.signed.tag is None else None
    entries = released_tags(data, tag=question.signed.tag, digest=digest)
    # Of several tags with the digest, one will do on which all roles that release it agree.
    entry = next((entry for entry in entries if _is_agreed(data, entry.tag)), None)
    if entry is None or entry.digest is None:
        return None
    claim = signed_tag(question.gun, entry.tag, entry.digest)
    accepted = Claim("accepted", claim.subject, claim.value)
    checks = [
        *judge_pins(question.pins, data),
        *judge_roles(question.demand, data, entry.tag, entry.digest),
        *judge_rule(question.demand, claim.subject),
    ]
    steps = staged((claim,), accepted, checks)
    stated = released_tags(data, tag=entry.tag, digest=entry.digest)
    hashes = tuple(dict.fromkeys(each for one in stated for each in one.hashes))
    return Signature(entry.tag, entry.digest, entry.length, accepted, steps, hashes)


def _is_agreed(data: TrustData, tag: str) -> bool:
    return len({entry.digest for entry in released_tags(data, tag=tag, digest=None)}) == 1


def judge_rule(demand: Demand, where: str) -> Iterator[Check]:
    """Yield whether the policy has a rule for this tag, and expects a signature at all."""
    if not demand.ruled:
        yield Check(
            "policy.rule",
            Outcome.FAILED,
            where,
            Class.POLICY,
            "a rule for this tag",
            "none of the policy's rules matches it",
            "add a rule whose versions or tags match it",
        )
    elif demand.unsigned:
        yield Check(
            "policy.signature.expected",
            Outcome.FAILED,
            where,
            Class.POLICY,
            "unsigned, as the policy says",
            "signed",
            "the author signs this tag after all: correct the rule",
        )
    else:
        yield Check.passed("policy.rule", where)


def judge_absence(question: Question, judgement: Judgement) -> Iterator[Check]:
    """Yield why no single released signature was found, unless the scheme has said it."""
    if judgement.trust_data is None:
        return
    said = {check.code for check in judgement.evidence.checks if check.outcome is Outcome.FAILED}
    check = _absence(question, judgement.trust_data)
    if check.code not in said:
        yield check


def _absence(question: Question, data: TrustData) -> Check:
    """Return whether it is unsigned, unreleased, or signed as two digests."""
    tag, digest = question.signed.tag, question.subject.digest
    where = f"{question.gun}:{tag}" if tag else f"{question.gun}@{digest}"
    if question.demand.unsigned:
        return _unsigned_as_expected(where)
    wanted = None if tag else digest
    entries = [
        entry
        for entry in data.tags
        if (tag is None or entry.tag == tag) and (wanted is None or entry.digest == wanted)
    ]
    released = [entry for entry in entries if entry.role in RELEASED]
    if not entries:
        return _absent("tuf.target.present", where, "no signed tag of this name")
    if not released:
        names = ", ".join(pin_name(entry.role) for entry in entries)
        return _absent("tuf.target.released", where, f"signed by {names}, not released")
    if any(entry.digest is None for entry in released):
        return _absent("digest.algorithm.supported", where, "signed without a sha256 digest")
    found = ", ".join(f"{entry.digest} by {pin_name(entry.role)}" for entry in released)
    remedy = "ask the author which one is meant; they must sign it again"
    return Check(
        "signer.agree", Outcome.FAILED, where, Class.ATTACK, "one signed digest", found, remedy
    )


def _unsigned_as_expected(where: str) -> Check:
    return Check(
        "tuf.target.present",
        Outcome.FAILED,
        where,
        Class.UNSIGNED,
        "a signature",
        "unsigned, as the policy says",
        "nothing proves who made this image",
    )


def _absent(code: str, where: str, actual: str) -> Check:
    return Check(
        code,
        Outcome.FAILED,
        where,
        Class.UNSIGNED,
        "a signature released in targets or targets/releases",
        actual,
        "treat it as unsigned: check the tag's spelling, or ask the author to sign it",
    )
