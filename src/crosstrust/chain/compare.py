"""The copy beside the signed image: every platform of both, paired and compared.

The goal's premises are one claim per image of the copy, so that one image not proved, or one
platform not covered, leaves the whole copy not trusted.
"""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.chain.dossier import Dossier
from crosstrust.chain.question import Demand
from crosstrust.chain.sameness import Pair, Sameness, compare_pair
from crosstrust.chain.side import Member, Side
from crosstrust.chain.want import Want
from crosstrust.evidence.check import Check, Class, Outcome
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
    found = tuple(_coverage(signed, copy, demand)) or (_covered(signed, copy),)
    steps = list(staged((base,), coverage, found))
    premises, platforms = [coverage], list[PlatformResult]()
    wants: list[Want] = []
    for member in copy.members:
        partner = _partner(signed, member)
        if partner is None:
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
        checks = (*_label_checks(copy, member), *same.checks)
        steps += staged((base,), image, checks)
        premises.append(image)
        wants += same.wants
        platforms.append(_result(pair, same))
    platforms += [_absent(member) for member in _uncovered(signed, copy)]
    if len(premises) > 1 and all(step.check.outcome is Outcome.PASSED for step in steps):
        steps.append(Step(tuple(premises), goal, _whole(copy)))
    return Comparison(tuple(steps), tuple(platforms), tuple(wants), tuple(_warnings(signed, copy)))


def _same_bytes(copy: Side, demand: Demand, *, base: Claim, goal: Claim) -> Comparison:
    """The copy serves the signed bytes themselves: nothing is left to compare."""
    level = Level.INDEX if copy.is_index else Level.MANIFEST
    checks = [
        Check.passed(level.value, goal.subject, expected=str(copy.digest), actual=str(copy.digest))
    ]
    checks += _required(copy, demand)
    for member in copy.members:
        checks += _label_checks(copy, member)
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
    return Comparison(staged((base,), goal, checks), platforms)


def _partner(signed: Side, member: Member) -> Member | None:
    """The one signed image that ``member`` must be, or None where there is no single one."""
    if not signed.is_index and len(signed.members) == 1:
        only = signed.members[0]
        if member.platform is None or only.platform is None:
            return only
        # Without a label, what the signed image is for is what its config states.
        return only if member.platform.agrees_with_config(only.platform) else None
    same = [m for m in signed.members if m.platform is not None and m.platform == member.platform]
    identical = [m for m in same if m.digest == member.digest]
    certain = identical or (same if len(same) == 1 else [])
    return certain[0] if certain else None


def _uncovered(signed: Side, copy: Side) -> Iterator[Member]:
    paired = [_partner(signed, member) for member in copy.members]
    for member in signed.members:
        if member not in paired:
            yield member


def _coverage(signed: Side, copy: Side, demand: Demand) -> Iterator[Check]:
    """Yield what keeps the platforms of the two sides from being the same, if anything."""
    yield from _duplicates(copy)
    if copy.partial:
        yield _unreached(copy, "every image of the copy")
    elif not copy.members:
        yield _missing(copy, "an image", "an empty index")
    for member in copy.members:
        if _partner(signed, member) is None:
            yield from _unmatched(signed, copy, member, demand)
    # What has no name yet may be the platform that seems to be missing.
    named = not copy.partial and all(member.platform is not None for member in copy.members)
    for member in _uncovered(signed, copy) if named else ():
        if _demanded(member, demand):
            yield _missing(copy, f"{member.name} {member.digest}", "absent")
    yield from _required(copy, demand)


def _covered(signed: Side, copy: Side) -> Check:
    return Check.passed(
        "image.platform.covered",
        copy.repository,
        expected=", ".join(m.name for m in signed.members),
        actual=", ".join(m.name for m in copy.members),
    )


def _unmatched(signed: Side, copy: Side, member: Member, demand: Demand) -> Iterator[Check]:
    """Yield what an image of the copy without a signed partner is: unread, allowed, or extra."""
    if member.platform is None:
        yield _nameless(copy, member)
    elif not signed.complete:
        # One of the signed images that could not be read may be its partner.
        yield _unreached(signed, member.name)
    elif not demand.allow_extra_platforms or _wanted(member, demand):
        # A platform that the user asks for is not one that happens to be there, too.
        yield _extra(signed, copy, member)


def _demanded(member: Member, demand: Demand) -> bool:
    return not demand.platforms or member.platform is None or _wanted(member, demand)


