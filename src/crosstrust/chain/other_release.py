"""A copy that is genuine, but another release than its tag says: which one it really is.

The metadata names every signed digest, so that nothing more is fetched. Only equal bytes count:
a copy that another producer serialised is told by its config alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crosstrust.chain.authority import released_tags
from crosstrust.chain.question import Question
from crosstrust.chain.signature import Signature
from crosstrust.chain.version import parse_version
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.trust_data import TrustData
from crosstrust.evidence.verdict import Notice
from crosstrust.oci.digest import Digest

# As many names as one line bears.
_NAMED = 8
# What only a copy of another image fails. A platform that the user demands and nobody published,
# or an object that is not served, says nothing of which image it is.
_DIFFERENT = frozenset(
    {
        "image.artifact.supported",
        "image.config.consistent",
        "image.config.same",
        "image.layer.diff_id",
        "image.platform.extra",
        "image.platform.present",
        "image.tag.signed",
    }
)


def judge_other_release(
    question: Question,
    data: TrustData,
    signature: Signature,
    digest: Digest,
    compared: Sequence[Check],
) -> Iterator[Check]:
    """Yield that the copy ``digest`` is signed under another tag than ``signature`` is.

    Only where ``compared`` shows that it is not the signed image, since one release may be signed
    in two forms, and not where the reference contradicts itself, which is no fault of the copy.
    """
    entries = released_tags(data, tag=None, digest=digest)
    others = sorted({entry.tag for entry in entries})
    if not others or digest == signature.digest or not _is_another(compared):
        return
    names = ", ".join(others[:_NAMED])
    code, klass, remedy = _finding(question.subject.tag, signature.tag, others, names)
    yield Check(
        code,
        Outcome.FAILED,
        str(question.subject),
        klass,
        f"{signature.digest}, signed as {signature.tag}",
        f"{digest}, signed as {names}",
        remedy,
    )


def warn_of_own_tag(
    question: Question,
    data: TrustData,
    signature: Signature,
    digest: Digest | None,
    compared: Sequence[Check],
) -> Iterator[Notice]:
    """Warn that a copy that differs from ``signature`` has the tag of another signed release.

    What ``digest`` is, where it is not that release's own, is to be seen by asking for it under
    its own tag.
    """
    name = question.subject.tag
    if name is None or name == signature.tag or not _is_another(compared):
        return
    signed = {entry.digest for entry in released_tags(data, tag=name, digest=None)}
    if signed and not signed & {signature.digest, digest}:
        text = f"{signature.tag} was asked for; {name}, the copy's own tag, is signed as another"
        yield Notice("image.tag.same", str(question.subject), f"{text} release")


def _is_another(compared: Sequence[Check]) -> bool:
    failed = [check for check in compared if check.outcome is Outcome.FAILED]
    if any(check.code == "reference.tag.digest" for check in failed):
        return False
    demanded = ("image.platform.present", Class.POLICY)
    return any(c.code in _DIFFERENT and (c.code, c.klass) != demanded for c in failed)


def _finding(
    name: str | None, tag: str, others: Sequence[str], names: str
) -> tuple[str, Class, str]:
    """Return code, class and remedy: a late copy and a replayed one look alike where tags move.

    ``name`` is the copy's own tag; ``tag`` is the signed one that was asked for.
    """
    if name is None or (name != tag and name in others):
        remedy = f"this is {names}, as it was named, and {tag} was asked for: name one release"
        return "image.tag.same", Class.CONTENT, remedy
    if _moves(tag, others):
        remedy = f"push {tag} to the copy again; until then it is {names}"
        return "image.tag.current", Class.CONTENT, remedy
    remedy = f"this is {names} under the name {name}: do not run it; ask who pushed it"
    return "image.tag.same", _class_of(tag, others), remedy


def _moves(tag: str, others: Sequence[str]) -> bool:
    """Return True if authors move ``tag`` from release to release, so that a copy can be late.

    "latest" is moved, and "0.1" from 0.1.19 to 0.1.20; no honest delay makes 0.1.19 of 0.1.20.
    """
    below = f"{tag.removeprefix('v')}."
    return parse_version(tag) is None or any(
        other.removeprefix("v").startswith(below) for other in others
    )


def _class_of(tag: str, others: Sequence[str]) -> Class:
    """Another version is an attack; "0.1.19-amd64" as "0.1.19" is an incomplete push."""
    versions = {parse_version(other) for other in others} - {None, parse_version(tag)}
    return Class.ATTACK if versions else Class.CONTENT
