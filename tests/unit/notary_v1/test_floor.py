"""What was seen stays the least that is accepted, whoever of a role's keys comes and goes."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from crosstrust.evidence.check import Outcome
from crosstrust.schemes.notary_v1 import NotaryV1
from crosstrust.schemes.notary_v1.state import (
    Floor,
    Seen,
    SeenRoot,
    parse_state,
    with_floor,
    write_state,
)
from tests.unit.notary_v1.author import GUN, Author, AuthorKey, bare
from tests.unit.notary_v1.serving import Server
from tests.unit.notary_v1.trial import Trial, pin, run, serve

RELEASES = "targets/releases"
KEYS = [bare() for _ in range(3)]
HASH = "ab" * 32


class Watched:
    """An author whose releases one client looks at again and again."""

    def __init__(self, *keys: AuthorKey, threshold: int = 1) -> None:
        self.author = Author()
        self.author.delegate(RELEASES, *keys, threshold=threshold)
        self.server = Server(GUN)
        self.seen = b""

    def look(self) -> Trial:
        trial = run(serve(self.author, self.server), pin(self.author), seen=self.seen)
        self.seen = trial.judgement.state
        return trial

    def release(self, version: int, *signers: AuthorKey) -> Trial:
        """Publish releases with ``version`` and a tag named after it, and look."""
        self.author.bump()
        self.author.tags[RELEASES] = {}
        self.author.sign(f"v{version}", "image", RELEASES)
        self.author.versions[RELEASES] = version
        self.author.signers[RELEASES] = list(signers)
        return self.look()

    def list_keys(self, *keys: AuthorKey, threshold: int = 1) -> None:
        """Let other keys sign releases from now on."""
        self.author.declared[RELEASES].keys = list(keys)
        self.author.declared[RELEASES].threshold = threshold


def refused(trial: Trial) -> bool:
    return trial.failed == ["tuf.version.rollback T"] and not trial.tags


def test_a_signer_who_leaves_takes_no_floor_along() -> None:
    alice, bob, _ = KEYS
    watched = Watched(alice, bob)
    assert watched.release(1, bob).tags
    assert watched.release(2, bob).tags
    assert watched.release(4, alice).tags
    watched.list_keys(bob)
    # Not even what bob signed after all that was seen of him.
    for version in (1, 2, 3):
        assert refused(watched.release(version, bob))
    assert watched.release(5, bob).tags


def test_a_signer_who_comes_back_finds_the_floor_of_the_others() -> None:
    alice, bob, _ = KEYS
    watched = Watched(alice, bob)
    assert watched.release(1, alice).tags
    watched.list_keys(bob)
    assert watched.release(2, bob).tags
    watched.list_keys(alice)
    assert refused(watched.release(1, alice))
    assert watched.release(2, bob, alice).failed == ["tuf.version.unique T"]
    assert watched.release(3, alice).tags


def test_a_threshold_that_rises_lowers_no_floor() -> None:
    alice, bob, _ = KEYS
    watched = Watched(alice, bob)
    assert watched.release(2, alice).tags
    watched.list_keys(alice, bob, threshold=2)
    assert refused(watched.release(1, alice, bob))


def test_a_role_of_two_signers_keeps_its_floor_while_one_of_its_keys_is_left() -> None:
    alice, bob, carol = KEYS
    watched = Watched(alice, bob, threshold=2)
    assert watched.release(2, alice, bob).tags
    watched.list_keys(bob, carol, threshold=2)
    assert refused(watched.release(1, bob, carol))


def test_a_delegation_cannot_be_hidden_because_a_signer_left() -> None:
    alice, bob, _ = KEYS
    watched = Watched(alice, bob)
    assert watched.release(1, alice).tags
    watched.list_keys(bob)
    watched.author.bump()
    watched.author.unlisted.add(RELEASES)
    trial = watched.look()
    assert refused(trial)
    assert trial.check("tuf.version.rollback").actual == "not in the snapshot, yet still declared"


def test_a_delegation_that_is_declared_again_goes_on_where_it_ended() -> None:
    alice, _, _ = KEYS
    watched = Watched(alice)
    assert watched.release(3, alice).tags
    declared = watched.author.declared.pop(RELEASES)
    del watched.author.tags[RELEASES]
    watched.author.bump()
    assert watched.look().failed == []
    floors = parse_state(watched.seen, GUN).floors[RELEASES]
    assert [(floor.version, floor.withdrawn) for floor in floors] == [(3, True)]
    watched.author.declared[RELEASES] = declared
    # It may be that nothing was signed since.
    watched.author.bump()
    assert watched.look().failed == []
    assert parse_state(watched.seen, GUN).floors[RELEASES] == floors
    assert refused(watched.release(2, alice))
    assert watched.release(4, alice).tags
    (floor,) = parse_state(watched.seen, GUN).floors[RELEASES]
    assert (floor.version, floor.withdrawn) == (4, False)


def test_only_other_keys_alone_start_again() -> None:
    alice, bob, carol = KEYS
    watched = Watched(alice, bob)
    assert watched.release(9, alice).tags
    watched.list_keys(carol)
    trial = watched.release(1, carol)
    assert trial.failed == []
    assert trial.tags
    (told,) = [c for c in trial.checks if c.code == "tuf.version.rollback" and c.where == RELEASES]
    assert (told.outcome, told.actual) == (
        Outcome.PASSED,
        "1; all keys of version 9 were replaced",
    )
    before, now = parse_state(watched.seen, GUN).floors[RELEASES]
    assert (before.version, now.version, now.keys) == (9, 1, (carol.id,))
    # The former ones find their floor again, and so do all once they are listed together.
    watched.list_keys(alice)
    assert refused(watched.release(8, alice))
    watched.list_keys(alice, carol)
    assert refused(watched.release(8, carol))
    assert watched.release(10, carol).tags
    (floor,) = parse_state(watched.seen, GUN).floors[RELEASES]
    assert (floor.version, set(floor.keys)) == (10, {alice.id, bob.id, carol.id})


def test_a_floor_of_unknown_keys_counts_for_any() -> None:
    alice, bob, _ = KEYS
    watched = Watched(bob)
    floors = {RELEASES: {"version": 3, "sha256": HASH, "signers": [alice.id]}}
    former = {"format": 1, "gun": GUN, "roots": [], "floors": floors}
    watched.seen = json.dumps(former).encode()
    assert refused(watched.release(2, bob))
    assert watched.release(4, bob).tags
    (floor,) = parse_state(watched.seen, GUN).floors[RELEASES]
    assert (floor.version, floor.keys) == (4, (bob.id,))


releases = st.tuples(
    st.sets(st.sampled_from(range(3)), min_size=1),
    st.integers(1, 4),
    st.sampled_from(range(3)),
)


def connected(events: list[tuple[int, set[int]]], listed: set[int]) -> set[int]:
    """The keys that were listed together with one of ``listed``, or with one of those."""
    found = set(listed)
    while more := {key for _, keys in events if keys & found for key in keys} - found:
        found |= more
    return found


@given(st.lists(releases, max_size=6))
def test_no_file_is_accepted_that_a_key_still_listed_could_have_signed_before(
    history: list[tuple[set[int], int, int]],
) -> None:
    """The oracle knows what was accepted, and which keys were listed at each time."""
    watched = Watched(KEYS[0])
    accepted: list[tuple[int, set[int]]] = []
    for listed, version, signer in history:
        watched.list_keys(*(KEYS[each] for each in sorted(listed)))
        trial = watched.release(version, KEYS[signer])
        known = connected(accepted, listed)
        least = max((before for before, keys in accepted if keys & known), default=0)
        if signer in listed and version > least:
            assert trial.tags
        if signer not in listed or version < least:
            assert not trial.tags
        if trial.tags:
            accepted.append((version, listed))


keys = st.sets(st.sampled_from("abcdef"), min_size=1).map(lambda found: tuple(sorted(found)))
floors = st.lists(st.builds(Floor, st.integers(1, 9), st.just(HASH), keys, st.booleans()))


def written(listed: list[Floor]) -> Seen:
    """A state that has seen these, one after another."""
    found: tuple[Floor, ...] = ()
    for floor in listed:
        found = with_floor(found, floor)
    return Seen((), {RELEASES: found} if found else {})


class TestMerge:
    """Two processes that looked at once: none loses what the other has seen."""

    def merged(self, kept: Seen, new: Seen) -> Seen:
        raw = NotaryV1().merge(GUN, write_state(kept, GUN), write_state(new, GUN))
        return parse_state(raw, GUN)

    @given(floors, floors)
    def test_every_floor_of_both_is_held(self, first: list[Floor], second: list[Floor]) -> None:
        kept, new = written(first), written(second)
        both = self.merged(kept, new).floors.get(RELEASES, ())
        for floor in (*first, *second):
            (one,) = [one for one in both if set(one.keys) & set(floor.keys)]
            assert set(one.keys) >= set(floor.keys)
            assert one.version >= floor.version
            assert floor.withdrawn or not one.withdrawn
        swapped = self.merged(new, kept).floors.get(RELEASES, ())
        seen = [
            {(f.version, frozenset(f.keys), f.withdrawn) for f in each} for each in (both, swapped)
        ]
        assert seen[0] == seen[1]
        assert max((f.version for f in both), default=0) == max(
            (f.version for f in (*first, *second)), default=0
        )

    def test_floors_of_other_keys_stay_apart(self) -> None:
        old = Seen((), {RELEASES: (Floor(9, HASH, ("stolen",)),)})
        new = Seen((), {RELEASES: (Floor(1, HASH, ("fresh",)),)})
        assert self.merged(old, new).floors[RELEASES] == (
            *old.floors[RELEASES],
            *new.floors[RELEASES],
        )
        assert self.merged(old, Seen()) == self.merged(Seen(), old) == old

    def test_of_two_lines_of_roots_the_one_that_goes_further_is_kept(self) -> None:
        one, two = SeenRoot(1, HASH, 5), SeenRoot(2, HASH, 5)
        lines = (Seen(), Seen((one,)), Seen((two,)), Seen((one, two)))
        for number, longer in enumerate(lines):
            for shorter in lines[:number]:
                assert self.merged(longer, shorter) == self.merged(shorter, longer) == longer

    def test_one_version_has_the_bytes_of_the_later_look(self) -> None:
        kept = Seen((), {"targets": (Floor(2, HASH, ("k",)),)})
        new = Seen((), {"targets": (Floor(2, "e" * 64, ("k",)),)})
        assert self.merged(kept, new) == new