def _wanted(member: Member, demand: Demand) -> bool:
    """Return True if the user names the platform of ``member``."""
    platform = member.platform
    return platform is not None and any(platform.matches(one) for one in demand.platforms)


def _required(copy: Side, demand: Demand) -> Iterator[Check]:
    """Yield a check per platform that the user demands, whatever was signed."""
    for wanted in demand.platforms:
        if any(m.platform and m.platform.matches(wanted) for m in copy.members):
            continue
        if copy.complete:
            yield _not_offered(copy, str(wanted))
        else:
            yield _unreached(copy, str(wanted))


def _missing(copy: Side, expected: str, actual: str) -> Check:
    return Check(
        "image.platform.present",
        Outcome.FAILED,
        copy.repository,
        Class.CONTENT,
        expected,
        actual,
        "the copy lacks a signed platform: complete the push, or name the ones you run "
        "with --platform",
    )


def _not_offered(copy: Side, wanted: str) -> Check:
    return Check(
        "image.platform.present",
        Outcome.FAILED,
        copy.repository,
        Class.POLICY,
        wanted,
        ", ".join(m.name for m in copy.members) or "no image",
        "name platforms that the copy has, or ask the author to publish and sign this one",
    )


def _duplicates(copy: Side) -> Iterator[Check]:
    seen: dict[str, Member] = {}
    for member in copy.members:
        first = seen.setdefault(member.name, member)
        if first is not member:
            yield _doubled(copy, first, member)


def _doubled(copy: Side, first: Member, other: Member) -> Check:
    where = f"{copy.repository} {other.name}"
    if first.digest == other.digest:
        return Check(
            "image.platform.unique",
            Outcome.FAILED,
            where,
            Class.CONTENT,
            f"{first.digest}, once",
            "listed twice",
            "one image is listed twice for a platform: push the index again",
        )
    return Check(
        "image.platform.unique",
        Outcome.FAILED,
        where,
        Class.ATTACK,
        str(first.digest),
        str(other.digest),
        "two images for one platform: which one runs is chance; push the index again",
    )


def _extra(signed: Side, copy: Side, member: Member) -> Check:
    return Check(
        "image.platform.extra",
        Outcome.FAILED,
        f"{copy.repository} {member.name}",
        Class.CONTENT,
        ", ".join(m.name for m in signed.members),
        f"{member.name} {member.digest}",
        "nobody signed this platform: remove it from the copy, or run the others by digest",
    )


def _nameless(copy: Side, member: Member) -> Check:
    return Check(
        "image.platform.known",
        Outcome.UNKNOWN,
        f"{copy.repository}@{member.digest}",
        Class.UNREACHABLE,
        "a platform, by label or by config",
        "neither could be read",
        "see what could not be fetched, and try again",
    )


def _unreached(side: Side, expected: str) -> Check:
    """Where not all of a side was read, nothing can be said to be missing from it."""
    return Check(
        "image.platform.known",
        Outcome.UNKNOWN,
        f"{side.repository}@{side.digest}",
        Class.UNREACHABLE,
        expected,
        "not all of its images could be read",
        "see what could not be fetched, and try again",
    )


def _label_checks(copy: Side, member: Member) -> Iterator[Check]:
    """Yield whether the index's label is the platform that the config itself states."""
    if member.label is None or member.config is None:
        return
    where = f"{copy.repository}@{member.digest}"
    label, actual = str(member.label), str(member.config.platform)
    if member.label.agrees_with_config(member.config.platform):
        yield Check.passed("image.platform.agrees", where, expected=label, actual=actual)
        return
    yield Check(
        "image.platform.agrees",
        Outcome.FAILED,
        where,
        Class.ATTACK,
        f"{label} (label in the index)",
        f"{actual} (config)",
        "the index points this platform to another one's image: do not run it",
    )


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


def _absent(member: Member) -> PlatformResult:
    return PlatformResult(
        member.name, Level.NONE, None, member.digest, reasons=("not on the copy",)
    )


def _warnings(signed: Side, copy: Side) -> Iterator[Notice]:
    if signed.attestations != copy.attestations:
        text = (
            f"{copy.attestations} build attestations on the copy, {signed.attestations} on the "
            "signed side; they are not part of the comparison"
        )
        yield Notice("image.attestation.counted", copy.repository, text)
    images = {member.digest for member in copy.members}
    for digest in copy.attested:
        if digest not in images:
            text = f"a build attestation is about {digest}, which is no image of this copy"
            yield Notice("image.attestation.subject", copy.repository, text)
