"""A release shaped like Webdis 0.1.19, and five attacks on it.

Two platforms of five layers each, signed as a Docker list on docker.io; on the mirror the
same configs and layers under manifests that another producer serialised.
"""

from __future__ import annotations

import json

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.image import (
    DOCKER_LIST,
    Image,
    Manifest,
    Producer,
    build_image,
    write_list,
    write_manifest,
)
from crosstrust.sandbox.layer import build_layer
from crosstrust.sandbox.registry import Registry
from crosstrust.sandbox.sandbox import MIRROR, ORIGIN, Sandbox
from crosstrust.value import dataclass, replace

TAG = "0.1.19"
NEXT_TAG = "0.1.20"
PLATFORMS = (("amd64", ""), ("arm64", "v8"))


@dataclass(frozen=True, slots=True)
class Release:
    """What was published: the signed list, and per platform the image and its manifests."""

    tag: str
    signed: Digest
    length: int
    images: tuple[Image, ...]
    origin: tuple[Manifest, ...]
    mirror: tuple[Manifest, ...]


def build_webdis(tag: str, architecture: str, variant: str = "") -> Image:
    """Return one platform of the release ``tag``: five layers, deterministic."""
    texts = {
        "etc/alpine-release": "3.14.3\n",
        "etc/apk/arch": f"{architecture}{variant}\n",
        "usr/local/bin/webdis": f"#!/bin/sh\necho webdis {tag} for {architecture}\n",
        "usr/local/bin/redis-server": f"#!/bin/sh\necho redis for {architecture}\n",
        "etc/webdis.prod.json": '{"daemonize": false, "http_port": 7379}\n',
    }
    layers = [build_layer({path: text.encode()}) for path, text in texts.items()]
    labels = {
        "org.opencontainers.image.title": f"Webdis {tag}",
        "org.opencontainers.image.version": tag,
        "org.opencontainers.image.licenses": "BSD-2-Clause",
    }
    return build_image(layers, architecture=architecture, variant=variant, labels=labels)


def publish_release(sandbox: Sandbox, tag: str = TAG) -> Release:
    """Push the release to both registries, sign the list, and publish the signature.

    It is signed in ``targets``, as the guide's release is, beside a named signer. Call it
    again with ``NEXT_TAG``: then the Notary server has a state to be rolled back from.
    """
    images = tuple(build_webdis(tag, *platform) for platform in PLATFORMS)
    origin, _ = push(sandbox.registries[ORIGIN], sandbox.repository, tag, images)
    mirror, _ = push(
        sandbox.registries[MIRROR], sandbox.repository, tag, images, producer=Producer.ENGINE
    )
    raw = write_list(origin)
    signed = Digest.of(raw)
    if "targets/nicolasff" not in sandbox.author.roles():
        sandbox.author.add_signer("nicolasff")
    sandbox.author.sign(tag, signed, len(raw), roles=("targets",))
    sandbox.publish()
    return Release(tag, signed, len(raw), images, origin, mirror)


def push(
    registry: Registry,
    name: str,
    tag: str,
    images: tuple[Image, ...],
    *,
    producer: Producer = Producer.BUILDKIT_2021,
) -> tuple[tuple[Manifest, ...], Digest]:
    """Push ``images`` and a Docker list of them under ``tag``; return manifests and list digest."""
    manifests = []
    for image in images:
        for raw in (image.config, *(layer.blob for layer in image.layers)):
            registry.put_blob(name, raw)
        manifest = write_manifest(image, producer)
        registry.put_manifest(name, manifest.raw, manifest.media_type)
        manifests.append(manifest)
    listed = registry.put_manifest(name, write_list(manifests), DOCKER_LIST, tag)
    return tuple(manifests), listed


def swap_layer(sandbox: Sandbox, release: Release) -> str:
    """The mirror serves a foreign layer below the author's own config."""
    honest = release.images[-1]
    foreign = build_layer({"etc/webdis.prod.json": b'{"daemonize": false, "backdoor": true}\n'})
    forged = replace(honest, layers=(*honest.layers[:-1], foreign))
    _push_to_mirror(sandbox, release, (*release.images[:-1], forged))
    return "the mirror's arm64 image names the author's config, but its last layer is foreign"


def reserialise_list(sandbox: Sandbox, release: Release) -> str:
    """The signed repository serves the list in other bytes that docker prints alike."""
    compact = json.dumps(json.loads(write_list(release.origin)), separators=(",", ":")).encode()
    registry = sandbox.registries[ORIGIN]
    registry.put_manifest(sandbox.repository, compact, DOCKER_LIST, release.tag)
    return "docker.io serves the signed list in other bytes, which docker prints as the same"


def add_platform(sandbox: Sandbox, release: Release) -> str:
    """The mirror offers a platform that the author never signed."""
    extra = build_webdis(release.tag, "arm", "v7")
    _push_to_mirror(sandbox, release, (*release.images, extra))
    return "the mirror's list offers a third platform, linux/arm/v7, which nobody signed"


def revoke_tag(sandbox: Sandbox, release: Release) -> str:
    """The author takes the signature back; both registries still serve the image."""
    sandbox.author.revoke(release.tag)
    sandbox.publish()
    return f"the author revoked {release.tag}; both registries still serve it"


def roll_back_notary(sandbox: Sandbox, release: Release) -> str:
    """The Notary server goes back one publication; a client that saw the last one can tell.

    Needs at least two publications.
    """
    sandbox.notary.roll_back(sandbox.origin)
    return f"the Notary server serves older metadata, validly signed, which has only {release.tag}"


def _push_to_mirror(sandbox: Sandbox, release: Release, images: tuple[Image, ...]) -> None:
    push(
        sandbox.registries[MIRROR],
        sandbox.repository,
        release.tag,
        images,
        producer=Producer.ENGINE,
    )
