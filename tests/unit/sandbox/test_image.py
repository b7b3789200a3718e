from __future__ import annotations

import gzip
import io
import json
import tarfile

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.image import (
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Producer,
    build_image,
    write_index,
    write_list,
    write_manifest,
)
from crosstrust.sandbox.layer import build_layer, compress

FILES = {"/etc/b": b"two", "etc/a": b"one"}


def test_a_layer_holds_the_files_and_is_always_the_same() -> None:
    layer = build_layer(FILES)
    assert layer == build_layer(dict(reversed(FILES.items())))
    assert gzip.decompress(layer.blob) == layer.tar
    assert (layer.diff_id, layer.digest) == (Digest.of(layer.tar), Digest.of(layer.blob))
    with tarfile.open(fileobj=io.BytesIO(layer.tar)) as archive:
        found = {one.name: archive.extractfile(one) for one in archive.getmembers()}
        assert {name: file.read() for name, file in found.items() if file} == {
            "etc/a": b"one",
            "etc/b": b"two",
        }


def test_another_gzip_level_changes_the_digest_and_not_the_diff_id() -> None:
    layer = build_layer({"a": b"text " * 500})
    again = compress(layer.tar, level=1)
    assert (again.diff_id, again.digest != layer.digest) == (layer.diff_id, True)


def test_a_config_promises_platform_and_diff_ids() -> None:
    layers = [build_layer({"a": b"1"}), build_layer({"b": b"2"})]
    image = build_image(layers, architecture="arm64", variant="v8", labels={"k": "v"})
    config = json.loads(image.config)
    assert config["rootfs"]["diff_ids"] == [str(layer.diff_id) for layer in layers]
    assert (config["os"], config["architecture"], config["variant"]) == ("linux", "arm64", "v8")
    assert len(config["history"]) == 2
    assert config["config"]["Labels"] == {"k": "v"}
    assert "variant" not in json.loads(build_image(layers, architecture="amd64").config)


@pytest.mark.parametrize(
    ("producer", "media_type", "start", "descriptor"),
    [
        (
            Producer.BUILDKIT_2021,
            DOCKER_MANIFEST,
            b'{\n   "mediaType": "' + DOCKER_MANIFEST.encode() + b'",\n   "schemaVersion": 2,',
            ["mediaType", "digest", "size"],
        ),
        (
            Producer.ENGINE,
            DOCKER_MANIFEST,
            b'{\n   "schemaVersion": 2,\n   "mediaType":',
            ["mediaType", "size", "digest"],
        ),
        (
            Producer.BUILDKIT,
            OCI_MANIFEST,
            b'{\n  "schemaVersion": 2,\n  "mediaType":',
            ["mediaType", "digest", "size"],
        ),
    ],
)
def test_each_producer_is_known_by_its_bytes(
    producer: Producer, media_type: str, start: bytes, descriptor: list[str]
) -> None:
    image = build_image([build_layer(FILES)], architecture="amd64")
    manifest = write_manifest(image, producer)
    assert manifest.raw.startswith(start)
    document = json.loads(manifest.raw)
    assert manifest.media_type == document["mediaType"] == media_type
    assert list(document["config"]) == list(document["layers"][0]) == descriptor
    assert document["config"]["digest"] == str(Digest.of(image.config))
    assert document["layers"][0]["size"] == len(image.layers[0].blob)


def test_a_list_has_the_bytes_of_the_guides_list() -> None:
    first = write_manifest(build_image([], architecture="amd64"), Producer.ENGINE)
    second = write_manifest(build_image([], architecture="arm64", variant="v8"), Producer.ENGINE)
    raw = write_list([first, second])
    for own, published in (
        (first.digest.hex, "2ced2d99146e1bcaf10541d17dbac573cffd02237c3b268875be1868138d3b54"),
        (second.digest.hex, "d026c5675552947b6a755439dfd58360e44a8860436f4eddfe9b26d050801248"),
        (f'"size": {len(first.raw)}', '"size": 1365'),
        (f'"size": {len(second.raw)}', '"size": 1365'),
    ):
        raw = raw.replace(own.encode(), published.encode())
    assert len(raw) == 772
    assert Digest.of(raw).hex == "5de58646bae3ee52e05a65672532120b094682b79823291031ccb41533c21667"


def test_an_index_has_oci_types_and_annotations() -> None:
    image = build_image([build_layer(FILES)], architecture="amd64")
    manifest = write_manifest(image, Producer.BUILDKIT)
    index = json.loads(write_index([manifest], annotations={"k": "v"}))
    assert (index["mediaType"], index["annotations"]) == (OCI_INDEX, {"k": "v"})
    (entry,) = index["manifests"]
    assert entry == {
        "mediaType": OCI_MANIFEST,
        "digest": str(manifest.digest),
        "size": len(manifest.raw),
        "platform": {"architecture": "amd64", "os": "linux"},
    }
    assert "annotations" not in json.loads(write_index([manifest]))
