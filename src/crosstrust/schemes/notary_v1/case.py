"""The case: what every judge of a role is given besides the bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from crosstrust.chain.pin import Pins
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.schemes.notary_v1.finding import failed
from crosstrust.schemes.notary_v1.metadata import Signing
from crosstrust.schemes.notary_v1.state import Floor, Seen
from crosstrust.schemes.notary_v1.threshold import canonical_ids
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """``at`` (UTC) is the time to judge for; ``wildcard`` accepts root names ``prefix/*``."""

    gun: str
    pins: Pins
    at: datetime
    seen: Seen
    wildcard: bool = False


def until_failure(checks: Iterable[Check]) -> Iterator[Check]:
    """Yield ``checks`` up to the first that failed; what follows it is not even looked at."""
    for check in checks:
        yield check
        if check.outcome is Outcome.FAILED:
            return


def judge_expiry(case: Case, code: str, role: str, expires: datetime) -> Check:
    """Return whether a file has not run out at the time of the case (TUF 5.4.4 and so on)."""
    if case.at < expires:
        return Check.passed(code, role, expected=case.at.isoformat(), actual=expires.isoformat())
    return failed(
        code,
        role,
        klass=Class.STALE,
        expected=f"valid at {case.at.isoformat()}",
        actual=expires.isoformat(),
        remedy="the author or the server must sign it again; or judge the past with --at",
    )


def judge_floor(
    case: Case, role: str, version: int, sha256: str, signing: Signing
) -> Iterator[Check]:
    """Yield whether a file is not older than the one seen before, nor another of its version.

    Once every key of the role was replaced, what the former ones signed is no floor: that is how
    an author recovers from a stolen key that signed a huge version (A09). As long as one is left,
    it may have signed an older file, so the floor stays.
    """
    floor = floor_for(case, role, signing)
    if floor is not None:
        yield judge_version(role, version, floor.version)
        if version == floor.version:
            yield judge_unique(role, sha256, floor.sha256)
    elif role in case.seen.floors:
        before = case.seen.floors[role][-1].version
        actual = f"{version}; all keys of version {before} were replaced"
        yield Check.passed("tuf.version.rollback", role, actual=actual)


def floor_for(case: Case, role: str, signing: Signing) -> Floor | None:
    """Return the highest floor that one of the role's keys was listed for, or None."""
    keys = canonical_ids(signing.keys)
    counting = (floor for floor in case.seen.floors.get(role, ()) if floor.meets(keys))
    return max(counting, key=lambda floor: floor.version, default=None)


def judge_version(role: str, version: int, floor: int) -> Check:
    """Return whether ``version`` is not below ``floor``."""
    expected = f"version {floor} or newer, as seen before"
    if version >= floor:
        return Check.passed("tuf.version.rollback", role, expected=expected, actual=str(version))
    return failed(
        "tuf.version.rollback",
        role,
        expected=expected,
        actual=str(version),
        remedy="the server shows an older state than before: do not trust it, and tell the author",
    )


def judge_unique(role: str, sha256: str, known: str) -> Check:
    """Return whether a version seen before still has the same bytes."""
    expected, actual = f"sha256:{known}, as seen before", f"sha256:{sha256}"
    if sha256 == known:
        return Check.passed("tuf.version.unique", role, expected=expected, actual=actual)
    return failed(
        "tuf.version.unique",
        role,
        expected=expected,
        actual=actual,
        remedy="one version was signed twice: ask the author which one is theirs",
    )
