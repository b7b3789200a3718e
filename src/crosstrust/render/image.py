"""An image as its registry has it: what ``docker image inspect`` shows, each digest by its kind.

Docker's ``Id`` is the config digest in one image store and the manifest or index digest in the
other; here every digest says what it is the digest of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crosstrust.chain.side import Member, Side
from crosstrust.oci.config import ImageConfig
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.strict_json import JsonValue
from crosstrust.render.json import dumps
from crosstrust.render.manifest import encode_descriptor
from crosstrust.render.text import plain

_SHOWN = ("Entrypoint", "Cmd", "Env", "User", "WorkingDir", "ExposedPorts", "Volumes", "Labels")


def render_image(reference: str, side: Side, members: Sequence[Member]) -> str:
    """Return the images that ``members`` of ``side`` are, one block each.

    Nothing here says that any of it is to be trusted.
    """
    return "\n".join("\n".join(_lines(reference, side, member)) + "\n" for member in members)


def _lines(reference: str, side: Side, member: Member) -> Iterator[str]:
    yield f"{plain(reference)}  {plain(str(member.platform or ''))}".rstrip()
    if side.is_index:
        yield f"  index digest      {side.digest}"
    yield f"  manifest digest   {member.digest}"
    manifest, config = member.manifest, member.config
    if manifest is None or config is None:
        yield "  config            not read"
        return
    yield f"  config digest     {config.digest}"
    if config.created:
        yield f"  created           {plain(config.created)}"
    yield f"  size              {sum(layer.size for layer in manifest.layers)} bytes compressed"
    for name, value in _runtime(config):
        yield f"  {name:<17} {plain(value)}"
    for layer, diff_id in _layers(manifest.layers, config):
        yield f"  layer digest      {layer.digest}  {layer.size} bytes"
        yield f"    diff_id         {diff_id}"


def _runtime(config: ImageConfig) -> Iterator[tuple[str, str]]:
    """The settings that docker shows, one line for each of their parts."""
    runtime = config.value.get("config")
    for name in _SHOWN if isinstance(runtime, dict) else ():
        value = runtime.get(name) if isinstance(runtime, dict) else None
        if value:
            yield from ((name, part) for part in _parts(value))


def _parts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (
            f"{key}={item}" if isinstance(item, str) else key for key, item in value.items()
        )
    elif isinstance(value, list):
        yield from map(str, value)
    else:
        yield str(value)


def _layers(layers: Sequence[Descriptor], config: ImageConfig) -> Iterator[tuple[Descriptor, str]]:
    """Every layer with what it should unpack to; "none" where the config lists no such layer."""
    diff_ids = [str(diff_id) for diff_id in config.diff_ids]
    diff_ids += ["none"] * (len(layers) - len(diff_ids))
    return zip(layers, diff_ids, strict=False)


def render_image_json(reference: str, side: Side, members: Sequence[Member]) -> str:
    """Return the same as a JSON array, with the whole ``config`` object of each image."""
    return dumps([_encoded(reference, side, member) for member in members])


def _encoded(reference: str, side: Side, member: Member) -> dict[str, object]:
    manifest, config = member.manifest, member.config
    found: dict[str, object] = {
        "reference": reference,
        "platform": str(member.platform) if member.platform is not None else None,
        "index_digest": str(side.digest) if side.is_index else None,
        "manifest_digest": str(member.digest),
        "config_digest": None,
    }
    if manifest is None or config is None:
        return found
    layers = _layers(manifest.layers, config)
    return {
        **found,
        "config_digest": str(config.digest),
        "created": config.created,
        "size": sum(layer.size for layer in manifest.layers),
        "config": config.value.get("config"),
        "layers": [{**encode_descriptor(layer), "diff_id": diff_id} for layer, diff_id in layers],
    }
