"""What was seen stays the least that is accepted, whoever of a role's keys comes and goes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.evidence.check import Outcome
from crosstrust.schemes.notary_v1 import NotaryV1
from crosstrust.schemes.notary_v1.state import Floor, Seen, SeenRoot, parse_state, write_state
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
    floor = parse_state(watched.seen, GUN).floors[RELEASES]
    assert (floor.version, floor.withdrawn) == (3, True)
    watched.author.declared[RELEASES] = declared
    # It may be that nothing was signed since.
    watched.author.bump()
    assert watched.look().failed == []
    assert parse_state(watched.seen, GUN).floors[RELEASES] == floor
    assert refused(watched.release(2, alice))
    assert watched.release(4, alice).tags
    assert not parse_state(watched.seen, GUN).floors[RELEASES].withdrawn


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
    assert parse_state(watched.seen, GUN).floors[RELEASES].keys == (carol.id,)


releases = st.tuples(
    st.sets(st.sampled_from(range(3)), min_size=1),
    st.integers(1, 4),
    st.sampled_from(range(3)),
)


@given(st.lists(releases, max_size=6))
def test_no_file_is_accepted_that_a_key_still_listed_could_have_signed_before(
    history: list[tuple[set[int], int, int]],
) -> None:
    """The oracle knows what was accepted, and which keys were listed since all were replaced."""
    watched, newest, listed_since = Watched(KEYS[0]), 0, set[int]()
    for listed, version, signer in history:
        watched.list_keys(*(KEYS[each] for each in sorted(listed)))
        trial = watched.release(version, KEYS[signer])
        known = set() if listed.isdisjoint(listed_since) else listed_since
        least = newest if known else 0
        if signer in listed and version > least:
            assert trial.tags
        if signer not in listed or version < least:
            assert not trial.tags
        if trial.tags:
            newest, listed_since = version, known | listed


class TestMerge:
    """Two processes that looked at once: none loses what the other has seen."""

    roots = (SeenRoot(1, HASH, 5),)

    def merged(self, kept: Seen, new: Seen) -> Seen:
        raw = NotaryV1().merge(GUN, write_state(kept, GUN), write_state(new, GUN))
        return parse_state(raw, GUN)

    def seen(self, *keys: str, version: int, targets: int = 1) -> Seen:
        floors = {"targets": Floor(targets, HASH, ("t",)), RELEASES: Floor(version, HASH, keys)}
        return Seen(self.roots, floors)

    def test_keys_that_take_turns_keep_the_higher_floor(self) -> None:
        high, low = self.seen("a", "b", version=3), self.seen("b", "c", version=2)
        for kept, new in ((high, low), (low, high)):
            floor = self.merged(kept, new).floors[RELEASES]
            assert (floor.version, set(floor.keys)) == (3, {"a", "b", "c"})

    @pytest.mark.parametrize("version", [1, 9])
    def test_replaced_keys_go_with_the_later_file_that_lists_them(self, version: int) -> None:
        old = self.seen("stolen", version=5, targets=1)
        new = self.seen("fresh", version=version, targets=2)
        assert self.merged(old, new) == self.merged(new, old) == new

    def test_a_delegation_is_withdrawn_where_both_have_seen_it(self) -> None:
        there = self.seen("a", version=3)
        gone = Seen(self.roots, {RELEASES: replace(there.floors[RELEASES], withdrawn=True)})
        assert self.merged(gone, gone).floors[RELEASES].withdrawn
        for kept, new in ((there, gone), (gone, there)):
            assert not self.merged(kept, new).floors[RELEASES].withdrawn

    def test_nested_delegations_are_listed_by_their_parent(self) -> None:
        def seen(key: str, version: int, above: int) -> Seen:
            own = {f"{RELEASES}/x": Floor(version, HASH, (key,))}
            return Seen(self.roots, {**self.seen("a", version=above).floors, **own})

        old, new = seen("stolen", 9, 1), seen("fresh", 1, 2)
        assert self.merged(old, new) == self.merged(new, old) == new

    def test_a_file_that_was_never_seen_is_older_than_any(self) -> None:
        kept = self.seen("fresh", version=1)
        new = Seen(self.roots, {RELEASES: Floor(9, HASH, ("stolen",))})
        assert self.merged(kept, new).floors[RELEASES] == kept.floors[RELEASES]

    def test_of_two_lines_to_one_root_the_longer_is_kept(self) -> None:
        two = SeenRoot(2, HASH, 5)
        long, short = Seen((*self.roots, two)), Seen((two,))
        assert self.merged(long, short) == self.merged(short, long) == long

    def test_one_version_has_the_bytes_of_the_later_look(self) -> None:
        kept = Seen(self.roots, {"targets": Floor(2, HASH, ("k",))})
        new = Seen(self.roots, {"targets": Floor(2, "e" * 64, ("k",))})
        assert self.merged(kept, new) == new
