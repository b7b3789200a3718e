"""An author, an attacker who has the servers and a mirror, and a client between them.

What each of them can do is a method; nothing is decided here. ``provenance`` knows what follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from crosstrust.app.option import Options
from crosstrust.app.place import find_places
from crosstrust.app.session import open_session
from crosstrust.chain.pin import Pins
from crosstrust.evidence.verdict import Verdict
from crosstrust.oci.digest import Digest
from crosstrust.sandbox import Registry, Sandbox
from crosstrust.sandbox.damage import Edits
from crosstrust.sandbox.door import MemoryDoor
from crosstrust.sandbox.image import Image, Manifest, Producer, build_image, write_manifest
from crosstrust.sandbox.key import SigningKey, certify
from crosstrust.sandbox.layer import build_layer
from crosstrust.sandbox.metadata import bind, bind_all, canonical, signature, start_signed, target
from crosstrust.sandbox.publication import Publication
from crosstrust.sandbox.role import write_role
from crosstrust.schemes.notary_v1.state import Seen, parse_state
from crosstrust.sources.trust_store import TrustStore
from tests.attacks.provenance import RELEASES, Json, Made, Past, entries

START = datetime(2024, 6, 1, tzinfo=UTC)
TAGS = ("1", "2")
HOSTS = ("docker.io", "public.ecr.aws")
IMAGES = 4
EVIL = IMAGES - 1
SIGNED, REPACKED = Producer.BUILDKIT_2021, Producer.ENGINE
ONLINE_ROLES = ("snapshot", "timestamp")


@cache
def image(number: int) -> Image:
    return build_image([build_layer({"bin/webdis": b"%d" % number})], architecture="amd64")


@cache
def manifest(number: int, producer: Producer = SIGNED) -> Manifest:
    return write_manifest(image(number), producer)


@cache
def image_of(digest: str) -> int:
    """Return which image a manifest's digest stands for."""
    return next(
        number
        for number in range(IMAGES)
        for producer in (SIGNED, REPACKED)
        if str(manifest(number, producer).digest) == digest
    )


@dataclass(frozen=True)
class State:
    """What the author published once: the current files, and every root until then."""

    files: Mapping[str, bytes]
    roots: Mapping[int, bytes]

    def released(self, tag: str) -> set[str]:
        return {
            digest
            for role in ("targets", RELEASES)
            if role in self.files
            for digest in entries(read(self.files[role]), tag)
        }

    @property
    def unpublished(self) -> set[str]:
        """The delegations that are declared and have no file."""
        declared = read(self.files["targets"])["delegations"]["roles"]
        return {each["name"] for each in declared} - self.files.keys()

    @property
    def expires(self) -> datetime:
        return min(datetime.fromisoformat(read(raw)["expires"]) for raw in self.files.values())


def read(raw: bytes) -> Json:

    return Made(raw, frozenset()).signed


