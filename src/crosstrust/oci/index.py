"""Indexes: Docker manifest lists and OCI image specification, "Image Index"."""

from __future__ import annotations

from crosstrust.oci import limits
from crosstrust.oci import media_type as types
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.oci.manifest import parse_annotations, parse_descriptor
from crosstrust.oci.member import Members
from crosstrust.oci.platform import UNKNOWN, Platform
from crosstrust.value import dataclass

_REFERENCE_TYPE = "vnd.docker.reference.type"
_REFERENCE_DIGEST = "vnd.docker.reference.digest"
_ATTESTATION = "attestation-manifest"


@dataclass(frozen=True, slots=True)
class Entry:
    """A child and the platform that its parent says it is for; None where it says nothing."""

    descriptor: Descriptor
    platform: Platform | None
    attests: Digest | None = None

    @property
    def is_attestation(self) -> bool:
        """Return True for buildx's unsigned statements about another entry.

        The annotation alone would let a mirror hide an image, so the platform must be
        unknown as well: then no runtime picks the entry.
        """
        marked = self.descriptor.annotation(_REFERENCE_TYPE) == _ATTESTATION
        return marked and self.platform == UNKNOWN

    @property
    def is_index(self) -> bool:
        """Return True if the child is an index itself; the caller walks into it."""
        return self.descriptor.media_type in types.INDEXES


@dataclass(frozen=True, slots=True)
class Index:
    """Children in the order of the document, which clients that take the first match rely on.

    ``digest`` is the sha256 of the bytes as served. ``media_type`` is what the document is,
    stated or by its structure. ``artifact_type`` is "" where there is none.
    """

    digest: Digest
    media_type: str
    entries: tuple[Entry, ...]
    annotations: tuple[tuple[str, str], ...] = ()
    subject: Descriptor | None = None
    artifact_type: str = ""

    @property
    def images(self) -> tuple[Entry, ...]:
        """The entries that a runtime may pick, nested indexes included."""
        return tuple(entry for entry in self.entries if not entry.is_attestation)

    @property
    def attestations(self) -> tuple[Entry, ...]:
        """The entries that hold statements about others. Nobody has signed them."""
        return tuple(entry for entry in self.entries if entry.is_attestation)


def parse_index_members(members: Members, digest: Digest, media_type: str) -> Index:
    """Return the index that ``members`` are, or raise ``MalformedError``."""
    subject = members.optional_object("subject")
    return Index(
        digest=digest,
        media_type=media_type,
        entries=_entries(members),
        annotations=parse_annotations(members),
        subject=None if subject is None else parse_descriptor(subject),
        artifact_type=members.optional_text("artifactType") or "",
    )


def _entries(members: Members) -> tuple[Entry, ...]:
    seen: dict[Digest, Descriptor] = {}
    entries = []
    for child in members.objects("manifests", limit=limits.INDEX_CHILDREN):
        entry = _entry(child)
        first = seen.setdefault(entry.descriptor.digest, entry.descriptor)
        _check_consistent(child, first, entry.descriptor)
        entries.append(entry)
    return tuple(entries)


def _entry(child: Members) -> Entry:
    descriptor = parse_descriptor(child)
    platform = child.optional_object("platform")
    attests = None
    if descriptor.annotation(_REFERENCE_DIGEST):
        attests = child.object("annotations").digest(_REFERENCE_DIGEST)
    return Entry(
        descriptor=descriptor,
        platform=None if platform is None else Platform.of_members(platform),
        attests=attests,
    )


def _check_consistent(child: Members, first: Descriptor, other: Descriptor) -> None:
    """Refuse two statements about the same bytes of which one must be wrong."""
    if first.size != other.size:
        raise child.malformed("size", expected=str(first.size), actual=str(other.size))
    if first.media_type != other.media_type:
        raise child.malformed("mediaType", expected=first.media_type, actual=other.media_type)
