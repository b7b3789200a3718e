"""Reads one side from the dossier: the document itself, the images below it, their configs.

What was served is hashed and parsed anew whenever a reply came in, so both are remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from crosstrust.chain.answer import Answer
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.side import Document, Member, Side
from crosstrust.chain.want import ReadBlob, ReadManifest, ResolveTag, want_name
from crosstrust.errors import MalformedError
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.config import ImageConfig, parse_config
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.oci.document import parse_document
from crosstrust.oci.index import Entry, Index
from crosstrust.oci.limits import CONFIG_SIZE, INDEX_CHILDREN, INDEX_DEPTH
from crosstrust.oci.manifest import Manifest
from crosstrust.oci.media_type import SCHEMA1_MANIFESTS, bare_media_type


def read_side(
    dossier: Dossier, repository: str, top: ResolveTag | ReadManifest, *, depth: str = "config"
) -> Side:
    """Return what the dossier holds of ``top`` and everything below it.

    ``depth``: "top" stops at the document itself, "manifest" at the image manifests, "config"
    reads the configs too.
    """
    side = Side(repository)
    answer = _answer(dossier, side, top)
    if answer is None:
        side.absent = dossier.absent(top)
        return side
    side.digest, side.raw = _digest(answer.raw, "sha256"), answer.raw
    side.top = _document(side, answer, want_name(top), None)
    if side.top is not None and depth != "top":
        for member in _members(dossier, side, side.top):
            unlabelled = side.is_index and member.label is None
            wanted = depth == "config" or unlabelled
            side.members.append(_with_config(dossier, side, member, wanted=wanted))
    return side


def _answer(
    dossier: Dossier, side: Side, want: ResolveTag | ReadManifest | ReadBlob
) -> Answer | None:
    answer = dossier.answer(want)
    if answer is not None and _matches(side, want, answer):
        return answer
    if answer is None:
        gap = dossier.gap(want)
        if gap is not None:
            side.problems.append(gap.check)
        elif not dossier.asked(want):
            side.missing.append(want)
    return None


def _matches(side: Side, want: ResolveTag | ReadManifest | ReadBlob, answer: Answer) -> bool:
    """Hash what was served; a header is a hint, and one that contradicts is an error."""
    actual = _digest(answer.raw, "sha256")
    expected = answer.declared_digest or str(actual)
    if bare_media_type(answer.media_type) in SCHEMA1_MANIFESTS:
        # Its header names what its signatures are over; it is refused in any case.
        expected = str(actual)
    code, klass, fits = "http.header.agrees", Class.REMOTE, _declares(expected, answer.raw)
    if not isinstance(want, ResolveTag) and not _hashes_to(want.digest, answer.raw):
        code, klass, fits = "image.digest.match", Class.CONTENT, False
        expected = str(want.digest)
    if not fits:
        remedy = "do not use this registry's answer; report it to the registry's operator"
        side.problems.append(
            Check(code, Outcome.FAILED, want_name(want), klass, expected, str(actual), remedy)
        )
    return fits


def _declares(declared: str, raw: bytes) -> bool:
    """Return False if a header names other bytes; what names none that we compute says nothing."""
    try:
        digest = Digest.parse(declared)
    except MalformedError:
        return not declared.startswith(("sha256:", "sha512:"))
    return _hashes_to(digest, raw)


def _hashes_to(digest: Digest, raw: bytes) -> bool:
    return digest == _digest(raw, digest.algorithm)


@lru_cache(maxsize=512)
def _digest(raw: bytes, algorithm: str) -> Digest:
    return Digest.of(raw, algorithm)


def _document(side: Side, answer: Answer, where: str, parent: Descriptor | None) -> Document | None:
    try:
        document = _parse(answer.raw, answer.media_type, where)
    except MalformedError as error:
        side.problems.append(malformed_check(error))
        return None
    if parent is None:
        return document
    for code, klass, expected, actual in (
        ("image.size.match", Class.CONTENT, str(parent.size), str(len(answer.raw))),
        ("image.media_type.agrees", Class.ATTACK, parent.media_type, document.media_type),
    ):
        if expected != actual:
            remedy = "the index describes other bytes than the registry serves: do not run it"
            side.problems.append(
                Check(code, Outcome.FAILED, where, klass, expected, actual, remedy)
            )
            return None
    return document


@lru_cache(maxsize=512)
def _parse(raw: bytes, media_type: str, where: str) -> Document:
    return parse_document(raw, media_type=media_type, where=where)


@lru_cache(maxsize=512)
def _parse_config(raw: bytes, where: str) -> ImageConfig:
    return parse_config(raw, where)


def malformed_check(error: MalformedError) -> Check:
    """Return the failed check that a parser's refusal amounts to."""
    classes = {
        "limit.exceeded": Class.REMOTE,
        "image.schema1.refused": Class.REMOTE,
        "image.manifest.type": Class.REMOTE,
        "digest.algorithm.supported": Class.REMOTE,
        "image.digest.match": Class.CONTENT,
    }
    return Check(
        error.code,
        Outcome.FAILED,
        error.where,
        classes.get(error.code, Class.ATTACK),
        error.expected,
        error.actual,
        error.remedy or "do not run this image; ask its publisher what wrote it",
    )


