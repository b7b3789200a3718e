"""Which signed image each image of the copy is beside.

By label first, since that is what a runtime goes by. Where one side has none, a single image or
an entry without a platform, by what a config states; what has no platform at all, an artifact in
an index, by its digest. One signed image stands beside one image of the copy: a second is extra.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from crosstrust.chain.side import Member, Side

# Each image of the copy with the signed image that it must be.
Pairs = Sequence[tuple[Member, Member | None]]
_Nearness = Callable[[Member, Member], bool]


def pair_up(signed: Side, copy: Side) -> Pairs:
    """Return each image of the copy with the one signed image that it must be, or None."""
    single = not signed.is_index
    free = list(signed.members)
    beside: dict[int, Member] = {}
    for nearer in (_is_labelled_alike, _is_same_content, _is_same_platform, _any):
        for number, member in enumerate(copy.members):
            if number in beside:
                continue
            fitting = [one for one in free if _fits(one, member, single=single)]
            near = [one for one in fitting if nearer(one, member)]
            if len(near) == 1:
                beside[number] = near[0]
                free.remove(near[0])
    return [(member, beside.get(number)) for number, member in enumerate(copy.members)]


def uncovered(signed: Side, pairs: Pairs) -> Iterator[Member]:
    """Yield the signed images that no image of the copy is beside."""
    beside = [one for _, one in pairs]
    for member in signed.members:
        if member not in beside:
            yield member


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


def _is_labelled_alike(signed: Member, copy: Member) -> bool:
    """Return True where the copy's label is the signed one, or else what the signed config says."""
    return copy.label is not None and copy.label == signed.platform


def _is_same_content(signed: Member, copy: Member) -> bool:
    """Return True for one manifest, or two of one config."""
    if signed.digest == copy.digest:
        return True
    if signed.manifest is None or copy.manifest is None:
        return False
    return signed.manifest.config.digest == copy.manifest.config.digest


def _is_same_platform(signed: Member, copy: Member) -> bool:
    return signed.platform == copy.platform


def _any(_signed: Member, _copy: Member) -> bool:
    return True
