"""The rounds: few of them, and few requests when the cache is warm."""

from __future__ import annotations

import pytest

from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins
from crosstrust.chain.want import ReadRole
from crosstrust.oci import limits
from crosstrust.oci.digest import Digest
from crosstrust.schemes.notary_v1 import NotaryV1
from tests.unit.notary_v1.author import GUN, Author, digest, root_key
from tests.unit.notary_v1.serving import Server
from tests.unit.notary_v1.trial import Trial, pin, run, serve

ROOT, TIMESTAMP = ReadRole(GUN, "root"), ReadRole(GUN, "timestamp")
NONE = Pins()


@pytest.fixture
def author() -> Author:
    made = Author()
    made.delegate("targets/releases")
    made.delegate("targets/alice")
    made.sign("v1", "one", "targets/releases")
    return made


def bound(server: Server, role: str) -> ReadRole:
    raw = server.files[role]
    return ReadRole(GUN, role, sha256=Digest.of(raw).hex, length=len(raw))


def second_root(author: Author, server: Server) -> None:
    """Rotate the root key, bind it, and serve the new state."""
    old = author.keys["root"]
    author.keys["root"] = [root_key()]
    author.signers["root"] = old + author.keys["root"]
    author.versions["root"] = author.versions.get("root", 1) + 1
    author.bump("snapshot", "timestamp")
    serve(author, server)


def again(server: Server, first: Trial, pins: Pins) -> Trial:
    """A second run with a warm cache; ``server.requests`` has what still reached the server."""
    server.warm()
    return run(server, pins, seen=first.judgement.state)


def test_a_cold_run_takes_three_rounds(author: Author) -> None:
    server = serve(author)
    trial = run(server, pin(author))
    assert [set(each) for each in trial.rounds] == [
        {ROOT, TIMESTAMP, ReadRole(GUN, "root", version=2)},
        {bound(server, "snapshot")},
        {bound(server, role) for role in ("targets", "targets/releases", "targets/alice")},
    ]


def test_a_warm_run_makes_two_requests(author: Author) -> None:
    server = serve(author)
    trial = again(server, run(server, pin(author)), pin(author))
    assert set(server.requests) == {TIMESTAMP, ReadRole(GUN, "root", version=2)}
    assert len(trial.rounds) == 3
    assert trial.tags == {"v1": digest("one")}


@pytest.mark.parametrize("pinned", ["first", "last"])
def test_a_warm_run_after_rotations_makes_two_requests(author: Author, pinned: str) -> None:
    server, pins = serve(author), pin(author)
    second_root(author, server)
    second_root(author, server)
    pins = pins if pinned == "first" else pin(author)
    first = run(server, pins)
    assert first.tags == {"v1": digest("one")}
    trial = again(server, first, pins)
    assert set(server.requests) == {TIMESTAMP, ReadRole(GUN, "root", version=4)}
    assert trial.tags == {"v1": digest("one")}


def test_a_warm_run_finds_a_new_root(author: Author) -> None:
    server, pins = serve(author), pin(author)
    first = run(server, pins)
    second_root(author, server)
    trial = run(server, pins, seen=first.judgement.state)
    assert trial.failed == []
    assert trial.tags == {"v1": digest("one")}
    assert ROOT not in server.requests[len(first.dossier.replies) :]


def test_a_server_without_numbered_roots(author: Author) -> None:
    server, pins = serve(author), pin(author)
    first = run(server, pins)
    second_root(author, server)
    server.roots.clear()
    server.cached = {Digest.of(server.stored["root", key[1]]).hex: server.stored[key]
                     for key in server.stored if key[0] == "root"}  # fmt: skip
    trial = run(server, pins, seen=first.judgement.state)
    # The snapshot binds a root that is not at hand, so the current one is asked for.
    assert ROOT in trial.rounds[2]
    assert "tuf.root.consecutive T" not in trial.failed
    assert trial.tags == {"v1": digest("one")}


def test_a_lost_cache_falls_back_to_the_server(author: Author) -> None:
    server, pins = serve(author), pin(author)
    first = run(server, pins)
    server.roots.clear()
    trial = run(server, pins, seen=first.judgement.state)
    assert ROOT in trial.rounds[1]
    assert trial.tags == {"v1": digest("one")}


