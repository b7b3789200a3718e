"""What one request goes through, played without a network: tokens, cuts, storages behind it."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.chain.answer import Gap
from crosstrust.evidence.check import Class, Outcome
from crosstrust.sources.exchange import converse
from crosstrust.sources.gap import could_not_ask
from crosstrust.sources.request import Access, Request, Response, Timeouts
from crosstrust.sources.session import Session
from crosstrust.sources.settings import Settings
from crosstrust.sources.task import Broken, Hop
from tests.unit.sources.played import play, said

PRIVATE = "10.1.2.3"
URL = "https://registry.example/v2/a/blobs/x"
STORAGE = "https://storage.example/x"
LAYER = bytes(range(256)) * 4
CUT = Broken(could_not_ask("http.body.complete", URL), again=True)


def challenge(hop: Hop, *, address: str = "203.0.113.1") -> Response:
    realm = f'Bearer realm="{hop.url.origin}/token",service="s"'
    return said(hop, 401, fields=(("www-authenticate", realm),), address=address)


def shown(hop: Hop, name: str) -> str:
    return dict(hop.fields).get(name, "")


def access(path: str) -> Access:
    return Access(f"registry.example/{path}", f"repository:{path}:pull")


class Desk:
    """A registry that takes the newest token alone; ``life`` seconds is how long it says it is."""

    def __init__(self, *, life: int = 300, address: str = "203.0.113.1") -> None:
        self.life = life
        self.address = address
        self.issued = 0
        self.hops: list[Hop] = []

    def answer(self, hop: Hop) -> Response | Broken:
        self.hops.append(hop)
        if hop.url.target.startswith("/token"):
            self.issued += 1
            token = {"token": f"T{self.issued}", "expires_in": self.life}
            return said(hop, body=json.dumps(token).encode(), address=self.address)
        if shown(hop, "Authorization") != f"Bearer T{self.issued}":
            return challenge(hop, address=self.address)
        return self.serve(hop)

    def serve(self, hop: Hop) -> Response | Broken:
        return said(hop, body=b"here", address=self.address)

    @property
    def errands(self) -> list[Hop]:
        return [hop for hop in self.hops if hop.url.target.startswith("/token")]


@pytest.mark.parametrize(("address", "guarded"), [(PRIVATE, False), ("203.0.113.1", True)])
@pytest.mark.parametrize("life", [0, 3, 300])
def test_every_token_of_a_registry_inside_may_come_from_inside(
    address: str, life: int, *, guarded: bool
) -> None:
    """Its address is known from its first answer; the second token is asked for before one."""
    # Addresses of documentation are no public ones.
    address = address.replace("203.0.113.1", "8.8.8.8")
    desk, session = Desk(life=life, address=address), Session(Settings())
    for path in ("a", "b", "b"):
        url = f"https://registry.example/v2/{path}/manifests/1"
        reply = play(converse(Request(url, access=access(path)), session), desk.answer)
        assert isinstance(reply, Response)
    assert len(desk.errands) == (2 if life == 300 else 3)
    assert {hop.guarded for hop in desk.errands} == {guarded}


class Tap(Desk):
    """Serves ``LAYER`` from where it is asked to; the connection is cut at each of ``cuts``.

    ``expires``: no token is good for longer than that. ``storage``: the layer is behind a
    link that is good until the next cut.
    """

    def __init__(self, cuts: list[int], *, expires: bool, storage: bool) -> None:
        super().__init__()
        self.cuts = [*cuts]
        self.expires = expires
        self.storage = storage
        self.links = 0

    def answer(self, hop: Hop) -> Response | Broken:
        if not hop.url.host.startswith("storage."):
            return super().answer(hop)
        assert "Authorization" not in dict(hop.fields)
        if hop.url.target != f"/x?{self.links}":
            return said(hop, 403, b"<Error>Request has expired</Error>")
        return self.stream(hop)

    def serve(self, hop: Hop) -> Response | Broken:
        if not self.storage:
            return self.stream(hop)
        return said(hop, 307, fields=(("location", f"{STORAGE}?{self.links}"),))

    def stream(self, hop: Hop) -> Response | Broken:
        assert hop.stream is not None
        start = int(shown(hop, "Range").removeprefix("bytes=").removesuffix("-") or 0)
        assert start == hop.stream.passed
        end = self.cuts.pop(0) if self.cuts else len(LAYER)
        hop.stream.sink(LAYER[start:end])
        hop.stream.passed = end
        if end == len(LAYER):
            return said(hop, 206 if start else 200)
        self.issued += self.expires
        self.links += 1
        return CUT


CUTS = st.sets(st.integers(1, len(LAYER) - 1), max_size=4).map(sorted)


@given(CUTS, st.booleans(), st.booleans())
def test_a_cut_download_goes_on_where_it_was_cut(
    cuts: list[int], expires: bool, storage: bool
) -> None:
    """Under a new token where that ran out, and from a new link where it is behind one."""
    tap, taken = Tap(cuts, expires=expires, storage=storage), bytearray()
    request = Request(URL, access=access("a"), sink=taken.extend)
    reply = play(converse(request, Session(Settings(tries=5))), tap.answer)
    assert isinstance(reply, Response)
    assert reply.status in {200, 206}
    assert bytes(taken) == LAYER


def test_tokens_that_run_out_with_every_byte_come_to_an_end() -> None:
    tap = Tap(list(range(1, len(LAYER))), expires=True, storage=False)
    request = Request(URL, access=access("a"), sink=lambda _: None)
    reply = play(converse(request, Session(Settings())), tap.answer)
    assert isinstance(reply, Gap)
    assert (reply.check.klass, reply.check.outcome) == (Class.CREDENTIALS, Outcome.UNKNOWN)
    assert len(tap.errands) < 30


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("logged_in", [True, False])
@pytest.mark.parametrize("storage", [STORAGE, "https://registry.example/storage/x"])
def test_a_storage_that_refuses_the_link_is_no_matter_of_credentials(
    status: int, storage: str, *, logged_in: bool
) -> None:
    def answer(hop: Hop) -> Response | Broken:
        if str(hop.url) == storage:
            return said(hop, status, fields=(("www-authenticate", 'Basic realm="x"'),))
        return said(hop, 307, fields=(("location", storage),))

    request = Request(URL, access=access("a") if logged_in else None)
    reply = play(converse(request, Session(Settings())), answer)
    assert isinstance(reply, Gap)
    check = reply.check
    assert (check.code, check.klass, check.outcome) == (
        "http.available", Class.UNREACHABLE, Outcome.UNKNOWN
    )  # fmt: skip
    assert check.where == storage
    assert "log in" not in check.remedy


def test_a_challenge_behind_a_redirect_of_the_same_server_is_answered() -> None:
    """Repositories that were renamed or are a mirror's send on to another path."""

    class Renamed(Desk):
        def answer(self, hop: Hop) -> Response | Broken:
            if hop.url.target.startswith("/v2/a/"):
                return said(hop, 307, fields=(("location", "/v2/real/a/x"),))
            return super().answer(hop)

    reply = play(converse(Request(URL, access=access("a")), Session(Settings())), Renamed().answer)
    assert isinstance(reply, Response)
    assert reply.body == b"here"


def test_a_request_whose_time_is_over_is_not_sent() -> None:
    """Not even for a millisecond; what took the time may be a token, or a helper."""

    class Slow(Desk):
        def answer(self, hop: Hop) -> Response | Broken:
            reply = super().answer(hop)
            time.sleep(0.1 * hop.url.target.startswith("/token"))
            return reply

    desk = Slow()
    request = Request(URL, access=access("a"), timeouts=Timeouts(whole=0.05))
    reply = play(converse(request, Session(Settings())), desk.answer)
    assert isinstance(reply, Gap)
    check = reply.check
    assert (check.code, check.klass, check.outcome) == (
        "http.timeout", Class.UNREACHABLE, Outcome.UNKNOWN
    )  # fmt: skip
    assert "--timeout" in check.remedy
    assert len(desk.hops) == 2


def test_the_last_word_on_how_often_a_server_may_be_asked_is_kept() -> None:
    session, left = Session(Settings()), iter((9, 8, 7))

    def answer(hop: Hop) -> Response:
        return said(hop, fields=(("ratelimit-remaining", str(next(left))),))

    for _ in range(3):
        play(converse(Request(URL), session), answer)
    [notice] = session.budgets.values()
    assert notice.text.startswith("7 requests left")
