"""A want: one thing that a scheme or the comparison needs to see next.

Wants are values: equal wants are the same question, so nothing is fetched twice.
"""

from __future__ import annotations

from enum import Enum

from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.value import dataclass


class Look(Enum):
    """Which look at a tag: the first gives the bytes, the last shows that it has not moved."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class ResolveTag:
    """What ``repository:tag`` holds now. ``repository`` is canonical ("docker.io/nicolas/webdis").

    FIRST: the answer has the manifest's bytes. LAST: a digest claim alone will do.
    """

    repository: str
    tag: str
    look: Look = Look.FIRST


@dataclass(frozen=True, slots=True)
class ReadManifest:
    """The bytes of the manifest or index ``digest`` in ``repository``."""

    repository: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class ReadBlob:
    """The bytes of a small blob (a config); ``size`` in bytes is what the parent promised."""

    repository: str
    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class MeasureLayer:
    """The digest, size and ``diff_id`` of a layer, found by streaming it through."""

    repository: str
    layer: Descriptor


@dataclass(frozen=True, slots=True)
class ReadRole:
    """A role file of ``gun``: the current one, a numbered root, or the one with ``sha256``.

    ``role``: "root", "timestamp", "snapshot", "targets", "targets/...". ``sha256`` is 64 hex
    digits and lets a cache answer; ``length`` in bytes is the signed length, if known.
    """

    gun: str
    role: str
    version: int | None = None
    sha256: str | None = None
    length: int | None = None


Want = ResolveTag | ReadManifest | ReadBlob | MeasureLayer | ReadRole


def want_name(want: ResolveTag | ReadManifest | ReadBlob) -> str:
    """Return where a want points, as text for ``Check.where``."""
    if isinstance(want, ResolveTag):
        return f"{want.repository}:{want.tag}"
    return f"{want.repository}@{want.digest}"
