"""The loop that fetches: what it does with fetchers that forget, repeat, or never end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from crosstrust.app.collect import (
    WANTS,
    More,
    Replies,
    collect,
    collect_metadata,
    pursue_in_rounds,
)
from crosstrust.chain.answer import Absent, Answer, Reply
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Question
from crosstrust.chain.scheme import Judgement
from crosstrust.chain.want import ReadManifest, ReadRole, ResolveTag, Want
from crosstrust.evidence.graph import Evidence
from crosstrust.evidence.verdict import Decision, Verdict
from crosstrust.sandbox import MemorySource
from crosstrust.schemes.notary_v1 import NotaryV1
from tests.unit.app.desk import Desk, failed, unknown

Forgets = Callable[[Want], bool]


@dataclass(slots=True)
class Forgetful:
    """Answers from the sandbox, but never what ``forgets`` is true for."""

    source: MemorySource
    forgets: Forgets

    def pursue(
        self, wants: Sequence[Want], more: More, *, meanwhile: Callable[[], object] | None = None
    ) -> None:
        pursue_in_rounds(self, wants, more)

    def fetch_all(self, wants: Sequence[Want]) -> Replies:
        return self.source.fetch_all([want for want in wants if not self.forgets(want)])


@dataclass(slots=True)
class OneByOne:
    """Hands over each reply alone, the last one first."""

    source: MemorySource
    backwards: bool
    handed: int = 0

    def pursue(
        self, wants: Sequence[Want], more: More, *, meanwhile: Callable[[], object] | None = None
    ) -> None:
        left = list(wants)
        while left:
            want = left.pop() if self.backwards else left.pop(0)
            replies = self.source.fetch_all([want])
            self.handed += 1
            left += more(replies)


def judged(desk: Desk, fetcher: Forgetful | OneByOne) -> Verdict:
    return collect(desk.question(), NotaryV1(), fetcher).verdict


@pytest.mark.parametrize(
    "forgets",
    [
        lambda want: True,
        lambda want: isinstance(want, ReadRole),
        lambda want: isinstance(want, ReadRole) and want.role == "targets",
        lambda want: isinstance(want, ResolveTag),
        lambda want: isinstance(want, ReadManifest),
    ],
    ids=["everything", "metadata", "targets", "tags", "manifests"],
)
def test_what_a_fetcher_forgets_is_unknown(desk: Desk, forgets: Forgets) -> None:
    verdict = judged(desk, Forgetful(desk.sandbox.source(), forgets))
    assert verdict.decision is Decision.UNDECIDED
    assert failed(verdict) == set()
    assert "http.available" in unknown(verdict)


def test_metadata_that_a_fetcher_forgets_is_unknown(desk: Desk) -> None:
    fetcher = Forgetful(desk.sandbox.source(), lambda want: True)
    verdict = collect_metadata(desk.question(), NotaryV1(), fetcher).verdict
    assert (verdict.decision, failed(verdict)) == (Decision.UNDECIDED, set())


@pytest.mark.parametrize("backwards", [True, False])
def test_the_order_of_replies_changes_nothing(desk: Desk, *, backwards: bool) -> None:
    whole = desk.ask()
    fetcher = OneByOne(desk.sandbox.source(), backwards)
    verdict = judged(desk, fetcher)
    assert verdict.decision is Decision.TRUSTED
    assert verdict.platforms == whole.platforms
    assert fetcher.handed == len(desk.asked)


def test_the_first_requests_are_on_their_way_when_the_rest_is_prepared(desk: Desk) -> None:
    prepared: list[int] = []
    collect(
        desk.question(),
        NotaryV1(),
        desk.door,
        meanwhile=lambda: prepared.append(len(desk.asked)),
    )
    assert len(prepared) == 1
    assert prepared[0] > 0


@dataclass(slots=True)
class Insatiable:
    """A scheme that wants ever more roots, as a server could make one want."""

    step: int
    asked: list[int] = field(default_factory=list)
    name: str = "insatiable"

    def wants(self, gun: str, dossier: Dossier, *, pins: Pins, seen: bytes) -> Sequence[Want]:
        known = len(dossier.replies)
        self.asked.append(known)
        return [ReadRole(gun, "root", version=known + n) for n in range(1, self.step + 1)]

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
        return Judgement(Evidence(), seen, None, "unknown")

    def merge(self, gun: str, kept: bytes, new: bytes) -> bytes:
        return new


@dataclass(slots=True)
class Nothing:
    """Knows no want, and counts them."""

    count: int = 0

    def pursue(
        self, wants: Sequence[Want], more: More, *, meanwhile: Callable[[], object] | None = None
    ) -> None:
        pursue_in_rounds(self, wants, more)

    def fetch_all(self, wants: Sequence[Want]) -> Mapping[Want, Reply]:
        self.count += len(wants)
        return {want: Absent() for want in wants}


@pytest.mark.parametrize("step", [1, 100])
def test_endless_wants_come_to_an_end(desk: Desk, step: int) -> None:
    fetcher = Nothing()
    ruling = collect_metadata(desk.question(), Insatiable(step), fetcher)
    assert ruling.verdict.decision is Decision.UNDECIDED
    assert WANTS <= fetcher.count <= WANTS + step


def test_nothing_is_asked_twice(desk: Desk) -> None:
    assert desk.ask(cache=False)
    assert len(desk.asked) == len(set(desk.asked))


def test_a_reply_that_nobody_asked_for_is_of_no_use(desk: Desk) -> None:
    """A fetcher that adds replies of its own cannot make a verdict better."""
    unasked = ReadRole("docker.io/other/image", "timestamp")

    class Eager(Nothing):
        def fetch_all(self, wants: Sequence[Want]) -> Mapping[Want, Reply]:
            return {unasked: Answer(b"{}"), **{want: Absent() for want in wants}}

    question: Question = desk.question()
    verdict = collect(question, NotaryV1(), Eager()).verdict
    assert verdict.decision is Decision.REJECTED
    assert failed(verdict) == failed(collect(question, NotaryV1(), Nothing()).verdict)
