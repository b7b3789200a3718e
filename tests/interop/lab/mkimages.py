"""Make the images of the guide's shape and push them to the two real registries, byte for byte.

hub: nicolas/webdis, tags 0.1.12 to 0.1.18 (one amd64 image each), 0.1.19-amd64, 0.1.19-arm64 and so
     on; the lists 0.1.19, 0.1.20 and latest are made later by the real `docker manifest push`
     (lists.sh).
ecr: the same configs and layers under OTHER manifest bytes (another key order), as in the guide,
     and mirrors that are wrong in one way each.

Also odd shapes: an OCI index with attestations, lists in unusual bytes, schema 1, a big layer.
Deterministic, and harmless to run again. Writes $LAB/images.json.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.interop.lab.image import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    Image,
    Json,
    big_image,
    buildkit_manifest,
    docker_entry,
    docker_list,
    engine_manifest,
    oci_entry,
    oci_manifest,
    platform,
    sha256,
    webdis_image,
)
from tests.interop.lab.registry import Registry

HUB = Registry(int(os.environ.get("HUB_PORT", "5001")))
ECR = Registry(int(os.environ.get("ECR_PORT", "5002")))
WEBDIS = "nicolas/webdis"
ARCHES = ("amd64", "arm64")
TAMPERED = b"tampered\n"
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"

SMALL = {
    "lab/multi": ("1.0", "1.1", "1.9", "1.10", "2.0", "latest"),
    "lab/onlyadmin": ("1.0", "1.1"),
    "lab/revoked": ("1.0", "1.1"),
    "lab/rotated": ("1.0",),
    "lab/rootrotated": ("1.0",),
    "lab/sole": ("1.0",),
}

Facts = dict[str, dict[str, Any]]


def push_single(facts: Facts) -> None:
    """Single-platform releases: the same bytes on both sides, as the guide shows for 0.1.18."""
    for version in ("0.1.12", "0.1.15", "0.1.16", "0.1.17", "0.1.18"):
        image = webdis_image(version, "amd64")
        raw = engine_manifest(image)
        for registry in (HUB, ECR):
            registry.push_content(WEBDIS, image)
            registry.push_manifest(WEBDIS, raw, DOCKER_MANIFEST, tag=version)
        facts[version] = {
            "manifest": sha256(raw),
            "size": len(raw),
            "image": sha256(image.config),
        }


def push_children(facts: Facts) -> None:
    """The children of the lists: other manifest bytes on each side, the same configs.

    0.1.21 is tampered with on the mirror, for one platform only.
    """
    for version in ("0.1.19", "0.1.20", "0.1.21"):
        for arch in ARCHES:
            image = webdis_image(version, arch)
            hub, ecr = buildkit_manifest(image), engine_manifest(image)
            HUB.push_content(WEBDIS, image)
            ECR.push_content(WEBDIS, image)
            HUB.push_manifest(WEBDIS, hub, DOCKER_MANIFEST, tag=f"{version}-{arch}")
            if (version, arch) == ("0.1.21", "arm64"):
                other = webdis_image(version, arch, TAMPERED)
                ecr = engine_manifest(other)
                ECR.push_content(WEBDIS, other)
            ECR.push_manifest(WEBDIS, ecr, DOCKER_MANIFEST, tag=f"{version}-{arch}")
            facts[f"{version}-{arch}"] = {
                "hub": sha256(hub),
                "ecr": sha256(ecr),
                "image": sha256(image.config),
            }


def push_wrong_lists() -> None:
    """Mirrors whose lists are wrong, or only in another order; the honest children are real."""
    tampered = webdis_image("0.1.19", "amd64", TAMPERED)
    ECR.push_content(WEBDIS, tampered)
    evil = engine_manifest(tampered)
    ECR.push_manifest(WEBDIS, evil, DOCKER_MANIFEST)
    raw = {arch: engine_manifest(webdis_image("0.1.19", arch)) for arch in ARCHES}
    amd64, arm64 = (docker_entry(raw[arch], platform(arch)) for arch in ARCHES)
    riscv = docker_entry(evil, {"architecture": "riscv64", "os": "linux"})
    amd64_v3 = docker_entry(evil, {"architecture": "amd64", "os": "linux", "variant": "v3"})
    swapped = [
        docker_entry(raw["arm64"], platform("amd64")),
        docker_entry(raw["amd64"], platform("arm64")),
    ]
    for tag, entries in (
        ("0.1.19-extra", [amd64, arm64, riscv]),
        ("0.1.19-dup", [amd64, amd64_v3, arm64]),
        ("0.1.19-swapped", swapped),
        ("0.1.19-reordered", [arm64, amd64]),
    ):
        ECR.push_manifest(WEBDIS, docker_list(entries), DOCKER_LIST, tag=tag)


def recompressed(image: Image) -> Image:
    """The same tars under another gzip level: other digests, the same diff_ids."""
    return replace(image, layers=tuple(layer.at_level(1) for layer in image.layers))


def foreign(image: Image, arch: str) -> Image:
    """The last layer is somebody else's, under the honest config: only unpacking shows it."""
    last = webdis_image("0.1.19", arch, TAMPERED).layers[-1]
    return replace(image, layers=(*image.layers[:-1], last))


