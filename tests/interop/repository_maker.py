"""Random repositories: who may sign, with which keys, what is signed; and what was done to them.

All that is random comes from the seed; only key material differs from run to run.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crosstrust.oci.digest import Digest
from crosstrust.sandbox import Author, NotaryServer
from tests.interop.key_ring import KeyRing

TAGS = ("1.0", "1.1", "2.0", "latest", "ci-1", "rc-2")
PREFIXES = (("1.",), ("ci-", "rc-"), ("2", "latest"), ("nothing",))
NAMES = ("alice", "bob", "carol_2")
RELEASES = "targets/releases"
DIGESTS = tuple(Digest.of(f"manifest {number}".encode()) for number in range(6))


@dataclass
class Made:
    """One repository as it was made.

    ``kind`` is the first damage; ``damages`` are all, each with its role; ``role`` is where the
    last was done. ``marks`` are facts about honest parts that a
    rule may need; with ":TAG" where they are about one tag. ``act`` happens between the two
    looks of a client who has seen the repository before; None: there is one look.
    """

    seed: int
    gun: str
    rng: random.Random
    ring: KeyRing
    author: Author
    kind: str = "honest"
    role: str = ""
    damages: list[tuple[str, str]] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    act: Callable[[Made, NotaryServer], None] | None = None
    pinned: tuple[str, ...] = ()
    tags: list[str] = field(default_factory=list)

    def at(self, *kinds: str) -> list[str]:
        """The roles at which one of ``kinds`` was done."""
        return [role for kind, role in self.damages if kind in kinds]

    @property
    def name(self) -> str:
        """The repository as docker is asked for it."""
        return self.gun.removeprefix("docker.io/")

    def published(self) -> list[str]:
        """The roles that have a file."""
        return list(self.author.files())

    def delegations(self) -> list[str]:
        """The delegations that have a file."""
        return [role for role in self.published() if "/" in role]

    def __str__(self) -> str:
        roles = ", ".join(self.author.roles())
        marks = ", ".join(sorted(self.marks))
        return f"seed {self.seed}: {self.damages} ({marks}) of {roles}"


def grow(seed: int, ring: KeyRing, now: datetime) -> Made:
    """Return an honest repository, not yet published."""
    rng = random.Random(seed)
    gun = f"docker.io/differential/r{seed}"
    root = ring.pick(rng, gun, rng.choices(("ecdsa-x509", "rsa-x509"), (5, 1))[0])
    author = Author(gun, at=now, root_key=root)
    made = Made(seed, gun, rng, ring, author)
    made.pinned = (rng.choice((root.scoped, root.canonical)),)
    _certified_roles(made)
    for name in NAMES[: rng.choices(range(4), (3, 4, 3, 1))[0]]:
        _add_signer(made, name)
    _further_delegations(made)
    made.tags = rng.sample(TAGS, rng.choices(range(5), (1, 6, 6, 4, 2))[0])
    for tag in made.tags:
        _sign(made, tag)
    _lifetimes(made)
    return made


def publish(made: Made, server: NotaryServer) -> None:
    """Hand the current files to ``server``."""
    made.author.publish(server)


def _certified_roles(made: Made) -> None:
    rng, author = made.rng, made.author
    for role in ("targets", "snapshot", "timestamp"):
        count = rng.choices((1, 2, 3), (8, 2, 1))[0]
        keys = made.ring.several(rng, made.gun, count)
        author.assign(role, keys, threshold=rng.randint(1, count))
    if rng.random() < 0.1:
        # The first root key stays, since it is the pinned one.
        others = made.ring.several(rng, made.gun, 2, "ecdsa-x509")
        first = author.keys("root")[0]
        keys = [first, *(key for key in others if key.canonical != first.canonical)]
        author.assign("root", keys, threshold=rng.randint(1, len(keys)))


def _add_signer(made: Made, name: str) -> None:
    rng = made.rng
    keys = made.ring.several(rng, made.gun, rng.choices((1, 2), (4, 1))[0])
    made.author.add_signer(name, keys=keys, paths=_paths(made))


def _paths(made: Made) -> tuple[str, ...]:
    if made.rng.random() > 0.1:
        return ("",)
    made.marks.add("paths")
    return made.rng.choice(PREFIXES)


def _further_delegations(made: Made) -> None:
    rng, author = made.rng, made.author
    roles = author.roles()
    if RELEASES in roles and rng.random() < 0.15:
        # One key may be listed bare and in a certificate.
        apart = {key.canonical for key in author.keys(RELEASES)}
        author.assign(RELEASES, author.keys(RELEASES), threshold=len(apart))
    if RELEASES not in roles and rng.random() < 0.3:
        author.delegate(RELEASES, keys=[made.ring.pick(rng, made.gun)], paths=_paths(made))
    parents = [role for role in author.roles() if "/" in role and rng.random() < 0.15]
    for role in parents:
        author.delegate(f"{role}/ci", keys=[made.ring.pick(rng, made.gun)], paths=_paths(made))
        if rng.random() < 0.4:
            author.delegate(f"{role}/ci/deep", keys=[made.ring.pick(rng, made.gun)])


def _sign(made: Made, tag: str) -> None:
    rng, author = made.rng, made.author
    number = rng.randrange(len(DIGESTS))
    delegations = [role for role in author.roles() if "/" in role]
    how = rng.choices(tuple(_WAYS), tuple(_WAYS.values()))[0]
    roles: list[str] = []
    if how == "owner":
        roles = ["targets"]
    elif how == "some" and delegations:
        roles = rng.sample(delegations, rng.randint(1, len(delegations)))
    elif how == "all":
        roles = ["targets", *delegations]
    author.sign(tag, DIGESTS[number], 100 + number, roles=roles, custom=_custom(rng))
    if how == "two" and delegations:
        _sign_again(made, tag, number, rng.choice(delegations))


_WAYS = {"docker": 5, "owner": 3, "some": 3, "all": 2, "two": 1}


def _sign_again(made: Made, tag: str, number: int, role: str) -> None:
    """Sign another digest, or another length, in ``targets`` and in another role."""
    author, rng = made.author, made.rng
    other = (number + rng.choice((0, 1))) % len(DIGESTS)
    author.sign(tag, DIGESTS[other], 200, roles=("targets",))
    author.sign(tag, DIGESTS[number], 100 + number, roles=(role,))
    made.marks.add(f"two:{tag}")


def _custom(rng: random.Random) -> object:
    return rng.choice((None, None, None, {"note": "é <b>"}, [1, 2]))


def _lifetimes(made: Made) -> None:
    for role in ("root", "targets", "snapshot", "timestamp"):
        if made.rng.random() < 0.2:
            made.author.lifetimes[role] = timedelta(hours=made.rng.randint(2, 50000))
