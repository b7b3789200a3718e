"""Replies from the nearest place: what was measured, what is cached, then the network.

A cached reply is bytes like any other: the judge hashes them again. Only wants that carry a
digest are answered from the cache; a tag is asked for anew, and only its bytes may be cached.

Bytes are the same wherever they come from, but a registry has only what it served itself: what
another one served is asked of it once, so that a copy with gaps is noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from crosstrust.app.clock import now
from crosstrust.app.collect import Fetcher, More, Replies
from crosstrust.chain.answer import Absent, Answer, Gap, Reply
from crosstrust.chain.want import (
    Look,
    MeasureLayer,
    ReadBlob,
    ReadManifest,
    ReadRole,
    ResolveTag,
    Want,
)
from crosstrust.errors import StateError
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.digest import Digest
from crosstrust.sources.cache import Cache
from crosstrust.sources.hint import Hint, Hints
from crosstrust.sources.trust_store import TrustStore
from crosstrust.value import dataclass, field, replace


@dataclass(slots=True)
class CachedFetcher:
    """A fetcher in front of ``network``; with ``offline`` the network is never asked.

    What was fetched is kept in memory until ``settle``: what comes with a refusal must leave no
    trace. ``oldest``: when the oldest reply that was used offline had been fetched, or None.
    ``trouble``: why something could not be cached, once.
    """

    network: Fetcher
    cache: Cache | None
    hints: Hints | None
    store: TrustStore
    offline: bool = False
    oldest: datetime | None = None
    trouble: list[StateError] = field(default_factory=list)
    kept: dict[Digest, bytes] = field(default_factory=dict)
    names: dict[str, dict[str, Hint]] = field(default_factory=dict)

    def pursue(
        self,
        wants: Sequence[Want],
        more: More,
        *,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Answer ``wants`` and what ``more`` returns, from the nearest place each.

        A tag that still holds what is cached costs a HEAD; one that moved, a GET after it.
        """
        pursuit = _Pursuit(self, more)
        asked = pursuit.ask(wants)
        if asked:
            self.network.pursue(asked, pursuit.take, meanwhile=meanwhile)

    def near(self, want: Want) -> Reply | None:
        """Return a reply that needs no network, or None."""
        if isinstance(want, MeasureLayer):
            return self._measured(want) if self.offline else None
        digest = _digest_of(want)
        found = self._cached(digest) if digest is not None and self._is_there(want) else None
        return self._remembered(want) if found is None and self.offline else found

    def _is_there(self, want: Want) -> bool:
        """Return True if whoever is asked has served it before; role files bind by hash alone."""
        if isinstance(want, ReadRole):
            return True
        hint = self.names.get(_place(want), {}).get(_name(want)) or self._hint(want)
        return hint is not None and hint.digest == _digest_of(want)

    def _hint(self, want: Want) -> Hint | None:
        return self.hints.get(_place(want), _name(want)) if self.hints is not None else None

    def _measured(self, want: MeasureLayer) -> Reply:
        from crosstrust.sources.inflate import declared_compression

        compression = declared_compression(want.layer.media_type)
        return self.store.measured(want.layer.digest, compression) or Gap(_offline(want))

    def _cached(self, digest: Digest, *, at: datetime | None = None) -> Answer | None:
        if digest in self.kept:
            return Answer(self.kept[digest], "", str(digest), "cache", at)
        found = self.cache.get(digest) if self.cache is not None else None
        if found is None:
            return None
        return Answer(found, "", str(digest), "cache", at)

    def guess(self, want: Want) -> Answer | None:
        """Return what a tag held at last, if its bytes are still cached."""
        first = isinstance(want, ResolveTag) and want.look is Look.FIRST
        hint = self._hint(want) if first else None
        return self._cached(hint.digest, at=hint.at) if hint is not None else None

    def _remembered(self, want: Want) -> Reply:
        """Return what a name held when it was last asked for; offline only.

        A numbered root that was never seen counts as absent: how old the rest is, the verdict says.
        One that was seen (its sha256 is known) is merely not here any more.
        """
        first = replace(want, look=Look.FIRST) if isinstance(want, ResolveTag) else want
        hint = self._hint(first)
        answer = self._cached(hint.digest, at=hint.at) if hint is not None else None
        if answer is None and _is_unseen_root(want):
            return Absent("cache")
        if hint is None or answer is None:
            return Gap(_offline(want))
        self.oldest = min(self.oldest or hint.at, hint.at)
        return answer

    def age(self, gun: str, at: datetime) -> float | None:
        """Return how many hours before ``at`` the cached timestamp of ``gun`` was fetched."""
        then = self.held(ReadRole(gun, "timestamp"))
        return None if then is None else (at - then).total_seconds() / 3600

    def held(self, want: Want) -> datetime | None:
        """Return when the cached reply to ``want`` was fetched, or None if there is none."""
        hint = self._hint(want)
        return hint.at if hint is not None else None

    def keep(self, want: Want, reply: Reply) -> Reply:
        """Keep bytes for ``settle``, and beside them what a name held and who served them."""
        if not isinstance(reply, Answer) or not reply.raw or self.cache is None:
            return reply
        digest = Digest.of(reply.raw)
        if reply.origin != "cache":
            self.kept[digest] = reply.raw
        held = Hint(digest, reply.at or now())
        if not isinstance(want, ReadRole) or _digest_of(want) is None:
            self._hold(want, held)
        if isinstance(want, ResolveTag):
            self._hold(ReadManifest(want.repository, digest), held)
        return reply

    def _hold(self, want: Want, held: Hint) -> None:
        self.names.setdefault(_place(want), {})[_name(want)] = held

    def settle(self, *, keep: bool) -> None:
        """Write what was fetched since the last time into the cache, or forget it."""
        kept, names = self.kept, self.names
        self.kept, self.names = {}, {}
        if not keep or self.cache is None:
            return
        for raw in kept.values():
            trouble = self.cache.put(raw)
            if trouble is not None and not self.trouble:
                self.trouble.append(trouble)
        if self.hints is not None:
            for place, held in names.items():
                self.hints.put(place, held)