def _members(dossier: Dossier, side: Side, top: Document) -> Iterator[Member]:
    """Walk the index, nested ones too; a digest is read once however often it is listed."""
    if isinstance(top, Manifest):
        yield Member(top.digest, None, top)
        return
    pending: list[tuple[int, Entry]] = [(1, entry) for entry in top.entries]
    count = 0
    while pending:
        level, entry = pending.pop(0)
        count += 1
        if count > INDEX_CHILDREN:
            side.problems.append(_limit(side, f"{INDEX_CHILDREN} entries"))
            return
        if entry.is_attestation:
            side.attestations += 1
            side.attested += [entry.attests] if entry.attests else []
        elif entry.is_index:
            pending[:0] = _nested(dossier, side, level, entry)
        else:
            yield _member(dossier, side, entry)


def _nested(dossier: Dossier, side: Side, level: int, entry: Entry) -> list[tuple[int, Entry]]:
    if level >= INDEX_DEPTH:
        side.problems.append(_limit(side, f"{INDEX_DEPTH} levels of indexes"))
        return []
    document = _child(dossier, side, entry.descriptor)
    if not isinstance(document, Index):
        side.partial = True
        return []
    side.nested += 1
    return [(level + 1, child) for child in document.entries]


def _member(dossier: Dossier, side: Side, entry: Entry) -> Member:
    document = _child(dossier, side, entry.descriptor)
    manifest = document if isinstance(document, Manifest) else None
    return Member(entry.descriptor.digest, entry.platform, manifest)


def _child(dossier: Dossier, side: Side, descriptor: Descriptor) -> Document | None:
    want = ReadManifest(side.repository, descriptor.digest)
    answer = _answer(dossier, side, want)
    if answer is None:
        if dossier.absent(want):
            _note_unserved(side, want, descriptor)
        return None
    return _document(side, answer, want_name(want), descriptor)


def _with_config(dossier: Dossier, side: Side, member: Member, *, wanted: bool) -> Member:
    manifest = member.manifest
    if not wanted or manifest is None or not manifest.is_image:
        return member
    descriptor = manifest.config
    if descriptor.size > CONFIG_SIZE:
        side.problems.append(_limit(side, f"a config of {CONFIG_SIZE} bytes"))
        return member
    want = ReadBlob(side.repository, descriptor.digest, descriptor.size)
    answer = _answer(dossier, side, want)
    if answer is None:
        if dossier.absent(want):
            _note_unserved(side, want, descriptor)
        return member
    return _read_config(side, member, answer, want)


def _read_config(side: Side, member: Member, answer: Answer, want: ReadBlob) -> Member:
    where = want_name(want)
    if len(answer.raw) != want.size:
        remedy = "the manifest describes other bytes than the registry serves: do not run it"
        side.problems.append(
            Check(
                "image.size.match",
                Outcome.FAILED,
                where,
                Class.CONTENT,
                str(want.size),
                str(len(answer.raw)),
                remedy,
            )
        )
        return member
    try:
        config = _parse_config(answer.raw, where)
    except MalformedError as error:
        side.problems.append(malformed_check(error))
        return member
    return Member(member.digest, member.label, member.manifest, config)


def _limit(side: Side, limit: str) -> Check:
    remedy = "an index of this size is not an image anybody runs: ask its publisher"
    return Check("limit.exceeded", Outcome.FAILED, side.repository, Class.REMOTE, limit, "", remedy)


def _note_unserved(side: Side, want: ReadManifest | ReadBlob, descriptor: Descriptor) -> None:
    """The registry lists a child and says that it does not have it: nobody can run that."""
    check = side.unserved[descriptor.digest] = Check(
        "image.child.present",
        Outcome.FAILED,
        want_name(want),
        Class.CONTENT,
        str(descriptor.digest),
        "404",
        "the registry lists this object but does not serve it: ask its operator to push it again",
    )
    side.problems.append(check)
