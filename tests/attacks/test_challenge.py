"""Challenges that lure credentials away, weaken them, or are no challenges at all."""

from __future__ import annotations

import pytest

from crosstrust.sandbox.exchange import Request, Response
from crosstrust.sandbox.sandbox import MIRROR, ORIGIN
from tests.attacks.altered import Altered, log_in, serving
from tests.attacks.sample import some
from tests.attacks.trial import Trial
from tests.unit.sources.loopback import Ask, Say, Server

CDN = "cdn.example"
HUB = "registry-1.docker.io"
MANIFESTS = f"{MIRROR}/v2/nicolas/webdis/manifests/"
REALM = f"https://{MIRROR}/token/"


def challenge(text: str) -> Response:
    return Response(401, {"Www-Authenticate": text})


def passwords(site: Altered) -> list[str]:
    """The Authorization values that came in and were no tokens."""
    values = [request.headers.get("authorization", "") for request in site.asked]
    return [value for value in values if value and not value.startswith("Bearer ")]


UNSAFE = (
    *(f"http://{MIRROR}/token/", f"http://{CDN}/token", "http://127.0.0.1/token"),
    *("file:///etc/passwd", f"ftp://{CDN}/token", "gopher://127.0.0.1:70/x"),
    *("https://127.0.0.1/token", "https://127.1/", "https://[::1]/", "https://10.0.0.1/"),
    *("https://169.254.169.254/latest", "https://metadata.google.internal/x", "https://localhost/"),
    *(f"https://me:you@{CDN}/token", f"//{CDN}/token", "token", f"https://{CDN}\\@{MIRROR}/"),
)

pytestmark = pytest.mark.usefixtures("anonymous")


@pytest.mark.row("B32")
@pytest.mark.parametrize("known", [True, False])
def test_a_realm_that_is_not_safe_is_not_asked(trial: Trial, *, known: bool) -> None:
    if known:
        log_in(trial, MIRROR)
    cdn = Altered(trial.sandbox.registries[MIRROR])
    with serving(trial, {CDN: cdn}) as service:
        trial.expect_trusted(trial.verify("--no-cache"), "registry.auth.realm")
        for realm in some(UNSAFE):
            service.fail(MANIFESTS, challenge(f'Bearer realm="{realm}",service="x"'))
            before = len(service.requests)
            refused = trial.verify("--no-cache")
            trial.expect_refused(refused, "registry.auth.realm", "R", where=MIRROR)
            hosts = {seen.host for seen in service.requests[before:]}
            assert hosts <= {MIRROR, HUB, "auth.docker.io", "notary.docker.io"}
    assert cdn.asked == []


@pytest.mark.row("B32")
def test_credentials_go_to_no_realm_that_the_registry_merely_names(trial: Trial) -> None:
    log_in(trial, MIRROR)
    cdn = Altered(trial.sandbox.registries[MIRROR])
    with serving(trial, {CDN: cdn}) as service:
        trial.expect_trusted(trial.verify("--no-cache"), "registry.auth.realm")
        service.fail(MANIFESTS, challenge(f'Bearer realm="https://{CDN}/token",service="x"'))
        refused = trial.verify("--no-cache")
        trial.expect_refused(refused, "registry.auth.realm", "R", where=MIRROR)
    assert cdn.asked == []


@pytest.mark.row("B32")
def test_hub_credentials_reach_its_own_token_service_alone(trial: Trial) -> None:
    log_in(trial, "https://index.docker.io/v1/")
    heard = {name: Altered(site) for name, site in trial.sandbox.sites.items()}
    with serving(trial, heard):
        trial.expect_trusted(trial.verify(), "registry.auth.realm")
    told = {name for name, site in heard.items() if passwords(site)}
    assert told == {"auth.docker.io/token"}


@pytest.mark.row("B33")
def test_basic_instead_of_the_known_token_is_refused(trial: Trial) -> None:
    log_in(trial, MIRROR)
    registry = Altered(trial.sandbox.registries[MIRROR])
    with serving(trial, {MIRROR: registry}):
        trial.expect_trusted(trial.verify("--no-cache"), "registry.auth.downgrade")
        registry.change = lambda _, __: challenge('Basic realm="x"')
        refused = trial.verify("--no-cache")
        trial.expect_refused(refused, "registry.auth.downgrade", "R", where=MIRROR)
    assert passwords(registry) == []


@pytest.mark.row("B33")
def test_basic_on_the_second_try_is_refused(trial: Trial) -> None:
    own = "registry.example"
    log_in(trial, own)

    def weaken(request: Request, response: Response) -> Response:
        if "authorization" in request.headers:
            return challenge('Basic realm="x"')
        # This registry's token service is its own.
        return challenge(f'Bearer realm="https://{own}/token/",service="x",scope="aws"')

    registry = Altered(trial.sandbox.registries[MIRROR], weaken)
    desk = trial.sandbox.sites[f"{MIRROR}/token/"]
    with serving(trial, {own: registry, f"{own}/token/": desk}):
        trial.expect_trusted(trial.verify(), "registry.auth.downgrade")
        refused = trial.verify(image=f"{own}/nicolas/webdis:{trial.release.tag}")
        trial.expect_refused(refused, "registry.auth.downgrade", "R", where=own)
    assert any("authorization" in request.headers for request in registry.asked)
    assert passwords(registry) == []


