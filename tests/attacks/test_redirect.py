"""Registries that send us elsewhere: off https, into our own network, or for ever."""

from __future__ import annotations

import time

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.exchange import Request, Response
from crosstrust.sandbox.sandbox import MIRROR
from crosstrust.sandbox.service import Service
from crosstrust.sources.request import Timeouts
from crosstrust.sources.settings import Settings
from crosstrust.sources.task import Broken, Deadline, Hop, Task, send
from crosstrust.sources.transport import Transport
from crosstrust.sources.url import parse_url
from tests.attacks.altered import Altered, Mirror, Shelf, serving
from tests.attacks.sample import some
from tests.attacks.trial import Trial
from tests.unit.sources.conftest import run_tasks

CDN = "cdn.example"
BLOBS = f"{MIRROR}/v2/nicolas/webdis/blobs/"


@pytest.mark.row("B28")
@pytest.mark.parametrize("host", [MIRROR, CDN, "127.0.0.1"])
def test_a_redirect_from_https_to_http_is_refused(trial: Trial, host: str) -> None:
    trial.expect_trusted(trial.verify("--no-cache"), "http.redirect.secure")
    trial.service.fail(BLOBS, Response(307, {"Location": f"http://{host}/x"}))
    # Not even to a host that the user lets us ask without TLS.
    more = () if host == MIRROR else ("--plain-http", host)
    refused = trial.verify("--no-cache", *more)
    trial.expect_refused(refused, "http.redirect.secure", "R", where=BLOBS)


INSIDE = (
    *("127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0.0.0.0"),  # noqa: S104 - never bound
    *("10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254"),
    *("[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"),
    *("localhost", "a.localhost", "metadata.google.internal"),
)


@pytest.mark.row("B29")
@pytest.mark.parametrize("what", ["manifests", "blobs"])
def test_a_public_registry_does_not_send_us_into_our_own_network(trial: Trial, what: str) -> None:
    trial.expect_trusted(trial.verify("--no-cache"), "http.address.blocked")
    place = BLOBS.replace("blobs", what)
    for host in some(INSIDE):
        before = len(trial.service.requests)
        trial.service.fail(place, Response(307, {"Location": f"https://{host}/latest"}))
        refused = trial.verify("--no-cache")
        trial.expect_refused(refused, "http.address.blocked", "R", where=place)
        asked = {seen.target for seen in trial.service.requests[before:]}
        assert "/latest" not in asked


ODD_PLACES = (
    *(f"https://{MIRROR}@127.0.0.1/x", f"https://127.0.0.1\\@{MIRROR}/x", "https:///x", "https://"),
    *(
        "file:///etc/passwd",
        "gopher://127.0.0.1/x",
        "javascript:x",
        "https://a b/x",
        "https://a:0/",
    ),
    *(
        "https://127.0.0.1%2f/x",
        "https://\u2460\u2461/x",
        "https://localhost./x",
        f"https://{'a/' * 5000}",
    ),
)


@pytest.mark.row("B29")
def test_a_place_that_two_readers_read_differently_is_refused(trial: Trial) -> None:
    trial.expect_trusted(trial.verify("--no-cache"), "http.answer.form")
    for place in some(ODD_PLACES):
        before = len(trial.service.requests)
        text = place.encode().decode("latin-1")
        trial.service.fail(BLOBS, Response(307, {"Location": text}))
        refused = trial.verify("--no-cache")
        trial.expect_refused(refused, "http.answer.form", "R", where=MIRROR)
        asked = {seen.host for seen in trial.service.requests[before:]}
        assert asked <= {MIRROR, "auth.docker.io", "notary.docker.io", "registry-1.docker.io"}


