"""A session: connections, cache and trust store of one process, for any number of questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from crosstrust.app.clock import elapsed_since, now, timer
from crosstrust.app.collect import Fetcher, collect, collect_metadata
from crosstrust.app.fetcher import CachedFetcher
from crosstrust.app.memory import Memory, notice
from crosstrust.app.option import Options
from crosstrust.app.option_check import check_options
from crosstrust.app.place import find_places
from crosstrust.app.question import build_metadata_question, build_question
from crosstrust.chain.question import Question
from crosstrust.errors import StateError
from crosstrust.evidence.check import Class
from crosstrust.evidence.verdict import Notice, Traffic, Verdict
from crosstrust.schemes.notary_v1 import NotaryV1
from crosstrust.sources.cache import Cache
from crosstrust.sources.endpoint import registry_url
from crosstrust.sources.hint import Hints
from crosstrust.sources.trust_store import TrustStore
from crosstrust.value import dataclass, field, replace

if TYPE_CHECKING:
    from crosstrust.chain.judge import Ruling
    from crosstrust.chain.scheme import Scheme
    from crosstrust.chain.want import Want

# Imported while servers are waited for, one at a time: an answer that comes is looked at first.
# None of them is needed to send the first requests.
_LATER = (
    "hashlib",
    "json",
    "cryptography.hazmat.bindings._rust",
    "crosstrust.oci.strict_json",
    "crosstrust.schemes.notary_v1.envelope",
    "crosstrust.schemes.notary_v1.metadata",
    "crosstrust.schemes.notary_v1.ecdsa",
    "crosstrust.schemes.notary_v1.key",
    "crosstrust.schemes.notary_v1.want",
    "crosstrust.chain.side",
    "crosstrust.chain.side_reader",
    "crosstrust.oci.document",
    "crosstrust.schemes.notary_v1.judge_role",
    "crosstrust.schemes.notary_v1.judge_delegation",
    "crosstrust.schemes.notary_v1.judge_root",
    "crosstrust.schemes.notary_v1.judge",
    "crosstrust.chain.coverage",
    "crosstrust.chain.compare",
    "crosstrust.chain.judge",
)


# How often a question is judged anew because others raised what it rests on.
_TRIES = 5


class Door(Fetcher, Protocol):
    """A fetcher that knows what it cost."""

    @property
    def traffic(self) -> Traffic:
        """What has been asked and received so far."""
        ...

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the reader should know of the way it was fetched."""
        ...

    def forget_notices(self) -> None:
        """Let ``notices`` be of what is asked from now on."""
        ...

    def close(self) -> None:
        """End every connection."""
        ...


