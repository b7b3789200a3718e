"""From the accepted signature to the copy: the signed bytes, the comparison, the last look."""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.chain.compare import compare_sides
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.own_repository import judge_own_bytes
from crosstrust.chain.question import Demand, Question
from crosstrust.chain.side import Side
from crosstrust.chain.side_reader import read_side
from crosstrust.chain.signature import Signature
from crosstrust.chain.tag import judge_tags, last_looks
from crosstrust.chain.want import ReadManifest, ResolveTag, Want
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Step, staged
from crosstrust.evidence.verdict import Notice, PlatformResult
from crosstrust.oci.digest import Digest
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Content:
    """What was established of the copy: ``goal`` holds if the copy is the signed image."""

    goal: Claim
    steps: tuple[Step, ...]
    platforms: tuple[PlatformResult, ...]
    wants: tuple[Want, ...]
    warnings: tuple[Notice, ...]


def judge_content(
    question: Question, dossier: Dossier, signature: Signature, copy: Side, *, accepted: bool
) -> Content:
    """Steps from the accepted signature to the goal: this copy is the signed image.

    ``accepted``: the signature follows from a pinned key, so that its digest may be advised.
    """
    goal = Claim("image", str(question.subject), str(copy.digest))
    readable = Claim("signed-bytes", str(question.signed), str(signature.digest))
    same = Claim("same", goal.subject, goal.value)
    signed = read_signed(question, dossier, signature, copy)
    checks = (*_bytes_checks(question.demand, signature, signed), *_signed_problems(signed, copy))
    compared = compare_sides(dossier, signed, copy, question.demand, base=readable, goal=same)
    wants = [*copy.missing, *signed.missing, *compared.wants]
    looks = last_looks(question, dossier)
    if not wants:
        wants += [look for look in looks if not dossier.asked(look)]
    tags = tuple(judge_tags(question, dossier, copy, looks))
    final = (
        Check.passed("image.tag.present", goal.subject, actual=goal.value),
        *copy.problems,
        *judge_own_bytes(question, signature, copy.digest, tags, accepted=accepted),
        *tags,
    )
    steps = (
        *staged((signature.accepted,), readable, checks),
        *compared.steps,
        *staged((same,), goal, final),
    )
    warnings = (*compared.warnings, *_moved_origin(question, dossier, signature))
    return Content(goal, steps, compared.platforms, tuple(wants), warnings)


def read_signed(question: Question, dossier: Dossier, signature: Signature, copy: Side) -> Side:
    """Return the signed image as the author's registry serves it.

    Where the copy serves the signed bytes themselves, nothing more of the origin is needed.
    """
    if copy.digest == signature.digest:
        return Side(copy.repository, copy.top, copy.digest, copy.raw)
    repository = question.signed.repository
    by_tag = ResolveTag(repository, signature.tag)
    answer = dossier.answer(by_tag)
    by_digest = ReadManifest(repository, signature.digest)
    held = answer is not None and signature.digest.matches(answer.raw)
    top = by_tag if held else by_digest
    side = read_side(dossier, repository, top, depth="manifest")
    if side.top is not None and not side.is_index and len(copy.members) > 1:
        # Which of the copy's platforms the one signed image is for, its config states.
        side = read_side(dossier, repository, top)
    if side.absent:
        side.problems.append(_signed_bytes_gone(repository, signature.digest))
    return side


def _signed_problems(signed: Side, copy: Side) -> Iterator[Check]:
    """Yield the problems of the author's side: what is gone there contradicts nothing.

    Of a manifest that the copy has, too, nothing is needed but its digest.
    """
    known = {member.digest for member in copy.members}
    for check in signed.problems:
        if check not in signed.unserved.values():
            yield check
    for digest in signed.unserved:
        if digest not in known:
            yield _signed_bytes_gone(signed.repository, digest)


def _signed_bytes_gone(repository: str, digest: Digest) -> Check:
    return Check(
        "image.signed.present",
        Outcome.UNKNOWN,
        f"{repository}@{digest}",
        Class.UNREACHABLE,
        str(digest),
        "404",
        "the author's registry no longer serves what was signed: only a copy with the same "
        "bytes can be proved",
    )


def _bytes_checks(demand: Demand, signature: Signature, signed: Side) -> Iterator[Check]:
    """Yield whether the bytes are the signed ones, of the signed length, in the demanded form."""
    where = f"{signed.repository}@{signature.digest}"
    if signed.digest is None:
        yield Check(
            "image.digest.match",
            Outcome.UNKNOWN,
            where,
            Class.UNREACHABLE,
            str(signature.digest),
            "the signed bytes could not be read",
            "see what could not be fetched, and try again",
        )
        return
    yield Check.passed(
        "image.digest.match", where, expected=str(signature.digest), actual=str(signed.digest)
    )
    yield _length_check(where, signature.length, signed.size)
    for algorithm, expected in signature.hashes:
        actual = Digest.of(signed.raw, algorithm).hex
        yield _hash_check(where, f"{algorithm}:{expected}", f"{algorithm}:{actual}")
    yield from _form_check(demand, where, signed)


def _length_check(where: str, expected: int, actual: int) -> Check:
    if expected == actual:
        return Check.passed(
            "tuf.meta.length", where, expected=f"{expected} bytes", actual=f"{actual} bytes"
        )
    return Check(
        "tuf.meta.length",
        Outcome.FAILED,
        where,
        Class.CONTENT,
        f"{expected} bytes, signed",
        f"{actual} bytes",
        "the author signed another length with this digest: ask them to sign it again",
    )


def _hash_check(where: str, expected: str, actual: str) -> Check:
    if expected == actual:
        return Check.passed("tuf.meta.hash", where, expected=expected, actual=actual)
    return Check(
        "tuf.meta.hash",
        Outcome.FAILED,
        where,
        Class.CONTENT,
        f"{expected}, signed",
        actual,
        "the author signed two hashes that no bytes have at once: ask them to sign it again",
    )


def _form_check(demand: Demand, where: str, signed: Side) -> Iterator[Check]:
    if not demand.form or signed.top is None:
        return
    actual = "index" if signed.is_index else "image"
    if actual == demand.form:
        yield Check.passed("policy.form.match", where, expected=demand.form, actual=actual)
        return
    yield Check(
        "policy.form.match",
        Outcome.FAILED,
        where,
        Class.POLICY,
        demand.form,
        actual,
        "correct the rule's form, or ask the author why this release has another",
    )


def _moved_origin(question: Question, dossier: Dossier, signature: Signature) -> Iterator[Notice]:
    """Warn where the author's tag does not hold what the author signed for it."""
    if question.plain:
        return
    origin = ResolveTag(question.signed.repository, signature.tag)
    answer, gap = dossier.answer(origin), dossier.gap(origin)
    text = ""
    if answer is not None and not signature.digest.matches(answer.raw):
        text = "the author's tag holds other bytes than were signed for it; the signed ones count"
    elif dossier.absent(origin):
        text = "the author's tag is gone (404); what was signed for it counts"
    elif gap is not None:
        text = f"the author's tag could not be looked at: {gap.check.actual or gap.check.code}"
    if text:
        yield Notice("image.tag.signed", str(question.signed), text)