@pytest.mark.row("B29")
def test_a_registry_inside_may_send_us_to_its_neighbour(trial: Trial) -> None:
    mirror = Mirror(trial)
    with Service({**trial.sandbox.sites, MIRROR: Altered(mirror.registry)}, local=MIRROR) as inside:
        for name, value in inside.environment.items():
            trial.patch.setenv(name, value)
        trial.patch.setenv("no_proxy", "localhost,127.0.0.1")
        place = f"localhost:{inside.port}"
        stored = {str(Digest.of(image.config)): image.config for image in trial.release.images}
        for name, raw in stored.items():
            location = f"https://127.0.0.1:{inside.port}/stored/{name}"
            there = Response(307, {"Location": location})
            inside.fail(f"localhost/v2/nicolas/webdis/blobs/{name}", there)
            inside.fail(f"127.0.0.1/stored/{name}", Response(200, {}, raw))
        image = f"{place}/{trial.sandbox.repository}:{trial.release.tag}"
        trial.expect_trusted(trial.verify(image=image), "http.address.blocked")
        assert {seen.host for seen in inside.requests if "/stored/" in seen.target} == {"127.0.0.1"}


@pytest.mark.row("B30")
@pytest.mark.parametrize("warm", [True, False])
def test_the_address_is_judged_where_the_connection_is_made(trial: Trial, *, warm: bool) -> None:
    # No name of a test resolves to one address and then to another: what a name resolves to is
    # never judged at all, only the address that is about to be connected to, or is.
    environ = {"SSL_CERT_FILE": str(trial.service.ca_file)}
    url = parse_url(f"{trial.service.url}/v2/")

    def ask(transport: Transport, *, guarded: bool) -> object:
        timeouts = Timeouts(5, 5, 5)
        hop = Hop(url, "GET", (), 1000, timeouts, Deadline(time.monotonic() + 5), guarded=guarded)
        task = Task(send(hop))
        run_tasks(transport, task)
        return task.result

    with Transport(Settings(environ=environ)) as transport:
        if warm:
            assert not isinstance(ask(transport, guarded=False), Broken)
        found = ask(transport, guarded=True)
    assert isinstance(found, Broken)
    assert found.gap.check.code == "http.address.blocked"
    assert len(trial.service.requests) == int(warm)


@pytest.mark.row("B31")
@pytest.mark.parametrize("hops", [5, 6, 100])
def test_five_redirects_are_followed_and_no_more(trial: Trial, hops: int) -> None:
    mirror = Mirror(trial)
    named = str(Digest.of(mirror.image.config))

    def onward(request: Request, _: Response) -> Response:
        number = int(request.path.rpartition("/")[2])
        if number == hops:
            return Response(200, {}, mirror.image.config)
        return Response(302, {"Location": f"/hop/{number + 1}"})

    chain = Altered(mirror.registry, onward)
    with serving(trial, {CDN: chain}) as service:
        trial.expect_trusted(trial.verify("--no-cache"), "limit.exceeded")
        service.fail(BLOBS + named, Response(302, {"Location": f"https://{CDN}/hop/1"}))
        found = trial.verify("--no-cache")
    if hops == 5:
        trial.expect_trusted(found, "limit.exceeded")
    else:
        trial.expect_refused(found, "limit.exceeded", "R", where=CDN)
    assert len(chain.asked) == 5


@pytest.mark.row("B31")
def test_a_redirect_to_itself_ends(trial: Trial) -> None:
    trial.expect_trusted(trial.verify("--no-cache"), "limit.exceeded")
    named = str(Digest.of(Mirror(trial).image.config))
    place = BLOBS + named
    before = len(trial.service.requests)
    trial.service.fail(place, Response(302, {"Location": f"https://{place}"}))
    trial.expect_refused(trial.verify("--no-cache"), "limit.exceeded", "R", where=place)
    asked = [one for one in trial.service.requests[before:] if one.target.endswith(named)]
    assert len([one for one in asked if one.host == MIRROR]) == 6


@pytest.mark.row("B31")
def test_the_body_of_a_redirect_is_not_read(trial: Trial) -> None:
    mirror = Mirror(trial)
    named = str(Digest.of(mirror.image.config))
    headers = {"Location": f"https://{CDN}/stored/{named}", "Content-Length": str(1024**3)}
    with serving(trial, {CDN: Altered(Shelf(mirror))}) as service:
        service.fail(BLOBS + named, Response(302, headers, bytes(64 * 1024)))
        trusted = trial.verify("--timeout", "20")
    trial.expect_trusted(trusted, "limit.exceeded")
    assert trusted.verdict["requests"]["bytes"] < 1024 * 1024
