"""The judge of Notary v1: pinned keys and bytes in, steps to signed tags out. Dialect section 4.

Steps are given for all that can be read, also where an earlier role failed: what follows is
decided by the graph alone, and people want to see the keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crosstrust.chain.answer import Absent, Gap, Reply
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import pinned_key
from crosstrust.chain.scheme import Judgement
from crosstrust.chain.want import ReadRole
from crosstrust.errors import MalformedError
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Evidence, Step
from crosstrust.evidence.trust_data import Role, TrustData
from crosstrust.schemes.notary_v1.case import Case
from crosstrust.schemes.notary_v1.dates import newest_start, warn_of_expired
from crosstrust.schemes.notary_v1.finding import failed, refused, unanswered
from crosstrust.schemes.notary_v1.judge_delegation import TargetsTree, judge_tree
from crosstrust.schemes.notary_v1.judge_role import (
    JudgedRole,
    RoleFile,
    judge_binding,
    judge_role_file,
    listed_keys,
)
from crosstrust.schemes.notary_v1.judge_root import SignedRoot, Succession, judge_succession
from crosstrust.schemes.notary_v1.judge_tag import judge_tags, list_tags
from crosstrust.schemes.notary_v1.metadata import FileMeta, Root, Snapshot, Timestamp
from crosstrust.schemes.notary_v1.parse import parse_snapshot, parse_timestamp
from crosstrust.schemes.notary_v1.root_in_force import (
    in_force_claim,
    is_newest,
    judge_in_force,
    may_be_newer,
)
from crosstrust.schemes.notary_v1.root_line import RootFile, RootLine, read_root_line
from crosstrust.schemes.notary_v1.state import write_state
from crosstrust.schemes.notary_v1.threshold import canonical_ids
from crosstrust.schemes.notary_v1.update import update_seen
from crosstrust.schemes.notary_v1.want import bound_file
from crosstrust.value import dataclass, replace

# The origin of an answer that no server gave now.
CACHE = "cache"


@dataclass(frozen=True, slots=True)
class _Chain:
    """The roles below root, as far as they could be read."""

    steps: tuple[Step, ...]
    roles: tuple[Role, ...]
    tree: TargetsTree | None = None


def judge(case: Case, dossier: Dossier, *, tags: Sequence[str] | None) -> Judgement:
    """Return what follows for ``case`` from ``dossier``; evidence for ``tags`` alone, if given."""
    line = read_root_line(case.gun, dossier, case.pins)
    succession = judge_succession(case, line)
    if succession is None:
        evidence = Evidence(_no_root(case, line))
        return Judgement(evidence, write_state(case.seen, case.gun), None, "unknown")
    chain = _judge_chain(case, dossier, line, succession)
    if may_be_newer(line, succession) and _has_failed(chain):
        # The root that could not be fetched may have replaced the keys that failed here.
        chain = _Chain((), ())
    steps = [*succession.steps, *judge_in_force(case, line, succession), *chain.steps]
    if chain.tree is not None:
        steps += judge_tags(case.gun, chain.tree, tags)
    freshness = _freshness(case, dossier)
    evidence = Evidence(tuple(map(_outdated, steps) if freshness == "cached" else steps))
    axioms = (pinned_key(case.gun, key) for key, how in succession.pinned.items() if how)
    held = evidence.holding(axioms)
    seen = update_seen(case, succession, chain.roles, held)
    return Judgement(
        evidence,
        write_state(seen, case.gun),
        _trust_data(case, succession, chain),
        freshness,
        newest_start(case, succession, chain.tree, held),
        tuple(warn_of_expired(case, chain.tree)),
    )


def _outdated(step: Step) -> Step:
    """A copy in the cache that is older than what was seen since is no server's rollback."""
    check = step.check
    if check.code != "tuf.version.rollback" or check.outcome is not Outcome.FAILED:
        return step
    remedy = "the cache is older than what this machine has seen since: ask the server"
    unknown = replace(check, outcome=Outcome.UNKNOWN, klass=Class.UNREACHABLE, remedy=remedy)
    return replace(step, check=unknown)


def _has_failed(chain: _Chain) -> bool:
    return any(step.check.outcome is Outcome.FAILED for step in chain.steps)


def _judge_chain(case: Case, dossier: Dossier, line: RootLine, succession: Succession) -> _Chain:
    root = succession.last.root
    in_force = in_force_claim(case.gun, succession.last)
    timestamp = _judge_timestamp(case, dossier, line, root, in_force)
    if timestamp.body is None:
        return _Chain(timestamp.steps, (timestamp.role,))
    # A snapshot binds the newest root. Where that is another one, it says nothing of this one.
    bound = succession.last.file if is_newest(line, succession) else None
    meta = timestamp.body.snapshot
    snapshot = _judge_snapshot(case, dossier, root, (meta, bound), (in_force, timestamp.claim))
    steps = timestamp.steps + snapshot.steps
    roles = (timestamp.role, snapshot.role)
    if snapshot.body is None:
        return _Chain(steps, roles)
    tree = judge_tree(case, dossier, root, snapshot.body, (in_force, snapshot.claim))
    return _Chain(steps + tree.steps, roles + tree.roles, tree)


