"""Tokens that are for something else, too short-lived, or too long."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest

from crosstrust.sandbox.exchange import Request, Response
from crosstrust.sandbox.sandbox import MIRROR
from tests.attacks.altered import Altered, Change, serving
from tests.attacks.trial import Trial

pytestmark = pytest.mark.usefixtures("anonymous")

HUB = "registry-1.docker.io"
HUB_DESK = "auth.docker.io/token"
DESK = f"{MIRROR}/token/"


def bearer(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def handing_out(**changes: Any) -> Change:
    """Token answers with other members; None removes one."""

    def change(_: Request, response: Response) -> Response:
        document = {**json.loads(response.body), **changes}
        kept = {name: value for name, value in document.items() if value is not None}
        return replace(response, body=json.dumps(kept).encode())

    return change


@pytest.mark.row("B35")
def test_a_token_is_used_for_what_it_was_asked_for_and_nothing_wider(trial: Trial) -> None:
    # Whatever the answer says that the token is good for.
    wide = handing_out(scope="repository:*:* registry:catalog:*", access=[{"name": "*"}])
    sites = {
        name: Altered(site, wide) if "/token" in name else Altered(site)
        for name, site in trial.sandbox.sites.items()
    }
    with serving(trial, sites):
        trial.expect_trusted(trial.verify(), "registry.auth.required")
        # Two more repositories of the same registry, in one run.
        trial.run("verify", "nicolas/webdis:0.1.19", "other/thing:1", "--pin", trial.root_pin)
    used: defaultdict[str, set[str]] = defaultdict(set)
    for name, site in sites.items():
        for request in site.asked:
            if bearer(request) and "/token" not in name:
                # /v2/OWNER/NAME/manifests/..., /v2/docker.io/OWNER/NAME/_trust/...
                path = request.path.removeprefix("/v2/docker.io/").removeprefix("/v2/")
                used[bearer(request)].add(f"{name} {'/'.join(path.split('/')[:2])}")
    assert {place for places in used.values() for place in places} >= {
        f"{HUB} nicolas/webdis",
        f"{HUB} other/thing",
        "notary.docker.io nicolas/webdis",
        "notary.docker.io other/thing",
        f"{MIRROR} nicolas/webdis",
    }
    assert {len(places) for places in used.values()} == {1}


@pytest.mark.row("B35")
def test_a_token_of_one_host_is_never_shown_to_another(trial: Trial) -> None:
    own = "registry.example"
    registries = {own: Altered(trial.sandbox.registries[MIRROR])}
    registries[MIRROR] = Altered(trial.sandbox.registries[MIRROR])
    # This one's challenge names the realm, the service and the scope of the other.
    copies = (trial.copy, f"{own}/{trial.sandbox.repository}:{trial.release.tag}")
    pins = ("--pin", trial.root_pin, "--signed-by", trial.sandbox.origin)
    with serving(trial, registries):
        found = trial.run("verify", *copies, *pins)
    assert found.code == 0, found.out
    trial.note_passed("registry.auth.required")
    shown = {
        host: {bearer(request) for request in registry.asked if bearer(request)}
        for host, registry in registries.items()
    }
    assert all(shown.values())
    assert not shown[own] & shown[MIRROR]


@pytest.mark.row("B35")
def test_a_token_for_another_repository_opens_nothing(trial: Trial) -> None:
    desk = Altered(trial.sandbox.sites[HUB_DESK])

    def other(request: Request, _: Response) -> Response:
        target = request.target.replace("webdis", "other")
        return desk.site.respond(replace(request, target=target))

    with serving(trial, {HUB_DESK: desk}):
        trial.expect_trusted(trial.verify("--no-cache"), "registry.auth.required")
        desk.change = other
        refused = trial.verify("--no-cache")
    trial.expect_refused(refused, "registry.auth.required", "A", where="docker.io")


@pytest.mark.row("B36")
def test_a_token_may_claim_any_life(trial: Trial) -> None:
    desk = Altered(trial.sandbox.sites[DESK])
    with serving(trial, {DESK: desk}):
        for life in (0, -5, -(2**70), 2**70, "soon", True, 1.5, None):
            desk.change = handing_out(expires_in=life, issued_at="1999-01-01T00:00:00Z")
            trial.expect_trusted(trial.verify("--no-cache"), "registry.auth.expired")
    assert all(request.method == "GET" for request in desk.asked)


@pytest.mark.row("B36")
def test_a_token_that_expires_in_the_middle_of_a_run_is_renewed(trial: Trial) -> None:
    spent: set[str] = set()

    def expire(request: Request, response: Response) -> Response:
        if bearer(request) in spent:
            return stale()
        # The first token is good for one answer.
        if not spent and response.status == 200:
            spent.add(bearer(request))
        return response

    desk = Altered(trial.sandbox.sites[DESK])
    registry = Altered(trial.sandbox.registries[MIRROR], expire)
    with serving(trial, {MIRROR: registry, DESK: desk}):
        trial.expect_trusted(trial.verify(), "registry.auth.expired")
    tokens = {bearer(request) for request in registry.asked if bearer(request)}
    assert len(tokens) == len(desk.asked) == 2


def stale() -> Response:
    text = f'Bearer realm="https://{DESK}",service="{MIRROR}",scope="aws",error="invalid_token"'
    return Response(401, {"Www-Authenticate": text})


@pytest.mark.row("B36")
def test_a_registry_that_takes_no_token_leaves_it_undecided(trial: Trial) -> None:
    desk = Altered(trial.sandbox.sites[DESK])
    registry = Altered(trial.sandbox.registries[MIRROR])
    with serving(trial, {MIRROR: registry, DESK: desk}):
        trial.expect_trusted(trial.verify("--no-cache"), "registry.auth.expired")
        desk.asked.clear()
        registry.change = lambda _, __: stale()
        refused = trial.verify("--no-cache")
        trial.expect_refused(refused, "registry.auth.expired", "A", where=MIRROR)
    # One refresh at most for the one request that was made.
    assert len(desk.asked) <= 2


@pytest.mark.row("B36")
def test_a_token_of_more_than_64_kib_is_not_carried_on(trial: Trial) -> None:
    desk = Altered(trial.sandbox.sites[DESK])
    with serving(trial, {DESK: desk}):
        trial.expect_trusted(trial.verify("--no-cache"), "limit.exceeded")
        desk.change = handing_out(token="x" * (64 * 1024 + 1))
        refused = trial.verify("--no-cache")
        trial.expect_refused(refused, "limit.exceeded", "R", where=DESK)


@pytest.mark.row("B36")
@pytest.mark.parametrize("token", ["a b", "a\r\nX-Evil: 1", "a\x00", "\u00e9", ["a"], 7, {}])
def test_a_token_that_is_none_is_not_carried_on(trial: Trial, token: object) -> None:
    desk = Altered(trial.sandbox.sites[DESK])
    registry = Altered(trial.sandbox.registries[MIRROR])
    with serving(trial, {MIRROR: registry, DESK: desk}):
        trial.expect_trusted(trial.verify("--no-cache"), "http.answer.form")
        registry.asked.clear()
        desk.change = handing_out(token=token, access_token=token)
        refused = trial.verify("--no-cache")
        trial.expect_refused(refused, "http.answer.form", "R", where=DESK)
    assert all("authorization" not in request.headers for request in registry.asked)
