"""Copies whose layers, manifests or lists are not the ones that were pushed by the author."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import zstandard

from crosstrust.sandbox.image import (
    DOCKER_LIST,
    Image,
    Producer,
    write_list,
    write_manifest,
)
from crosstrust.sandbox.layer import Layer
from crosstrust.sandbox.release import push
from crosstrust.sandbox.sandbox import MIRROR, ORIGIN
from crosstrust.value import replace
from tests.attacks.trial import Trial

ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
TAR = "application/vnd.oci.image.layer.v1.tar"
MIB = 1024 * 1024

Edit = Callable[[dict[str, Any]], None]


def unchanged(document: dict[str, Any]) -> None:
    """Leave it."""


def rewrite(raw: bytes, edit: Edit) -> bytes:
    """Return a JSON document as ``edit`` leaves it."""
    document = json.loads(raw)
    edit(document)
    return json.dumps(document, indent=3).encode()


def push_copy(
    trial: Trial,
    images: Sequence[Image],
    *,
    manifest: Edit = unchanged,
    listing: Edit = unchanged,
) -> None:
    """Push ``images`` to the mirror's tag; ``manifest`` edits the last one's."""
    registry, name = trial.sandbox.registries[MIRROR], trial.sandbox.repository
    written = [write_manifest(image, Producer.ENGINE) for image in images]
    written[-1] = replace(written[-1], raw=rewrite(written[-1].raw, manifest))
    for image, one in zip(images, written, strict=True):
        for raw in (image.config, *(layer.blob for layer in image.layers)):
            registry.put_blob(name, raw)
        registry.put_manifest(name, one.raw, one.media_type)
    raw = rewrite(write_list(written), listing)
    registry.put_manifest(name, raw, DOCKER_LIST, trial.release.tag)


def push_layer(trial: Trial, blob: bytes, media_type: str = "", *, size: int = 0) -> None:
    """Serve ``blob`` as the last layer of the last platform, under the author's own config.

    ``media_type`` and ``size`` are what the manifest says of it, where given.
    """
    *others, last = trial.release.images
    layer = Layer(last.layers[-1].tar, blob)

    def retype(document: dict[str, Any]) -> None:
        told = {"mediaType": media_type, "size": size}
        document["layers"][-1].update({key: value for key, value in told.items() if value})

    forged = replace(last, layers=(*last.layers[:-1], layer))
    push_copy(trial, (*others, forged), manifest=retype)


def last_tar(trial: Trial) -> bytes:
    """Return what the last layer of the last platform unpacks to, as the author signed it."""
    return trial.release.images[-1].layers[-1].tar


def gzipped(tar: bytes, *, level: int = 1) -> bytes:
    """Return other gzip bytes of ``tar`` than the author's."""
    return gzip.compress(tar, level, mtime=0)


def with_fields(tar: bytes) -> bytes:
    """Return a gzip member with every optional field of RFC 1952, 2.3: FEXTRA, FNAME, FCOMMENT."""
    extra = b"AB\x04\x00data"
    head = b"\x1f\x8b\x08\x1c\x00\x00\x00\x00\x00\xff" + len(extra).to_bytes(2, "little") + extra
    return head + b"layer.tar\0" + b"a comment\0" + gzipped(tar)[10:]


def gzip_bomb(size: int) -> bytes:
    """Return gzip members that unpack to ``size`` MiB of zeros: about 1000 : 1."""
    return gzip.compress(bytes(16 * MIB), 9, mtime=0) * (size // 16)


def zstd_bomb(size: int) -> bytes:
    """Return one zstd frame of ``size`` MiB of zeros, in blocks of four bytes: 30 000 : 1."""
    # RFC 8878, 3.1.1: magic, no flags, a window of 128 KiB, then RLE blocks of 128 KiB.
    block = (1 << 1 | 128 * 1024 << 3).to_bytes(3, "little") + b"\0"
    last = (1 | 1 << 1 | 128 * 1024 << 3).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd\x00\x38" + block * (size * 8 - 1) + last


def zstd(tar: bytes) -> bytes:
    """Return ``tar`` as one zstd frame."""
    return zstandard.compress(tar)


def skippable(content: bytes) -> bytes:
    """Return a skippable zstd frame, RFC 8878, 3.1.2."""
    return b"\x50\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content


def bad_checksum(member: bytes) -> bytes:
    """Return a gzip member whose CRC-32 is another one."""
    wrong = (zlib.crc32(member) ^ 1).to_bytes(4, "little")
    return member[:-8] + wrong + member[-4:]


def sign_images(trial: Trial, images: Sequence[Image]) -> None:
    """Let the author push and sign ``images`` under the same tag, as they are."""
    sandbox, tag = trial.sandbox, trial.release.tag
    manifests, signed = push(sandbox.registries[ORIGIN], sandbox.repository, tag, tuple(images))
    sandbox.author.sign(tag, signed, len(write_list(manifests)), roles=("targets",))
    sandbox.publish()
