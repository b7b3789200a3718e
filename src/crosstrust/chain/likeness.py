"""Two images of which neither is signed: the same only where each is the other.

``compare_sides`` takes the first side for what the author signed, so it measures the layers of
the second alone. Here nobody vouches for the first one either: its layers are measured, too.
"""

from __future__ import annotations

from collections.abc import Sequence

from crosstrust.chain.compare import Comparison, compare_sides
from crosstrust.chain.coverage import label_checks
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pairing import pair_up
from crosstrust.chain.question import Demand
from crosstrust.chain.sameness import Pair, Sameness, compare_pair
from crosstrust.chain.side import Member, Side
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import staged
from crosstrust.evidence.verdict import Level, PlatformResult
from crosstrust.value import replace

_LEVELS = tuple(Level)


def compare_both(
    dossier: Dossier, first: Side, second: Side, demand: Demand, *, base: Claim, goal: Claim
) -> Comparison:
    """Steps from ``base`` (the first side is what it is) to ``goal`` (the second is the same).

    A platform's level is the lower one of the two directions.
    """
    if first.digest == second.digest:
        return compare_sides(dossier, first, second, demand, base=base, goal=goal)
    there = Claim("there", goal.subject, goal.value)
    found = compare_sides(dossier, first, second, demand, base=base, goal=there)
    back = [_back(dossier, first, pair, demand) for pair in pair_up(first, second)]
    paired = [same for same in back if same is not None]
    checks = [check for same in paired for check in same.checks]
    return replace(
        found,
        steps=(*found.steps, *staged((there,), goal, checks)),
        platforms=_weaker(found.platforms, back),
        wants=(*found.wants, *(want for same in paired for want in same.wants)),
    )


def _back(
    dossier: Dossier, first: Side, pair: tuple[Member, Member | None], demand: Demand
) -> Sameness | None:
    """Return how far the first side's image is the second's, or None where it has none."""
    member, partner = pair
    if partner is None:
        return None
    same = compare_pair(
        dossier,
        Pair(first.repository, partner, member),
        layers=demand.layers,
        accept_config=demand.accept_config,
    )
    return replace(same, checks=(*label_checks(first, partner), *same.checks))


def _weaker(
    platforms: Sequence[PlatformResult], back: Sequence[Sameness | None]
) -> tuple[PlatformResult, ...]:
    """The members' results stand first and in order; what only the first side has comes after."""
    paired = [
        result if same is None else _lower(result, same)
        for result, same in zip(platforms, back, strict=False)
    ]
    return (*paired, *platforms[len(paired) :])


def _lower(result: PlatformResult, same: Sameness) -> PlatformResult:
    level = max(result.level, same.level, key=_LEVELS.index)
    return replace(result, level=level, fetched=result.fetched + same.fetched)
