"""What outlives a question: version floors, first-seen keys, and what happens to a bad disk."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crosstrust.app.clock import now
from crosstrust.app.collect import More
from crosstrust.app.session import open_session
from crosstrust.chain.pin import Pins
from crosstrust.chain.want import Want
from crosstrust.errors import StateError
from crosstrust.evidence.verdict import Decision, Notice
from crosstrust.sandbox import Sandbox, publish_release
from crosstrust.sandbox.door import MemoryDoor
from crosstrust.sandbox.release import NEXT_TAG, TAG
from tests.unit.app.desk import COPY, MIRROR, ORIGIN, OTHER, Desk, failed, unknown, warned

TOFU: dict[str, Any] = {"pins": Pins(), "tofu": True}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def floors(desk: Desk) -> dict[str, int]:
    """The version floor of each role, as the trust store keeps them; none: no file."""
    files = list(desk.state.glob("state-seen*"))
    if not files:
        return {}
    (file,) = files
    kept = json.loads(file.read_bytes().partition(b"\n")[2])
    return {role: listed[-1]["version"] for role, listed in kept["floors"].items()}


def replace_author(desk: Desk) -> None:
    """The same world with other keys, as somebody in the middle would show it."""
    desk.sandbox = Sandbox(at=now())
    desk.release = publish_release(desk.sandbox)


# --- floors ---


def test_a_rollback_is_seen_in_the_next_session(desk: Desk) -> None:
    publish_release(desk.sandbox, NEXT_TAG)
    assert desk.ask()
    desk.sandbox.notary.roll_back(ORIGIN)
    verdict = desk.ask()
    assert verdict.decision is Decision.REJECTED
    assert "tuf.version.rollback" in failed(verdict)


def test_a_rollback_that_nobody_saw_before_is_not_seen(desk: Desk) -> None:
    publish_release(desk.sandbox, NEXT_TAG)
    desk.sandbox.notary.roll_back(ORIGIN)
    assert desk.ask()


def test_a_floor_outlives_the_cache(desk: Desk) -> None:
    publish_release(desk.sandbox, NEXT_TAG)
    assert desk.ask()
    shutil.rmtree(desk.cache)
    desk.sandbox.notary.roll_back(ORIGIN)
    assert "tuf.version.rollback" in failed(desk.ask())


def test_a_floor_needs_no_cache(desk: Desk) -> None:
    publish_release(desk.sandbox, NEXT_TAG)
    assert desk.ask(cache=False)
    desk.sandbox.notary.roll_back(ORIGIN)
    assert "tuf.version.rollback" in failed(desk.ask(cache=False))
    assert not desk.cache.exists()


def test_a_rollback_between_two_images_of_one_call_is_seen(desk: Desk) -> None:
    publish_release(desk.sandbox, NEXT_TAG)
    session = desk.session()
    questions = [session.question(COPY), session.question(COPY)]
    assert session.answer(questions[0])
    desk.sandbox.notary.roll_back(ORIGIN)
    assert "tuf.version.rollback" in failed(session.answer(questions[1]))


def test_floors_rise_and_never_fall(desk: Desk) -> None:
    assert desk.ask()
    before = floors(desk)
    publish_release(desk.sandbox, NEXT_TAG)
    assert desk.ask()
    after = floors(desk)
    assert after["targets"] == before["targets"] + 1
    assert after["timestamp"] == before["timestamp"] + 1
    desk.sandbox.notary.roll_back(ORIGIN)
    assert not desk.ask()
    assert floors(desk) == after


def test_inspecting_raises_floors_as_verifying_does(desk: Desk) -> None:
    publish_release(desk.sandbox, NEXT_TAG)
    session = desk.session()
    assert session.answer_metadata(session.metadata_question(ORIGIN))
    desk.sandbox.notary.roll_back(ORIGIN)
    assert "tuf.version.rollback" in failed(desk.ask())


@pytest.mark.parametrize("pins", [Pins(), Pins(root=(OTHER,))])
def test_only_what_follows_from_pinned_keys_raises_a_floor(desk: Desk, pins: Pins) -> None:
    assert not desk.ask(pins=pins)
    assert floors(desk) == {}
    publish_release(desk.sandbox, NEXT_TAG)
    assert not desk.ask(pins=pins)
    desk.sandbox.notary.roll_back(ORIGIN)
    assert desk.ask()


class SlowDoor(MemoryDoor):
    """Lets something happen once a session has read its floors, before its first request."""

    def __init__(self, sandbox: Sandbox, happen: Callable[[], None]) -> None:
        super().__init__(sandbox)
        self._happen = [happen]

    def pursue(
        self, wants: Sequence[Want], more: More, *, meanwhile: Callable[[], object] | None = None
    ) -> None:
        while self._happen:
            self._happen.pop()()
        super().pursue(wants, more, meanwhile=meanwhile)


@pytest.mark.parametrize("known", [True, False])
def test_the_slower_of_two_sessions_is_not_shown_the_past(desk: Desk, *, known: bool) -> None:
    """What the other one has seen counts, though it was not there when this one began."""
    if known:
        assert desk.ask()
    publish_release(desk.sandbox, NEXT_TAG)

    def overtake() -> None:
        assert desk.ask()
        desk.sandbox.notary.roll_back(ORIGIN)

    door = SlowDoor(desk.sandbox, overtake)
    with open_session(desk.options(), door=door) as slow:
        assert "tuf.version.rollback" in failed(slow.answer(slow.question(COPY)))
    assert floors(desk)["targets"] == 2
    assert "tuf.version.rollback" in failed(desk.ask())


def test_the_slower_of_two_first_sights_is_held_to_the_other_one(desk: Desk) -> None:
    honest = desk.sandbox

    def overtake() -> None:
        assert desk.ask(**TOFU)

    attacker = Sandbox(at=now())
    publish_release(attacker)
    door = SlowDoor(honest, overtake)
    door.source = attacker.source()
    with open_session(desk.options(**TOFU), door=door) as slow:
        assert not slow.answer(slow.question(COPY))
    assert desk.ask(**TOFU)
    (file,) = desk.state.glob("state-first*")
    assert honest.author.pins().root[0].encode() in file.read_bytes()


def test_a_first_sight_is_recorded_before_the_floors(desk: Desk) -> None:
    """Floors without a key would let anyone be the next to be seen first."""
    desk.state.mkdir(parents=True)
    (desk.state / f"state-first%20{ORIGIN.replace('/', '%2f')}.new").mkdir()
    verdict = desk.ask(**TOFU)
    assert verdict.decision is Decision.TRUSTED
    assert [one.code for one in verdict.warnings] == ["local.state.saved"]
    assert floors(desk) == {}


def test_what_a_pinned_key_has_shown_counts_for_a_first_sight(desk: Desk) -> None:
    publish_release(desk.sandbox, NEXT_TAG)
    assert desk.ask()
    before = contents(desk.state)
    desk.sandbox.notary.roll_back(ORIGIN)
    assert "tuf.version.rollback" in failed(desk.ask(**TOFU))
    assert contents(desk.state) == before
    replace_author(desk)
    desk.door.source = desk.sandbox.source()
    assert desk.ask(**TOFU).decision is Decision.REJECTED


def test_what_the_first_key_has_shown_counts_once_it_is_pinned(desk: Desk) -> None:
    publish_release(desk.sandbox, NEXT_TAG)
    assert desk.ask(**TOFU)
    desk.sandbox.notary.roll_back(ORIGIN)
    assert "tuf.version.rollback" in failed(desk.ask())


def test_what_another_first_key_has_shown_is_nothing_to_a_pinned_one(desk: Desk) -> None:
    mine = desk.sandbox
    replace_author(desk)
    publish_release(desk.sandbox, NEXT_TAG)
    desk.door.source = desk.sandbox.source()
    assert desk.ask(**TOFU)
    desk.sandbox, desk.door.source = mine, mine.source()
    assert desk.ask()


def test_the_past_changes_nothing(desk: Desk) -> None:
    assert desk.ask()
    before = contents(desk.state)
    publish_release(desk.sandbox, NEXT_TAG)
    verdict = desk.ask(at=now() + timedelta(seconds=5))
    assert (verdict.decision, verdict.historic) == (Decision.TRUSTED, True)
    assert contents(desk.state) == before
    desk.sandbox.notary.roll_back(ORIGIN)
    assert desk.ask()


def test_the_past_is_judged_as_of_then(desk: Desk) -> None:
    late = desk.ask(at=now() + timedelta(days=30))
    assert late.decision is Decision.REJECTED
    assert (late.basis, late.historic) == ("user", True)
    assert contents(desk.state) == {}


# --- first seen ---


def test_the_first_key_that_is_seen_is_kept(desk: Desk) -> None:
    verdict = desk.ask(**TOFU)
    assert verdict.decision is Decision.TRUSTED
    assert [use.pinned for use in verdict.keys if use.role == "root"] == ["first seen"]
    assert desk.ask(**TOFU)
    replace_author(desk)
    assert desk.ask(**TOFU).decision is Decision.REJECTED


def test_a_first_seen_key_counts_only_where_the_user_asks_for_that(desk: Desk) -> None:
    assert desk.ask(**TOFU)
    verdict = desk.ask(pins=Pins())
    assert verdict.decision is Decision.UNDECIDED
    assert unknown(verdict) == {"pin.present"}


def test_two_images_of_one_call_see_one_first_key(desk: Desk) -> None:
    session = desk.session(**TOFU)
    questions = [session.question(COPY), session.question(COPY)]
    assert session.answer(questions[0])
    replace_author(desk)
    desk.door.source = desk.sandbox.source()
    assert session.answer(questions[1]).decision is Decision.REJECTED


def test_a_pinned_key_needs_no_first_sight(desk: Desk) -> None:
    assert desk.ask(tofu=True)
    assert not list(desk.state.glob("state-first*"))


def test_looking_at_the_past_is_no_first_sight(desk: Desk) -> None:
    assert desk.ask(**TOFU, at=now() + timedelta(seconds=5))
    assert contents(desk.state) == {}


# --- this machine ---


def test_a_file_in_the_place_of_the_state_stops_everything(desk: Desk) -> None:
    desk.state.parent.mkdir()
    desk.state.write_text("", encoding="utf-8")
    with pytest.raises(StateError) as caught:
        desk.ask()
    assert caught.value.code == "local.file.mode"
    assert desk.asked == []


def test_a_state_that_cannot_be_kept_is_a_warning(desk: Desk) -> None:
    # What holds for root too: nothing can be made below a file.
    desk.state.parent.write_bytes(b"")
    verdict = desk.ask(**TOFU)
    assert verdict.decision is Decision.TRUSTED
    lost = [notice.text for notice in verdict.warnings if notice.code == "local.state.saved"]
    # The key that nothing but its first sight vouches for: without it there are no floors.
    (key_lost,) = lost
    assert ": the root key was not recorded, so that any other will do the next time" in key_lost
    pinned = desk.ask()
    (floors_lost,) = [n.text for n in pinned.warnings if n.code == "local.state.saved"]
    assert ": no version floor was kept; " in floors_lost


@pytest.mark.parametrize("raw", [b"", b"junk", b"crosstrust-state 1 sha256:00\n{}"])
def test_a_damaged_state_stops_everything(desk: Desk, raw: bytes) -> None:
    assert desk.ask()
    (file,) = desk.state.glob("state-seen*")
    file.write_bytes(raw)
    with pytest.raises(StateError) as caught:
        desk.ask()
    assert caught.value.code == "local.state.intact"
    assert desk.asked == []


def test_a_damaged_first_sight_stops_only_who_uses_it(desk: Desk) -> None:
    assert desk.ask(**TOFU)
    (file,) = desk.state.glob("state-first*")
    file.write_bytes(b"junk")
    with pytest.raises(StateError):
        desk.ask(**TOFU)
    assert desk.ask()


def test_a_cache_that_cannot_be_kept_is_a_warning(desk: Desk) -> None:
    desk.cache.parent.mkdir()
    desk.cache.write_text("", encoding="utf-8")
    first, second = desk.ask_all(COPY, COPY)
    assert first.decision is Decision.TRUSTED
    (text,) = warned(first).values()
    assert "nothing was cached" in text
    assert "floor" not in text
    assert second.decision is Decision.TRUSTED
    assert floors(desk)["targets"] == 1


def test_what_the_network_has_to_say_is_told(desk: Desk) -> None:
    notice = Notice("http.plain", "localhost:5000", "asked without TLS")
    door = MemoryDoor(desk.sandbox, notices=(notice,))
    with open_session(desk.options(), door=door) as session:
        verdict = session.answer(session.question(COPY))
        assert not door.closed
    assert verdict.warnings == (notice,)
    assert door.closed


def test_traffic_is_counted_for_each_question(desk: Desk) -> None:
    first, second = desk.ask_all(COPY, COPY)
    assert first.traffic.count > second.traffic.count > 0
    assert first.traffic.bytes > second.traffic.bytes > 0
    assert first.traffic.count + second.traffic.count == len(desk.asked)
    assert first.traffic.seconds > 0


def test_each_image_has_its_own_verdict(desk: Desk) -> None:
    found = desk.ask_all(COPY, f"{MIRROR}:9", f"{ORIGIN}:{TAG}")
    assert [verdict.decision.value for verdict in found] == ["trusted", "rejected", "trusted"]
    assert [verdict.subject for verdict in found] == [COPY, f"{MIRROR}:9", f"{ORIGIN}:{TAG}"]
