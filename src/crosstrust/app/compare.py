"""Compare two images: are they the same, to which level, and why not more."""

from __future__ import annotations

from crosstrust.app.collect import Fetcher, Replies
from crosstrust.app.option import Options
from crosstrust.app.session import open_session
from crosstrust.app.survey import Survey, look
from crosstrust.chain.compare import Comparison
from crosstrust.chain.likeness import compare_both
from crosstrust.chain.question import Demand
from crosstrust.chain.want import Want
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Evidence
from crosstrust.evidence.verdict import Notice, PlatformResult
from crosstrust.oci.reference import parse_reference
from crosstrust.value import dataclass, replace


@dataclass(frozen=True, slots=True)
class Likeness:
    """What comparing ``first`` with ``second`` gave; no signature is looked at.

    ``same``: True where every platform of each has the same content in the other, False where
    something contradicts that, None where something could not be looked at. ``warnings``: what
    the reader should know of the way they were fetched.
    """

    first: Survey
    second: Survey
    same: bool | None
    platforms: tuple[PlatformResult, ...]
    checks: tuple[Check, ...]
    warnings: tuple[Notice, ...] = ()


def compare_images(first: str, second: str, options: Options) -> Likeness:
    """Return how alike two images are. Raises ``InputError`` where one is no reference."""
    references = parse_reference(first), parse_reference(second)
    with open_session(options) as session:
        surveys = [look(session, each, depth="config") for each in references]
        found = _compare(session.fetcher, surveys[0], surveys[1], _demand(options))
        told = (*surveys[0].warnings, *surveys[1].warnings, *session.door.notices)
        return replace(found, warnings=tuple(dict.fromkeys(told)))


def _demand(options: Options) -> Demand:
    return Demand(
        platforms=options.platforms,
        layers=options.layers,
        accept_config=options.accept_config,
        allow_extra_platforms=options.allow_extra_platforms,
    )


def _compare(fetcher: Fetcher, first: Survey, second: Survey, demand: Demand) -> Likeness:
    base = Claim("given", str(first.reference), str(first.side.digest))
    goal = Claim("same", str(second.reference), str(second.side.digest))
    dossier = second.dossier
    found = compare_both(dossier, first.side, second.side, demand, base=base, goal=goal)

    def take(replies: Replies) -> list[Want]:
        nonlocal dossier, found
        dossier = dossier.with_replies(replies)
        found = compare_both(dossier, first.side, second.side, demand, base=base, goal=goal)
        return []

    if found.wants:
        fetcher.pursue(list(dict.fromkeys(found.wants)), take)
    return _likeness(first, second, found, base, goal)


def _likeness(
    first: Survey, second: Survey, found: Comparison, base: Claim, goal: Claim
) -> Likeness:
    evidence = Evidence(found.steps)
    absent = [_absent(each) for each in (first, second) if each.side.absent]
    checks = (*absent, *first.side.problems, *second.side.problems, *evidence.checks)
    same: bool | None = None
    if any(check.outcome is Outcome.FAILED for check in checks):
        same = False
    elif goal in evidence.holding((base,)) and not first.side.problems + second.side.problems:
        same = True
    return Likeness(first, second, same, found.platforms, checks)


def _absent(survey: Survey) -> Check:
    return Check(
        "image.tag.present",
        Outcome.FAILED,
        str(survey.reference),
        Class.CONTENT,
        "an image",
        "404: the registry has none of this name",
        "check the name",
    )
