"""Layers with the same bytes on every run: a tar of given files, and its compressed form."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping

from crosstrust.oci.digest import Digest
from crosstrust.value import dataclass

DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MODIFIED = 1_640_328_395  # seconds since 1970: the day of Webdis 0.1.19


@dataclass(frozen=True, slots=True)
class Layer:
    """``tar`` is what the layer unpacks to, ``blob`` what a registry stores."""

    tar: bytes
    blob: bytes

    @property
    def diff_id(self) -> Digest:
        return Digest.of(self.tar)

    @property
    def digest(self) -> Digest:
        return Digest.of(self.blob)


def build_layer(files: Mapping[str, bytes], *, level: int = 6) -> Layer:
    """Return a gzip layer that holds ``files`` by path; ``level`` is gzip's, 0 to 9."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode, entry.mtime = len(content), 0o644, MODIFIED
            archive.addfile(entry, io.BytesIO(content))
    return compress(buffer.getvalue(), level=level)


def compress(tar: bytes, *, level: int = 6) -> Layer:
    """Return the layer whose blob is ``tar`` in one gzip member without a date."""
    return Layer(tar, gzip.compress(tar, level, mtime=0))
