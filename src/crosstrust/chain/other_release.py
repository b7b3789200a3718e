"""A copy that is genuine, but another release than its tag says: which one it really is.

The metadata names every signed digest, so that nothing more is fetched. Only equal bytes count:
a copy that another producer serialised is told by its config alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crosstrust.chain.authority import released_tags
from crosstrust.chain.signature import Signature
from crosstrust.chain.version import parse_version
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.trust_data import TrustData
from crosstrust.oci.digest import Digest

# As many names as one line bears.
_NAMED = 8


def judge_other_release(
    data: TrustData, signature: Signature, digest: Digest, where: str
) -> Iterator[Check]:
    """Yield that the copy ``digest`` is signed under another tag than ``signature`` is.

    Call it only where the copy was found not to be the signed image: one release may be signed
    in two forms.
    """
    entries = released_tags(data, tag=None, digest=digest)
    others = sorted({entry.tag for entry in entries if entry.tag != signature.tag})
    if not others:
        return
    names = ", ".join(others[:_NAMED])
    code, klass, remedy = _finding(signature.tag, others, names)
    yield Check(
        code,
        Outcome.FAILED,
        where,
        klass,
        f"{signature.digest}, signed as {signature.tag}",
        f"{digest}, signed as {names}",
        remedy,
    )


def _finding(tag: str, others: Sequence[str], names: str) -> tuple[str, Class, str]:
    """Return code, class and remedy: a late copy and a replayed one look alike where tags move."""
    if _moves(tag, others):
        remedy = f"push {tag} to the copy again; until then it is {names}"
        return "image.tag.current", Class.CONTENT, remedy
    remedy = f"this is {names} under the name {tag}: do not run it; ask who pushed it"
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
