"""What a registry serves for a reference: the document, its digest, and the tree below."""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.chain.side import Member, Side
from crosstrust.evidence.codec import encode_check
from crosstrust.oci.descriptor import Descriptor
from crosstrust.render.heading import problem_lines
from crosstrust.render.json import dumps
from crosstrust.render.pen import Pen
from crosstrust.render.text import counted, plain


def render_manifest(reference: str, side: Side, pen: Pen, *, origin: str = "") -> str:
    """Return the digest, type and length of what is served, and every image below it.

    ``origin`` is who served it. Nothing here says that any of it is to be trusted.
    """
    lines = [plain(reference)]
    if side.top is not None:
        lines.append(f"  type        {plain(side.top.media_type)}")
    if side.digest is not None:
        lines += [f"  digest      {side.digest}", f"  length      {side.size} bytes"]
        lines.append(f"  served by   {plain(origin)}")
    for member in side.members:
        lines += ["", *_member(side, member)]
    if side.attestations:
        lines += ["", f"  {counted(side.attestations, 'attestation')}, unsigned"]
    for check in side.problems:
        lines += ["", *problem_lines(check, pen)]
    return "\n".join(lines) + "\n"


def _member(side: Side, member: Member) -> Iterator[str]:
    platform = member.label or member.platform
    if platform is not None:
        yield f"  {plain(str(platform))}"
    if side.is_index:
        yield f"    manifest  {member.digest}"
    if member.manifest is not None:
        yield f"    config    {_descriptor(member.manifest.config)}"
        for layer in member.manifest.layers:
            yield f"    layer     {_descriptor(layer)}"


def _descriptor(descriptor: Descriptor) -> str:
    return f"{descriptor.digest}  {descriptor.size} bytes"


def render_manifest_json(reference: str, side: Side, *, origin: str = "") -> str:
    """Return the same as one JSON object; ``null`` where there is nothing to say."""
    return dumps(
        {
            "reference": reference,
            "origin": origin,
            "media_type": side.top.media_type if side.top is not None else None,
            "digest": str(side.digest) if side.digest is not None else None,
            "length": side.size,
            "images": [_image(member) for member in side.members],
            "attestations": side.attestations,
            "problems": [encode_check(check) for check in side.problems],
        }
    )


def _image(member: Member) -> dict[str, object]:
    manifest = member.manifest
    return {
        "platform": str(member.platform) if member.platform is not None else None,
        "digest": str(member.digest),
        "media_type": manifest.media_type if manifest is not None else None,
        "config": encode_descriptor(manifest.config) if manifest is not None else None,
        "layers": [encode_descriptor(layer) for layer in manifest.layers] if manifest else None,
    }


def encode_descriptor(descriptor: Descriptor) -> dict[str, object]:
    """Return a descriptor as JSON values."""
    return {
        "media_type": descriptor.media_type,
        "digest": str(descriptor.digest),
        "size": descriptor.size,
    }
