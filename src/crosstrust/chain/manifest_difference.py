"""Why two manifests of one config are not the same bytes: what nothing of the content binds.

Each reason is a sentence for people. A difference here is no failure: what would run otherwise
is judged by its digests, sizes and compression.
"""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.excerpt import excerpt
from crosstrust.oci.manifest import Manifest
from crosstrust.oci.media_type import is_foreign_layer, layer_compression

# As many unsigned annotations, or media types, as one line bears.
_NAMED = 8


def manifest_differences(copied: Manifest, signed: Manifest) -> tuple[str, ...]:
    """Return why the bytes differ; at least one reason."""
    reasons = [*_layers(copied, signed), *_types(copied, signed), *_members(copied, signed)]
    if copied.media_type != signed.media_type:
        conversion = f"manifest converted: {copied.media_type}, signed as {signed.media_type}"
        reasons.insert(0, conversion)
    elif not reasons:
        reasons = ["manifest written by another serialiser: other bytes, same content"]
    annotations = _unsigned_annotations(copied, signed)
    if annotations:
        names = ", ".join(excerpt(name) for name in annotations[:_NAMED])
        reasons.append(f"annotations that nobody signed: {names}")
    return tuple(reasons)


def relabelled(copied: Manifest, signed: Manifest) -> str:
    """Return how signed layers are called by media types of another kind; "" where none is.

    A conversion between Docker's form and OCI's names the same kind in another way.
    """
    found = {
        f"{excerpt(ours.media_type)}, signed as {excerpt(theirs.media_type)}": None
        for ours, theirs in _same_layers(copied, signed)
        if _kind(ours) != _kind(theirs)
    }
    return "; ".join(list(found)[:_NAMED])


def _same_layers(copied: Manifest, signed: Manifest) -> Iterator[tuple[Descriptor, Descriptor]]:
    pairs = zip(copied.layers, signed.layers, strict=False)
    return ((ours, theirs) for ours, theirs in pairs if ours.digest == theirs.digest)


def _kind(layer: Descriptor) -> tuple[str | bool, ...]:
    compression = layer_compression(layer.media_type)
    if compression is None:
        return (layer.media_type,)
    return compression, is_foreign_layer(layer.media_type)


def _layers(copied: Manifest, signed: Manifest) -> Iterator[str]:
    count = len(copied.layers)
    if count != len(signed.layers):
        yield f"number of layers {count}, signed with {len(signed.layers)}"
        return
    others = count - len(list(_same_layers(copied, signed)))
    if others:
        yield f"{others} of {count} layers have other digests than the signed ones"


def _types(copied: Manifest, signed: Manifest) -> Iterator[str]:
    converted = copied.media_type != signed.media_type
    pairs = _same_layers(copied, signed)
    config, signed_config = copied.config.media_type, signed.config.media_type
    if config != signed_config and not converted:
        yield f"config called {config}, signed as {signed_config}"
    found = relabelled(copied, signed)
    if found:
        yield f"layers called {found}"
    elif not converted and any(a.media_type != b.media_type for a, b in pairs):
        yield "layers called by other media types of the same kind"


def _members(copied: Manifest, signed: Manifest) -> Iterator[str]:
    ours, theirs = (side.subject.digest if side.subject else "none" for side in (copied, signed))
    if ours != theirs:
        yield f"subject {ours}, signed with {theirs}"
    if copied.artifact_type != signed.artifact_type:
        kind, signed_kind = (excerpt(m.artifact_type) or "none" for m in (copied, signed))
        yield f"artifact type {kind}, signed with {signed_kind}"


def _unsigned_annotations(copied: Manifest, signed: Manifest) -> list[str]:
    """Return the names of annotations that the copy has, and the signed manifest has otherwise."""
    layers = zip(copied.layers, signed.layers, strict=False)
    pairs = ((copied.config, signed.config), *layers)
    sides = [(ours.annotations, theirs.annotations) for ours, theirs in pairs]
    sides.append((copied.annotations, signed.annotations))
    return sorted({name for ours, theirs in sides for name, _ in {*ours} - {*theirs}})
