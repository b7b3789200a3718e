"""A siege: whatever the attacker does, and whenever the client looks, no false yes.

Hypothesis plays the author, the attacker (the servers, the network, the mirror and stolen keys
other than the root's) and the client's own mishaps with cache and trust store.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from crosstrust.errors import StateError
from crosstrust.schemes.notary_v1.state import Seen
from tests.attacks.provenance import RELEASES
from tests.attacks.siege import EVIL, HOSTS, IMAGES, REPACKED, SIGNED, START, TAGS, Siege, State
from tests.attacks.watch import check_grounds, look

tags = st.sampled_from(TAGS)
hosts = st.sampled_from(HOSTS)
# How many states before the newest.
back = st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3, 40])
ahead = st.sampled_from([0, 1, 1, 1000])
ROLES = ("timestamp", "snapshot", "targets", RELEASES, "targets/alice", "targets/bob")
theft = st.sampled_from([True, True, False])
strays = st.dictionaries(st.sampled_from(("root", *ROLES)), back, max_size=2)
mixtures = st.builds(
    lambda base, others: dict.fromkeys(("root", *ROLES), base) | others, back, strays
)


class Author(RuleBasedStateMachine):
    """What an honest author does in the course of years."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.siege = Siege(Path(self.folder.name))

    def teardown(self) -> None:
        self.folder.cleanup()

    @initialize(number=st.integers(0, EVIL - 1), signer=st.booleans())
    def start(self, number: int, *, signer: bool) -> None:
        if signer:
            self.siege.author.add_signer("alice")
        for tag in TAGS:
            self.siege.sign(tag, number)
        self.siege.publish()

    @rule(tag=tags, number=st.integers(0, EVIL - 1))
    def sign(self, tag: str, number: int) -> None:
        self.siege.sign(tag, number)
        self.siege.publish()

    @rule(tag=tags)
    def revoke(self, tag: str) -> None:
        self.siege.author.revoke(tag)
        self.siege.publish()

    @rule(role=st.sampled_from(["root", "targets", "snapshot", "timestamp"]), two=st.booleans())
    def replace_key(self, role: str, *, two: bool) -> None:
        if two and role != "root":
            self.siege.require_two(role)
        else:
            self.siege.author.rotate(role)
        self.siege.publish()

    @rule(name=st.sampled_from(["alice", "bob"]))
    def add_or_remove_signer(self, name: str) -> None:
        if name in self.siege.signers():
            self.siege.author.remove_signer(name)
        else:
            self.siege.author.add_signer(name)
        self.siege.publish()

    @rule()
    def sign_all_anew(self) -> None:
        author = self.siege.author
        self.siege.publish(role for role in author.roles() if role in self.siege.states[-1].files)

    @rule(days=st.sampled_from([1, 1, 10, 20, 400]))
    def let_time_pass(self, days: int) -> None:
        # The certificates of the first keys hold for ten years.
        if (self.siege.now - START).days < 3000:
            self.siege.wait(days)


class Attacker(Author):
    """What an attacker does who has the servers, and keys other than the root's."""

    @rule(back=st.integers(1, 4))
    def serve_an_old_state(self, back: int) -> None:
        self.siege.serve(self.siege.before(back))

    @rule(numbers=mixtures, forced=st.booleans())
    def serve_a_mixture(self, numbers: dict[str, int], *, forced: bool) -> None:
        state = self.siege.mixed(numbers)
        self.siege.serve(state, forced=state.files if forced else None)

    @rule(role=st.sampled_from(ROLES), back=back, other=st.integers(0, 4))
    def swap_one_file(self, role: str, back: int, other: int) -> None:
        """One file of another state, by whatever hash it is asked for."""
        raw = self.siege.before(other).files.get(role)
        self.siege.serve(self.siege.before(back), forced={role: raw} if raw is not None else {})

    @rule(what=st.sampled_from([*ROLES, *HOSTS, "notary.docker.io"]), back=back)
    def withhold(self, what: str, back: int) -> None:
        """A role is not there; or a host cannot be reached, until the client has asked once."""
        if what not in ROLES:
            self.siege.unreachable.add(what)
            return
        state = self.siege.before(back)
        files = {role: raw for role, raw in state.files.items() if role != what}
        self.siege.serve(State(files, state.roots))

    @rule(host=hosts, tag=tags, number=st.integers(0, IMAGES - 1), repacked=st.booleans())
    def point_tag(self, host: str, tag: str, number: int, *, repacked: bool) -> None:
        self.siege.point(host, tag, number, REPACKED if repacked else SIGNED)

    @rule(role=st.sampled_from(ROLES[:2]), numbers=mixtures, ahead=ahead, key=theft)
    def forge_online(self, role: str, numbers: dict[str, int], ahead: int, *, key: bool) -> None:
        """With a key of one of the two roles that the server signs by itself."""
        if key:
            self.siege.steal(role)
        state = self.siege.mixed(numbers)
        forge = self.siege.forge_timestamp if role == "timestamp" else self.siege.forge_state
        self.siege.serve(forge(state, ahead))

    @rule(numbers=mixtures, ahead=ahead, without=st.sampled_from(["", *ROLES[3:]]))
    def forge_the_mixture(self, numbers: dict[str, int], ahead: int, without: str) -> None:
        """With both keys of the server."""
        for role in ROLES[:2]:
            self.siege.steal(role)
        state = self.siege.mixed(numbers)
        self.siege.serve(self.siege.forge_state(state, ahead, without))

    @rule(role=st.sampled_from(["targets", RELEASES]), roots=back, ahead=ahead, tag=tags, key=theft)
    def forge_a_signature(self, role: str, roots: int, ahead: int, tag: str, *, key: bool) -> None:
        """With a key of the author's or of a signer's, and a server that signs for it."""
        state = self.siege.before(roots)
        if role not in state.files or role not in self.siege.author.roles():
            return
        if key:
            self.siege.steal(role)
        forged = self.siege.forge_tag(role, state.files[role], tag, ahead)
        below = State({**state.files, role: forged}, state.roots)
        self.siege.serve(self.siege.forge_state(below, ahead))


