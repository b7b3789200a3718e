"""Layers that a manifest says to fetch from anywhere (CVE-2020-15157)."""

from __future__ import annotations

import json

import pytest

from crosstrust.oci.media_type import DOCKER_FOREIGN_LAYER
from crosstrust.sandbox.image import DOCKER_LIST, Manifest, write_list
from crosstrust.sandbox.layer import DOCKER_LAYER
from crosstrust.sandbox.sandbox import MIRROR, ORIGIN
from tests.attacks.altered import Altered, Mirror, serving
from tests.attacks.trial import Trial

CDN = "cdn.example"
URLS = json.dumps([f"https://{CDN}/layer", "https://169.254.169.254/latest", "file:///etc/passwd"])


def elsewhere(manifest: bytes, media_type: str = DOCKER_LAYER) -> bytes:
    """The last layer with urls, and a media type of its own."""
    head, found, tail = manifest.decode().rpartition(f'"mediaType": "{DOCKER_LAYER}",')
    assert found
    return f'{head}"mediaType": "{media_type}", "urls": {URLS},{tail}'.encode()


@pytest.mark.row("B37")
@pytest.mark.parametrize("media_type", [DOCKER_LAYER, f"{DOCKER_FOREIGN_LAYER}.gzip"])
@pytest.mark.parametrize("fetched", [True, False])
def test_a_layer_that_only_the_copy_places_elsewhere_is_refused_and_not_fetched(
    trial: Trial, media_type: str, *, fetched: bool
) -> None:
    mirror = Mirror(trial)
    cdn = Altered(mirror.registry)
    with serving(trial, {CDN: cdn}):
        trial.expect_trusted(trial.verify(), "image.layer.foreign")
        manifest = mirror.recompress()[1] if fetched else mirror.manifest
        mirror.push_child(elsewhere(manifest.raw, media_type))
        trial.expect_refused(trial.verify(), "image.layer.foreign", "M")
    assert cdn.asked == []


@pytest.mark.row("B37")
def test_urls_that_the_author_signed_are_not_fetched_either(trial: Trial) -> None:
    mirror = Mirror(trial)
    origin = trial.sandbox.registries[ORIGIN]
    first, *others = trial.release.origin
    raw = elsewhere(first.raw)
    origin.put_manifest(mirror.name, raw, first.media_type)
    listed = write_list([Manifest(raw, first.media_type, first.platform), *others])
    signed = origin.put_manifest(mirror.name, listed, DOCKER_LIST, trial.release.tag)
    trial.sandbox.author.sign(trial.release.tag, signed, len(listed), roles=("targets",))
    trial.sandbox.publish()
    mirror.push_child(elsewhere(mirror.manifest.raw))
    cdn = Altered(mirror.registry)
    with serving(trial, {CDN: cdn}) as service:
        trial.expect_trusted(trial.verify(), "image.layer.foreign", "image.content.same")
        hosts = {seen.host for seen in service.requests}
    assert cdn.asked == []
    assert hosts == {"auth.docker.io", "notary.docker.io", "registry-1.docker.io", MIRROR}
