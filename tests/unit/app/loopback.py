"""Tags of the mirror that loopback tests ask about, and the hosts that are asked."""

from __future__ import annotations

from dataclasses import replace

from crosstrust.sandbox import Sandbox
from crosstrust.sandbox.exchange import answer_error
from crosstrust.sandbox.image import DOCKER_LIST, Producer
from crosstrust.sandbox.layer import build_layer, compress
from crosstrust.sandbox.release import TAG, build_webdis, push
from crosstrust.sandbox.service import Service
from tests.unit.app.desk import MIRROR

REPACKED = f"{MIRROR}:repacked"
FOREIGN = f"{MIRROR}:foreign"
BROKEN = f"{MIRROR}:broken"
HALF = f"{MIRROR}:half"
HOSTS = {"notary.docker.io", "auth.docker.io", "registry-1.docker.io", "public.ecr.aws"}


def push_copies(shown: Sandbox) -> None:
    """More tags on the mirror: recompressed, with a foreign layer, unreadable, one platform."""
    registry = shown.registries["public.ecr.aws"]
    images = [build_webdis(TAG, "amd64"), build_webdis(TAG, "arm64", "v8")]
    packed = [
        replace(image, layers=tuple(compress(layer.tar, level=1) for layer in image.layers))
        for image in images
    ]
    foreign = replace(images[1], layers=(*images[1].layers[:-1], build_layer({"x": b"evil"})))
    push(registry, "nicolas/webdis", "repacked", tuple(packed), producer=Producer.ENGINE)
    push(registry, "nicolas/webdis", "foreign", (images[0], foreign), producer=Producer.ENGINE)
    push(registry, "nicolas/webdis", "half", (images[0],), producer=Producer.ENGINE)
    registry.put_manifest("nicolas/webdis", b"{", DOCKER_LIST, "broken")


def out_of_order(service: Service, *hosts: str) -> None:
    for host in hosts or HOSTS:
        service.fail(host, answer_error(500, "UNKNOWN", "out of order"))
