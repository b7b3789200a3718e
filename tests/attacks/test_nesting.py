"""Indexes that nest, loop or swell, and documents too large to be read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.exchange import Response
from crosstrust.sandbox.image import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, write_index
from crosstrust.sandbox.sandbox import MIRROR
from tests.attacks.altered import Mirror
from tests.attacks.trial import Trial


def entry(raw: bytes, media_type: str) -> dict[str, Any]:
    return {"mediaType": media_type, "size": len(raw), "digest": str(Digest.of(raw))}


def index_of(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()


def nest(mirror: Mirror, depth: int, width: int = 1) -> bytes:
    """Push ``depth`` indexes, each of which lists the next ``width`` times, and return the top."""
    raw = write_index(mirror.trial.release.mirror)
    for _ in range(depth):
        mirror.registry.put_manifest(mirror.name, raw, OCI_INDEX)
        raw = index_of(*[entry(raw, OCI_INDEX)] * width)
    return raw


@pytest.mark.row("B14")
def test_an_index_that_lists_itself_is_found_out_by_its_digest(trial: Trial) -> None:
    # A loop needs bytes that hold their own digest, so the registry has to lie about some. That
    # is caught before any depth is counted: image.digest.match, class M, not limit.exceeded.
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.digest.match")
    inner = index_of()
    top = index_of(entry(inner, OCI_INDEX))
    digest = mirror.registry.put_manifest(mirror.name, inner, OCI_INDEX)
    mirror.push_top(top, OCI_INDEX)
    mirror.registry.replace_manifest(mirror.name, digest, top)
    trial.expect_refused(trial.verify(), "image.digest.match", "M", where=str(digest))


@pytest.mark.row("B14")
def test_an_index_that_lists_another_over_and_over_is_not_walked_for_ever(trial: Trial) -> None:
    mirror = Mirror(trial)
    mirror.push_top(nest(mirror, 1), OCI_INDEX)
    trial.expect_trusted(trial.verify(), "limit.exceeded")
    mirror.push_top(nest(mirror, 3, width=64), OCI_INDEX)
    trial.expect_refused(trial.verify(), "limit.exceeded", "R", where=trial.sandbox.mirror)


@pytest.mark.row("B15")
def test_indexes_may_nest_four_deep_and_no_deeper(trial: Trial) -> None:
    mirror = Mirror(trial)
    mirror.push_top(nest(mirror, 3), OCI_INDEX)
    trial.expect_trusted(trial.verify(), "limit.exceeded")
    for depth in (4, 50):
        mirror.push_top(nest(mirror, depth), OCI_INDEX)
        trial.expect_refused(trial.verify(), "limit.exceeded", "R", where=trial.sandbox.mirror)


def test_indexes_within_an_index_are_told(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.index.nested")
    mirror = Mirror(trial)
    mirror.push_top(nest(mirror, 2), OCI_INDEX)
    trial.expect_warned(trial.verify(), "image.index.nested", where=trial.sandbox.mirror)


@pytest.mark.row("B15")
@pytest.mark.parametrize("count", [257, 60_000, 100_000])
def test_an_index_of_too_many_children_is_refused(trial: Trial, count: int) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "limit.exceeded")
    one: dict[str, Any] = entry(mirror.manifest.raw, DOCKER_MANIFEST) if count == 257 else {}
    mirror.push_top(index_of(*[one] * count), OCI_INDEX)
    trial.expect_refused(trial.verify(), "limit.exceeded", "R", where=trial.copy)


@pytest.mark.row("B16")
def test_a_manifest_beyond_the_limit_is_not_read(trial: Trial) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "limit.exceeded")
    place = f"{MIRROR}/v2/nicolas/webdis/manifests/{trial.release.tag}"
    announced = {"Content-Length": str(200 * 1024 * 1024), "Content-Type": DOCKER_LIST}
    trial.service.fail(place, Response(200, announced, b"{"))
    trial.expect_refused(trial.verify("--no-cache"), "limit.exceeded", "R", where=place)
    trial.service.recover()
    mirror.push_top(mirror.honest_list() + b" " * 4 * 1024 * 1024)
    trial.expect_refused(trial.verify(), "limit.exceeded", "R", where=place)


@pytest.mark.row("B16")
def test_a_config_beyond_the_limit_is_not_asked_for(trial: Trial) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "limit.exceeded")
    size = len(mirror.image.config)
    mirror.edit_child(f'"size": {size},', f'"size": {9 * 1024 * 1024},')
    before = len(trial.service.requests)
    trial.expect_refused(trial.verify("--no-cache"), "limit.exceeded", "R")
    config = str(Digest.of(mirror.image.config))
    asked = [seen for seen in trial.service.requests[before:] if seen.target.endswith(config)]
    assert [seen.host for seen in asked if seen.host == MIRROR] == []
