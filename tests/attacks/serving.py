"""What the two registries serve, where a test needs other bytes than a producer would write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.image import DOCKER_LIST, Image, Manifest, Producer, write_list
from crosstrust.sandbox.layer import Layer, compress
from crosstrust.sandbox.registry import Registry
from crosstrust.sandbox.release import push
from crosstrust.sandbox.sandbox import MIRROR, ORIGIN
from crosstrust.value import replace
from tests.attacks.trial import Trial

Json = dict[str, Any]
Change = Callable[[Json], object]


def mirror_of(trial: Trial) -> Registry:
    return trial.sandbox.registries[MIRROR]


def edited(raw: bytes, change: Change) -> bytes:
    """The JSON document ``raw`` with ``change`` done to it in place."""
    document = json.loads(raw)
    change(document)
    return json.dumps(document, indent=3).encode()


def rewritten(manifest: Manifest, change: Change) -> Manifest:
    return replace(manifest, raw=edited(manifest.raw, change))


def push_images(trial: Trial, *images: Image) -> tuple[Manifest, ...]:
    """Push images to the mirror in place of the honest ones."""
    manifests, _ = push(
        mirror_of(trial),
        trial.sandbox.repository,
        trial.release.tag,
        images,
        producer=Producer.ENGINE,
    )
    return manifests


def list_manifests(
    trial: Trial, manifests: Iterable[Manifest], change: Change = lambda _: None
) -> None:
    """Serve on the mirror a list of ``manifests``, with ``change`` done to the list."""
    registry, name = mirror_of(trial), trial.sandbox.repository
    served = list(manifests)
    for one in served:
        registry.put_manifest(name, one.raw, one.media_type)
    raw = edited(write_list(served), change)
    registry.put_manifest(name, raw, DOCKER_LIST, trial.release.tag)


def serve_as_tag(trial: Trial, raw: bytes, media_type: str) -> None:
    """Let the mirror's tag hold ``raw``, whose blobs and manifests are there."""
    registry, name = mirror_of(trial), trial.sandbox.repository
    registry.put_manifest(name, raw, media_type, trial.release.tag)


def sign_bytes(trial: Trial, raw: bytes, media_type: str, *blobs: bytes) -> Digest:
    """Let the author sign ``raw`` under the release's tag, and serve it on both registries."""
    name, tag = trial.sandbox.repository, trial.release.tag
    for registry in (trial.sandbox.registries[ORIGIN], mirror_of(trial)):
        for blob in blobs:
            registry.put_blob(name, blob)
        registry.put_manifest(name, raw, media_type, tag)
    digest = Digest.of(raw)
    trial.sandbox.author.sign(tag, digest, len(raw), roles=("targets",))
    trial.sandbox.publish()
    return digest


def with_layers(image: Image, layers: Iterable[Layer]) -> Image:
    """The same config above other layers."""
    return replace(image, layers=tuple(layers))


def recompressed(image: Image) -> Image:
    """The same image with each layer compressed by another program."""
    return with_layers(image, (compress(layer.tar, level=1) for layer in image.layers))
