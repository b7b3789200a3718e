"""Images and the bytes that name them: configs, manifests, lists, in the form of each producer.

One image has one config and many manifests: who pushed it can be told from key order and
indent. Registry sheet, section 8.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.layer import DOCKER_LAYER, OCI_LAYER, Layer
from crosstrust.value import dataclass

DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
CREATED = "2021-12-23T22:46:35-08:00"


class Producer(Enum):
    """Who wrote a manifest, and so how its bytes look."""

    BUILDKIT_2021 = "buildkit-2021"  # mediaType first, digest before size, three spaces
    ENGINE = "engine"  # the classic `docker push`: size before digest, three spaces
    BUILDKIT = "buildkit"  # OCI media types, digest before size, two spaces


@dataclass(frozen=True, slots=True)
class Image:
    """One platform: the config's bytes and the layers, lowest first."""

    config: bytes
    layers: tuple[Layer, ...]
    platform: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest's bytes, its media type, and the platform that a list states for it."""

    raw: bytes
    media_type: str
    platform: Mapping[str, str]

    @property
    def digest(self) -> Digest:
        return Digest.of(self.raw)


def build_image(
    layers: Sequence[Layer],
    *,
    architecture: str,
    variant: str = "",
    os: str = "linux",
    labels: Mapping[str, str] | None = None,
) -> Image:
    """Return an image whose config promises the ``diff_id`` of each layer."""
    platform = {"architecture": architecture, "os": os}
    if variant:
        platform["variant"] = variant
    config = {
        **platform,
        "config": {
            "Cmd": ["/usr/local/bin/webdis", "/etc/webdis.prod.json"],
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "ExposedPorts": {"7379/tcp": {}},
            "Labels": dict(labels or {}),
        },
        "created": CREATED,
        "history": [{"created": CREATED, "created_by": "crosstrust sandbox"} for _ in layers],
        "rootfs": {"diff_ids": [str(layer.diff_id) for layer in layers], "type": "layers"},
    }
    raw = json.dumps(config, separators=(",", ":"), sort_keys=True).encode()
    return Image(raw, tuple(layers), platform)


def write_manifest(image: Image, producer: Producer) -> Manifest:
    """Return the manifest of ``image`` as ``producer`` serialises it."""
    oci = producer is Producer.BUILDKIT
    media_type = OCI_MANIFEST if oci else DOCKER_MANIFEST
    size_first = producer is Producer.ENGINE
    config = _descriptor(OCI_CONFIG if oci else DOCKER_CONFIG, image.config, size_first=size_first)
    layer_type = OCI_LAYER if oci else DOCKER_LAYER
    layers = [_descriptor(layer_type, one.blob, size_first=size_first) for one in image.layers]
    head: dict[str, Any] = {"schemaVersion": 2, "mediaType": media_type}
    if producer is Producer.BUILDKIT_2021:
        head = {"mediaType": media_type, "schemaVersion": 2}
    document = {**head, "config": config, "layers": layers}
    raw = json.dumps(document, indent=2 if oci else 3).encode()
    return Manifest(raw, media_type, image.platform)


def write_list(manifests: Sequence[Manifest]) -> bytes:
    """Return a Docker list as `docker manifest push` writes it: three spaces, no final newline."""
    document = {
        "schemaVersion": 2,
        "mediaType": DOCKER_LIST,
        "manifests": [_entry(one, size_first=True) for one in manifests],
    }
    return json.dumps(document, indent=3).encode()


def write_index(
    manifests: Sequence[Manifest], *, annotations: Mapping[str, str] | None = None
) -> bytes:
    """Return an OCI index as BuildKit writes it: two spaces, digest before size."""
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [_entry(one, size_first=False) for one in manifests],
    }
    if annotations:
        document["annotations"] = dict(annotations)
    return json.dumps(document, indent=2).encode()


def _entry(manifest: Manifest, *, size_first: bool) -> dict[str, Any]:
    entry = _descriptor(manifest.media_type, manifest.raw, size_first=size_first)
    return {**entry, "platform": dict(manifest.platform)}


def _descriptor(media_type: str, raw: bytes, *, size_first: bool) -> dict[str, Any]:
    size, digest = {"size": len(raw)}, {"digest": str(Digest.of(raw))}
    if size_first:
        return {"mediaType": media_type, **size, **digest}
    return {"mediaType": media_type, **digest, **size}
