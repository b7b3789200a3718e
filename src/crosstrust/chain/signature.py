"""The author's signature on the tag, and whether the user accepts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crosstrust.chain.authority import (
    RELEASED,
    judge_pins,
    judge_roles,
    pin_name,
    released_tags,
    role_name,
)
from crosstrust.chain.pin import signed_tag
from crosstrust.chain.question import Demand, Question
from crosstrust.chain.scheme import Judgement
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Step, staged
from crosstrust.evidence.trust_data import SignedTag, TrustData
from crosstrust.oci.digest import Digest
from crosstrust.value import dataclass

SIGNED_ALGORITHM = "sha256"


@dataclass(frozen=True, slots=True)
class Signature:
    """The released entry that answers the question.

    ``length`` is the signed length of the manifest or index in bytes, ``hashes`` what else was
    signed of its bytes, as (algorithm, hex digits); ``accepted`` is the claim that this digest is
    the author's and fits the user's pins and rules. ``demand`` is what the user demands of this
    tag.
    """

    tag: str
    digest: Digest
    length: int
    accepted: Claim
    steps: tuple[Step, ...]
    demand: Demand
    hashes: tuple[tuple[str, str], ...] = ()

    @property
    def fits(self) -> bool:
        """True where the user's pins and rules allow it."""
        return all(step.check.outcome is Outcome.PASSED for step in self.steps)


def find_signature(
    question: Question, data: TrustData, held: Digest | None = None
) -> Signature | None:
    """Return the signature that the question is about; None if there is none, or two differ.

    ``held`` is the digest of the copy's bytes, in the algorithm in which digests are signed.
    """
    digest = signed_form(question, held)
    if question.signed.tag is None and digest is None:
        return None
    entries = released_tags(data, tag=question.signed.tag, digest=digest)
    # Of several tags with the digest, one will do on which all roles that release it agree, and
    # that the user's rules allow.
    found = [
        _signature(question, data, entry.tag, entry.digest, entry.length)
        for entry in entries
        if entry.digest is not None and _is_agreed(data, entry.tag)
    ]
    return next((one for one in found if one.fits), found[0] if found else None)


def signed_form(question: Question, held: Digest | None) -> Digest | None:
    """Return the digest to look for among the signed ones; None for any, or not known.

    Authors sign sha256: a digest of another algorithm is found by the bytes that it names.
    """
    asked = question.subject.digest
    if question.signed.tag is not None or asked is None:
        return None
    return asked if asked.algorithm == SIGNED_ALGORITHM else held


def _signature(
    question: Question, data: TrustData, tag: str, digest: Digest, length: int
) -> Signature:
    claim = signed_tag(question.gun, tag, digest)
    accepted = Claim("accepted", claim.subject, claim.value)
    demand = question.demand_for(tag)
    checks = [
        *judge_pins(question.pins, data),
        *judge_roles(demand, data, tag, digest, length),
        *judge_rule(demand, claim.subject),
    ]
    steps = staged((claim,), accepted, checks)
    # What a demanded role says of the bytes counts as what the released ones say.
    counting = {*RELEASED, *map(role_name, demand.roles)}
    stated = [e for e in data.tags if (e.tag, e.digest) == (tag, digest) and e.role in counting]
    hashes = tuple(dict.fromkeys(each for one in stated for each in one.hashes))
    return Signature(tag, digest, length, accepted, steps, demand, hashes)


def _is_agreed(data: TrustData, tag: str) -> bool:
    entries = released_tags(data, tag=tag, digest=None)
    return len({(entry.digest, entry.length) for entry in entries}) == 1


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


def judge_absence(
    question: Question, judgement: Judgement, held: Digest | None = None
) -> Iterator[Check]:
    """Yield why no single released signature was found, unless the scheme has said it.

    Nothing of a digest that can be compared with no signed one, as long as its bytes are unread.
    """
    wanted = signed_form(question, held)
    if judgement.trust_data is None or (question.signed.tag is None and wanted is None):
        return
    said = {check.code for check in judgement.evidence.checks if check.outcome is Outcome.FAILED}
    check = _absence(question, judgement.trust_data, wanted)
    if check.code not in said:
        yield check


def _absence(question: Question, data: TrustData, wanted: Digest | None) -> Check:
    """Return whether it is unsigned, unreleased, or signed as two digests."""
    tag = question.signed.tag
    where = f"{question.gun}:{tag}" if tag else f"{question.gun}@{question.subject.digest}"
    if question.demand.unsigned:
        return _unsigned_as_expected(where)
    entries = [
        entry
        for entry in data.tags
        if (tag is None or entry.tag == tag) and (wanted is None or entry.digest == wanted)
    ]
    released = [entry for entry in entries if entry.role in RELEASED]
    if not entries:
        return _not_signed(where, tag)
    if not released:
        names = ", ".join(pin_name(entry.role) for entry in entries)
        remedy = "treat it as unsigned: ask the author to release it"
        return _absent("tuf.target.released", where, f"signed by {names}, not released", remedy)
    if any(entry.digest is None for entry in released):
        remedy = "ask the author to sign it again, with a sha256 digest"
        actual = "signed without a sha256 digest"
        return _absent("digest.algorithm.supported", where, actual, remedy)
    return _disagreement(where, released_tags(data, tag=released[0].tag, digest=None))


def _disagreement(where: str, entries: Sequence[SignedTag]) -> Check:
    found = (f"{pin_name(e.role)}: {e.digest} of {e.length} bytes" for e in entries)
    return Check(
        "signer.agree",
        Outcome.FAILED,
        where,
        Class.ATTACK,
        "one signed digest and length",
        ", ".join(found),
        "ask the author which one is meant; they must sign it again",
    )


def _not_signed(where: str, tag: str | None) -> Check:
    if tag is None:
        actual = "no signed tag has this digest"
        remedy = (
            "treat it as unsigned. A platform of a signed index is not signed by itself: "
            "verify the index by its tag or digest"
        )
    else:
        actual = "no signed tag of this name"
        remedy = "treat it as unsigned: check the tag's spelling, or ask the author to sign it"
    return _absent("tuf.target.present", where, actual, remedy)


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


def _absent(code: str, where: str, actual: str, remedy: str) -> Check:
    return Check(
        code,
        Outcome.FAILED,
        where,
        Class.UNSIGNED,
        "a signature released in targets or targets/releases",
        actual,
        remedy,
    )
