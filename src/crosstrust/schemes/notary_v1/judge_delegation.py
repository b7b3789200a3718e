"""Steps for ``targets`` and every delegation below it, breadth first. TUF 5.6.7.

A delegation that has run out or lacks signatures is a failed check and is never stepped over:
the anchor skips it and believes another role instead (A15, A16).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from crosstrust.chain.dossier import Dossier
from crosstrust.evidence.check import Check
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Step, staged
from crosstrust.evidence.trust_data import Role
from crosstrust.oci import limits
from crosstrust.schemes.notary_v1.case import Case, floor_for
from crosstrust.schemes.notary_v1.finding import failed
from crosstrust.schemes.notary_v1.judge_role import (
    JudgedRole,
    RoleFile,
    declared,
    judge_role_file,
    role_claim,
)
from crosstrust.schemes.notary_v1.key import PublicKey
from crosstrust.schemes.notary_v1.metadata import Delegation, Root, Snapshot, Target, Targets
from crosstrust.schemes.notary_v1.parse import parse_targets
from crosstrust.schemes.notary_v1.want import bound_file
from crosstrust.value import dataclass, replace


@dataclass(frozen=True, slots=True)
class TargetsTree:
    """``targets`` and its delegations as judged.

    ``claims`` are what a signed tag rests on: every published role, so that none is stepped
    over. ``tags`` holds, by role, the entries that the role's paths allow, ``outside`` the names
    of the others. ``unpublished`` are declared delegations without a file; ``signers`` the keys
    that signed, by the claim of each delegation that has a file.
    """

    steps: tuple[Step, ...]
    claims: tuple[Claim, ...]
    roles: tuple[Role, ...]
    tags: Mapping[str, Mapping[str, Target]]
    outside: Mapping[str, frozenset[str]]
    unpublished: tuple[str, ...]
    signers: Mapping[Claim, tuple[PublicKey, ...]]


@dataclass(frozen=True, slots=True)
class _Branch:
    """A delegation to judge, below the file that declares it."""

    delegation: Delegation
    paths: tuple[str, ...]
    parent: Claim


def judge_tree(
    case: Case, dossier: Dossier, root: Root, snapshot: Snapshot, premises: tuple[Claim, Claim]
) -> TargetsTree:
    """Return the whole tree; ``premises`` are the root in force and the snapshot."""
    meta = snapshot.meta["targets"]
    file = RoleFile(
        "targets",
        dossier.replies.get(bound_file(case.gun, "targets", meta)),
        meta,
        root.signers["targets"],
        parse_targets,
        "tuf.targets.expiry",
    )
    top = judge_role_file(case, file, premises)
    found = _Collected()
    found.add(top, ("",))
    waiting = deque(_branches(top, ("",)))
    while waiting:
        branch = waiting.popleft()
        if len(found.roles) > limits.DELEGATIONS:
            found.refuse(case, len(found.roles) + len(waiting))
            break
        judged = _judge_branch(case, dossier, snapshot, branch, premises[1])
        if judged is None:
            found.unpublished.append(branch.delegation.name)
            found.roles.append(declared(_file(branch)))
            continue
        found.add(judged, branch.paths)
        waiting.extend(_branches(judged, branch.paths))
    return found.tree()


class _Collected:
    """What the walk has gathered so far."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.claims: list[Claim] = []
        self.roles: list[Role] = []
        self.tags: dict[str, Mapping[str, Target]] = {}
        self.outside: dict[str, frozenset[str]] = {}
        self.unpublished: list[str] = []
        self.signers: dict[Claim, tuple[PublicKey, ...]] = {}

    def add(self, judged: JudgedRole[Targets], paths: tuple[str, ...]) -> None:
        self.steps += judged.steps
        self.claims.append(judged.claim)
        self.roles.append(judged.role)
        if "/" in judged.role.name:
            self.signers[judged.claim] = judged.signers
        if judged.body is not None:
            targets = judged.body.targets
            within = {tag: target for tag, target in targets.items() if tag.startswith(paths)}
            self.tags[judged.role.name] = within
            self.outside[judged.role.name] = frozenset(targets.keys() - within.keys())

    def refuse(self, case: Case, count: int) -> None:
        """Note that there are too many delegations: then no tag follows."""
        claim = Claim("delegation", case.gun, "all")
        check = failed(
            "limit.exceeded",
            "delegations",
            expected=f"at most {limits.DELEGATIONS}",
            actual=f"at least {count}",
        )
        self.steps += staged(tuple(self.claims), claim, (check,))
        self.claims.append(claim)

    def tree(self) -> TargetsTree:
        return TargetsTree(
            tuple(self.steps),
            tuple(self.claims),
            tuple(self.roles),
            self.tags,
            self.outside,
            tuple(self.unpublished),
            self.signers,
        )


def narrow(paths: tuple[str, ...], within: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of ``paths`` that lie below one of ``within``; a wider path is dropped."""
    return tuple(path for path in paths if path.startswith(within))


def _branches(judged: JudgedRole[Targets], paths: tuple[str, ...]) -> list[_Branch]:
    if judged.body is None:
        return []
    return [
        _Branch(delegation, narrow(delegation.paths, paths), judged.claim)
        for delegation in judged.body.delegations
    ]


def _file(branch: _Branch) -> RoleFile[Targets]:
    return RoleFile(
        branch.delegation.name,
        None,
        None,
        branch.delegation.signing,
        parse_targets,
        "tuf.delegation.expiry",
        paths=branch.paths,
    )


def _judge_branch(
    case: Case, dossier: Dossier, snapshot: Snapshot, branch: _Branch, premise: Claim
) -> JudgedRole[Targets] | None:
    """Return the delegation as judged, or None for one that was never published."""
    name = branch.delegation.name
    file = _file(branch)
    premises = (premise, branch.parent)
    meta = snapshot.meta.get(name)
    if meta is not None:
        reply = dossier.replies.get(bound_file(case.gun, name, meta))
        return judge_role_file(case, replace(file, reply=reply, meta=meta), premises)
    floor = floor_for(case, name, branch.delegation.signing)
    if floor is None or floor.withdrawn:
        return None
    claim = role_claim(case.gun, name, "")
    steps = staged(premises, claim, (_vanished(name, floor.version),))
    return JudgedRole(claim, steps, None, declared(file))


def _vanished(name: str, version: int) -> Check:
    return failed(
        "tuf.version.rollback",
        name,
        expected=f"version {version} or newer, as seen before",
        actual="not in the snapshot, yet still declared",
        remedy="the server hides what this role signed: do not trust it, and tell the author",
    )
