"""What is looked at from the pinned root key to a signed tag: code and place, in order."""

from __future__ import annotations

import pytest

from crosstrust.evidence.check import Outcome
from tests.unit.notary_v1.author import GUN, Author, bare, root_key
from tests.unit.notary_v1.trial import Trial, pin, run, serve

Places = list[tuple[str, str]]


@pytest.fixture
def author() -> Author:
    """An author with one tag of their own, one of a signer, and a signer who never signed."""
    made, key = Author(), bare()
    made.sign("v1", "one")
    for name in ("targets/alice", "targets/releases"):
        made.delegate(name, key)
        made.sign("v2", "two", name)
    made.delegate("targets/bob")
    made.unlisted.add("targets/bob")
    return made


def looked_at(trial: Trial) -> Places:
    assert {check.outcome for check in trial.checks} == {Outcome.PASSED}
    return [(check.code, check.where) for check in trial.checks]


def key_of(author: Author) -> str:
    return f"root key {author.keys['root'][0].id}"


def identity(author: Author) -> Places:
    return [("tuf.root.certificate_name", key_of(author)), ("key.strength", key_of(author))]


def anchor(author: Author) -> Places:
    return [
        ("pin.match", "root"),
        ("tuf.metadata.form", "root"),
        ("tuf.root.consecutive", "root 1"),
        ("tuf.signature.threshold", "root"),
        *identity(author),
    ]


def in_force(author: Author, newest: int, *, seen: int = 0) -> Places:
    floor = [("tuf.version.rollback", "root"), ("tuf.version.unique", f"root {seen}")]
    return [
        ("tuf.root.consecutive", f"root {newest + 1}"),
        *(floor if seen else []),
        ("tuf.root.certificate_start", key_of(author)),
        ("tuf.root.certificate_expiry", key_of(author)),
        ("tuf.root.expiry", "root"),
    ]


def binding(role: str) -> Places:
    return [("tuf.meta.hash", role), ("tuf.meta.hash", role), ("tuf.meta.length", role)]


def role(name: str, kind: str, *, seen: bool, same: bool = True, root: bool = False) -> Places:
    """One file below root; ``same`` where it has the version that was seen before."""
    floor = [("tuf.version.rollback", name), ("tuf.version.unique", name)][: 2 if same else 1]
    return [
        *(binding(name) if name != "timestamp" else []),
        ("tuf.metadata.form", name),
        ("tuf.signature.threshold", name),
        *(floor if seen else []),
        *(binding("root") if root else []),
        (f"tuf.{kind}.expiry", name),
    ]


TAGS = [
    ("tuf.delegation.published", "targets"),
    ("tuf.target.released", f"{GUN}:v1"),
    ("tuf.target.released", f"{GUN}:v2"),
]


def roles(*, seen: bool, same: bool = True) -> Places:
    return [
        *role("timestamp", "timestamp", seen=seen, same=same),
        *role("snapshot", "snapshot", seen=seen, same=same, root=True),
        *role("targets", "targets", seen=seen, same=same),
        *role("targets/alice", "delegation", seen=seen, same=same),
        *role("targets/releases", "delegation", seen=seen, same=same),
        *TAGS,
    ]


def test_for_the_first_time(author: Author) -> None:
    trial = run(serve(author), pin(author))
    assert looked_at(trial) == [*anchor(author), *in_force(author, 1), *roles(seen=False)]
    published = trial.check("tuf.delegation.published", Outcome.PASSED)
    assert published.actual == "without a file: targets/bob"


@pytest.mark.parametrize("same", [True, False])
def test_for_the_second_time(author: Author, *, same: bool) -> None:
    server, pins = serve(author), pin(author)
    seen = run(server, pins).judgement.state
    if not same:
        author.bump()
        serve(author, server)
    trial = run(server, pins, seen=seen)
    assert looked_at(trial) == [
        *anchor(author),
        *in_force(author, 1, seen=1),
        *roles(seen=True, same=same),
    ]


def test_after_the_root_key_was_replaced(author: Author) -> None:
    server, pins = serve(author), pin(author)
    seen = run(server, pins).judgement.state
    first = anchor(author)
    before = author.keys["root"]
    author.keys["root"] = [root_key()]
    author.signers["root"] = [*author.keys["root"], *before]
    author.versions["root"] = 2
    author.bump()
    serve(author, server)
    rotation = [
        ("tuf.metadata.form", "root 2"),
        ("tuf.root.consecutive", "root 2"),
        ("tuf.root.rotation", "root 2 by the keys of root 1"),
        ("tuf.root.rotation", "root 2 by its own keys"),
        *identity(author),
    ]
    force = in_force(author, 2, seen=1)
    trial = run(server, pins, seen=seen)
    assert looked_at(trial) == [*first, *rotation, *force, *roles(seen=True, same=False)]


def test_a_tag_that_was_asked_for_is_the_only_one(author: Author) -> None:
    trial = run(serve(author), pin(author), tags=["v2"])
    whole = [*anchor(author), *in_force(author, 1), *roles(seen=False)]
    assert looked_at(trial) == [place for place in whole if place[1] != f"{GUN}:v1"]


def test_a_role_whose_keys_were_replaced_starts_again(author: Author) -> None:
    """A09: what keys signed of which the role has none any more sets no floor."""
    server, pins = serve(author), pin(author)
    author.versions["timestamp"] = 9
    serve(author, server)
    seen = run(server, pins).judgement.state
    author.versions["timestamp"], author.keys["timestamp"] = 1, [bare()]
    author.versions["root"] = 2
    author.bump("snapshot")
    serve(author, server)
    trial = run(server, pins, seen=seen)
    floor = [c for c in trial.checks if c.where == "timestamp" and "version" in c.code]
    assert [(c.code, c.outcome) for c in floor] == [("tuf.version.rollback", Outcome.PASSED)]
    assert floor[0].actual == "1; all keys of version 9 were replaced"
    assert trial.failed == []
