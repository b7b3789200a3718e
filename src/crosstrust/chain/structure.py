"""Whether a copy's manifest fits the config that it names, and its layers the signed ones."""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.config import ImageConfig
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.manifest import Manifest
from crosstrust.oci.media_type import layer_compression

# A lazy runtime mounts what annotations of these names point to, not the layer. containerd hands
# all of the first kind to its snapshotters (stargz, nydus, overlaybd); then zstd:chunked, SOCI.
LAZY_ANNOTATIONS = (
    "containerd.io/snapshot/",
    "io.github.containers.zstd-chunked.",
    "com.amazon.soci.",
)


def structure_checks(
    where: str, copied: Manifest, signed: Manifest, config: ImageConfig
) -> Iterator[Check]:
    """Yield what makes the copy's manifest contradict the config that it names."""
    promised = len(config.diff_ids)
    if promised == 0:
        yield _inconsistent(where, "a config that promises layers", "none: it proves nothing")
    for side, manifest in (("copy", copied), ("signed", signed)):
        if len(manifest.layers) != promised:
            actual = f"{len(manifest.layers)} in the {side} manifest"
            yield _inconsistent(where, f"{promised} layers, as the config says", actual)
    if config.history_layers is not None and config.history_layers != promised:
        yield _inconsistent(where, f"{promised} layers in history", config.history_layers)
    yield from _contents_table(where, copied, signed)
    for number, (layer, beside) in enumerate(zip(copied.layers, signed.layers, strict=False), 1):
        yield from _layer_form(f"{where} layer {number}", layer, beside)


def _inconsistent(where: str, expected: str, actual: object) -> Check:
    return Check(
        "image.config.consistent",
        Outcome.FAILED,
        where,
        Class.ATTACK,
        expected,
        str(actual),
        "the manifest and its config contradict each other: do not run it",
    )


def _layer_form(where: str, layer: Descriptor, signed: Descriptor) -> Iterator[Check]:
    if layer.urls and layer.urls != signed.urls:
        yield Check(
            "image.layer.foreign",
            Outcome.FAILED,
            where,
            Class.CONTENT,
            "the layer in the registry itself",
            "urls that point elsewhere",
            "push the layer to this registry; its urls are never fetched",
        )
    if layer.digest == signed.digest and layer.size != signed.size:
        yield Check(
            "image.size.match",
            Outcome.FAILED,
            where,
            Class.CONTENT,
            f"{signed.size} bytes, as signed",
            f"{layer.size} bytes",
            "the same bytes cannot have two lengths: do not run it",
        )
    kinds = layer_compression(layer.media_type), layer_compression(signed.media_type)
    if layer.digest == signed.digest and kinds[0] != kinds[1]:
        yield Check(
            "image.layer.media_type",
            Outcome.FAILED,
            where,
            Class.CONTENT,
            signed.media_type,
            layer.media_type,
            "the same bytes cannot be compressed in two ways: do not run it",
        )
    yield from _contents_table(where, layer, signed)


def _contents_table(
    where: str, copied: Descriptor | Manifest, signed: Descriptor | Manifest
) -> Iterator[Check]:
    known = dict(signed.annotations)
    for key, ours in copied.annotations:
        if key.startswith(LAZY_ANNOTATIONS) and ours and ours != known.get(key):
            yield Check(
                "image.layer.toc",
                Outcome.FAILED,
                where,
                Class.CONTENT,
                known.get(key) or f"no {key}",
                ours,
                "a lazy runtime would mount other content than the layer's: do not run it",
            )
