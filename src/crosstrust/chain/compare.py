"""The copy beside the signed image: every platform of both, paired and compared.

The goal's premises are one claim per image of the copy, so that one image not proved, or one
platform not covered, leaves the whole copy not trusted.
"""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.chain.coverage import (
    coverage_checks,
    covered,
    demanded,
    duplicates,
    label_checks,
    nothing_signed,
    required,
)
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.manifest_difference import relabelled
from crosstrust.chain.pairing import pair_up, uncovered
from crosstrust.chain.question import Demand
from crosstrust.chain.sameness import Pair, Sameness, compare_pair
from crosstrust.chain.side import Member, Side
from crosstrust.chain.want import Want
from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Step, staged
from crosstrust.evidence.verdict import Level, Notice, PlatformResult
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the comparison established: ``image`` follows from ``base`` if every step holds."""

    steps: tuple[Step, ...]
    platforms: tuple[PlatformResult, ...]
    wants: tuple[Want, ...] = ()
    warnings: tuple[Notice, ...] = ()


def compare_sides(
    dossier: Dossier, signed: Side, copy: Side, demand: Demand, *, base: Claim, goal: Claim
) -> Comparison:
    """Steps from ``base`` (the signed image is accepted) to ``goal`` (the copy is that image)."""
    if copy.top is None:
        return Comparison((), ())
    if copy.digest == signed.digest:
        return _same_bytes(copy, demand, base=base, goal=goal)
    if signed.top is None:
        return Comparison(
            (), tuple(_unpaired(member, "the signed image was not read") for member in copy.members)
        )
    coverage = Claim("platforms", goal.subject, goal.value)
    pairs = pair_up(signed, copy)
    found = tuple(coverage_checks(signed, copy, demand, pairs)) or (covered(signed, copy, demand),)
    steps = list(staged((base,), coverage, found))
    premises, platforms = [coverage], list[PlatformResult]()
    wants: list[Want] = []
    notices = list(_warnings(signed, copy))
    for member, partner in pairs:
        if partner is None:
            # On its own: what an image is called says nothing of what the copy must have.
            label = Claim("label", goal.subject, str(member.digest))
            steps += staged((base,), label, tuple(label_checks(copy, member)))
            platforms.append(_unpaired(member, "no single signed image for this platform"))
            continue
        pair = Pair(copy.repository, member, partner)
        same = compare_pair(
            dossier,
            pair,
            layers=demand.layers,
            accept_config=demand.accept_config,
        )
        image = Claim("image", f"{goal.subject} {pair.name}", str(member.digest))
        checks = (*label_checks(copy, member), *same.checks)
        steps += staged((base,), image, checks)
        premises.append(image)
        wants += same.wants
        platforms.append(_result(pair, same))
        notices += _relabelled(pair) if same.level is not Level.NONE else ()
    platforms += [_absent(member, demand) for member in uncovered(signed, pairs)]
    if len(premises) > 1 and all(step.check.outcome is Outcome.PASSED for step in steps):
        steps.append(Step(tuple(premises), goal, _whole(copy)))
    return Comparison(tuple(steps), tuple(platforms), tuple(wants), tuple(notices))


def _same_bytes(copy: Side, demand: Demand, *, base: Claim, goal: Claim) -> Comparison:
    """The copy serves the signed bytes themselves: nothing is left to compare."""
    level = Level.INDEX if copy.is_index else Level.MANIFEST
    checks = [
        Check.passed(level.value, goal.subject, expected=str(copy.digest), actual=str(copy.digest))
    ]
    checks += nothing_signed(copy)
    checks += duplicates(copy, copy)
    checks += required(copy, demand, [(member, member) for member in copy.members])
    for member in copy.members:
        checks += label_checks(copy, member)
    platforms = tuple(
        PlatformResult(
            member.name,
            level,
            member.digest,
            member.digest,
            member.manifest.config.digest if member.manifest else None,
            len(member.manifest.layers) if member.manifest else 0,
        )
        for member in copy.members
    )
    warnings = tuple(_nested(copy))
    return Comparison(staged((base,), goal, checks), platforms, warnings=warnings)


def _whole(copy: Side) -> Check:
    return Check.passed("image.platform.all", copy.repository, actual=str(len(copy.members)))


def _result(pair: Pair, same: Sameness) -> PlatformResult:
    manifest = pair.copy.manifest
    return PlatformResult(
        pair.name,
        same.level,
        pair.copy.digest,
        pair.signed.digest,
        manifest.config.digest if manifest else None,
        len(manifest.layers) if manifest else 0,
        same.fetched,
        same.reasons,
    )


def _unpaired(member: Member, reason: str) -> PlatformResult:
    manifest = member.manifest
    layers = len(manifest.layers) if manifest else 0
    config = manifest.config.digest if manifest else None
    return PlatformResult(
        member.name, Level.NONE, member.digest, None, config, layers, reasons=(reason,)
    )


def _absent(member: Member, demand: Demand) -> PlatformResult:
    asked = demanded(member, demand)
    reason = "not on the copy" if asked else "not asked for, and not on the copy"
    return PlatformResult(
        member.name, Level.NONE, None, member.digest, reasons=(reason,), asked=asked
    )


def _relabelled(pair: Pair) -> Iterator[Notice]:
    """Warn of layers under another kind of media type: runtimes may treat them otherwise."""
    copied, signed = pair.copy.manifest, pair.signed.manifest
    found = relabelled(copied, signed) if copied is not None and signed is not None else ""
    if found:
        yield Notice("image.layer.media_type", pair.where, f"layers called {found}")


def _warnings(signed: Side, copy: Side) -> Iterator[Notice]:
    if signed.attestations != copy.attestations:
        text = (
            f"{copy.attestations} build attestations on the copy, {signed.attestations} on the "
            "signed side; they are not part of the comparison"
        )
        yield Notice("image.attestation.counted", copy.repository, text)
    yield from _nested(copy)
    images = {member.digest for member in copy.members}
    for digest in copy.attested:
        if digest not in images:
            text = f"a build attestation is about {digest}, which is no image of this copy"
            yield Notice("image.attestation.subject", copy.repository, text)


def _nested(copy: Side) -> Iterator[Notice]:
    if copy.nested:
        text = f"indexes within the index: {copy.nested}; many clients find no images there"
        yield Notice("image.index.nested", copy.repository, text)
