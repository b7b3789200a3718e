"""Which signed image each image of the copy is beside.

By label first; where one side has none, by what a config states: a single image, or an entry
without a platform. What has no platform at all, an artifact in an index, is found by its digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crosstrust.chain.side import Member, Side

# Each image of the copy with the signed image that it must be.
Pairs = Sequence[tuple[Member, Member | None]]


def pair_up(signed: Side, copy: Side) -> Pairs:
    """Return each image of the copy with the one signed image that it must be, or None.

    None where there is no single one. Of several images of the copy that one signed image
    without a label would fit, it is the one of the same platform; the others are extra.
    """
    pairs = [(member, _partner(signed, member)) for member in copy.members]
    alone = signed.members[0].platform if _is_single(signed) else None
    if alone is None or sum(one is not None for _, one in pairs) < 2:
        return pairs
    return [(member, one if member.platform == alone else None) for member, one in pairs]


def uncovered(signed: Side, pairs: Pairs) -> Iterator[Member]:
    """Yield the signed images that no image of the copy is beside."""
    beside = [one for _, one in pairs]
    for member in signed.members:
        if member not in beside:
            yield member


def _is_single(side: Side) -> bool:
    return not side.is_index and len(side.members) == 1


def _partner(signed: Side, member: Member) -> Member | None:
    fitting = [one for one in signed.members if _fits(one, member, single=_is_single(signed))]
    alike = [one for one in fitting if one.digest == member.digest]
    alike += [one for one in fitting if _same_config(one, member)]
    if alike:
        return alike[0]
    near = [one for one in fitting if one.platform == member.platform] or fitting
    return near[0] if len(near) == 1 else None


def _fits(signed: Member, copy: Member, *, single: bool) -> bool:
    """Return True unless the platforms of the two contradict each other.

    ``single``: the signed image is no entry of an index, so that any image of unknown platform
    may be it.
    """
    if signed.platform is None or copy.platform is None:
        nameless = signed.platform is copy.platform
        return single or (nameless and signed.digest == copy.digest)
    if signed.label is None:
        # Without a label, what the signed image is for is what its config states.
        return copy.platform.agrees_with_config(signed.platform)
    if copy.label is None:
        return signed.platform.agrees_with_config(copy.platform)
    return signed.platform == copy.platform


def _same_config(signed: Member, copy: Member) -> bool:
    if signed.manifest is None or copy.manifest is None:
        return False
    return signed.manifest.config.digest == copy.manifest.config.digest