class Client(Attacker):
    """What the client does, and what befalls his files."""

    awake = True
    looked = 0

    @rule(tag=tags, host=hosts, offline=st.booleans(), obliged=st.booleans())
    def verify(self, tag: str, host: str, *, offline: bool, obliged: bool) -> None:
        if obliged:
            self.siege.oblige(tag)
        verdict = look(self.siege, tag, host, offline=offline)
        event(f"{'offline' if offline else 'online'} {verdict.decision.value}")

    @rule()
    def fall_asleep_or_wake(self) -> None:
        """Who looks after every step has seen the newest state; who sleeps, an older one."""
        self.awake = not self.awake

    @invariant()
    def look_while_awake(self) -> None:
        if self.awake and self.siege.states:
            self.siege.oblige(TAGS[0])
            event(f"awake {look(self.siege, TAGS[0], HOSTS[1]).decision.value}")

    @invariant()
    def let_a_newcomer_look(self) -> None:
        """He has seen nothing that could warn him."""
        if self.siege.states:
            self.siege.oblige(TAGS[1])
            with TemporaryDirectory() as home:
                verdict = self.siege.verify(TAGS[1], HOSTS[0], home=Path(home))
            event(f"newcomer {verdict.decision.value}")
            Client.looked += 1
            if verdict:
                check_grounds(self.siege, verdict, TAGS[1], Seen())

    @rule(tag=tags, host=hosts)
    def verify_undisturbed(self, tag: str, host: str) -> None:
        siege = self.siege
        released = siege.stand_aside(tag)
        # A signer who is taken back and let in again looks like one whose signatures are hidden,
        # until he signs.
        missing = siege.states[-1].unpublished & siege.seen().floors.keys()
        verdict = look(siege, tag, host)
        valid = siege.now < siege.states[-1].expires
        event(f"undisturbed {verdict.decision.value}")
        if not siege.past.forged and not missing:
            assert bool(verdict) == (valid and len(released) == 1), verdict.failures

    @rule(kind=st.sampled_from(["lost", "sha256", "names"]))
    def damage_the_cache(self, kind: str) -> None:
        if kind == "lost":
            shutil.rmtree(self.siege.cache, ignore_errors=True)
        for path in self.siege.cache.glob(f"{kind}/**/*"):
            if path.is_file():
                path.write_bytes(path.read_bytes()[:-1] + b"!")

    @rule(kind=st.sampled_from(["saved", "restored", "lost"]))
    def change_the_store(self, kind: str) -> None:
        """The user may forget, and may go back to what he remembered before."""
        kept, store = self.siege.home / "kept", self.siege.store
        source, goal = (store, kept) if kind == "saved" else (kept, store)
        if kind == "lost" or source.exists():
            shutil.rmtree(goal, ignore_errors=True)
        if kind != "lost" and source.exists():
            shutil.copytree(source, goal)

    @rule(tag=tags, host=hosts, place=st.integers(0, 10_000))
    def damage_the_store(self, tag: str, host: str, place: int) -> None:
        """A damaged store is never taken for an empty one. The user mends it."""
        for path in self.siege.store.glob("state-seen*"):
            sound = path.read_bytes()
            damaged = bytearray(sound)
            damaged[place % len(damaged)] ^= 1
            path.write_bytes(damaged)
            with pytest.raises(StateError):
                self.siege.verify(tag, host)
            assert path.read_bytes() == damaged
            path.write_bytes(sound)

    @invariant()
    def what_is_remembered_can_be_read(self) -> None:
        assert self.siege.seen().roots or not self.siege.seen().floors


def test_no_siege_ends_in_a_false_yes() -> None:
    # `make siege` plays more of them.
    examples = int(os.environ.get("SIEGES", max(1, settings().max_examples // 20)))
    looked = Client.looked
    run_state_machine_as_test(
        Client, settings=settings(max_examples=examples, stateful_step_count=40)
    )
    assert Client.looked >= looked + examples
