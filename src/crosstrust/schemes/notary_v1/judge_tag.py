"""Steps from the judged roles to the signed tags.

Released is what stands in ``targets`` or ``targets/releases``. A tag rests on every published
role, so that a role which cannot be read hides no other word on the same tag.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from crosstrust.chain.pin import signed_tag
from crosstrust.evidence.check import Check, Class
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Step
from crosstrust.evidence.trust_data import SignedTag
from crosstrust.schemes.notary_v1.finding import failed
from crosstrust.schemes.notary_v1.judge_delegation import TargetsTree
from crosstrust.schemes.notary_v1.metadata import Target

RELEASES = "targets/releases"
RELEASED = ("targets", RELEASES)


def judge_tags(gun: str, tree: TargetsTree, tags: Sequence[str] | None) -> Iterator[Step]:
    """Steps for ``tags``, or for every released tag.

    Two released digests of one tag are a failed check only where the tag was asked for: they say
    nothing about the others.
    """
    published = Claim("roles", gun, tree.claims[0].value)
    yield Step(tree.claims, published, _published(tree))
    released = {role: tree.tags.get(role, {}) for role in RELEASED}
    wanted: Iterable[str] = tags if tags is not None else _names(released.values())
    for tag in wanted:
        found = {role: named[tag] for role, named in released.items() if tag in named}
        check = _judge_tag(f"{gun}:{tag}", found, asked=tags is not None)
        if tags is not None and not found:
            check = _judge_unseen(f"{gun}:{tag}", tag, tree)
        if check is not None:
            digest = next((target.digest for target in found.values()), None)
            yield Step((published,), signed_tag(gun, tag, digest), check)


def list_tags(tree: TargetsTree) -> tuple[SignedTag, ...]:
    """Return every entry that a role's paths allow, in the order of the metadata."""
    return tuple(
        SignedTag(tag, target.digest, target.length, role, target.hashes)
        for role, named in tree.tags.items()
        for tag, target in named.items()
    )


def _judge_tag(where: str, found: dict[str, Target], *, asked: bool) -> Check | None:
    """Return the check for one tag; None where there is nothing to conclude or to refuse."""
    targets = set(found.values())
    if len(targets) == 1 and _hashes_agree(found.values()):
        target = targets.pop()
        names = ", ".join(found)
        if target.digest is not None:
            return Check.passed(
                "tuf.target.released", where, expected=str(target.digest), actual=names
            )
        return None
    if targets and asked:
        return _disagreement(where, found)
    return None


def _hashes_agree(targets: Iterable[Target]) -> bool:
    """Return False where two roles state two hashes of one algorithm."""
    stated = {each for target in targets for each in target.hashes}
    return len(stated) == len({algorithm for algorithm, _ in stated})


def _judge_unseen(where: str, tag: str, tree: TargetsTree) -> Check | None:
    """Return why a tag that was asked for is not released, where there is more to it (A74)."""
    outside = [role for role, tags in tree.outside.items() if tag in tags]
    seen = any(tag in named for named in tree.tags.values())
    # A role that could not be read may have the tag.
    unread = len(tree.tags) + len(tree.unpublished) < len(tree.roles)
    if outside and not seen and not unread:
        return _out_of_bounds(where, outside, tree)
    return _unpublished(where) if RELEASES in tree.unpublished else None


def _out_of_bounds(where: str, outside: Sequence[str], tree: TargetsTree) -> Check:
    paths = {role.name: [path[:40] for path in role.paths[:8]] for role in tree.roles}
    said = (f"{role} may sign {', '.join(paths[role]) or 'nothing'}" for role in outside[:8])
    return failed(
        "tuf.target.present",
        where,
        klass=Class.UNSIGNED,
        expected="the tag within the paths of the role that signs it",
        actual=f"outside: {'; '.join(said)}",
        remedy="treat it as unsigned: its signer may not sign this tag; ask the author",
    )


def _disagreement(where: str, found: dict[str, Target]) -> Check:
    said = (
        " ".join((f"{role}: {each.digest}", *map(":".join, each.hashes), f"of {each.length} bytes"))
        for role, each in found.items()
    )
    return failed(
        "signer.agree",
        where,
        expected="one digest",
        actual=", ".join(said),
        remedy="ask the author which one is meant; they must sign it again",
    )


def _unpublished(where: str) -> Check:
    return failed(
        "tuf.delegation.published",
        where,
        klass=Class.UNSIGNED,
        expected=f"the tag in {' or '.join(RELEASED)}",
        actual=f"{RELEASES} is declared but was never published",
        remedy="treat it as unsigned, or ask the author to sign it",
    )


def _published(tree: TargetsTree) -> Check:
    names = ", ".join(tree.unpublished)
    actual = f"without a file: {names}" if names else ""
    return Check.passed("tuf.delegation.published", "targets", actual=actual)


def _names(released: Iterable[Iterable[str]]) -> Iterable[str]:
    return dict.fromkeys(tag for names in released for tag in names)
