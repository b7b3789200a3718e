"""How much a verification asks of the network, seen from outside."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.interop.client import Client, Done, Keys, Lab
from tests.interop.traffic import HOSTS, Request, Tap, own_tap

IMAGE = "public.ecr.aws/nicolas/webdis:0.1.19"
COLD_REQUESTS, WARM_REQUESTS = 22, 10


@pytest.fixture(scope="module")
def tap(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tap]:
    with own_tap(lab, tmp_path_factory.mktemp("tap") / "tap") as running:
        yield running


@pytest.fixture
def watched(lab: Lab, tap: Tap, tmp_path: Path) -> Client:
    """A client whose every connection goes through the tap that nobody else uses."""
    proxy = f"http://127.0.0.1:{tap.proxy_port}"
    return Client(lab, tmp_path / "home", {"HTTPS_PROXY": proxy, "https_proxy": proxy})


@pytest.fixture
def pins(keys_of: Callable[[str], Keys]) -> list[str]:
    return ["--signed-by", "docker.io/nicolas/webdis", *keys_of("nicolas/webdis").pins()]


def listed(requests: list[Request]) -> str:
    """The requests as a failed test shows them."""
    return f"{len(requests)} requests:\n" + "\n".join(map(str, requests))


def verify(client: Client, pins: list[str], *more: str) -> Done:
    done = client.crosstrust("verify", IMAGE, *pins, *more)
    assert done.code == 0, done.text + done.err
    return done


def test_a_cold_verification_asks_little(watched: Client, tap: Tap, pins: list[str]) -> None:
    mark = tap.mark()
    verify(watched, pins)
    requests = tap.requests(mark)
    challenges = Counter(request.host for request in requests if request.status == 401)
    assert 0 < len(requests) - challenges.total() <= COLD_REQUESTS, listed(requests)
    assert set(challenges.values()) <= {1}, listed(requests)
    assert max(Counter(map(str, requests)).values()) == 1, listed(requests)


def test_a_warm_verification_asks_less(watched: Client, tap: Tap, pins: list[str]) -> None:
    verify(watched, pins)
    mark = tap.mark()
    verify(watched, pins)
    requests = tap.requests(mark)
    assert 0 < len(requests) <= WARM_REQUESTS, listed(requests)


def test_only_the_named_hosts_are_asked(watched: Client, tap: Tap, pins: list[str]) -> None:
    mark = tap.mark()
    verify(watched, pins)
    assert {"notary.docker.io", "public.ecr.aws"} <= set(tap.names(mark)) <= HOSTS
    assert {request.host for request in tap.requests(mark)} <= HOSTS


def test_the_verdict_says_what_it_cost(watched: Client, tap: Tap, pins: list[str]) -> None:
    mark = tap.mark()
    done = verify(watched, pins, "--format", "json")
    (verdict,) = json.loads(done.out)
    assert verdict["requests"]["count"] == len(tap.requests(mark))


def test_nothing_is_asked_about_a_malformed_reference(watched: Client, tap: Tap) -> None:
    mark = tap.mark()
    done = watched.crosstrust("verify", "Nicolas/Webdis:1")
    assert done.code == 2
    assert (tap.requests(mark), tap.names(mark)) == ([], Counter())
