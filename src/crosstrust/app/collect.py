"""The loop that does the I/O and decides nothing: wants out, replies in, until none is left.

There are no rounds to wait for: as soon as a reply is there, what it makes worth asking is
asked, while others are still under way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from crosstrust.chain.answer import Gap, Reply
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Question
from crosstrust.chain.want import ReadRole, Want
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.value import dataclass, field

# More than the largest honest question asks: 256 roots, 256 delegations, 256 images with layers.
WANTS = 4096

Replies = Mapping[Want, Reply]
# The judge is imported while the first requests are under way: nothing is judged before.
if TYPE_CHECKING:
    from crosstrust.chain.judge import Ruling
    from crosstrust.chain.scheme import Judgement, Scheme

More = Callable[[Replies], Sequence[Want]]


class Fetcher(Protocol):
    """Answers wants, everything that is asked in flight at once."""

    def pursue(
        self,
        wants: Sequence[Want],
        more: More,
        *,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Answer ``wants`` and what ``more`` returns, until nothing is under way.

        Replies are handed to ``more`` as they come, each once; it returns what to ask next.
        ``meanwhile`` is called while servers are waited for, again as long as it returns True.
        """
        ...


class RoundFetcher(Protocol):
    """A simpler fetcher, which answers a round at a time."""

    def fetch_all(self, wants: Sequence[Want]) -> Replies:
        """Return a reply for every want that is served."""
        ...


def pursue_in_rounds(source: RoundFetcher, wants: Sequence[Want], more: More) -> None:
    """Do what ``Fetcher.pursue`` promises, with a source that knows rounds only."""
    while wants:
        wants = more(source.fetch_all(wants))


@dataclass(slots=True)
class Collection:
    """A question with what has been fetched for it, and what is under way.

    ``judge_now`` rules on a dossier; ``early`` names what is wanted before there is a ruling.
    ``prepare`` does a part of the ruling once no more metadata is under way.
    """

    early: Callable[[Dossier], Sequence[Want]]
    judge_now: Callable[[Dossier], Ruling]
    prepare: Callable[[Dossier], object] | None = None
    dossier: Dossier = field(default_factory=Dossier)
    pending: set[Want] = field(default_factory=set)
    asked: int = 0
    ruling: Ruling | None = None

    def take(self, replies: Replies) -> list[Want]:
        """Take replies in, and return what to ask next."""
        self.dossier = self.dossier.with_replies(replies)
        self.pending -= replies.keys()
        return self.next_wants()

    def next_wants(self) -> list[Want]:
        """Return what to ask now; nothing once the ruling is as good as it gets.

        The judge is called only when nothing is under way, so that it sees all there is.
        """
        wants = self._new(self.early(self.dossier))
        under_way = (*self.pending, *wants)
        if not under_way:
            self.ruling = self.judge_now(self.dossier)
            wants = self._new(self.ruling.wants)
        elif self.prepare is not None and not any(isinstance(w, ReadRole) for w in under_way):
            self.prepare(self.dossier)
        self.pending.update(wants)
        self.asked += len(wants)
        return wants

    def _new(self, wants: Sequence[Want]) -> list[Want]:
        if self.asked > WANTS:
            return []
        fresh = dict.fromkeys(wants)
        return [w for w in fresh if w not in self.pending and not self.dossier.asked(w)]

    def finish(self) -> Ruling:
        """Return the ruling; what a fetcher left without reply is a gap, never absent."""
        if self.pending:
            left = {want: _unanswered(want) for want in self.pending}
            self.dossier = self.dossier.with_replies(left)
            self.ruling = None
        return self.ruling or self.judge_now(self.dossier)


def collect(
    question: Question,
    scheme: Scheme,
    fetcher: Fetcher,
    *,
    meanwhile: Callable[[], object] | None = None,
) -> Ruling:
    """Fetch what ``question`` needs and return the ruling on it."""
    read = _Read()

    def early(dossier: Dossier) -> Sequence[Want]:
        metadata, images = read.anew(dossier)
        wants: list[Want] = []
        if metadata:
            wants += scheme.wants(question.gun, dossier, pins=question.pins, seen=question.seen)
        if images and not dossier.replies:
            wants += question.first
        elif images:
            from crosstrust.chain.judge import early_wants

            wants += early_wants(question, dossier)
        return wants

    judged = _Judged(scheme)

    def rule(dossier: Dossier) -> Ruling:
        from crosstrust.chain.judge import judge

        return judge(question, dossier, judged)

    def prepare(dossier: Dossier) -> None:
        judged.judge(
            question.gun,
            dossier,
            pins=question.pins,
            at=question.at,
            seen=question.seen,
            tags=question.tags,
        )

    return _pursue(Collection(early, rule, prepare), fetcher, meanwhile)


@dataclass(slots=True)
class _Read:
    """How many replies of each kind were looked at: one kind wants nothing new of the other."""

    roles: int = -1
    others: int = -1

    def anew(self, dossier: Dossier) -> tuple[bool, bool]:
        """Return whether there is something new of the metadata, and of the images."""
        roles = sum(isinstance(want, ReadRole) for want in dossier.replies)
        others = len(dossier.replies) - roles
        found = roles != self.roles, others != self.others
        self.roles, self.others = roles, others
        return found


class _Judged:
    """A scheme that judges the same metadata once, while images are still coming in."""

    def __init__(self, scheme: Scheme) -> None:
        self._scheme = scheme
        self._replies: dict[ReadRole, Reply] = {}
        self._judgement: Judgement | None = None
        self.name = scheme.name
        self.wants = scheme.wants
        self.merge = scheme.merge

    def judge(
        self,
        gun: str,
        dossier: Dossier,
        *,
        pins: Pins,
        at: datetime,
        seen: bytes,
        tags: Sequence[str] | None = None,
    ) -> Judgement:
        """Return what the scheme judges; gun, pins, time and tags are one question's."""
        replies = {w: r for w, r in dossier.replies.items() if isinstance(w, ReadRole)}
        if self._judgement is None or replies != self._replies:
            self._replies = replies
            self._judgement = self._scheme.judge(
                gun, dossier, pins=pins, at=at, seen=seen, tags=tags
            )
        return self._judgement


def collect_metadata(
    question: Question,
    scheme: Scheme,
    fetcher: Fetcher,
    *,
    meanwhile: Callable[[], object] | None = None,
) -> Ruling:
    """Fetch the metadata of ``question.signed`` alone and return the ruling on it."""

    def early(dossier: Dossier) -> Sequence[Want]:
        return scheme.wants(question.gun, dossier, pins=question.pins, seen=question.seen)

    def rule(dossier: Dossier) -> Ruling:
        from crosstrust.chain.trust import judge_trust

        return judge_trust(question, dossier, scheme)

    return _pursue(Collection(early, rule), fetcher, meanwhile)


def _pursue(
    collection: Collection, fetcher: Fetcher, meanwhile: Callable[[], object] | None
) -> Ruling:
    first = collection.next_wants()
    if first:
        fetcher.pursue(first, collection.take, meanwhile=meanwhile)
    return collection.finish()


def _unanswered(want: Want) -> Gap:
    return Gap(
        Check(
            "http.available",
            Outcome.UNKNOWN,
            f"{want}",
            Class.UNREACHABLE,
            "a reply",
            "none",
            "report this as a bug of crosstrust",
        )
    )
