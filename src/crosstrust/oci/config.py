"""Image configs: OCI image specification, "Image Configuration". Its digest is the image ID."""

from __future__ import annotations

from collections.abc import Mapping

from crosstrust.oci import limits
from crosstrust.oci.digest import Digest
from crosstrust.oci.excerpt import excerpt
from crosstrust.oci.member import Members
from crosstrust.oci.platform import Platform
from crosstrust.oci.strict_json import JsonValue, parse_json
from crosstrust.value import dataclass, field

_CODE = "image.config.form"
_ADVICE = "do not use this image; ask its publisher which tool wrote its config"
_KEYS_ARE_DATA = frozenset(
    f"$.{parent}.{name}"
    for parent in ("config", "container_config")
    for name in ("Annotations", "ExposedPorts", "Labels", "Volumes")
)


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """How an image runs and what its layers unpack to, lowest layer first.

    ``digest`` is the sha256 of the bytes as served. ``history_layers`` counts the history
    entries that have a layer; None where there is no history. ``created`` is RFC 3339 as
    written, "" where absent. ``value`` is the whole document, unknown members included.
    """

    digest: Digest
    platform: Platform
    diff_ids: tuple[Digest, ...]
    history_layers: int | None
    created: str
    labels: Mapping[str, str]
    value: Mapping[str, JsonValue] = field(repr=False)


def parse_config(raw: bytes, where: str) -> ImageConfig:
    """Return the image config that ``raw`` holds.

    Raises ``MalformedError`` with ``image.config.form``, ``digest.form`` or
    ``digest.algorithm.supported``, and ``LimitError`` with ``limit.exceeded``.
    """
    value = parse_json(
        raw,
        code=_CODE,
        where=where,
        limit=limits.CONFIG_SIZE,
        allow_float=True,
        maps=_KEYS_ARE_DATA,
        remedy=_ADVICE,
    )
    members = Members(value, _CODE, where, remedy=_ADVICE)
    runtime = members.optional_object("config")
    labels = None if runtime is None else runtime.optional_text_map("Labels")
    return ImageConfig(
        digest=Digest.of(raw),
        platform=Platform.of_members(members),
        diff_ids=_diff_ids(members),
        history_layers=_history_layers(members),
        created=members.optional_text("created") or "",
        labels=labels or {},
        value=members.value,
    )


def _diff_ids(members: Members) -> tuple[Digest, ...]:
    rootfs = members.object("rootfs")
    if rootfs.text("type") != "layers":
        raise rootfs.malformed("type", expected="layers", actual=excerpt(rootfs.text("type")))
    # Go writes a list that was never set as null.
    return () if rootfs.optional_array("diff_ids") is None else rootfs.digests("diff_ids")


def _history_layers(members: Members) -> int | None:
    if not members.optional_array("history"):
        return None
    steps = members.objects("history")
    return sum(not step.optional_boolean("empty_layer") for step in steps)
