"""Manifests, indexes and configs: one reading of one document, whatever it was served as."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from crosstrust.errors import CrosstrustError, MalformedError
from crosstrust.oci import media_type as types
from crosstrust.oci.config import ImageConfig, parse_config
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.document import parse_document
from crosstrust.oci.index import Index
from crosstrust.oci.manifest import Manifest
from tests.fuzz.json_text import WORDS
from tests.fuzz.target import Target, assert_same_json, outcome

DECLARED = ("", *sorted(types.MANIFESTS | types.INDEXES))


def check_document(raw: bytes) -> None:
    """Whoever accepts it, by whatever Content-Type, sees the same kind and the same children."""
    found = []
    for declared in DECLARED:
        read = outcome(partial(parse_document, raw, media_type=declared, where="x"))
        if isinstance(read, CrosstrustError):
            assert isinstance(read, MalformedError)
            assert str(read).isprintable()
        else:
            check_meaning(read, raw)
            found.append(read)
    assert len({type(each) for each in found}) <= 1
    assert len({children(each) for each in found}) <= 1


def check_meaning(found: Manifest | Index, raw: bytes) -> None:
    document = json.loads(raw.decode())
    assert found.digest.hex == hashlib.sha256(raw).hexdigest()
    assert document.get("mediaType") in {None, "", found.media_type}
    if isinstance(found, Index):
        assert "layers" not in document
        assert "config" not in document
        entries = [entry.descriptor for entry in found.entries]
        check_descriptors(entries, document["manifests"])
        assert len(found.images) + len(found.attestations) == len(found.entries)
    else:
        assert "manifests" not in document
        check_descriptors(found.layers, document["layers"])
        check_descriptors([found.config], [document["config"]])


def check_descriptors(found: Sequence[Descriptor], entries: Sequence[Mapping[str, Any]]) -> None:
    assert [(str(each.digest), each.size, each.media_type) for each in found] == [
        (entry["digest"], entry["size"], entry["mediaType"]) for entry in entries
    ]
    for each, entry in zip(found, entries, strict=True):
        assert dict(each.annotations) == (entry.get("annotations") or {})


def children(found: Manifest | Index) -> tuple[object, ...]:
    if isinstance(found, Index):
        return found.entries
    return (found.config, *found.layers)


def check_config(raw: bytes) -> None:
    found = outcome(lambda: parse_config(raw, "x"))
    if isinstance(found, CrosstrustError):
        assert isinstance(found, MalformedError)
        assert str(found).isprintable()
        return
    check_config_meaning(found, json.loads(raw.decode()), raw)


def check_config_meaning(found: ImageConfig, document: Mapping[str, Any], raw: bytes) -> None:
    assert_same_json(found.value, document)
    assert found.digest.hex == hashlib.sha256(raw).hexdigest()
    assert list(map(str, found.diff_ids)) == (document["rootfs"].get("diff_ids") or [])
    assert found.created == (document.get("created") or "")
    assert found.labels == ((document.get("config") or {}).get("Labels") or {})
    history = document.get("history")
    if history:
        layers = [step for step in history if not step.get("empty_layer")]
        assert found.history_layers == len(layers)
    else:
        assert found.history_layers is None


NAMES = tuple(
    f'"{name}"'.encode()
    for name in (
        *("schemaVersion", "mediaType", "config", "layers", "manifests", "digest", "size", "data"),
        *("annotations", "urls", "subject", "artifactType", "platform", "os", "architecture"),
        *("variant", "os.version", "os.features", "fsLayers", "Layers", "Manifests", "linux"),
        *types.MANIFESTS,
        *types.INDEXES,
    )
)
CONFIG_NAMES = tuple(
    f'"{name}"'.encode()
    for name in (
        *("rootfs", "diff_ids", "type", "layers", "history", "empty_layer", "created", "config"),
        *("Labels", "container_config", "os", "architecture", "variant", "os.features", "windows"),
    )
)

MANIFEST = Target(check_document, (*WORDS, *NAMES))
INDEX = Target(check_document, (*WORDS, *NAMES))
CONFIG = Target(check_config, (*WORDS, *CONFIG_NAMES))
