"""When the metadata was begun: the newest certificate of a key that signed what holds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from crosstrust.chain.pin import Pins
from tests.unit.notary_v1.author import (
    AT,
    GUN,
    Author,
    bare,
    certificate,
    certified,
    digest,
    root_key,
)
from tests.unit.notary_v1.trial import Trial, pin, run, serve, tried

DAY = timedelta(days=1)
ROOT, OLD, NEW = AT - 100 * DAY, AT - 200 * DAY, AT - 10 * DAY


def begun(author: Author) -> datetime | None:
    return tried(author).judgement.begun


def test_a_root_alone() -> None:
    assert begun(Author()) == ROOT
    author = Author()
    author.delegate("targets/bare", bare())
    assert begun(author) == ROOT


@pytest.mark.parametrize(("start", "found"), [(OLD, ROOT), (NEW, NEW)])
def test_a_signer_with_a_certificate(start: datetime, found: datetime) -> None:
    author = Author()
    author.delegate("targets/alice", root_key(start=start))
    assert begun(author) == found


def test_what_does_not_hold_says_nothing() -> None:
    author = Author(expires={"targets/alice": AT})
    author.delegate("targets/alice", root_key(start=NEW))
    assert begun(author) == ROOT
    assert run(serve(Author()), Pins()).judgement.begun is None


def test_a_key_that_is_listed_and_did_not_sign_says_nothing() -> None:
    first, later = root_key(), root_key(start=NEW)
    author = Author(keys={"root": [first, later]}, signers={"root": [first]})
    assert begun(author) == ROOT
    author.signers["root"] = [first, later]
    assert begun(author) == NEW


def test_a_later_root_counts() -> None:
    author = Author()
    server, pins, old = serve(author), pin(author), author.keys["root"]
    author.keys["root"] = [root_key(start=NEW)]
    author.signers["root"], author.versions["root"] = [*old, *author.keys["root"]], 2
    author.bump("snapshot", "timestamp")
    assert run(serve(author, server), pins).judgement.begun == NEW


def named(name: str, *, wildcard: bool, gun: str = GUN) -> Trial:
    author = Author(gun=gun, keys={"root": [root_key(name)]})
    author.sign("v1", "one")
    pins = Pins(root=(author.keys["root"][0].id,), name_wildcard=wildcard)
    return run(serve(author), pins)


@pytest.mark.parametrize(
    ("name", "covers"),
    [
        ("docker.io/an/*", True),
        ("docker.io/*", True),
        ("docker.io/a*", False),
        ("docker.io/other/*", False),
        ("*", False),
        ("/*", False),
        ("image", False),
        ("an/image", False),
    ],
)
def test_a_name_with_a_wildcard_counts_where_it_is_accepted(name: str, *, covers: bool) -> None:
    for wildcard in (True, False):
        trial = named(name, wildcard=wildcard)
        accepted = covers and wildcard
        assert trial.failed == ([] if accepted else ["tuf.root.certificate_name T"])
        assert trial.tags == ({"v1": digest("one")} if accepted else {})
        if not accepted:
            remedy = trial.check("tuf.root.certificate_name").remedy
            assert ("allow-name-wildcard" in remedy) is covers


def test_a_certificate_for_one_moment_is_no_weak_one() -> None:
    author = Author(keys={"root": [root_key(start=AT, end=AT)]})
    assert tried(author).failed == []
    assert run(serve(author), pin(author), at=AT + timedelta(microseconds=1)).failed == [
        "tuf.root.certificate_expiry S"
    ]
    assert run(serve(author), pin(author), at=AT - timedelta(microseconds=1)).failed == [
        "tuf.root.certificate_start S"
    ]


@pytest.mark.parametrize("start", [AT - 2 * DAY, AT + DAY])
def test_only_the_leaf_has_a_time(start: datetime) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    issuer = certificate(private, authority=True, start=start, end=start + DAY)
    key = certified(certificate(private), issuer, private=private)
    author = Author(keys={"root": [key]})
    assert tried(author).failed == []
