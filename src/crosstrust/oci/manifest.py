"""Image manifests: Docker schema 2 and OCI image specification, "Image Manifest"."""

from __future__ import annotations

import binascii
import re

from crosstrust.errors import MalformedError
from crosstrust.oci import media_type as types
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.oci.excerpt import excerpt
from crosstrust.oci.member import Members
from crosstrust.value import dataclass

# Runtimes stop at 127; artifacts may have more.
LAYERS = 4096

_MEDIA_TYPE = re.compile(r"[!-~]{1,127}/[!-~]{1,127}(?: ?;[ -~]{1,127})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A config and layers, lowest layer first.

    ``digest`` is the sha256 of the bytes as served. ``media_type`` is what the document is,
    stated or by its structure. ``artifact_type`` is "" where there is none.
    """

    digest: Digest
    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: tuple[tuple[str, str], ...] = ()
    subject: Descriptor | None = None
    artifact_type: str = ""

    @property
    def is_image(self) -> bool:
        """Return True if the config is that of an image, not of another artifact."""
        return self.config.media_type in types.IMAGE_CONFIGS


def parse_manifest_members(members: Members, digest: Digest, media_type: str) -> Manifest:
    """Return the manifest that ``members`` are, or raise ``MalformedError``."""
    subject = members.optional_object("subject")
    return Manifest(
        digest=digest,
        media_type=media_type,
        config=parse_descriptor(members.object("config")),
        layers=tuple(parse_descriptor(layer) for layer in members.objects("layers", limit=LAYERS)),
        annotations=parse_annotations(members),
        subject=None if subject is None else parse_descriptor(subject),
        artifact_type=members.optional_text("artifactType") or "",
    )


def parse_annotations(members: Members) -> tuple[tuple[str, str], ...]:
    """Return the annotations of a document or descriptor, in its order."""
    return tuple((members.optional_text_map("annotations") or {}).items())


def parse_descriptor(members: Members) -> Descriptor:
    """Return the descriptor that ``members`` are, or raise ``MalformedError``.

    Embedded ``data`` is checked against digest and size, then dropped.
    """
    descriptor = Descriptor(
        media_type=_media_type(members),
        digest=members.digest("digest"),
        size=members.integer("size"),
        annotations=parse_annotations(members),
        urls=members.optional_texts("urls") or (),
        artifact_type=members.optional_text("artifactType") or "",
    )
    data = members.optional_text("data")
    if data is not None:
        _check_data(members, descriptor, data)
    return descriptor


def _media_type(members: Members) -> str:
    text = members.text("mediaType")
    if not _MEDIA_TYPE.fullmatch(text):
        raise members.malformed("mediaType", expected="TYPE/SUBTYPE", actual=excerpt(text))
    return text


def _check_data(members: Members, descriptor: Descriptor, data: str) -> None:
    try:
        raw = binascii.a2b_base64(data.encode(), strict_mode=True)
    except binascii.Error as error:
        raise members.malformed("data", expected="base64", actual=str(error)) from error
    if len(raw) != descriptor.size or not descriptor.digest.matches(raw):
        raise MalformedError(
            "image.digest.match",
            members.place("data"),
            expected=f"{descriptor.digest}, {descriptor.size} bytes",
            actual=f"{Digest.of(raw, descriptor.digest.algorithm)}, {len(raw)} bytes",
            remedy="do not use this image; its manifest contradicts itself",
        )