@dataclass(slots=True)
class _Pursuit:
    """Stands between the network and whoever asks: near replies first, guesses confirmed."""

    fetcher: CachedFetcher
    more: More
    guesses: dict[Want, tuple[Want, Answer]] = field(default_factory=dict)

    def ask(self, wants: Sequence[Want]) -> list[Want]:
        """Return what has to be asked of the network, now that all that is near was handed on."""
        asked: list[Want] = []
        while wants:
            near: dict[Want, Reply] = {}
            for want in wants:
                reply = self.fetcher.near(want)
                if reply is None:
                    asked.append(self._look(want))
                else:
                    near[want] = reply
            wants = self.more(near) if near else ()
        return asked

    def _look(self, want: Want) -> Want:
        guess = self.fetcher.guess(want)
        if guess is None or not isinstance(want, ResolveTag):
            return want
        look = replace(want, look=Look.LAST)
        self.guesses[look] = want, guess
        return look

    def take(self, replies: Replies) -> Sequence[Want]:
        """Take replies of the network, and return what to ask of it next."""
        found: dict[Want, Reply] = {}
        moved: list[Want] = []
        for want, reply in replies.items():
            first, guess = self.guesses.pop(want, (want, None))
            confirmed = reply if guess is None else _confirm(guess, reply)
            if confirmed is None:
                moved.append(first)
            else:
                found[first] = self.fetcher.keep(first, confirmed)
        return [*moved, *self.ask(self.more(found))] if found else moved


def _confirm(guess: Answer, reply: Reply) -> Reply | None:
    """Return the cached bytes if the registry says that the tag still holds them, else None.

    The media type is what it says now: bytes that are called something else are refused, whether
    they were sent again or not.
    """
    if not isinstance(reply, Answer):
        return reply
    held = reply.declared_digest or str(Digest.of(reply.raw))
    if held != guess.declared_digest:
        return None
    return replace(guess, media_type=reply.media_type, origin=reply.origin, at=reply.at)


def _is_unseen_root(want: Want) -> bool:
    return isinstance(want, ReadRole) and want.version is not None and want.sha256 is None


def _digest_of(want: Want) -> Digest | None:
    match want:
        case ReadManifest(_, digest) | ReadBlob(_, digest, _):
            return digest
        case ReadRole(sha256=str() as digits):
            return Digest("sha256", digits)
        case _:
            return None


def _place(want: Want) -> str:
    """Return the repository that ``want`` asks for."""
    return f"{want.gun if isinstance(want, ReadRole) else want.repository}"


def _name(want: Want) -> str:
    match want:
        case ResolveTag(repository, tag):
            return f"tag {repository}:{tag}"
        case ReadRole(gun, role, version):
            return f"role {gun} {role} {version or 'current'}"
        case ReadManifest(repository, digest):
            return f"manifest {repository}@{digest}"
        case ReadBlob(repository, digest):
            return f"blob {repository}@{digest}"
        case _:
            return f"{want}"


def _offline(want: Want) -> Check:
    return Check(
        "http.available",
        Outcome.UNKNOWN,
        _name(want),
        Class.UNREACHABLE,
        "a copy in the cache",
        "none, and --offline was given",
        "verify once with a network, or leave out --offline",
    )
