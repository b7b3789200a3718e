"""What a question is given of earlier runs, and what is kept of its answer.

Floors that only a first sight vouches for stand apart from those of a pinned key, so that who was
first to be seen cannot spoil what a pinned key says. They are held against each other where that
can only make an answer stricter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Question
from crosstrust.errors import StateError
from crosstrust.evidence.verdict import Notice
from crosstrust.sources.trust_store import TrustStore
from crosstrust.value import dataclass, field, replace

if TYPE_CHECKING:
    from crosstrust.chain.judge import Ruling
    from crosstrust.chain.scheme import Scheme


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with all that is remembered; ``own`` is the part of it that it may raise."""

    question: Question
    own: bytes


@dataclass(slots=True)
class Memory:
    """The trust store, as questions need it. ``troubles`` says what could not be kept."""

    store: TrustStore
    scheme: Scheme
    troubles: list[Notice] = field(default_factory=list)

    def recall(self, question: Question) -> Asked:
        """Return ``question`` with what was seen before filled in. Raises ``StateError``."""
        first = self._first_seen(question)
        if question.pins.tofu:
            question = replace(question, pins=replace(question.pins, first_seen=first))
        own = self.store.read(_state_name(question))
        seen = own
        for name in _further_names(question, first):
            further = self.store.read(name)
            if further:
                # What pinned keys say counts first, where two authors were seen.
                both = (own, further) if question.pins.root else (further, own)
                seen = self.scheme.merge(question.gun, *both)
        return Asked(replace(question, seen=seen), own)

    def _first_seen(self, question: Question) -> tuple[str, ...]:
        try:
            return self.store.first_seen(question.gun)
        except StateError:
            if question.pins.tofu:
                raise
            # Who pins a key needs no first sight.
            return ()

    def keep(self, asked: Asked, ruling: Ruling) -> bool:
        """Raise the version floors, and record the first root keys where the user asked for it.

        True: another process has raised them since ``recall``, or recorded other keys; nothing
        of a trusted ruling was kept then, and it must be judged again.
        """
        question = asked.question
        first = _is_first_sight(question.pins)
        if question.historic or (first and not ruling.verdict):
            # What was rejected is no first sight of the author: an attacker may have been first.
            return False
        if first:
            data = ruling.verdict.trust_data
            pinned = data.root_pins.items() if data is not None else ()
            keys = tuple(key for key, how in pinned if how == "first seen")
            trouble = self.store.record_first_seen(question.gun, keys)
            if trouble is not None:
                # No floors either: they alone would let anyone be the next one to be first.
                lost = "the root key was not recorded, so that any other will do the next time"
                self.troubles.append(notice(trouble, lost))
                return False
            if self.store.first_seen(question.gun) != keys:
                return True
        return self._raise_floors(asked, ruling)

    def _raise_floors(self, asked: Asked, ruling: Ruling) -> bool:
        question, name = asked.question, _state_name(asked.question)
        overtaken = False

        def merge(kept: bytes) -> bytes:
            nonlocal overtaken
            overtaken = kept != asked.own and bool(ruling.verdict)
            if overtaken:
                return kept
            return ruling.state if kept == asked.own else self._merged(question, kept, ruling)

        if ruling.state == question.seen:
            return bool(ruling.verdict) and self.store.read(name) != asked.own
        trouble = self.store.update(name, merge)
        if trouble is not None:
            self.troubles.append(notice(trouble, "no version floor was kept"))
        return overtaken

    def _merged(self, question: Question, kept: bytes, ruling: Ruling) -> bytes:
        return self.scheme.merge(question.gun, kept, ruling.state)

    def told(self) -> Iterator[Notice]:
        """Yield what could not be kept, once."""
        yield from self.troubles
        self.troubles.clear()


def notice(trouble: StateError, lost: str) -> Notice:
    """Return ``trouble`` as a warning that says what was ``lost`` by it."""
    return Notice(trouble.code, trouble.where, f"{trouble.actual}: {lost}; {trouble.remedy}")


def _is_first_sight(pins: Pins) -> bool:
    """Return True where nothing but being the first to be seen vouches for a root key."""
    return pins.tofu and not pins.root and not pins.first_seen


def _state_name(question: Question) -> str:
    pinned = question.pins.root or not question.pins.tofu
    return _pinned_name(question) if pinned else _first_seen_name(question)


def _pinned_name(question: Question) -> str:
    return f"notary-v1 {question.gun}"


def _first_seen_name(question: Question) -> str:
    return f"notary-v1 first-seen {question.gun}"


def _further_names(question: Question, first: tuple[str, ...]) -> Iterator[str]:
    """Yield the states that count too: who is pinned now may have been the first to be seen."""
    if _state_name(question) == _first_seen_name(question):
        yield _pinned_name(question)
    elif first and set(first) <= set(question.pins.root):
        yield _first_seen_name(question)
