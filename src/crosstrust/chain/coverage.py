"""Which image of the copy is beside which signed one, and what is missing, doubled or extra."""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.chain.question import Demand
from crosstrust.chain.side import Member, Side
from crosstrust.evidence.check import Check, Class, Outcome


def partner_of(signed: Side, member: Member) -> Member | None:
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


def uncovered(signed: Side, copy: Side) -> Iterator[Member]:
    paired = [partner_of(signed, member) for member in copy.members]
    for member in signed.members:
        if member not in paired:
            yield member


def coverage_checks(signed: Side, copy: Side, demand: Demand) -> Iterator[Check]:
    """Yield what keeps the platforms of the two sides from being the same, if anything."""
    yield from _duplicates(copy)
    if copy.partial:
        yield _unreached(copy, "every image of the copy")
    elif not copy.members:
        yield _missing(copy, "an image", "an empty index")
    for member in copy.members:
        if partner_of(signed, member) is None:
            yield from _unmatched(signed, copy, member, demand)
    # What has no name yet may be the platform that seems to be missing.
    named = not copy.partial and all(member.platform is not None for member in copy.members)
    for member in uncovered(signed, copy) if named else ():
        if _demanded(member, demand):
            yield _missing(copy, f"{member.name} {member.digest}", "absent")
    yield from required(copy, demand)


def covered(signed: Side, copy: Side) -> Check:
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


def required(copy: Side, demand: Demand) -> Iterator[Check]:
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
