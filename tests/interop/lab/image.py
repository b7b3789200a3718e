"""The lab's images as bytes: layers, configs, manifests, lists. Same input, same digests."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

CREATED = "2021-12-23T22:46:35-08:00"
CREATED_SECONDS = 1640328395
BIG_SIZE = 200 * 1024 * 1024

Json = dict[str, Any]
Files = Sequence[tuple[str, bytes, int]]


@dataclass(frozen=True)
class Layer:
    """An unpacked layer and one of the blobs that unpack to it."""

    tar: bytes
    blob: bytes

    def at_level(self, level: int) -> Layer:
        """The same tar under another gzip level: another digest, the same diff_id."""
        return replace(self, blob=gzip.compress(self.tar, level, mtime=0))


@dataclass(frozen=True)
class Image:
    """A config and its layers, in order."""

    config: bytes
    layers: tuple[Layer, ...]


def sha256(raw: bytes) -> str:
    """The digest of some bytes, as registries write it."""
    return "sha256:" + hashlib.sha256(raw).hexdigest()


def layer_of(files: Files) -> Layer:
    """A layer of files (path, content, mode), owned by root and of one age."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data, mode in files:
            entry = tarfile.TarInfo(name.lstrip("/"))
            entry.size, entry.mode, entry.mtime = len(data), mode, CREATED_SECONDS
            archive.addfile(entry, io.BytesIO(data))
    tar = target.getvalue()
    return Layer(tar, gzip.compress(tar, 6, mtime=0))


@cache
def webdis_layer() -> Layer:
    """The files of Debian's package webdis, as installed on this machine."""
    listed = Path("/var/lib/dpkg/info/webdis.list").read_text().split("\n")
    files = []
    for name in sorted(filter(None, listed)):
        path = Path(name)
        if path.is_file() and not path.is_symlink():
            mode = 0o755 if os.access(path, os.X_OK) else 0o644
            files.append((name, path.read_bytes(), mode))
    return layer_of(files)


@cache
def webdis_image(version: str, arch: str, extra: bytes = b"") -> Image:
    """An image like Webdis's: a release file, the program, its version.

    ``extra`` changes the last layer. Nothing is ever run: "arm64" holds the same program.
    """
    release = ("etc/os-release", b"ID=lab\nARCH=" + arch.encode() + b"\n", 0o644)
    mark = ("etc/webdis.version", f"{version} {arch}\n".encode() + extra, 0o644)
    layers = (layer_of([release]), webdis_layer(), layer_of([mark]))
    config: Json = {
        "architecture": arch,
        "config": {
            "ExposedPorts": {"7379/tcp": {}},
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "Cmd": ["/usr/bin/webdis", "/etc/webdis/webdis.json"],
            "Labels": {
                "org.opencontainers.image.title": "Webdis " + version,
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.licenses": "BSD-2-Clause",
            },
        },
        "created": CREATED,
        "history": [{"created": CREATED, "created_by": "lab"}] * len(layers),
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [sha256(layer.tar) for layer in layers]},
    }
    if arch == "arm64":
        config["variant"] = "v8"
    return Image(json.dumps(config, separators=(",", ":")).encode(), layers)


def big_image() -> Image:
    """One layer of 200 MB that does not compress."""
    data = random.Random(7).randbytes(BIG_SIZE)
    layer = layer_of([("big.bin", data, 0o644)]).at_level(0)
    rootfs = {"type": "layers", "diff_ids": [sha256(layer.tar)]}
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs}
    return Image(json.dumps(config).encode(), (layer,))


# ---- manifests ---------------------------------------------------------------------------------


def engine_manifest(image: Image) -> bytes:
    """A manifest as the classic engine pushes it: three spaces, size before digest."""
    config, layers = image.config, image.layers
    manifest = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": {"mediaType": DOCKER_CONFIG, "size": len(config), "digest": sha256(config)},
        "layers": [
            {"mediaType": DOCKER_LAYER, "size": len(layer.blob), "digest": sha256(layer.blob)}
            for layer in layers
        ],
    }
    return json.dumps(manifest, indent=3).encode()


def buildkit_manifest(image: Image) -> bytes:
    """The same as the guide's hub serves it: mediaType first, digest before size."""
    config, layers = image.config, image.layers
    manifest = {
        "mediaType": DOCKER_MANIFEST,
        "schemaVersion": 2,
        "config": {"mediaType": DOCKER_CONFIG, "digest": sha256(config), "size": len(config)},
        "layers": [
            {"mediaType": DOCKER_LAYER, "digest": sha256(layer.blob), "size": len(layer.blob)}
            for layer in layers
        ],
    }
    return json.dumps(manifest, indent=4).encode()


def oci_manifest(image: Image) -> bytes:
    """The same under OCI media types."""
    config, layers = image.config, image.layers
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": sha256(config), "size": len(config)},
        "layers": [
            {"mediaType": OCI_LAYER, "digest": sha256(layer.blob), "size": len(layer.blob)}
            for layer in layers
        ],
    }
    return json.dumps(manifest, indent=2).encode()


# ---- lists and indexes -------------------------------------------------------------------------


def platform(arch: str) -> Json:
    """The label of a list entry, as `docker manifest annotate` leaves it."""
    variant = {"variant": "v8"} if arch == "arm64" else {}
    return {"architecture": arch, "os": "linux", **variant}


def docker_entry(raw: bytes, label: Json, media_type: str = DOCKER_MANIFEST) -> Json:
    """An entry in the order of Docker's lists."""
    entry = {"mediaType": media_type, "size": len(raw), "digest": sha256(raw)}
    return {**entry, "platform": label}


def oci_entry(raw: bytes, label: Json, **more: Json) -> Json:
    """An entry in the order of OCI indexes."""
    entry = {"mediaType": OCI_MANIFEST, "digest": sha256(raw), "size": len(raw)}
    return {**entry, **more, "platform": label}


def docker_list(entries: Sequence[Json], media_type: str = DOCKER_LIST, **more: Any) -> bytes:
    """A list in the guide's form: three spaces, no final newline."""
    whole = {"schemaVersion": 2, "mediaType": media_type, "manifests": entries, **more}
    return json.dumps(whole, indent=3).encode()