@dataclass(slots=True)
class Session:
    """Everything that outlives one question; ``open_session`` makes and closes it."""

    options: Options
    door: Door
    fetcher: CachedFetcher
    memory: Memory
    scheme: Scheme
    later: Iterator[str] = field(default_factory=lambda: iter(_LATER))

    def question(self, image: str) -> Question:
        """Return the question that ``image`` asks, with what was seen before filled in."""
        return self.memory.recall(build_question(image, self.options, at=now())).question

    def metadata_question(self, image: str, *, own: bool = False) -> Question:
        """Return the question whether the metadata for ``image`` holds.

        ``own``: that of its own repository, whoever signs it by the policy.
        """
        question = build_metadata_question(image, self.options, at=now(), own=own)
        return self.memory.recall(question).question

    def answer(self, question: Question) -> Verdict:
        """Return the verdict on ``question``, and keep what followed from pinned keys."""
        return self._answered(question, collect)

    def answer_metadata(self, question: Question) -> Verdict:
        """Return the verdict on the metadata alone; no registry is asked."""
        return self._answered(question, collect_metadata)

    def _answered(self, question: Question, gather: Callable[..., Ruling]) -> Verdict:
        began, before = timer(), self.door.traffic
        ruling = self._ruled(question, gather)
        # A refusal leaves nothing behind, an outage neither: only what was trusted is remembered.
        self.fetcher.settle(keep=bool(ruling.verdict))
        notices = (
            *self.memory.told(),
            *self._uncached(),
            *self.door.notices,
            *self._age(question, ruling),
            *self._itself(question),
        )
        traffic = self.door.traffic.since(before, seconds=elapsed_since(began))
        verdict = ruling.verdict
        return replace(verdict, warnings=(*verdict.warnings, *notices), traffic=traffic)

    def _ruled(self, question: Question, gather: Callable[..., Ruling]) -> Ruling:
        """Return the ruling, by what this machine remembers when it is made."""
        for _ in range(_TRIES):
            # What the last answer kept, or another process since, counts for this one.
            asked = self.memory.recall(question)
            self.fetcher.oldest = None
            self.door.forget_notices()
            ruling = gather(asked.question, self.scheme, self.fetcher, meanwhile=self._prepare)
            if not self.memory.keep(asked, ruling):
                return ruling
        raise StateError(
            "local.state.saved",
            question.gun,
            expected="what was seen before to stay as it is for the time of a question",
            actual="other processes changed it each time",
            remedy="try again when they are done",
        )

    def _prepare(self) -> object:
        """Import one more module; then do what the caller wants done. True: there is more."""
        for name in self.later:
            import_module(name)
            return True
        return self.options.meanwhile() if self.options.meanwhile is not None else False

    def _uncached(self) -> Iterator[Notice]:
        """Say why something could not be cached, which costs requests and nothing else."""
        yield from (notice(trouble, "nothing was cached") for trouble in self.fetcher.trouble)
        self.fetcher.trouble.clear()

    def aged(self, name: str, top: Want) -> Iterator[Notice]:
        """Say how old what was read of ``name`` is, if the cache alone was read.

        ``top`` counts where nothing was read by a name that may since hold something else.
        """
        fetcher = self.fetcher
        then = fetcher.oldest or (fetcher.held(top) if fetcher.offline else None)
        if then is not None:
            text = f"read from the cache alone, fetched {_since(then)} before"
            yield Notice("http.available", name, text)

    def _age(self, question: Question, ruling: Ruling) -> Iterator[Notice]:
        """Say how old the cache is where it was used, or could be."""
        if self.fetcher.oldest is not None:
            text = f"judged from the cache alone, fetched {_since(self.fetcher.oldest)} before"
            yield Notice("notary.available", question.gun, text)
            return
        age = self.fetcher.age(question.gun, now())
        unread = ruling.verdict.trust_data is None
        gaps = ruling.verdict.gaps
        if age is not None and unread and any(gap.klass is Class.UNREACHABLE for gap in gaps):
            text = f"the cache has trust data fetched {_ago(age)} before; --offline judges it"
            yield Notice("notary.available", question.gun, text)

    def _itself(self, question: Question) -> Iterator[Notice]:
        """Say so where the copy is the signed repository under another name of its registry."""
        subject, signed = question.subject, question.signed
        if question.plain or subject.path != signed.path:
            return
        plain = frozenset(self.options.plain_http)
        if registry_url(subject.domain, plain_http=plain) == registry_url(
            signed.domain, plain_http=plain
        ):
            text = f"{subject.domain} is {signed.domain} by another name: this is the signed "
            text += "repository itself, and no copy of it was looked at"
            yield Notice("source.distinct", str(subject), text)


def _since(then: datetime) -> str:
    """The age of copies is what it is now, whatever time they are judged for."""
    return _ago((now() - then).total_seconds() / 3600)


def _ago(hours: float) -> str:
    """Return an age in the unit that tells most: minutes below two hours, days above two."""
    if hours < 2:
        # The clock may have been set back since.
        return f"{max(0.0, hours) * 60:.0f} minutes"
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.1f} days"


@contextmanager
def open_session(
    options: Options, *, door: Door | None = None, remembers: bool = True
) -> Iterator[Session]:
    """Yield a session; ``door`` takes the place of the network, as a sandbox does.

    ``remembers``: what is asked in it depends on what was seen before, or is to be remembered.

    Raises ``InputError`` for an option that cannot be meant, ``StateError`` without a home.
    """
    options = check_options(options)
    places = find_places(options.environ, options.home, cache=options.cache, state=remembers)
    store = TrustStore(places.state)
    if door is None:
        from crosstrust.app.network import Network

        door = Network(options, store)
    if options.narrate is not None:
        from crosstrust.app.narrator import Narrator  # start-up time: few want to hear it

        door = Narrator(door, options.narrate)
    cache = Cache(places.cache) if options.cache else None
    hints = Hints(places.cache) if options.cache else None
    fetcher = CachedFetcher(door, cache, hints, store, offline=options.offline)
    try:
        scheme = NotaryV1()
        yield Session(options, door, fetcher, Memory(store, scheme), scheme)
    finally:
        door.close()
