"""What a registry serves for a reference, down to the configs: read, but not judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosstrust.app.collect import Fetcher, Replies
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.question import top_want
from crosstrust.chain.side import Side
from crosstrust.chain.side_reader import read_side
from crosstrust.chain.want import Want
from crosstrust.evidence.verdict import Notice
from crosstrust.oci.reference import Reference
from crosstrust.value import dataclass, replace

if TYPE_CHECKING:
    from crosstrust.app.session import Session


@dataclass(frozen=True, slots=True)
class Survey:
    """``side`` says what is there, ``raw`` is the top document as served (None: not there).

    ``warnings``: what the reader should know of the way it was read.
    """

    reference: Reference
    side: Side
    dossier: Dossier
    raw: bytes | None
    origin: str
    warnings: tuple[Notice, ...] = ()


def look(session: Session, reference: Reference, *, depth: str) -> Survey:
    """Return what the registry serves; offline, what the cache has, and how old that is."""
    session.fetcher.oldest = None
    session.door.forget_notices()
    found = survey(session.fetcher, reference, depth=depth)
    # What contradicts itself is not kept: it would be shown again without the registry.
    session.fetcher.settle(keep=not found.side.problems)
    return replace(
        found, warnings=(*session.door.notices, *session.aged(str(reference), top_want(reference)))
    )


def survey(fetcher: Fetcher, reference: Reference, *, depth: str) -> Survey:
    """Return what the registry of ``reference`` serves; ``depth`` as in ``read_side``."""
    top = top_want(reference)
    dossier = Dossier()
    asked: set[Want] = {top}
    side = read_side(dossier, reference.repository, top, depth=depth)

    def take(replies: Replies) -> list[Want]:
        nonlocal dossier, side
        dossier = dossier.with_replies(replies)
        side = read_side(dossier, reference.repository, top, depth=depth)
        fresh = [want for want in dict.fromkeys(side.missing) if want not in asked]
        asked.update(fresh)
        return fresh

    fetcher.pursue([top], take)
    answer = dossier.answer(top)
    raw = answer.raw if answer is not None else None
    return Survey(reference, side, dossier, raw, answer.origin if answer is not None else "")
