"""Each attack of the siege by itself, on a short honest history: nothing is left to chance."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crosstrust.schemes.notary_v1.state import Seen
from tests.attacks.provenance import RELEASES
from tests.attacks.siege import EVIL, HOSTS, TAGS, Siege, State, image_of
from tests.attacks.watch import check_grounds, look

ROLES = ("timestamp", "snapshot", "targets", RELEASES, "targets/alice")
STATES = range(3)


def besiege(home: Path, *, two: str = "") -> Siege:
    """Three states: in each the first tag is signed anew, in ``targets`` and by a signer.

    Two keys have to sign the role ``two``.
    """
    siege = Siege(home)
    siege.author.add_signer("alice")
    if two:
        siege.require_two(two)
    for number in STATES:
        siege.sign(TAGS[0], number)
        siege.author.sign(TAGS[1], *siege.entry(number), roles=("targets",))
        siege.publish()
    del siege.states[0]
    return siege


def looks(siege: Siege, newcomer: Path) -> set[tuple[str, int]]:
    """Let the client and a newcomer look; return the tags with the images that were trusted."""
    found = set()
    for tag in TAGS:
        siege.oblige(tag)
        for verdict in (look(siege, tag, HOSTS[1]), siege.verify(tag, HOSTS[0], home=newcomer)):
            if verdict:
                check_grounds(siege, verdict, tag, Seen())
                found.add((tag, image_of(str(verdict.digest))))
    return found


@pytest.mark.parametrize("role", ROLES[1:])
def test_one_file_of_another_state_is_not_trusted(role: str, tmp_path: Path) -> None:
    for number in STATES:
        for other in set(STATES) - {number}:
            siege = besiege(tmp_path / f"{number} {other}")
            raw = siege.before(other).files[role]
            siege.serve(siege.before(number), forced={role: raw})
            assert looks(siege, tmp_path / f"{number} {other} new") == set()


@pytest.mark.parametrize("number", STATES)
def test_an_old_state_is_trusted_by_newcomers_alone(number: int, tmp_path: Path) -> None:
    siege = besiege(tmp_path / "home")
    for tag in TAGS:
        siege.stand_aside(tag)
        assert look(siege, tag, HOSTS[1])
    siege.serve(siege.before(number))
    held = image_of(next(iter(siege.before(number).released(TAGS[0]))))
    assert looks(siege, tmp_path / "new") == {(tag, held) for tag in TAGS}
    assert bool(look(siege, TAGS[0], HOSTS[1])) == (number == 0)


@pytest.mark.parametrize("ahead", [0, 1, 1000])
@pytest.mark.parametrize("role", ["targets", RELEASES])
def test_a_stolen_key_signs_until_it_is_replaced(role: str, ahead: int, tmp_path: Path) -> None:
    siege = besiege(tmp_path / "home")
    siege.steal(role)
    forged = forge(siege, role, ahead)
    siege.serve(forged)
    tag = TAGS[1] if role == "targets" else TAGS[0]
    assert (tag, EVIL) in looks(siege, tmp_path / "new")
    replace_keys(siege, role)
    for each in TAGS:
        siege.stand_aside(each)
    assert look(siege, tag, HOSTS[1])
    siege.serve(forge(siege, role, ahead))
    assert EVIL not in {held for _, held in looks(siege, tmp_path / "newer")}
    siege.serve(forged)
    siege.oblige(tag)
    assert not look(siege, tag, HOSTS[1])


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_one_stolen_key_of_two_signs_nothing(role: str, tmp_path: Path) -> None:
    """Though it is listed twice and both listings sign."""
    siege = besiege(tmp_path / "home", two=role)
    siege.steal(role)
    siege.steal("timestamp")
    if role == "timestamp":
        siege.serve(siege.forge_timestamp(siege.before(0), 1))
    else:
        siege.serve(forge(siege, role if role == "targets" else "", 1))
    assert looks(siege, tmp_path / "new") == set()


def test_replaced_keys_of_the_server_are_not_brought_back(tmp_path: Path) -> None:
    """The floors of their roles are gone with them: the root's own is what holds."""
    siege = besiege(tmp_path / "home")
    siege.steal("timestamp")
    siege.steal("snapshot")
    old = siege.before(0)
    siege.author.rotate("timestamp")
    siege.author.rotate("snapshot")
    siege.publish()
    siege.stand_aside(TAGS[0])
    assert look(siege, TAGS[0], HOSTS[1])
    shutil.rmtree(siege.cache)
    below = {**siege.before(0).files, "root": old.files["root"]}
    siege.serve(siege.forge_state(State(below, old.roots), 1))
    assert not look(siege, TAGS[0], HOSTS[1])


@pytest.mark.parametrize("role", [RELEASES, "targets/alice"])
def test_a_role_that_was_seen_is_not_hidden(role: str, tmp_path: Path) -> None:
    siege = besiege(tmp_path / "home")
    for tag in TAGS:
        siege.stand_aside(tag)
        assert look(siege, tag, HOSTS[1])
    siege.steal("timestamp")
    siege.steal("snapshot")
    siege.serve(siege.forge_state(siege.before(0), 1, role))
    siege.oblige(TAGS[1])
    assert not look(siege, TAGS[1], HOSTS[1])


def forge(siege: Siege, role: str, ahead: int) -> State:
    """Forge the second tag in ``targets`` or the first in releases, and what is above it."""
    state = siege.before(0)
    if not role:
        return siege.forge_state(state, ahead)
    tag = TAGS[1] if role == "targets" else TAGS[0]
    forged = siege.forge_tag(role, state.files[role], tag, ahead)
    return siege.forge_state(State({**state.files, role: forged}, state.roots), ahead)


def replace_keys(siege: Siege, role: str) -> None:
    """As an author does who has found out: the stolen key, and those of the server."""
    for each in ("timestamp", "snapshot"):
        siege.author.rotate(each)
    if role == "targets":
        siege.author.rotate(role)
    else:
        siege.author.remove_signer("alice")
        siege.author.add_signer("alice")
        siege.sign(TAGS[0], 1)
    siege.publish()
