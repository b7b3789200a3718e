"""Media types of images: what each names, and what is asked of a registry."""

from __future__ import annotations

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_FOREIGN_LAYER = "application/vnd.docker.image.rootfs.foreign.diff.tar"

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
OCI_FOREIGN_LAYER = "application/vnd.oci.image.layer.nondistributable.v1.tar"

IN_TOTO = "application/vnd.in-toto+json"

SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json"
SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"

MANIFESTS = frozenset({DOCKER_MANIFEST, OCI_MANIFEST})
INDEXES = frozenset({DOCKER_LIST, OCI_INDEX})
IMAGE_CONFIGS = frozenset({DOCKER_CONFIG, OCI_CONFIG})
SCHEMA1_MANIFESTS = frozenset({SCHEMA1, SCHEMA1_SIGNED})

# The value of the one Accept header for every manifest request. With a shorter list, some
# registries convert what they hold, or say that it is not there. Schema 1 is asked for last,
# so that an image that has nothing else can be refused by name.
ACCEPT = f"{OCI_INDEX}, {DOCKER_LIST}, {OCI_MANIFEST}, {DOCKER_MANIFEST}, {SCHEMA1_SIGNED}"

_FOREIGN = (DOCKER_FOREIGN_LAYER, OCI_FOREIGN_LAYER)
_COMPRESSIONS = {
    base + suffix: compression
    for bases, mark in (
        ((DOCKER_LAYER, DOCKER_FOREIGN_LAYER), "."),
        ((OCI_LAYER, OCI_FOREIGN_LAYER), "+"),
    )
    for base in bases
    for suffix, compression in (("", ""), (f"{mark}gzip", "gzip"), (f"{mark}zstd", "zstd"))
}


def layer_compression(media_type: str) -> str | None:
    """Return "gzip", "zstd", "" for a plain tar, or None for what is not known as a layer."""
    return _COMPRESSIONS.get(media_type)


def is_foreign_layer(media_type: str) -> bool:
    """Return True for layers that registries need not hold: they lie at the ``urls``."""
    return media_type in _COMPRESSIONS and media_type.startswith(_FOREIGN)


def bare_media_type(header: str) -> str:
    """Return a Content-Type without parameters and in lower case; "" stays ""."""
    return header.partition(";")[0].strip().lower()