def _judge_timestamp(
    case: Case, dossier: Dossier, line: RootLine, root: Root, in_force: Claim
) -> JudgedRole[Timestamp]:
    """Steps for the timestamp, TUF 5.4.

    5.4.2 signatures reach the threshold of root's timestamp role
    5.4.3 version is not below the one seen before (rollback)
    5.4.4 not expired at the given time (freeze)
    """
    reply = dossier.replies.get(ReadRole(case.gun, "timestamp"))
    if isinstance(reply, Absent) and isinstance(line.current, Absent):
        # The root came from a cache: the server no longer knows the repository (A98).
        reply = Gap(_gone(case.gun))
    file = RoleFile(
        "timestamp",
        reply,
        None,
        root.signers["timestamp"],
        parse_timestamp,
        "tuf.timestamp.expiry",
    )
    return judge_role_file(case, file, (in_force,))


def _judge_snapshot(
    case: Case,
    dossier: Dossier,
    root: Root,
    bindings: tuple[FileMeta, RootFile | None],
    premises: tuple[Claim, Claim],
) -> JudgedRole[Snapshot]:
    """Steps for the snapshot, TUF 5.5; in this dialect it binds the root too.

    ``bindings`` are what binds the snapshot, and the root that it must bind, if that is known.
    """
    meta, bound = bindings

    def binds_root(body: Snapshot) -> Iterator[Check]:
        if bound is not None:
            yield from judge_binding("root", bound.raw, body.meta["root"])

    file = RoleFile(
        "snapshot",
        dossier.replies.get(bound_file(case.gun, "snapshot", meta)),
        meta,
        root.signers["snapshot"],
        parse_snapshot,
        "tuf.snapshot.expiry",
        binds_root,
    )
    return judge_role_file(case, file, premises)


def _no_root(case: Case, line: RootLine) -> tuple[Step, ...]:
    """Return why there is nothing to judge; the step concludes nothing."""
    return (Step((), Claim("none", case.gun, ""), _no_root_check(case, line)),)


def _no_root_check(case: Case, line: RootLine) -> Check:
    unreadable = line.files.get(line.anchor)
    if unreadable is not None and isinstance(unreadable.read, MalformedError):
        return refused(unreadable.read, "root")
    reply: Reply | None = line.current
    if not isinstance(reply, Absent):
        return unanswered(reply, "root")
    if case.seen.newest is not None or case.pins.first_seen:
        return _gone(case.gun)
    if case.pins.root and not case.pins.of_prefix:
        return _missing(case.gun)
    return failed(
        "tuf.target.present",
        case.gun,
        klass=Class.UNSIGNED,
        expected="trust data",
        actual="404: the Notary server has none of this repository",
        remedy="treat it as unsigned. Of a copy, name the repository that its author signs: "
        "`crosstrust verify --signed-by REPO`. Else check the name, or ask the author to sign",
    )


def _gone(gun: str) -> Check:
    return failed(
        "notary.still_present",
        gun,
        expected="trust data, as seen before",
        actual="404",
        remedy="signatures that were there are gone: ask the author; do not take it for unsigned",
    )


def _missing(gun: str) -> Check:
    """Who pins a root key of this very repository says that it is signed (A98)."""
    return failed(
        "notary.still_present",
        gun,
        expected="trust data, since a root key of it is pinned",
        actual="404",
        remedy="check the name; if it is right, signatures are gone: ask the author",
    )


def _trust_data(case: Case, succession: Succession, chain: _Chain) -> TrustData | None:
    """Return what was read; None unless all of it could be looked at, as far as the targets.

    Else a tag that is signed in a role which did not arrive would pass for unsigned.
    """
    tree = chain.tree
    if tree is None or "targets" not in tree.tags:
        return None
    if any(step.check.outcome is Outcome.UNKNOWN for step in tree.steps):
        return None
    roles = (_root_role(succession.last), *chain.roles)
    return TrustData(case.gun, roles, list_tags(tree), succession.pinned)


def _root_role(last: SignedRoot) -> Role:
    return Role(
        "root",
        listed_keys(last.signing),
        last.signing.threshold,
        canonical_ids(last.counted.signers),
        last.root.version,
        last.root.expires,
        last.file.sha256,
        len(last.file.raw),
    )


def _freshness(case: Case, dossier: Dossier) -> str:
    answer = dossier.answer(ReadRole(case.gun, "timestamp"))
    if answer is None:
        return "unknown"
    if answer.origin == CACHE:
        return "cached"
    # Without floors an old state that has not run out cannot be told from the newest (A06).
    return "fresh" if case.seen.floors else "first-seen"
