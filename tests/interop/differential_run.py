"""The run: make, serve, ask all judges, and compare."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from crosstrust.sandbox import Sandbox, Service
from tests.interop.differential import Docker, Notary, Own, View
from tests.interop.key_ring import KeyRing
from tests.interop.kind_table import ACTS, KINDS, OFTEN, SECOND, prepare_act
from tests.interop.repository_maker import Made, grow, publish

BATCH = 40
WORKERS = 3
# One repository in so many is put before the notary client as well.
NOTARY_SHARE = 8
DAMAGED, SEEN = 0.53, 0.10


@dataclass
class Result:
    """What each judge said of one repository, by name asked; ``notary`` of a few only."""

    made: Made
    docker: dict[str, View]
    own: dict[str, View]
    notary: View | None = None


@dataclass
class World:
    """Everything that the repositories share: one Notary server, one Service, the keys."""

    service: Service
    sandbox: Sandbox
    ring: KeyRing
    home: Path
    again: list[str] = field(default_factory=list)

    def run(self, seeds: range) -> list[Result]:
        """Return the results for ``seeds``, in their order."""
        batches = [seeds[start : start + BATCH] for start in range(0, len(seeds), BATCH)]
        with ThreadPoolExecutor(WORKERS) as pool:
            return [result for found in pool.map(self._batch, batches) for result in found]

    def _batch(self, seeds: range) -> list[Result]:
        docker = Docker(self.service, self.home / f"docker-{seeds[0]}")
        notary = Notary(self.service, self.home / f"notary-{seeds[0]}")
        own = Own(self.sandbox.source())
        all_made = [self._make(seed) for seed in seeds]
        seen = [made for made in all_made if made.act]
        if seen:
            docker.look([made.name for made in seen])
        for made in seen:
            own.look(made)
            self._act(made)
        shown = docker.look([name for made in all_made for name in names(made)])
        results = [
            Result(made, {name: shown[name] for name in names(made)}, own.look(made))
            for made in all_made
        ]
        for result in results:
            self._ask_again(docker, result)
            if result.made.seed % NOTARY_SHARE == 0 and not result.made.act:
                result.notary = notary.look(result.made, _notary_pins(result.made))
        return results

    def _make(self, seed: int) -> Made:
        made = grow(seed, self.ring, self.sandbox.at)
        draw = made.rng.random()
        if draw < SEEN:
            prepare_act(made, made.rng.choice(list(ACTS)), self.sandbox.notary)
            return made
        if draw < SEEN + DAMAGED:
            _damage(made)
        publish(made, self.sandbox.notary)
        return made

    def _act(self, made: Made) -> None:
        assert made.act is not None
        made.act(made, self.sandbox.notary)
        made.damages.append((made.kind, made.role))

    def _ask_again(self, docker: Docker, result: Result) -> None:
        """Once more where docker alone refused: an outage is no verdict."""
        whole = result.made.name
        if result.docker[whole].rows is None and result.own[""].rows is not None:
            self.again.append(whole)
            result.docker |= docker.look(list(result.docker))


def names(made: Made) -> list[str]:
    """What docker is asked: all of it; and by tag where that makes a difference."""
    whole = [made.name]
    by_tag = made.seed % 16 == 0 or "paths" in made.marks
    return whole + [f"{made.name}:{tag}" for tag in made.tags] if by_tag else whole


def _damage(made: Made) -> None:
    kinds = list(KINDS)
    made.kind = made.rng.choices(kinds, [OFTEN.get(kind, 1) for kind in kinds])[0]
    done = [made.kind]
    if made.rng.random() < 0.15:
        done.append(made.rng.choice(SECOND))
    for kind in done:
        made.role = ""
        KINDS[kind](made)
        made.damages.append((kind, made.role))


def _notary_pins(made: Made) -> list[str]:
    """The notary client needs the IDs of the newest root's certificates."""
    foreign = bool(made.at("pin of another key"))
    return list(made.pinned) if foreign else [key.scoped for key in made.author.keys("root")]


@dataclass(frozen=True)
class Finding:
    """One difference.

    ``kind`` is "laxer"; "other", another digest; "stricter"; "fewer", some of the digests that are
    shown; or "signers", the same digest by others.
    """

    kind: str
    peer: str
    made: Made
    tag: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind} than {self.peer} at {self.tag or 'all'}: {self.made}: {self.text}"


def compare(result: Result) -> Iterator[Finding]:
    """Yield every difference."""
    made, own = result.made, result.own
    yield from _compare_all(made, "docker", result.docker[made.name], own)
    if result.notary is not None:
        yield from _compare_all(made, "notary", result.notary, own)
    for name, view in result.docker.items():
        tag = name.removeprefix(made.name).removeprefix(":")
        if tag and view.rows is not None:
            yield from _compare_tag(made, "docker TAG", view, own, tag)
        elif tag and own[tag].rows is not None:
            yield Finding("laxer", "docker TAG", made, tag, view.why)


def _compare_all(made: Made, peer: str, theirs: View, own: dict[str, View]) -> Iterator[Finding]:
    yield from _compare_whole(made, peer, theirs, own)
    if theirs.rows is not None:
        for tag in made.tags:
            yield from _compare_tag(made, peer, theirs, own, tag)


def _compare_whole(made: Made, peer: str, theirs: View, own: dict[str, View]) -> Iterator[Finding]:
    if theirs.rows is None:
        for tag, view in own.items():
            if view.rows is not None:
                yield Finding("laxer", peer, made, tag, theirs.why)
    elif own[""].rows is None:
        yield Finding("stricter", peer, made, "", own[""].why)


def _compare_tag(
    made: Made, peer: str, theirs: View, own: dict[str, View], tag: str
) -> Iterator[Finding]:
    assert theirs.rows is not None
    shown, ours = theirs.rows.get(tag, frozenset()), own[tag]
    if ours.rows is None:
        # A repository that is refused whole is one difference, not one for each tag.
        if shown and own[""].rows is not None:
            yield Finding("stricter", peer, made, tag, ours.why)
        return
    found = ours.rows[tag]
    text = f"{sorted(shown)} but {sorted(found)}"
    if not shown:
        yield Finding("laxer", peer, made, tag, text)
    elif digests(found) < digests(shown):
        yield Finding("fewer", peer, made, tag, text)
    elif digests(found) != digests(shown):
        yield Finding("other", peer, made, tag, text)
    elif shown != found and peer != "notary":
        yield Finding("signers", peer, made, tag, text)


def digests(rows: frozenset[tuple[str, tuple[str, ...]]]) -> set[str]:
    """Return the digests of the rows that are shown for a tag."""
    return {digest for digest, _ in rows}


def open_world(home: Path) -> World:
    """Return a world whose service has yet to be entered."""
    now = datetime.now(UTC)
    sandbox = Sandbox(at=now, auth=False)
    return World(sandbox.serve(), sandbox, KeyRing(now), home)
