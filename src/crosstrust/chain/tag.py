"""Tags: present, holding the digest they were asked with, and unmoved at the last look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crosstrust.chain.dossier import Dossier
from crosstrust.chain.question import Question
from crosstrust.chain.side import Side
from crosstrust.chain.want import Look, ResolveTag
from crosstrust.errors import MalformedError
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.digest import Digest
from crosstrust.oci.excerpt import excerpt
from crosstrust.oci.media_type import bare_media_type


def last_looks(question: Question, dossier: Dossier) -> tuple[ResolveTag, ...]:
    """Return the tags to look at once more when all else has been read.

    The author's tag only if its first look was answered: the signature does not rest on it.
    """
    subject, signed = question.subject, question.signed
    looks = []
    if subject.tag is not None:
        looks.append(ResolveTag(subject.repository, subject.tag, Look.LAST))
    if signed.tag is None or question.plain:
        return tuple(looks)
    if dossier.answer(ResolveTag(signed.repository, signed.tag)) is not None:
        looks.append(ResolveTag(signed.repository, signed.tag, Look.LAST))
    return tuple(looks)


def judge_tags(
    question: Question, dossier: Dossier, copy: Side, looks: Sequence[ResolveTag]
) -> Iterator[Check]:
    """Yield a check per tag: the last look shows what the first one showed."""
    for look in looks:
        where = f"{look.repository}:{look.tag}"
        of_subject = look.repository == copy.repository and look.tag == question.subject.tag
        first = dossier.answer(question.top if of_subject else _first(look))
        raw = first.raw if first is not None else b""
        if of_subject and question.subject.digest is not None:
            yield _tag_and_digest(dossier, look, raw, where)
        else:
            yield _stable(dossier, look, raw, where)
        if of_subject and copy.top is not None:
            yield from _other_type(dossier, look, copy.top.media_type, where)


def _first(look: ResolveTag) -> ResolveTag:
    return ResolveTag(look.repository, look.tag)


def _last_digest(dossier: Dossier, look: ResolveTag, raw: bytes) -> str | None:
    """Return what the tag holds now; ``raw`` is what it is compared with."""
    answer = dossier.answer(look)
    if answer is None:
        return "gone (404)" if dossier.absent(look) else None
    return str(Digest.of(answer.raw)) if answer.raw else _declared(answer.declared_digest, raw)


def _declared(declared: str, raw: bytes) -> str | None:
    """A header may name another hash of the same bytes, and a hash that we do not compute."""
    try:
        digest = Digest.parse(declared)
    except MalformedError:
        return declared if declared.startswith(("sha256:", "sha512:")) else None
    return str(Digest.of(raw)) if digest == Digest.of(raw, digest.algorithm) else declared


def _stable(dossier: Dossier, look: ResolveTag, raw: bytes, where: str) -> Check:
    before, now = str(Digest.of(raw)), _last_digest(dossier, look, raw)
    if now == before:
        return Check.passed("image.tag.stable", where, expected=now, actual=now)
    if not now:
        return _not_looked(dossier, look, before, where)
    return Check(
        "image.tag.stable",
        Outcome.FAILED,
        where,
        Class.ATTACK,
        before,
        now,
        "the tag moved while it was being verified: verify again, and run by digest",
    )


def _other_type(dossier: Dossier, look: ResolveTag, before: str, where: str) -> Iterator[Check]:
    """Yield a failure where the same bytes are now called another kind of document."""
    answer = dossier.answer(look)
    now = bare_media_type(answer.media_type) if answer is not None else ""
    if now and now != before:
        yield Check(
            "image.media_type.agrees",
            Outcome.FAILED,
            where,
            Class.ATTACK,
            before,
            excerpt(now),
            "do not run this image: two readers could see two images",
        )


def _not_looked(dossier: Dossier, look: ResolveTag, before: str, where: str) -> Check:
    gap = dossier.gap(look)
    if gap is not None:
        return gap.check
    return Check(
        "image.tag.stable",
        Outcome.UNKNOWN,
        where,
        Class.UNREACHABLE,
        before,
        "the tag could not be looked at again",
        "verify again",
    )


def _tag_and_digest(dossier: Dossier, look: ResolveTag, raw: bytes, where: str) -> Check:
    """A reference with tag and digest: the tag must hold what the digest gave."""
    before, now = str(Digest.of(raw)), _last_digest(dossier, look, raw)
    if not now:
        return _not_looked(dossier, look, before, where)
    if now == before:
        return Check.passed("reference.tag.digest", where, expected=now, actual=now)
    klass, remedy = Class.ATTACK, "tag and digest of the reference are two images: leave one out"
    if dossier.absent(look):
        klass, remedy = Class.CONTENT, "the tag is not there: leave it out, or have it pushed"
    return Check("reference.tag.digest", Outcome.FAILED, where, klass, before, now, remedy)