def test_a_root_that_is_still_on_its_way_is_not_asked_for_twice(author: Author) -> None:
    server, pins = serve(author), pin(author)
    second_root(author, server)
    state = run(server, pins).judgement.state
    scheme = NotaryV1()
    wants = scheme.wants(GUN, Dossier(), pins=pins, seen=state)
    assert [want.version for want in wants] == [None, 1, 2, 3]
    first = wants[1]
    early = Dossier({first: server.reply(first)})
    more = scheme.wants(GUN, early, pins=pins, seen=state)
    assert set(more) == set(wants) - {first}


def test_a_root_that_the_snapshot_binds_may_still_be_on_its_way(author: Author) -> None:
    server, pins = serve(author), pin(author)
    state = run(server, pins).judgement.state
    second_root(author, server)
    trial = run(server, pins, seen=state)
    late = ReadRole(GUN, "root", version=2)
    after = {late, ReadRole(GUN, "root", version=3)}
    replies = trial.dossier.replies.items()
    early = Dossier({want: reply for want, reply in replies if want not in after})
    assert set(NotaryV1().wants(GUN, early, pins=pins, seen=state)) == {late}


def test_every_root_that_is_on_its_way_is_waited_for(author: Author) -> None:
    server, first = serve(author), pin(author)
    second_root(author, server)
    second = pin(author)
    second_root(author, server)
    state = run(server, second).judgement.state
    # Another pin than before: the first root is looked for, while the second is on its way.
    wants = NotaryV1().wants(GUN, Dossier(), pins=first, seen=state)
    assert [want.version for want in wants] == [None, 2, 3, 4]
    third = wants[2]
    early = Dossier({third: server.reply(third)})
    more = NotaryV1().wants(GUN, early, pins=first, seen=state)
    assert set(more) == {*wants, ReadRole(GUN, "root", version=1)} - {third}


def test_one_root_that_no_cache_has_is_enough_to_ask_for_the_current(author: Author) -> None:
    server, pins = serve(author), pin(author)
    second_root(author, server)
    state = run(server, pins).judgement.state
    del server.roots[1]
    trial = run(server, pins, seen=state)
    assert ROOT in trial.rounds[1]


def test_an_older_root_that_cannot_be_read_has_no_pin(author: Author) -> None:
    server = serve(author)
    second_root(author, server)
    second_root(author, server)
    pins = pin(author)
    second_root(author, server)
    server.roots[1] = b"{}"
    trial = run(server, pins)
    assert {1, 3} <= {want.version for each in trial.rounds for want in each}
    assert trial.tags == {"v1": digest("one")}


@pytest.mark.parametrize(("newest", "searched"), [(5, True), (6, False)])
def test_as_many_older_roots_are_searched_for_a_pin_as_may_be_rotated(
    author: Author, monkeypatch: pytest.MonkeyPatch, newest: int, *, searched: bool
) -> None:
    monkeypatch.setattr(limits, "ROOT_ROTATIONS", 4)
    author.versions["root"] = newest
    stranger = Pins(root=("0" * 64,))
    asked = {want.version for each in run(serve(author), stranger).rounds for want in each}
    assert (1 in asked) is searched


def test_one_root_under_every_number_ends_the_search(author: Author) -> None:
    server = serve(author)
    server.roots = dict.fromkeys(range(1, 50), server.files["root"])
    trial = run(server, pin(author))
    assert trial.failed == ["tuf.root.consecutive T"]
    assert len(trial.rounds) == 3


def test_older_roots_are_read_only_in_search_of_a_pin(author: Author) -> None:
    server, first = serve(author), pin(author)
    second_root(author, server)
    second_root(author, server)
    for pins in (NONE, Pins(tofu=True), pin(author)):
        assert {want.version for each in run(server, pins).rounds for want in each} == {None, 2, 4}
    searched = run(server, first).rounds[1]
    assert {want.version for want in searched} == {None, 1, 4}


@pytest.mark.parametrize(("role", "rounds"), [("timestamp", 1), ("snapshot", 2)])
def test_a_file_that_cannot_be_read_leads_nowhere(author: Author, role: str, rounds: int) -> None:
    author.written[role] = lambda _: b"{}"
    trial = run(serve(author), pin(author))
    assert len(trial.rounds) == rounds


def test_another_repository_is_not_mixed_in(author: Author) -> None:
    trial = run(serve(author), pin(author))
    wants = NotaryV1().wants("docker.io/other/one", trial.dossier, pins=NONE, seen=b"")
    assert set(wants) == {
        ReadRole("docker.io/other/one", "root"),
        ReadRole("docker.io/other/one", "timestamp"),
    }


def test_the_name_of_the_scheme() -> None:
    assert NotaryV1().name == "notary-v1"
