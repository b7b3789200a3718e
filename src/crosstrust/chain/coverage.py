"""Which platforms of the copy are missing, doubled, extra, or not what they are called."""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.chain.pairing import Pairs, uncovered
from crosstrust.chain.question import Demand
from crosstrust.chain.side import Member, Side
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.platform import Platform


def coverage_checks(signed: Side, copy: Side, demand: Demand, pairs: Pairs) -> Iterator[Check]:
    """Yield what keeps the platforms of the two sides from being the same, if anything.

    ``pairs``: each image of the copy with the signed one beside it.
    """
    yield from duplicates(signed, signed)
    yield from duplicates(copy, signed)
    if copy.partial:
        yield _unreached(copy, "every image of the copy")
    elif not copy.members:
        yield _missing(copy, "an image", "an empty index")
    for member, partner in pairs:
        if partner is None:
            yield from _unmatched(signed, copy, member, demand)
    # What has no name yet may be the platform that seems to be missing.
    for member in uncovered(signed, pairs) if copy.complete else ():
        if demanded(member, demand):
            yield _missing(copy, member.described, "absent")
    yield from required(copy, demand, pairs)


def covered(signed: Side, copy: Side, demand: Demand) -> Check:
    return Check.passed(
        "image.platform.covered",
        copy.repository,
        expected=", ".join(m.name for m in signed.members if demanded(m, demand)),
        actual=", ".join(m.name for m in copy.members),
    )


def _unmatched(signed: Side, copy: Side, member: Member, demand: Demand) -> Iterator[Check]:
    """Yield what an image of the copy without a signed partner is: unread, allowed, or extra."""
    if member.unread:
        yield _nameless(copy, member)
    elif not signed.complete:
        # One of the signed images that could not be read may be its partner.
        yield _unreached(signed, member.name)
    elif sum(one.name == member.name for one in copy.members) > 1:
        # That a platform is listed twice was told.
        return
    elif not demand.allow_extra_platforms or _wanted(member, demand) or _rivals(signed, member):
        # A platform that the user asks for is not one that happens to be there, too.
        yield _extra(signed, copy, member)


def _rivals(signed: Side, member: Member) -> bool:
    """Return True if a runtime may pick ``member`` for a platform that was signed.

    Not every runtime looks at the version or the features of an operating system.
    """
    named = [one.platform for one in (member, *signed.members)]
    mine, *others = [(p.os, p.architecture, p.variant) if p is not None else None for p in named]
    return mine is not None and mine in others


def demanded(member: Member, demand: Demand) -> bool:
    """Return True if the copy must have the signed image ``member``."""
    return not demand.platforms or member.platform is None or _wanted(member, demand)


def _wanted(member: Member, demand: Demand) -> bool:
    """Return True if the user names the platform of ``member``."""
    platform = member.platform
    return platform is not None and any(platform.matches(one) for one in demand.platforms)


def required(copy: Side, demand: Demand, pairs: Pairs) -> Iterator[Check]:
    """Yield a check per platform that the user demands, whatever was signed."""
    named = [_platform(member, partner) for member, partner in pairs]
    for wanted in demand.platforms:
        if any(one is not None and one.matches(wanted) for one in named):
            continue
        if copy.complete:
            yield _not_offered(copy, str(wanted))
        else:
            yield _unreached(copy, str(wanted))


def _platform(member: Member, partner: Member | None) -> Platform | None:
    """Return what an image is for: where nothing on the copy says so, what was signed of it."""
    if member.label is None and partner is not None and partner.platform is not None:
        return partner.platform
    return member.platform


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


def nothing_signed(signed: Side) -> Iterator[Check]:
    """Yield that the signed bytes are an index without images, where all of it was read."""
    if signed.members or signed.partial:
        return
    yield Check(
        "image.platform.present",
        Outcome.FAILED,
        f"{signed.repository}@{signed.digest}",
        Class.CONTENT,
        "an image",
        f"build attestations alone: {signed.attestations}" if signed.attestations else "no entry",
        "there is nothing to run in what was signed: ask the author which digest was meant",
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


def duplicates(side: Side, signed: Side) -> Iterator[Check]:
    """Yield a check for every image of ``side`` whose platform another one had before.

    Which stands first is the mirror's choice: what is in ``signed`` is what is expected.
    """
    seen: dict[str, Member] = {}
    for member in side.members:
        first = seen.setdefault(member.name, member)
        if first is not member:
            swap = _is_signed(signed, member) and not _is_signed(signed, first)
            yield _doubled(side, *((member, first) if swap else (first, member)))


def _is_signed(signed: Side, member: Member) -> bool:
    """Return True if ``member`` is a signed image, or another manifest of a signed config."""
    digests = {one.digest for one in signed.members}
    configs = {one.manifest.config.digest for one in signed.members if one.manifest is not None}
    config = member.manifest.config.digest if member.manifest is not None else None
    return member.digest in digests or config in configs


def _doubled(side: Side, first: Member, other: Member) -> Check:
    where = f"{side.repository} {other.name}"
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
        member.described,
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


def label_checks(copy: Side, member: Member) -> Iterator[Check]:
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
