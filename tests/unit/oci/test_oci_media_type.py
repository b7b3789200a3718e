from __future__ import annotations

import pytest

from crosstrust.oci import media_type as types

DOCKER = "application/vnd.docker.image.rootfs"
OCI = "application/vnd.oci.image.layer"


@pytest.mark.parametrize(
    ("media_type", "compression", "foreign"),
    [
        (f"{DOCKER}.diff.tar", "", False),
        (f"{DOCKER}.diff.tar.gzip", "gzip", False),
        (f"{DOCKER}.diff.tar.zstd", "zstd", False),
        (f"{DOCKER}.foreign.diff.tar", "", True),
        (f"{DOCKER}.foreign.diff.tar.gzip", "gzip", True),
        (f"{OCI}.v1.tar", "", False),
        (f"{OCI}.v1.tar+gzip", "gzip", False),
        (f"{OCI}.v1.tar+zstd", "zstd", False),
        (f"{OCI}.nondistributable.v1.tar", "", True),
        (f"{OCI}.nondistributable.v1.tar+gzip", "gzip", True),
        (f"{OCI}.nondistributable.v1.tar+zstd", "zstd", True),
        (f"{OCI}.v1.tar.gzip", None, False),
        (f"{OCI}.v1.tar+xz", None, False),
        (f"{OCI}.nondistributable.v1.tar+xz", None, False),
        (types.IN_TOTO, None, False),
        ("", None, False),
    ],
)
def test_a_layer_type_names_its_compression(
    media_type: str, compression: str | None, *, foreign: bool
) -> None:
    assert types.layer_compression(media_type) == compression
    assert types.is_foreign_layer(media_type) is foreign


def test_every_manifest_is_asked_for_in_one_header() -> None:
    assert types.ACCEPT.split(", ") == [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    ]


def test_parameters_are_no_part_of_a_type() -> None:
    assert types.bare_media_type("Application/JSON ; charset=utf-8") == "application/json"
    assert types.bare_media_type("") == ""