@pytest.mark.row("B33")
def test_where_both_are_offered_the_password_stays_with_the_token_service(trial: Trial) -> None:
    own = "registry.example"
    log_in(trial, own)
    bearer = f'Bearer realm="https://{own}/token/",service="x",scope="aws"'
    offers = [f'Basic realm="x", {bearer}', f'{bearer}, Basic realm="x"']

    def offer(_: Request, response: Response) -> Response:
        return challenge(offers[0]) if response.status == 401 else response

    registry = Altered(trial.sandbox.registries[MIRROR], offer)
    desk = Altered(trial.sandbox.sites[f"{MIRROR}/token/"])
    with serving(trial, {own: registry, f"{own}/token/": desk}):
        while offers:
            image = f"{own}/nicolas/webdis:{trial.release.tag}"
            trusted = trial.verify("--no-cache", image=image)
            trial.expect_trusted(trusted, "registry.auth.downgrade")
            offers.pop(0)
    assert passwords(desk)
    assert passwords(registry) == []


@pytest.mark.row("B33")
def test_a_password_is_never_sent_without_tls(trial: Trial) -> None:
    def answer(_: Ask) -> Say:
        return Say(401, (("Www-Authenticate", 'Basic realm="x"'),))

    trial.expect_trusted(trial.verify(), "registry.auth.downgrade")
    with Server(answer, None) as server:
        log_in(trial, server.place)
        image = f"{server.place}/nicolas/webdis:{trial.release.tag}"
        refused = trial.verify("--plain-http", server.place, image=image)
        trial.expect_refused(refused, "registry.auth.downgrade", "R", where=server.place)
        assert server.asks
        assert all("authorization" not in ask.headers for ask in server.asks)


ODD = {
    "a megabyte": "Bearer realm=" + "x" * 1024 * 1024,
    "beyond a field": "Bearer realm=" + "x" * 20_000,
    "a thousand": ", ".join(["A b=c"] * 1000),
    "open quote": f'Bearer realm="{REALM}',
    "a quote too many": f'Bearer realm="{REALM}"",service="x"',
    "twice": f'Bearer realm="{REALM}",realm="https://{CDN}/"',
    "nul": f'Bearer realm="{REALM}\x00"',
    "delete": f'Bearer realm="{REALM}\x7f"',
    "latin": f'Bearer realm="{REALM}\xe9"',
    "split": f'Bearer realm="{REALM}\r\nX-Evil: 1",service="x"',
}


@pytest.mark.row("B34")
@pytest.mark.parametrize("kind", ODD)
def test_an_odd_challenge_is_refused_and_sends_nothing_further(trial: Trial, kind: str) -> None:
    log_in(trial, MIRROR)
    trial.expect_trusted(trial.verify("--no-cache"), "http.answer.form")
    trial.service.fail(MANIFESTS, challenge(ODD[kind]))
    before = len(trial.service.requests)
    refused = trial.verify("--no-cache")
    trial.expect_refused(refused, "http.answer.form", "R", where=MIRROR)
    asked = [seen for seen in trial.service.requests[before:] if seen.host == MIRROR]
    assert [seen.target.rpartition("/")[0] for seen in asked if "/token/" not in seen.target] == [
        "/v2/nicolas/webdis/manifests"
    ]


@pytest.mark.row("B34")
@pytest.mark.parametrize(
    "parameter",
    [
        'service="x\\\r"',
        'service="a b\\"c&grant_type=password"',
        'service="x&grant_type=password&account=me"',
        'service="%0d%0aX-Evil: 1"',
        'scope="aws%0d%0aX-Evil: 1"',
        'scope="aws HTTP/1.1 X-Evil: 1"',
    ],
)
def test_nothing_in_a_challenge_splits_the_request_for_a_token(
    trial: Trial, parameter: str
) -> None:
    registry = Altered(trial.sandbox.registries[MIRROR])
    desk = Altered(trial.sandbox.sites[f"{MIRROR}/token/"])
    with serving(trial, {MIRROR: registry, f"{MIRROR}/token/": desk}):
        trial.expect_trusted(trial.verify("--no-cache"), "http.answer.form")
        registry.change = lambda _, __: challenge(f'Bearer realm="{REALM}",{parameter}')
        found = trial.verify("--no-cache")
    assert found.code in {1, 3}
    assert found.verdict["digest"] is None
    assert found.written == set()
    for request in desk.asked:
        assert "x-evil" not in request.headers
        assert set(request.query) <= {"scope", "service"}
        assert request.target.isascii()
        assert " " not in request.target


@pytest.mark.row("B32", "B33")
def test_the_author_registry_is_judged_by_the_same_rules(trial: Trial) -> None:
    trial.expect_trusted(trial.verify("--no-cache"), "registry.auth.realm")
    place = f"{HUB}/v2/nicolas/webdis/manifests/"
    trial.service.fail(place, challenge('Bearer realm="https://169.254.169.254/",service="x"'))
    plain = f"{ORIGIN}/nicolas/webdis:{trial.release.tag}"
    refused = trial.verify("--no-cache", image=plain)
    trial.expect_refused(refused, "registry.auth.realm", "R", where=HUB)
    trial.service.fail(place, challenge('Basic realm="x"'))
    refused = trial.verify("--no-cache", image=plain)
    trial.expect_refused(refused, "registry.auth.downgrade", "R", where=HUB)
