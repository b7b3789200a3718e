"""Redirects that would carry credentials to where they do not belong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.exchange import Request, Response
from crosstrust.sandbox.sandbox import MIRROR
from tests.attacks.altered import Altered, Mirror, Shelf, log_in, serving
from tests.attacks.trial import Trial
from tests.canaries.secret import secrets_in

pytestmark = pytest.mark.usefixtures("anonymous")

CDN = "cdn.example"
BLOBS = f"{MIRROR}/v2/nicolas/webdis/blobs/"


def moved(response: Response, location: str) -> Response:
    return Response(307, {"Location": location}) if response.status == 200 else response


@contextmanager
def stored_elsewhere(trial: Trial, place: str) -> Iterator[tuple[Altered, Altered]]:
    """Registry and storage; who may read a config or layer at the first is sent to ``place``."""
    mirror = Mirror(trial)

    def change(request: Request, response: Response) -> Response:
        if "/blobs/" not in request.path:
            return response
        return moved(response, f"{place}/stored/{request.path.rpartition('/')[2]}")

    storage = Altered(Shelf(mirror))
    registry = Altered(mirror.registry, change)
    with serving(trial, {MIRROR: registry, CDN: storage}):
        yield registry, storage


@pytest.mark.row("B27")
def test_credentials_do_not_follow_a_redirect_to_another_host(trial: Trial) -> None:
    log_in(trial, MIRROR, CDN)
    Mirror(trial).recompress()
    with stored_elsewhere(trial, f"https://{CDN}") as (registry, storage):
        trial.expect_trusted(trial.verify(), "image.layer.verified", "http.redirect.secure")
    # Two configs and a layer: each was asked for with a token here, and without one there.
    blobs = [request for request in registry.asked if "/blobs/" in request.path]
    assert {request.headers["authorization"].split()[0] for request in blobs} == {"Bearer"}
    assert len(storage.asked) == len(blobs) == 3
    assert all("authorization" not in request.headers for request in storage.asked)
    assert all(secrets_in(str(dict(request.headers)).encode()) == [] for request in storage.asked)


@pytest.mark.row("B27")
def test_credentials_are_not_given_to_a_storage_that_asks_for_them(trial: Trial) -> None:
    log_in(trial, MIRROR, CDN)
    with stored_elsewhere(trial, f"https://{CDN}") as (_, storage):
        trial.expect_trusted(trial.verify("--no-cache"), "http.available")
        for challenge in ('Basic realm="x"', f'Bearer realm="https://{CDN}/token",service="x"'):
            refusal = Response(401, {"Www-Authenticate": challenge})
            storage.change = lambda _, __, refusal=refusal: refusal  # type: ignore[misc]  # default not inferred
            refused = trial.verify("--no-cache")
            trial.expect_refused(refused, "http.available", "U", where=CDN)
    assert all("authorization" not in request.headers for request in storage.asked)
    assert all("/stored/" in request.path for request in storage.asked)


@pytest.mark.row("B27")
def test_another_port_is_another_host(trial: Trial) -> None:
    mirror = Mirror(trial)
    named = str(Digest.of(mirror.image.config))

    def change(request: Request, response: Response) -> Response:
        if not request.path.endswith(named):
            return response
        if request.headers["host"] == f"{MIRROR}:8443":
            return Response(200, {}, mirror.image.config)
        return moved(response, f"https://{MIRROR}:8443{request.path}")

    registry = Altered(mirror.registry, change)
    with serving(trial, {MIRROR: registry}):
        trial.expect_trusted(trial.verify(), "http.redirect.secure")
    other = [one for one in registry.asked if one.headers["host"] != MIRROR]
    assert [one.path.rpartition("/")[2] for one in other] == [named]
    assert "authorization" not in other[0].headers


@pytest.mark.row("B27")
def test_credentials_do_not_come_back_with_a_redirect_that_returns(trial: Trial) -> None:
    mirror = Mirror(trial)

    def change(request: Request, response: Response) -> Response:
        if not request.path.startswith("/stored/"):
            return response
        return Response(200, {}, mirror.image.config)

    registry = Altered(mirror.registry, change)
    named = str(Digest.of(mirror.image.config))
    back = Response(302, {"Location": f"https://{MIRROR}/stored/{named}"})
    with serving(trial, {MIRROR: registry, CDN: Altered(Shelf(mirror), lambda _, __: back)}) as one:
        one.fail(BLOBS + named, Response(302, {"Location": f"https://{CDN}/{named}"}))
        trial.expect_trusted(trial.verify(), "http.redirect.secure")
    returned = [one for one in registry.asked if one.path.startswith("/stored/")]
    assert len(returned) == 1
    assert "authorization" not in returned[0].headers
