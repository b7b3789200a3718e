"""Each limit on metadata: what is at its edge is read, and one more is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crosstrust.errors import MalformedError
from crosstrust.oci import limits
from crosstrust.schemes.notary_v1.parse import check_delegation_name
from tests.unit.notary_v1.author import Author, Json, bare
from tests.unit.notary_v1.serving import Server
from tests.unit.notary_v1.trial import pin, run, serve, tried

EXCEEDED = ["limit.exceeded R"]


@pytest.fixture
def author() -> Author:
    made = Author()
    made.sign("v1", "one")
    return made


def signatures(author: Author, count: int) -> None:
    def fill(made: list[Json]) -> list[Json]:
        extra = [{"keyid": str(n), "method": "x", "sig": ""} for n in range(count - len(made))]
        return [*made, *extra]

    author.signatures["targets"] = fill


def names_in_snapshot(author: Author, count: int) -> None:
    def fill(signed: Json) -> None:
        one = signed["meta"]["targets"]
        signed["meta"] |= {f"targets/d{n}": one for n in range(count)}

    author.edits["snapshot"] = fill


def delegations(author: Author, count: int) -> None:
    key = bare()
    for number in range(count):
        author.delegate(f"targets/d{number}", key)
        author.unlisted.add(f"targets/d{number}")


def delegations_below(author: Author, count: int) -> None:
    """Half of them below another one, so that no file declares too many."""
    key = bare()
    author.delegate("targets/a", key)
    for number in range(count - 1):
        name = f"targets/a/d{number}" if number % 2 else f"targets/d{number}"
        author.delegate(name, key)
        author.unlisted.add(name)


def depth(author: Author, count: int) -> None:
    name = "targets"
    for _ in range(count):
        name += "/a"
        author.delegate(name)


@pytest.mark.parametrize(
    ("fill", "limit"),
    [
        (signatures, "SIGNATURES"),
        (names_in_snapshot, "DELEGATIONS"),
        (delegations, "DELEGATIONS"),
        (delegations_below, "DELEGATIONS"),
        (depth, "DELEGATION_DEPTH"),
    ],
)
def test_a_count_at_its_limit_and_one_more(
    author: Author,
    monkeypatch: pytest.MonkeyPatch,
    fill: Callable[[Author, int], None],
    limit: str,
) -> None:
    monkeypatch.setattr(limits, limit, 5)
    fill(author, 5)
    trial = tried(author)
    assert (trial.failed, trial.unknown, sorted(trial.tags)) == ([], [], ["v1"])
    fill(author, 6)
    beyond = tried(author)
    assert (beyond.failed, beyond.tags) == (EXCEEDED, {})
    assert "5" in beyond.check("limit.exceeded").expected
    assert "6" in beyond.check("limit.exceeded").actual or limit == "DELEGATION_DEPTH"


def test_all_delegations_that_are_known_of_are_counted(
    author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DELEGATIONS", 5)
    delegations_below(author, 9)
    check = tried(author).check("limit.exceeded")
    assert (check.expected, check.actual) == ("at most 5", "at least 9")


def rotated(author: Author, anchor: int, times: int) -> Server:
    """A server that shows root ``anchor`` first, and then so many more, each by the same key."""
    author.versions["root"] = anchor
    server = serve(author)
    for version in range(anchor + 1, anchor + times + 1):
        author.versions["root"] = version
        server.roots[version] = author.root()
    return server


@pytest.mark.parametrize("anchor", [1, 3])
def test_rotations_at_their_limit_and_one_more(
    author: Author, monkeypatch: pytest.MonkeyPatch, anchor: int
) -> None:
    monkeypatch.setattr(limits, "ROOT_ROTATIONS", 4)
    pins = pin(author)
    for times in (3, 4):
        # The snapshot binds the first root, and so says that it is an older one's.
        assert run(rotated(author, anchor, times), pins).failed == ["tuf.meta.hash T"]
    beyond = run(rotated(author, anchor, 5), pins)
    assert (beyond.failed, beyond.tags) == (EXCEEDED, {})
    check = beyond.check("limit.exceeded")
    assert (check.where, check.expected) == (f"root {anchor + 6}", "at most 4 rotations")
    asked = [want.version or 0 for wants in beyond.rounds for want in wants]
    assert max(asked) == anchor + 5


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("targets/" + "a" * 247, True),
        ("targets/" + "a" * 248, False),
        ("targets" + "/a" * 8, True),
        ("targets" + "/a" * 9, False),
    ],
)
def test_a_name_of_a_delegation(name: str, *, fits: bool) -> None:
    if fits:
        check_delegation_name(name, "snapshot meta")
        return
    with pytest.raises(MalformedError) as caught:
        check_delegation_name(name, "snapshot meta")
    assert caught.value.where == "snapshot meta"
