"""Mix the files of three honest states of one repository: python -m tests.attacks.mixtures

The server gives out its choice of files whatever hash they are asked for by, and hides every root
after its own. Only whole states are trusted, and by whom has seen a state, that one and later ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import product

from crosstrust.chain.answer import Absent, Answer, Reply
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins
from crosstrust.chain.scheme import Judgement
from crosstrust.chain.want import ReadRole, Want
from crosstrust.oci.digest import Digest
from crosstrust.sandbox import Author
from crosstrust.schemes.notary_v1 import NotaryV1
from tests.attacks.genuine import trusted_tags

GUN, TAG = "docker.io/nicolas/webdis", "1"
AT = datetime(2024, 6, 1, tzinfo=UTC)
SIGNER = "targets/nicolasff"
ROLES = ("root", "timestamp", "snapshot", "targets", "targets/releases", SIGNER)
STATES = (0, 1, 2)
Mixture = tuple[int, ...]
MIXTURES: tuple[Mixture, ...] = tuple(product(STATES, repeat=len(ROLES)))


@dataclass(frozen=True)
class History:
    """``pins`` has the first root key; ``states`` the files of each state, by role.

    With ``replaced``, the keys of root and targets are replaced before the second state, those
    of the snapshot and the signer before the third; then every state has a root of its own.
    Without, there is one root, and nothing but the versions of the other roles tells the age.
    """

    replaced: bool
    pins: Pins
    states: tuple[Mapping[str, bytes], ...]

    def whole(self, state: int) -> set[Mixture]:
        """Return the mixtures that are one state."""
        roots = (state,) if self.replaced else STATES
        return {(root, *(state,) * (len(ROLES) - 1)) for root in roots}


@cache
def history(*, replaced: bool) -> History:
    author = Author(GUN, at=AT)
    pins = Pins(root=(author.keys("root")[0].canonical,))
    author.add_signer("nicolasff")
    states = []
    for number in STATES:
        if replaced:
            _replace_keys(author, number)
        author.sign(TAG, digest(number), 100, roles=("targets/releases", SIGNER))
        author.refresh("targets", "timestamp")
        states.append(author.files())
    return History(replaced, pins, tuple(states))


def _replace_keys(author: Author, number: int) -> None:
    if number == 1:
        author.rotate_root()
        author.rotate("targets")
    if number == 2:
        author.remove_signer("nicolasff")
        author.add_signer("nicolasff")
        author.rotate("snapshot")


def digest(state: int) -> Digest:
    return Digest.of(b"image %d" % state)


@dataclass(frozen=True)
class Client:
    """Who looks: he has seen the state ``before`` (None: nothing), and may have ``kept`` its roots.

    A root that was kept makes an older one of the server's harmless.
    """

    replaced: bool
    before: int | None = None
    kept: bool = False

    @property
    def past(self) -> History:
        return history(replaced=self.replaced)

    def expected(self) -> dict[Mixture, set[str]]:
        """Return the mixtures that are trusted, with the image that is."""
        states = STATES[self.before or 0 :]
        found = {one: {str(digest(state))} for state in states for one in self.past.whole(state)}
        if self.kept and self.before:
            others = (self.before,) * (len(ROLES) - 1)
            image = str(digest(self.before))
            found |= {(root, *others): {image} for root in range(self.before)}
        return found

    def seen(self) -> bytes:
        """Return what he remembers."""
        if self.before is None:
            return b""
        first = Client(self.replaced)
        return first.judge((self.before,) * len(ROLES), b"").state

    def judge(self, mixture: Mixture, seen: bytes) -> Judgement:
        """Ask until nothing is wanted, and judge what came."""
        scheme, dossier, pins = NotaryV1(), Dossier(), self.past.pins
        while wants := scheme.wants(GUN, dossier, pins=pins, seen=seen):
            replies: dict[Want, Reply] = {want: self._serve(mixture, want) for want in wants}
            dossier = dossier.with_replies(replies)
        return scheme.judge(GUN, dossier, pins=pins, at=AT, seen=seen)

    def _serve(self, mixture: Mixture, want: ReadRole) -> Reply:
        """Answer as this server does; the roots that were kept are found in a cache."""
        states = self.past.states
        if want.role != "root" or want.version is None:
            return Answer(states[mixture[ROLES.index(want.role)]][want.role])
        cached = self.before or 0 if self.kept and want.sha256 is not None else 0
        last = max(mixture[0], cached) if self.replaced else 0
        number = want.version - 1
        return Answer(states[number]["root"]) if number <= last else Absent()


CLIENTS = tuple(
    Client(replaced, before) for replaced in (True, False) for before in (None, *STATES)
)
KEEPERS = tuple(Client(replaced=True, before=before, kept=True) for before in STATES)


@dataclass
class Found:
    """What is ``trusted`` and should not be, the reverse, and what was seen and then forgotten."""

    tried: int = 0
    trusted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.tried += other.tried
        self.trusted += other.trusted
        self.refused += other.refused
        self.forgotten += other.forgotten


def try_mixtures(client: Client, mixtures: Iterable[Mixture]) -> Found:
    """Judge each mixture once, and what the client remembers after it."""
    found, seen, expected = Found(), client.seen(), client.expected()
    memories: set[bytes] = set()
    for mixture in mixtures:
        found.tried += 1
        judgement = client.judge(mixture, seen)
        held, due = _digests(judgement), expected.get(mixture, set())
        text = f"{client} {mixture}: {sorted(held)} is trusted, {sorted(due)} should be"
        found.trusted += [text] if held - due else []
        found.refused += [text] if due - held else []
        memories.add(judgement.state)
    found.forgotten += [line for each in sorted(memories) for line in _forgotten(client, each)]
    return found


def _digests(judgement: Judgement) -> set[str]:
    return {claim.value for claim in trusted_tags(GUN, judgement)}


def _forgotten(client: Client, after: bytes) -> Iterator[str]:
    """A refused mixture may raise a floor, as far as it is signed; it never takes one back."""
    if client.before is None or client.kept:
        return
    for state in STATES:
        held = _digests(client.judge((state,) * len(ROLES), after))
        if state < client.before and held:
            yield f"{client}: {state} is trusted after {after!r}"
        if state == STATES[-1] and held != {str(digest(state))}:
            yield f"{client}: {state} is refused after {after!r}"


def try_all(client: Client) -> Found:
    return try_mixtures(client, MIXTURES)


def main(jobs: int) -> int:
    """Print what is wrong and the figures; 1 where anything is."""
    total = Found()
    for replaced in (True, False):
        history(replaced=replaced)
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(try_all, (*CLIENTS, *KEEPERS)):
            total.add(found)
    for line in (*total.trusted, *total.refused, *total.forgotten):
        print(f"WRONG: {line}")
    print(f"mixtures: {total.tried} tried, {len(total.trusted)} wrongly trusted")
    return 1 if total.trusted or total.refused or total.forgotten else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Mix the files of three states.")
    parser.add_argument("--jobs", type=int, default=2)
    sys.exit(main(max(1, parser.parse_args().jobs)))
