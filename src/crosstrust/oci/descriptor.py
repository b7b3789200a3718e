"""Descriptors, OCI image specification, "Content Descriptors"."""

from __future__ import annotations

from crosstrust.oci.digest import Digest
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a parent says about a child: the only thing that gives fetched bytes a meaning.

    ``size`` in bytes. ``annotations`` are (key, value) pairs in the order of the document;
    ``urls`` are never fetched. Platforms of index entries stand in ``oci.index.Entry``.
    """

    media_type: str
    digest: Digest
    size: int
    annotations: tuple[tuple[str, str], ...] = ()
    urls: tuple[str, ...] = ()
    artifact_type: str = ""

    def annotation(self, key: str) -> str:
        """Return the annotation's value, or "" where there is none."""
        return dict(self.annotations).get(key, "")
