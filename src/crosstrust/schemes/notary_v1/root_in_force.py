"""Steps from the last root to "this is the root in force now". TUF 5.3.9 and 5.3.10."""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.chain.answer import Absent
from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Step, staged
from crosstrust.oci import limits
from crosstrust.schemes.notary_v1.case import (
    Case,
    judge_expiry,
    judge_unique,
    judge_version,
    until_failure,
)
from crosstrust.schemes.notary_v1.certificate import judge_validity
from crosstrust.schemes.notary_v1.finding import failed, unanswered
from crosstrust.schemes.notary_v1.judge_root import (
    SignedRoot,
    Succession,
    able_signers,
    identity,
    judge_signers,
    root_claim,
)
from crosstrust.schemes.notary_v1.root_line import RootLine
from crosstrust.value import replace


def in_force_claim(gun: str, signed: SignedRoot) -> Claim:
    """Return the claim that this root's keys are the ones that count now."""
    return Claim("root-in-force", gun, f"sha256:{signed.file.sha256}")


def judge_in_force(case: Case, line: RootLine, succession: Succession) -> tuple[Step, ...]:
    """Steps that make the last root the one in force. Expiry is judged last."""
    last = succession.last
    checks = tuple(until_failure(_checks(case, line, succession)))
    premise = root_claim(case.gun, last.file)
    if succession.broken:
        # A newer root that does not follow: none is in force, so start from what nobody claims.
        premise = Claim("root", case.gun, "a newer root that does not follow")
    return staged((premise,), in_force_claim(case.gun, last), checks)


def is_newest(line: RootLine, succession: Succession) -> bool:
    """Return True if the server plainly has no root after the last one."""
    newest = _judge_newest(line, succession.last.root.version)
    return not succession.broken and newest.outcome is Outcome.PASSED


def may_be_newer(line: RootLine, succession: Succession) -> bool:
    """Return True if it could not be asked whether there is a root after the last one."""
    newest = _judge_newest(line, succession.last.root.version)
    return not succession.broken and newest.outcome is Outcome.UNKNOWN


def _checks(case: Case, line: RootLine, succession: Succession) -> Iterator[Check]:
    last = succession.last
    if not succession.broken:
        newest = _judge_newest(line, last.root.version)
        yield newest
        yield from _judge_seen(case, succession, final=newest.outcome is not Outcome.UNKNOWN)
    # Only who also has the right name counts: one key must pass all rules.
    fit = replace(last.counted, signers=able_signers(last, identity(case)))
    yield from judge_signers(replace(last, counted=fit), lambda key: judge_validity(key, case.at))
    yield judge_expiry(case, "tuf.root.expiry", "root", last.root.expires)


def _judge_newest(line: RootLine, version: int) -> Check:
    """Return whether the server has no newer root; a newer one would have to win (A34)."""
    where = f"root {version + 1}"
    if version - line.anchor > limits.ROOT_ROTATIONS:
        allowed = f"at most {limits.ROOT_ROTATIONS} rotations"
        return failed("limit.exceeded", where, expected=allowed, actual="more")
    reply = line.replies.get(version + 1)
    if not isinstance(reply, Absent):
        return unanswered(reply, where)
    later = [other for other in line.files if other > version]
    if not later:
        return Check.passed(
            "tuf.root.consecutive", where, expected="no newer root", actual="no newer root"
        )
    return failed(
        "tuf.root.consecutive",
        where,
        expected=f"every root up to {max(later)}",
        actual="404",
        remedy="the server hides a root: tell the author",
    )


def _judge_seen(case: Case, succession: Succession, *, final: bool) -> Iterator[Check]:
    """Yield how the roots fit those seen before. ``final``: the last one is the newest served.

    Where a newer one could not be fetched, to be older than what was seen is no rollback.
    """
    newest = case.seen.newest
    if newest is None:
        return
    if final:
        yield judge_version("root", succession.last.root.version, newest.version)
    for signed in succession.roots:
        known = case.seen.root(signed.root.version)
        if known is not None:
            yield judge_unique(f"root {known.version}", signed.file.sha256, known.sha256)
