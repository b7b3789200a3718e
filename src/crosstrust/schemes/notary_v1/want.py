"""The rounds: what to fetch next, so that few of them are needed.

Cold: root and timestamp; then the next root and the snapshot; then targets and all delegations.
Warm: the cache has every file but the timestamp and the answer for the next root.
"""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins
from crosstrust.chain.want import ReadRole
from crosstrust.errors import MalformedError
from crosstrust.oci import limits
from crosstrust.schemes.notary_v1.content import read_content
from crosstrust.schemes.notary_v1.metadata import FileMeta, Snapshot
from crosstrust.schemes.notary_v1.parse import parse_snapshot, parse_timestamp
from crosstrust.schemes.notary_v1.root_line import RootLine, pinned_ids, read_root_line
from crosstrust.schemes.notary_v1.state import Seen


def wants(gun: str, dossier: Dossier, *, pins: Pins, seen: Seen) -> tuple[ReadRole, ...]:
    """Return what is worth fetching now and was not asked yet, in the order of importance."""
    snapshot = _snapshot(gun, dossier)
    line = read_root_line(gun, dossier, pins)
    found = dict.fromkeys(
        (
            # First what others hang on: timestamp, snapshot, targets. Roots are needed last.
            *_others(gun, dossier, snapshot),
            *_roots(gun, dossier, seen),
            *_line(gun, line, pins, _expected(gun, dossier, seen)),
            *_current(gun, dossier, line, snapshot),
        )
    )
    return tuple(want for want in found if not dossier.asked(want))


def bound_file(gun: str, role: str, meta: FileMeta) -> ReadRole:
    """Return the want for the file that ``meta`` binds: any cache may answer it."""
    return ReadRole(gun, role, sha256=meta.sha256, length=meta.length)


def _seen_roots(gun: str, seen: Seen) -> tuple[ReadRole, ...]:
    return tuple(
        ReadRole(gun, "root", version=root.version, sha256=root.sha256, length=root.size)
        for root in seen.roots
    )


def _expected(gun: str, dossier: Dossier, seen: Seen) -> frozenset[int | None]:
    """Return the versions of the roots seen before that are still on their way."""
    wanted = _seen_roots(gun, seen)
    return frozenset(want.version for want in wanted if not dossier.asked(want))


def _roots(gun: str, dossier: Dossier, seen: Seen) -> Iterator[ReadRole]:
    """Yield the roots to begin with: those seen before, which a cache has, else the current."""
    known = _seen_roots(gun, seen)
    yield from known
    if not known or any(dossier.asked(want) and not dossier.answer(want) for want in known):
        yield ReadRole(gun, "root")
    if seen.newest is not None:
        yield ReadRole(gun, "root", version=seen.newest.version + 1)


def _line(
    gun: str, line: RootLine, pins: Pins, expected: frozenset[int | None]
) -> Iterator[ReadRole]:
    """Yield the missing roots: older ones in search of a pin, those between, and the next."""
    if not line.anchor:
        return
    older = line.anchor - 1
    # One more than the limit allows: only then is it known that there is one too many.
    last = min(max(*line.files, line.top + 1), line.anchor + limits.ROOT_ROTATIONS + 1)
    first = line.anchor
    if not line.pinned and pinned_ids(pins) and older <= limits.ROOT_ROTATIONS:
        first = 1
    for version in range(first, last + 1):
        if version not in line.files and version not in line.replies and version not in expected:
            yield ReadRole(gun, "root", version=version)


def _current(
    gun: str, dossier: Dossier, line: RootLine, snapshot: Snapshot | None
) -> Iterator[ReadRole]:
    """Yield the current root where the roots at hand cannot be all there is.

    The snapshot binds another one; or there is no timestamp, and it matters whether the whole
    repository is gone.
    """
    bound = snapshot.meta["root"].sha256 if snapshot is not None else ""
    settled = line.top + 1 in line.replies
    foreign = bound and settled and all(file.sha256 != bound for file in line.files.values())
    if line.anchor and (foreign or dossier.absent(ReadRole(gun, "timestamp"))):
        yield ReadRole(gun, "root")


def _others(gun: str, dossier: Dossier, snapshot: Snapshot | None) -> Iterator[ReadRole]:
    yield ReadRole(gun, "timestamp")
    binding = _snapshot_meta(gun, dossier)
    if binding is not None:
        yield bound_file(gun, "snapshot", binding)
    if snapshot is not None:
        for role in ("targets", *snapshot.delegations):
            yield bound_file(gun, role, snapshot.meta[role])


def _snapshot_meta(gun: str, dossier: Dossier) -> FileMeta | None:
    answer = dossier.answer(ReadRole(gun, "timestamp"))
    if answer is None:
        return None
    read = read_content(answer.raw, "timestamp", parse_timestamp)
    # The judge says what is wrong with one that cannot be read.
    return None if isinstance(read, MalformedError) else read[1].snapshot


def _snapshot(gun: str, dossier: Dossier) -> Snapshot | None:
    binding = _snapshot_meta(gun, dossier)
    answer = dossier.answer(bound_file(gun, "snapshot", binding)) if binding is not None else None
    if answer is None:
        return None
    read = read_content(answer.raw, "snapshot", parse_snapshot)
    return None if isinstance(read, MalformedError) else read[1]