def push_honest_configs() -> None:
    """Mirrors with the honest configs under other layer blobs, or other media types."""
    as_docker = (engine_manifest, DOCKER_MANIFEST, DOCKER_LIST)
    push_mirror("recompressed", lambda image, _: recompressed(image), *as_docker)
    push_mirror("foreign", foreign, *as_docker)
    push_mirror("oci", lambda image, _: image, oci_manifest, OCI_MANIFEST, OCI_INDEX)


def push_mirror(
    name: str,
    change: Callable[[Image, str], Image],
    render: Callable[[Image], bytes],
    media_type: str,
    list_type: str,
) -> None:
    """Push 0.1.19 to the mirror as 0.1.19-``name``, with each platform's image changed."""
    entries = []
    for arch in ARCHES:
        image = change(webdis_image("0.1.19", arch), arch)
        ECR.push_content(WEBDIS, image)
        raw = render(image)
        ECR.push_manifest(WEBDIS, raw, media_type)
        entries.append(docker_entry(raw, platform(arch), media_type))
    ECR.push_manifest(WEBDIS, docker_list(entries, list_type), list_type, tag=f"0.1.19-{name}")


def push_oci() -> None:
    """OCI indexes: plain, without a media type of its own, with buildx's attestation entries."""
    repository, entries = "lab/oci", []
    for arch in ARCHES:
        image = webdis_image("oci", arch)
        HUB.push_content(repository, image)
        raw = oci_manifest(image)
        HUB.push_manifest(repository, raw, OCI_MANIFEST)
        entries.append(oci_entry(raw, platform(arch)))
        if arch == "amd64":
            HUB.push_manifest(repository, raw, OCI_MANIFEST, tag="image")
    typed = {"schemaVersion": 2, "mediaType": OCI_INDEX}
    attested = entries + [push_attestation(repository, entry["digest"]) for entry in entries]
    for tag, index in (
        ("index", {**typed, "manifests": entries}),
        ("index-nomt", {"schemaVersion": 2, "manifests": entries}),
        ("attest", {**typed, "manifests": attested}),
    ):
        HUB.push_manifest(repository, json.dumps(index, indent=2).encode(), OCI_INDEX, tag=tag)


