"""One platform of the copy beside the signed one, as a branch."""

from __future__ import annotations

from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.verdict import Decision, Level, PlatformResult, Verdict
from crosstrust.render.branch import Branch
from crosstrust.render.pen import Mark, Pen
from crosstrust.render.text import counted, plain, short

LEVELS = {
    Level.INDEX: "the same index bytes",
    Level.MANIFEST: "the same manifest bytes",
    Level.CONTENT: "the same config and the same layer digests",
    Level.DIFF_IDS: "the same config, each layer unpacked and equal",
    Level.CONFIG: "the same config only, layers not proved",
    Level.NONE: "not shown to be the same",
}


def platform_branch(verdict: Verdict, result: PlatformResult, pen: Pen) -> Branch:
    """Return the level reached in words, the manifests, the config and the layers."""
    checks = _checks(verdict, result)
    mark = _mark(verdict, result, checks)
    text = f"{plain(result.platform)}: {level_words(result)}"
    if result.level is Level.NONE and mark is Mark.FAIL:
        text = f"{plain(result.platform)}: {_sides(result)}"
    notes = tuple(plain(reason) for reason in result.reasons)
    return Branch(mark, text, _facts(result, pen), notes)


def level_words(result: PlatformResult) -> str:
    """Return the level reached, in words."""
    return LEVELS[result.level] if result.asked else "not asked for"


def _checks(verdict: Verdict, result: PlatformResult) -> list[Check]:
    """Return the checks whose place names the platform, or the copy's manifest of it."""
    names = {result.platform}
    ends = tuple(f"@{d}" for d in (result.digest, result.signed_digest) if d is not None)
    found = []
    for check in verdict.checks:
        words = check.where.split()
        if names & set(words) or (ends and any(word.endswith(ends) for word in words)):
            found.append(check)
    return found


def _mark(verdict: Verdict, result: PlatformResult, checks: list[Check]) -> Mark:
    if not result.asked:
        return Mark.ASIDE
    outcomes = {check.outcome for check in checks}
    if Outcome.FAILED in outcomes:
        return Mark.FAIL
    if result.level is Level.NONE:
        missing = result.digest is None or result.signed_digest is None
        return Mark.FAIL if missing and verdict.decision is Decision.REJECTED else Mark.UNKNOWN
    if Outcome.UNKNOWN in outcomes:
        return Mark.UNKNOWN
    proved = result.level is not Level.CONFIG or verdict.decision is Decision.TRUSTED
    return Mark.OK if proved else Mark.UNKNOWN


def _sides(result: PlatformResult) -> str:
    if result.signed_digest is None:
        return "on the copy, signed by nobody"
    if result.digest is None:
        return "signed, missing on the copy"
    return "not the signed image"


def _facts(result: PlatformResult, pen: Pen) -> tuple[str, ...]:
    signed, copy = result.signed_digest, result.digest
    facts = []
    if signed is not None and signed == copy:
        facts.append(f"manifest {short(signed)}")
    else:
        left = f"signed {short(signed)}" if signed else "signed: none"
        right = f"copy {short(copy)}" if copy else "copy: none"
        facts.append(f"{left} {pen.arrow} {right}")
    if result.config is not None:
        fetched = f", {result.fetched} fetched and unpacked" if result.fetched else ""
        facts.append(f"config {short(result.config)}, {counted(result.layers, 'layer')}{fetched}")
    return tuple(facts)
