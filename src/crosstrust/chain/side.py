"""One side of the comparison: what a registry serves for a reference, down to the configs.

A side is read from the dossier alone. What is not there yet is listed in ``missing``, what
cannot be used in ``problems``; nothing is skipped in silence.
"""

from __future__ import annotations

from crosstrust.chain.want import Want
from crosstrust.evidence.check import Check
from crosstrust.oci.config import ImageConfig
from crosstrust.oci.digest import Digest
from crosstrust.oci.index import Index
from crosstrust.oci.manifest import Manifest
from crosstrust.oci.platform import Platform
from crosstrust.value import dataclass, field

Document = Manifest | Index


@dataclass(frozen=True, slots=True)
class Member:
    """One image of a side: what its index says of it, and what its own bytes say.

    ``label`` is the platform in the index entry (None for a single image). ``manifest`` and
    ``config`` are None while unread or where they cannot be used.
    """

    digest: Digest
    label: Platform | None
    manifest: Manifest | None = None
    config: ImageConfig | None = None

    @property
    def platform(self) -> Platform | None:
        """The platform by label, else by config."""
        if self.label is not None:
            return self.label
        return self.config.platform if self.config else None

    @property
    def name(self) -> str:
        """The platform as text, or the digest where there is none."""
        return str(self.platform) if self.platform else str(self.digest)

    @property
    def described(self) -> str:
        """The platform and the digest, or the digest alone."""
        return f"{self.platform} {self.digest}" if self.platform else str(self.digest)

    @property
    def unread(self) -> bool:
        """True where the platform is not known because something could not be read."""
        return self.platform is None and (self.manifest is None or self.manifest.is_image)


@dataclass(slots=True)
class Side:
    """All that was read of one reference. ``top`` is None while its bytes, ``raw``, are not there.

    ``attested``: what build attestations say that they are about. ``partial``: an index below
    could not be read, so that there may be further members. ``unserved``: the problems that are
    a 404 for something listed, by its digest. ``nested``: the indexes below the first one.
    """

    repository: str
    top: Document | None = None
    digest: Digest | None = None
    raw: bytes = b""
    absent: bool = False
    members: list[Member] = field(default_factory=list)
    attestations: int = 0
    nested: int = 0
    attested: list[Digest] = field(default_factory=list)
    partial: bool = False
    missing: list[Want] = field(default_factory=list)
    problems: list[Check] = field(default_factory=list)
    unserved: dict[Digest, Check] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The length of the reference's own bytes."""
        return len(self.raw)

    @property
    def is_index(self) -> bool:
        """True where the reference holds an index (Docker: a manifest list)."""
        return isinstance(self.top, Index)

    @property
    def complete(self) -> bool:
        """True where every image was found, and the platform of each that has one is known."""
        return not self.partial and not any(member.unread for member in self.members)
