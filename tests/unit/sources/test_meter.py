"""What all documents of one side may come to: counted as it arrives, up to the last byte."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from crosstrust.chain.answer import Answer, Gap, Reply
from crosstrust.chain.want import ReadBlob, ReadManifest, ReadRole, Want
from crosstrust.errors import LimitError
from crosstrust.evidence.check import Class, Outcome
from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import METADATA_SIZE, MIB, SIDE_SIZE
from crosstrust.sources.meter import Meter
from crosstrust.sources.remote import Remote
from tests.unit.sources.conftest import Net
from tests.unit.sources.loopback import Ask, Say, Server

GUN = "registry.example/a/b"
OTHER = "registry.example/c/d"
CHILDREN = [ReadManifest(GUN, Digest.of(bytes([number]))) for number in range(4)]
ROLES = [ReadRole(GUN, role) for role in ("root", "timestamp", "snapshot", "targets")]


def remote(net: Net, answer: Callable[[Ask], Say], *, limit: int) -> tuple[Remote, Server]:
    transport, server = net.internet(answer, ping=False)
    return Remote(net.settings(side_limit=limit), transport), server


def kinds(replies: dict[Want, Reply]) -> list[str]:
    """Of each reply "bytes", or the code and the place of its gap."""
    return [_kind(reply) for reply in replies.values()]


def _kind(reply: Reply) -> str:
    if isinstance(reply, Answer):
        return "bytes"
    assert isinstance(reply, Gap)
    check = reply.check
    assert (check.klass, check.outcome) == (Class.REMOTE, Outcome.FAILED)
    assert check.remedy
    return f"{check.code} {check.where}"


def test_the_limit_leaves_room_for_an_honest_side() -> None:
    assert SIDE_SIZE == 64 * MIB == 4 * METADATA_SIZE


def test_a_meter_is_full_at_its_limit_and_refuses_beyond() -> None:
    meter = Meter("here", 10)
    meter.take(4)
    meter.take(6)
    meter.take(0)
    for more in (1, 0):
        with pytest.raises(LimitError, match=r"limit\.exceeded: here"):
            meter.take(more)


@pytest.mark.parametrize("wants", [CHILDREN, ROLES])
def test_documents_of_one_side_may_come_to_the_limit(net: Net, wants: list[Want]) -> None:
    body = b"{" + b" " * 999
    source, _ = remote(net, lambda _: Say(body=body), limit=4000)
    assert kinds(dict(source.fetch_all(wants))) == ["bytes"] * 4


@pytest.mark.parametrize(("wants", "where"), [(CHILDREN, GUN), (ROLES, f"trust data of {GUN}")])
def test_a_byte_more_is_too_much(net: Net, wants: list[Want], where: str) -> None:
    body = b"{" + b" " * 999
    source, _ = remote(net, lambda _: Say(body=body), limit=3999)
    found = kinds(dict(source.fetch_all(wants)))
    assert sorted(found) == ["bytes"] * 3 + [f"limit.exceeded {where}"]


def test_each_side_has_a_limit_of_its_own(net: Net) -> None:
    source, _ = remote(net, lambda _: Say(body=b"{" + b" " * 999), limit=2000)
    wants: list[Want] = [
        *CHILDREN[:1],
        ReadBlob(GUN, Digest.of(b"config"), 1000),
        *ROLES[:2],
        ReadManifest(OTHER, Digest.of(b"x")),
        ReadBlob(OTHER, Digest.of(b"config"), 1000),
    ]
    assert kinds(dict(source.fetch_all(wants))) == ["bytes"] * 6


def test_nothing_more_is_asked_of_a_side_that_sent_too_much(net: Net) -> None:
    source, server = remote(net, lambda _: Say(body=b"{" + b" " * 999), limit=1500)
    first, second, third, fourth = CHILDREN
    found: dict[Want, Reply] = {}
    following = iter([[second], [third, fourth], []])

    def more(replies: Mapping[Want, Reply]) -> list[ReadManifest]:
        found.update(replies)
        return next(following)

    source.pursue([first], more)
    assert kinds(found) == ["bytes"] + [f"limit.exceeded {GUN}"] * 3
    assert len(server.asks) == 2


def test_each_pursuit_counts_anew(net: Net) -> None:
    source, _ = remote(net, lambda _: Say(body=b"{" + b" " * 999), limit=1000)
    for want in CHILDREN:
        assert kinds(dict(source.fetch_all([want]))) == ["bytes"]


def test_error_pages_do_not_count(net: Net) -> None:
    def answer(ask: Ask) -> Say:
        return Say(status=400, body=b"x" * 5000)

    source, _ = remote(net, answer, limit=100)
    found = kinds(dict(source.fetch_all(CHILDREN)))
    assert not any("limit" in kind for kind in found)