class Siege:
    """``home`` is the client's, empty at first. The client has pinned the first root key."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.now = START
        self.sandbox = Sandbox(at=START, auth=False)
        self.author = self.sandbox.author
        self.pins = Pins(root=(self.author.keys("root")[0].canonical,))
        self.past = Past()
        self.states: list[State] = []
        self.stolen: dict[str, list[SigningKey]] = {}
        self.own_key = self.author.new_key()
        self.unreachable: set[str] = set()
        self.served = State({}, {})
        for registry in self.sandbox.registries.values():
            _fill(registry, self.sandbox.repository)
        self.publish()

    # The author.

    def sign(self, tag: str, number: int) -> None:
        self.author.revoke(tag)
        self.author.sign(tag, *self.entry(number))

    def entry(self, number: int) -> tuple[Digest, int]:
        """Return what is signed of an image."""
        signed = manifest(number)
        return signed.digest, len(signed.raw)

    def publish(self, roles: Iterable[str] = ("timestamp",)) -> None:
        """Sign ``roles`` anew beside what changed; the server then has the newest state."""
        self.author.at = self.sandbox.at = self.now
        self.author.refresh("timestamp", *roles)
        state = State(self.author.files(), self.author.roots())
        self.states.append(state)
        for role, raw in (*state.files.items(), *(("root", raw) for raw in state.roots.values())):
            self.past.record(role, raw)
        self.serve(state)

    def require_two(self, role: str) -> None:
        """Let two keys have to sign a role; one of them is listed twice."""
        key, other = self.author.new_key(), self.author.new_key()
        twice = certify(key, name=self.author.gun, at=START)
        self.past.aliases[twice.scoped] = twice.canonical
        self.author.assign(role, (key, twice, other), threshold=2)

    def signers(self) -> list[str]:
        roles = (role for role in self.author.roles() if role.startswith("targets/"))
        return [role.removeprefix("targets/") for role in roles if role != RELEASES]

    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    # The attacker.

    def serve(self, state: State, *, forced: Mapping[str, bytes] | None = None) -> None:
        """Serve a state, and by its hash everything there ever was, but for other roots.

        A file in ``forced`` is given out whatever hash of that role is asked for.
        """
        chosen = forced or {}
        by_hash = {
            (role, name): chosen.get(role, made.raw)
            for (role, name), made in self.past.files.items()
            if role != "root" or made.raw in state.roots.values()
        }
        self.sandbox.notary.forget(self.author.gun)
        files = {**state.files, **chosen}
        self.served = State(files, state.roots)
        self.sandbox.notary.publish(self.author.gun, Publication(files, dict(state.roots), by_hash))

    def mixed(self, numbers: Mapping[str, int]) -> State:
        """Return files of several states, each so many before the newest, and the roots of one."""
        files = {}
        for role, back in numbers.items():
            raw = self.before(back).files.get(role)
            if raw is not None:
                files[role] = raw
        return State(files, self.before(numbers["root"]).roots)

    def before(self, back: int) -> State:
        """Return the state so many before the newest, or the first."""
        return self.states[max(0, len(self.states) - 1 - back)]

    def steal(self, role: str) -> None:
        """Take one key of ``role``. Who may push a signature has the server sign for it."""
        taken = (role,) if role in ONLINE_ROLES else (role, *ONLINE_ROLES)
        for each in taken:
            keys = self.author.keys(each)
            same = [key for key in keys if key.canonical == keys[0].canonical]
            known = self.stolen.setdefault(each, [])
            known += [key for key in same if key not in known]

    def forge(self, role: str, signed: Json) -> bytes:
        """Sign with all the keys stolen of ``role``, and in the name of those that were not."""
        keys = [*self.stolen.get(role, ()), self.own_key]
        known = {key.scoped for key in keys}
        false = self.own_key.sign(canonical(signed))
        others = [key for key in self.author.keys(role) if key.scoped not in known]
        named = [signature(key.scoped, key.method, false) for key in others]
        raw = write_role(signed, keys, Edits(signatures=[lambda made: [*made, *named]]))
        self.past.record_forged(role, raw, known)
        return raw

    def forge_tag(self, role: str, old: bytes, tag: str, ahead: int) -> bytes:
        """Forge a file that has the evil image under ``tag``, ``ahead`` versions later."""
        signed = read(old) | self._head(role, old, ahead)
        evil = manifest(EVIL)
        entry = target(evil.digest.hex, len(evil.raw))
        return self.forge(role, signed | {"targets": {**signed["targets"], tag: entry}})

    def forge_state(self, state: State, ahead: int, without: str = "") -> State:
        """Forge the snapshot and timestamp over a state's other files, all but one."""
        files = dict(state.files)
        apart = {without, *ONLINE_ROLES}
        below = {role: raw for role, raw in files.items() if role not in apart}
        head = self._head("snapshot", files["snapshot"], ahead)
        files["snapshot"] = self.forge("snapshot", head | {"meta": bind_all(below)})
        return self.forge_timestamp(State(files, state.roots), ahead)

    def forge_timestamp(self, state: State, ahead: int) -> State:
        """Forge the timestamp over a state's snapshot."""
        head = self._head("timestamp", state.files["timestamp"], ahead)
        meta = {"meta": {"snapshot": bind(state.files["snapshot"])}}
        raw = self.forge("timestamp", head | meta)
        return State({**state.files, "timestamp": raw}, state.roots)

    def _head(self, role: str, old: bytes, ahead: int) -> Json:
        version = read(old)["version"] + ahead
        return start_signed(role, version, self.now + timedelta(days=4000))

    def point(self, host: str, tag: str, number: int, producer: Producer) -> None:
        """Let a registry's tag be an image."""
        made = manifest(number, producer)
        registry = self.sandbox.registries[host]
        registry.put_manifest(self.sandbox.repository, made.raw, made.media_type, tag)

    def stand_aside(self, tag: str) -> set[str]:
        """Serve the newest state and its image; return what is signed, the digest, if anything."""
        self.unreachable.clear()
        state = self.states[-1]
        self.serve(state)
        self.oblige(tag)
        return state.released(tag)

    def oblige(self, tag: str) -> None:
        """Let the registries have the image that the served files name, so that it is in
        nobody's way.
        """
        for digest in self.served.released(tag):
            self.point(HOSTS[0], tag, image_of(digest), SIGNED)
            self.point(HOSTS[1], tag, image_of(digest), REPACKED)

    # The client.

    def verify(
        self, tag: str, host: str, *, offline: bool = False, home: Path | None = None
    ) -> Verdict:
        """Verify as the client does; in another ``home``, as a newcomer."""
        door = MemoryDoor(self.sandbox)
        door.source.unreachable |= self.unreachable
        options = Options(
            environ={},
            home=home or self.home,
            pins=self.pins,
            signed_by=self.sandbox.origin,
            offline=offline,
        )
        with open_session(options, door=door) as session:
            question = session.question(f"{host}/{self.sandbox.repository}:{tag}")
            self.unreachable.clear()
            return session.answer(replace(question, at=self.now))

    @property
    def cache(self) -> Path:
        return Path(find_places({}, self.home).cache)

    @property
    def store(self) -> Path:
        return Path(find_places({}, self.home).state)

    def seen(self) -> Seen:
        """Return what the client remembers."""
        gun = self.author.gun
        return parse_state(TrustStore(self.store).read(f"notary-v1 {gun}"), gun)


def _fill(registry: Registry, name: str) -> None:

    for number in range(IMAGES):
        for raw in (image(number).config, *(layer.blob for layer in image(number).layers)):
            registry.put_blob(name, raw)
        for producer in (SIGNED, REPACKED):
            made = manifest(number, producer)
            registry.put_manifest(name, made.raw, made.media_type)
