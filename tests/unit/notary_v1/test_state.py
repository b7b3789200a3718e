"""The state: its form, what it refuses, and what raises or drops a floor."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from crosstrust.chain.pin import Pins
from crosstrust.errors import StateError
from crosstrust.schemes.notary_v1 import NotaryV1
from crosstrust.schemes.notary_v1.state import Floor, Seen, SeenRoot, parse_state, write_state
from tests.unit.notary_v1.author import AT, GUN, Author, root_key
from tests.unit.notary_v1.serving import Server
from tests.unit.notary_v1.trial import Trial, pin, run, serve, tried

HASH = "ab" * 32
OTHER = "e" * 64


def state(**changes: Any) -> bytes:
    value: dict[str, Any] = {
        "format": 2,
        "gun": GUN,
        "roots": [{"version": 1, "sha256": HASH, "size": 5}],
        "floors": {"timestamp": [{"version": 3, "sha256": HASH, "keys": ["k"]}]},
    }
    return json.dumps(value | changes).encode()


def test_the_form_round_trips() -> None:
    seen = parse_state(state(), GUN)
    assert seen == Seen((SeenRoot(1, HASH, 5),), {"timestamp": (Floor(3, HASH, ("k",)),)})
    assert parse_state(write_state(seen, GUN), GUN) == seen


def test_what_an_earlier_version_kept_counts() -> None:
    floors = {"timestamp": {"version": 1, "sha256": HASH, "signers": ["k"]}}
    # It does not say which other keys were listed: it counts for any.
    assert parse_state(state(format=1, floors=floors), GUN).floors == {
        "timestamp": (Floor(1, HASH, ()),)
    }


def test_nothing_was_seen() -> None:
    assert parse_state(b"", GUN) == Seen()
    assert write_state(Seen(), GUN) == b""


def test_equal_states_are_equal_bytes() -> None:
    low, high = Floor(1, HASH, ("k",)), Floor(2, HASH, ("k",))
    one = Seen((), {"timestamp": (low,), "snapshot": (high, low)})
    other = Seen((), {"snapshot": (high, low), "timestamp": (low,)})
    assert write_state(one, GUN) == write_state(other, GUN) != b""
    assert parse_state(write_state(one, GUN), GUN) == one


def test_a_line_of_roots_may_begin_anywhere() -> None:
    roots = tuple(SeenRoot(version, HASH, 0) for version in (3, 4))
    assert parse_state(write_state(Seen(roots), GUN), GUN) == Seen(roots)
    assert parse_state(state(roots=[]), GUN).roots == ()


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b"null",
        state(format=3),
        state(format=0),
        state(gun="docker.io/other/one"),
        state(roots=7),
        state(roots=[{"version": 0, "sha256": HASH, "size": 5}]),
        state(roots=[{"version": 1, "sha256": "ab", "size": 5}]),
        state(roots=[{"version": 1, "sha256": HASH, "size": -5}]),
        state(roots=[{"version": v, "sha256": HASH, "size": 5} for v in (1, 3)]),
        state(floors=[]),
        state(floors={"timestamp": []}),
        state(floors={"timestamp": {"version": 1, "sha256": HASH, "keys": ["k"]}}),
        state(floors={"timestamp": [{"version": True, "sha256": HASH, "keys": ["k"]}]}),
        state(floors={"timestamp": [{"version": 1, "sha256": None, "keys": ["k"]}]}),
        state(floors={"timestamp": [{"version": 1, "sha256": HASH, "keys": [1]}]}),
        state(floors={"a": [{"version": 1, "sha256": HASH, "keys": ["k"], "withdrawn": 1}]}),
        state(format=1, floors={"a": {"version": 0, "sha256": HASH, "signers": ["k"]}}),
        state(format=1, floors={"a": {"version": 1, "sha256": "", "signers": ["k"]}}),
        state(format=1, floors={"a": {"version": 1, "sha256": HASH, "signers": [1]}}),
    ],
)
def test_a_damaged_state_is_an_error_of_this_machine(raw: bytes) -> None:
    scheme = NotaryV1()
    trial = tried(Author())
    with pytest.raises(StateError) as wants:
        scheme.wants(GUN, trial.dossier, pins=Pins(), seen=raw)
    with pytest.raises(StateError) as judged:
        scheme.judge(GUN, trial.dossier, pins=Pins(), at=AT, seen=raw)
    for caught in (wants, judged):
        assert caught.value.code == "local.state.intact"
        assert caught.value.remedy


def test_what_is_remembered() -> None:
    author = Author(versions={"timestamp": 7})
    trial = tried(author)
    seen = parse_state(trial.judgement.state, GUN)
    assert [root.version for root in seen.roots] == [1]
    assert seen.floors.keys() == {"timestamp", "snapshot", "targets"}
    (floor,) = seen.floors["timestamp"]
    assert (floor.version, floor.keys) == (7, (author.keys["timestamp"][0].id,))


def test_only_what_follows_is_remembered() -> None:
    author = Author(expires={"snapshot": AT})
    seen = parse_state(tried(author).judgement.state, GUN)
    assert seen.floors.keys() == {"timestamp"}
    gone = Author(expires={"root": AT})
    seen = parse_state(tried(gone).judgement.state, GUN)
    # A newer root found on the way is kept, though it has run out (A13).
    assert len(seen.roots) == 1
    assert seen.floors == {}


def test_a_failed_run_lowers_nothing() -> None:
    author = Author(versions={"timestamp": 7})
    server = serve(author)
    first = run(server, pin(author)).judgement.state
    author.versions = {"timestamp": 6, "snapshot": 2, "targets": 2}
    author.expires["targets"] = AT
    second = run(serve(author, server), pin(author), seen=first).judgement.state
    before, after = parse_state(first, GUN).floors, parse_state(second, GUN).floors
    assert after == before


def test_a_pin_that_moves_to_a_later_root_keeps_the_older_ones() -> None:
    author = Author()
    server = serve(author)
    first = run(server, pin(author)).judgement.state
    old = author.keys["root"]
    author.keys["root"], author.versions["root"] = [root_key()], 2
    author.signers["root"] = old + author.keys["root"]
    author.bump("snapshot", "timestamp")
    trial = run(serve(author, server), pin(author), seen=first)
    assert trial.failed == []
    assert [root.version for root in parse_state(trial.judgement.state, GUN).roots] == [1, 2]


def next_root(author: Author, server: Server) -> None:
    """Rotate the root key, and serve the new state."""
    old = author.keys["root"]
    author.keys["root"] = [root_key()]
    author.signers["root"] = old + author.keys["root"]
    author.versions["root"] = author.versions.get("root", 1) + 1
    author.bump("snapshot", "timestamp")
    serve(author, server)


def seen_roots(trial: Trial) -> list[int]:
    return [root.version for root in parse_state(trial.judgement.state, GUN).roots]


def test_every_root_on_the_way_is_remembered_whichever_is_pinned() -> None:
    author = Author()
    server, pins = serve(author), [pin(author)]
    for _ in range(2):
        next_root(author, server)
        pins.append(pin(author))
    two = run(server, pins[1])
    assert seen_roots(two) == [2, 3]
    # The pin of an older root adds what was before.
    assert seen_roots(run(server, pins[0], seen=two.judgement.state)) == [1, 2, 3]
    before = run(server, pins[0])
    next_root(author, server)
    for each in pins:
        assert seen_roots(run(server, each, seen=before.judgement.state)) == [1, 2, 3, 4]


def test_a_pin_beyond_a_gap_starts_a_new_line() -> None:
    author = Author()
    server = serve(author)
    first = run(server, pin(author)).judgement.state
    author.keys["root"], author.versions["root"] = [root_key()], 3
    author.bump("snapshot", "timestamp")
    trial = run(serve(author, server), pin(author), seen=first)
    assert trial.failed == []
    assert [root.version for root in parse_state(trial.judgement.state, GUN).roots] == [3]


def test_floors_outlive_their_delegations() -> None:
    author = Author()
    for name in ("targets/a", "targets/a/b", "targets/c", "targets/c/d"):
        author.delegate(name)
    server = serve(author)
    first = run(server, pin(author)).judgement.state
    assert len(parse_state(first, GUN).floors) == 7
    for name in ("targets/a", "targets/a/b", "targets/c/d"):
        del author.declared[name]
        del author.tags[name]
    author.bump()
    author.expires["targets/c"] = AT - timedelta(days=1)
    second = run(serve(author, server), pin(author), seen=first).judgement.state
    floors = parse_state(second, GUN).floors
    withdrawn = {name for name, (floor,) in floors.items() if floor.withdrawn}
    # What cannot be judged now withdraws none of its children.
    assert withdrawn == {"targets/a", "targets/a/b"}
    assert floors.keys() >= {"targets/c", "targets/c/d"}