def push_attestation(repository: str, subject: str) -> Json:
    """Push what buildx adds for an image; return its entry in the index."""
    rootfs = {"type": "layers", "diff_ids": []}
    unknown = {"architecture": "unknown", "os": "unknown"}
    config = json.dumps({**unknown, "config": {}, "rootfs": rootfs}).encode()
    statement = json.dumps(
        {"_type": "https://in-toto.io/Statement/v0.1", "subject": [{"digest": subject}]}
    ).encode()
    HUB.push_blob(repository, config)
    HUB.push_blob(repository, statement)
    layer = {
        "mediaType": "application/vnd.in-toto+json",
        "digest": sha256(statement),
        "size": len(statement),
        "annotations": {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": sha256(config), "size": len(config)},
        "layers": [layer],
    }
    raw = json.dumps(manifest, indent=2).encode()
    HUB.push_manifest(repository, raw, OCI_MANIFEST)
    annotations = {
        "vnd.docker.reference.digest": subject,
        "vnd.docker.reference.type": "attestation-manifest",
    }
    return oci_entry(raw, unknown, annotations=annotations)


def push_odd() -> None:
    """Docker lists whose bytes are not what `docker manifest inspect` prints."""
    repository, entries = "lab/odd", []
    for arch in ARCHES:
        raw = HUB.get_manifest(WEBDIS, f"0.1.19-{arch}", DOCKER_MANIFEST).body
        HUB.push_content(repository, webdis_image("0.1.19", arch))
        HUB.push_manifest(repository, raw, DOCKER_MANIFEST)
        entries.append(docker_entry(raw, platform(arch)))
    plain = {"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": entries}
    windows = {
        "architecture": "amd64",
        "os": "windows",
        "os.version": "10.0.17763.2366",
        "os.features": ["win32k"],
        "features": ["sse4"],
    }
    for tag, raw in (
        ("compact", json.dumps(plain, separators=(",", ":")).encode()),
        ("newline", docker_list(entries) + b"\n"),
        ("osver", docker_list([{**entries[0], "platform": windows}])),
        ("dup", docker_list([entries[0], entries[0], entries[1]])),
        ("extra", docker_list(entries, annotations={"x": "y"}, zz=1)),
        ("empty", docker_list([])),
    ):
        HUB.push_manifest(repository, raw, DOCKER_LIST, tag=tag)


def push_small() -> None:
    """Small images for the repositories of several signers, revoked, rotated, unsigned."""
    unsigned = webdis_image("u", "amd64")
    HUB.push_content("lab/unsigned", unsigned)
    HUB.push_manifest("lab/unsigned", engine_manifest(unsigned), DOCKER_MANIFEST, tag="1.0")
    for repository, tags in SMALL.items():
        for tag in tags:
            image = webdis_image(repository + tag, "amd64")
            HUB.push_content(repository, image)
            HUB.push_manifest(repository, engine_manifest(image), DOCKER_MANIFEST, tag=tag)


def push_schema_1(facts: Facts) -> None:
    """Schema 1: the registry itself makes and signs one for a client that accepts nothing newer."""
    made = HUB.get_manifest(WEBDIS, "0.1.18", SCHEMA_1)
    facts["schema1"] = {
        "status": made.status,
        "type": made.headers.get("Content-Type"),
        "size": len(made.body),
        "digest_header": made.headers.get("Docker-Content-Digest"),
        "sha256_of_bytes": sha256(made.body),
    }
    if made.status != 200 or b'"schemaVersion": 1' not in made.body:
        return
    for listed in json.loads(made.body)["fsLayers"]:
        found = HUB.ask("GET", f"/v2/{WEBDIS}/blobs/{listed['blobSum']}")
        if found.status == 200:
            HUB.push_blob("lab/schema1", found.body)
    path = "/v2/lab/schema1/manifests/1"
    put = HUB.ask("PUT", path, made.body, {"Content-Type": SCHEMA_1})
    facts["schema1"]["put"] = [put.status, put.body[:200].decode("latin1")]


def push_big() -> None:
    """A layer of 200 MB, and on the mirror the same one in another gzip stream."""
    image = big_image()
    for registry, pushed in ((HUB, image), (ECR, recompressed(image))):
        registry.push_content("lab/big", pushed)
        registry.push_manifest("lab/big", engine_manifest(pushed), DOCKER_MANIFEST, tag="1")


def main() -> None:
    """Push everything; BIG=0 leaves the big layer out."""
    facts: Facts = {}
    push_single(facts)
    push_children(facts)
    push_wrong_lists()
    push_honest_configs()
    push_oci()
    push_odd()
    push_small()
    push_schema_1(facts)
    if os.environ.get("BIG", "1") == "1":
        push_big()
    (Path(os.environ["LAB"]) / "images.json").write_text(json.dumps(facts, indent=1))
    print("images: pushed")


if __name__ == "__main__":
    main()
