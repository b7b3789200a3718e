"""Which kind of document a registry served, and its model.

The kind is taken from the document. What a header or a parent declares must agree with it:
one text that two readers take for two kinds is how an image is swapped (CVE-2021-41190).
"""

from __future__ import annotations

from crosstrust.errors import MalformedError
from crosstrust.oci import limits
from crosstrust.oci import media_type as types
from crosstrust.oci.digest import Digest
from crosstrust.oci.excerpt import excerpt
from crosstrust.oci.index import Index, parse_index_members
from crosstrust.oci.manifest import Manifest, parse_manifest_members
from crosstrust.oci.member import Members
from crosstrust.oci.strict_json import parse_json

_CODE = "image.manifest.form"
_ADVICE = "do not use this image; ask its publisher which tool wrote the manifest"
_KEYS_ARE_DATA = frozenset(
    f"$.{place}annotations" for place in ("", "config.", "layers[].", "manifests[].", "subject.")
)


def parse_document(raw: bytes, *, media_type: str, where: str) -> Manifest | Index:
    """Return the manifest or index that ``raw`` holds.

    ``media_type`` is what was declared: a Content-Type, or a parent's descriptor; "" where
    nothing was. Raises ``MalformedError`` with ``image.manifest.form``,
    ``image.manifest.ambiguous``, ``image.media_type.agrees``, ``image.manifest.type``,
    ``image.schema1.refused``, ``image.digest.match``, ``digest.form`` or
    ``digest.algorithm.supported``, and ``LimitError`` with ``limit.exceeded``.
    """
    value = parse_json(
        raw,
        code=_CODE,
        where=where,
        limit=limits.MANIFEST_SIZE,
        maps=_KEYS_ARE_DATA,
        remedy=_ADVICE,
    )
    members = Members(value, _CODE, where, remedy=_ADVICE)
    declared = types.bare_media_type(media_type)
    stated = members.optional_text("mediaType") or ""
    _refuse_schema1(members, declared, stated)
    kind = _kind(members, declared, stated)
    members.integer("schemaVersion", minimum=2, maximum=2)
    digest = Digest.of(raw)
    if kind in types.INDEXES:
        return parse_index_members(members, digest, kind)
    return parse_manifest_members(members, digest, kind)


def _refuse_schema1(members: Members, declared: str, stated: str) -> None:
    """Refuse Docker schema 1: no config, layers in reverse, keys that prove nothing."""
    version = members.value.get("schemaVersion")
    if version == 1 or {declared, stated} & types.SCHEMA1_MANIFESTS:
        raise MalformedError(
            "image.schema1.refused",
            members.place("schemaVersion"),
            expected="a schema 2 or OCI manifest",
            actual="Docker image manifest schema 1",
            remedy="push the image again with a current tool",
        )


def _kind(members: Members, declared: str, stated: str) -> str:
    """Return the media type of the document; every sign of it must agree."""
    structure = _structure(members)
    for given, place in ((stated, "mediaType"), (declared, "Content-Type")):
        if given and given not in types.MANIFESTS | types.INDEXES:
            raise MalformedError(
                "image.manifest.type",
                members.place(place),
                expected="a manifest or index of Docker or OCI",
                actual=excerpt(given),
                remedy="this is no container image",
            )
    if stated and declared and stated != declared:
        raise _disagreement(members, stated, declared)
    kind = stated or declared or structure
    if (kind in types.INDEXES) != (structure in types.INDEXES):
        raise _disagreement(members, kind, f"the members of {structure}")
    if not stated and kind in {types.DOCKER_LIST, types.DOCKER_MANIFEST}:
        # Docker's own reader refuses this; and the same bytes could be served as OCI.
        raise members.malformed("mediaType", expected=kind, actual="no such member")
    return kind


def _structure(members: Members) -> str:
    """Return the OCI type that the members have the structure of."""
    index = "manifests" in members
    manifest = [key for key in ("layers", "config", "fsLayers") if key in members]
    if index and manifest:
        raise MalformedError(
            "image.manifest.ambiguous",
            members.place("manifests"),
            expected="an index or a manifest",
            actual=f"manifests beside {', '.join(manifest)}",
            remedy=_ADVICE,
        )
    return types.OCI_INDEX if index else types.OCI_MANIFEST


def _disagreement(members: Members, stated: str, declared: str) -> MalformedError:
    return MalformedError(
        "image.media_type.agrees",
        members.place("mediaType"),
        expected=excerpt(stated),
        actual=excerpt(declared),
        remedy=_ADVICE,
    )
