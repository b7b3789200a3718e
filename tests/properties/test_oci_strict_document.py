"""Strict JSON agrees with ``json`` on what it accepts; documents never fail in another way."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crosstrust.errors import MalformedError
from crosstrust.oci import media_type as types
from crosstrust.oci.config import parse_config
from crosstrust.oci.digest import Digest
from crosstrust.oci.document import parse_document
from crosstrust.oci.index import Index
from crosstrust.oci.manifest import Manifest
from crosstrust.oci.strict_json import JsonValue, parse_json

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
KEYS = st.one_of(st.sampled_from(["a", "A", "layers", "Layers", "k", "\u212a"]), TEXTS)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(10**19) + 1, 10**19 - 1), TEXTS)
TREES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(st.tuples(KEYS, inner), max_size=4).map(lambda pairs: ("object", pairs)),
    ),
    max_leaves=12,
)


def written(tree: Any) -> str:
    """JSON text of a tree in which an object is ("object", pairs), equal keys and all."""
    if isinstance(tree, tuple):
        body = ",".join(f"{json.dumps(key)} : {written(value)}" for key, value in tree[1])
        return "{" + body + "}"
    if isinstance(tree, list):
        return "[" + " , ".join(written(element) for element in tree) + "]"
    return json.dumps(tree, ensure_ascii=False)


def has_twins(tree: Any) -> bool:
    if isinstance(tree, tuple):
        keys = [key.casefold() for key, _ in tree[1]]
        return len(set(keys)) != len(keys) or any(has_twins(value) for _, value in tree[1])
    return isinstance(tree, list) and any(has_twins(element) for element in tree)


def strict(raw: bytes) -> JsonValue:
    return parse_json(raw, code="form", where="doc", limit=1 << 20)


def refusal(read: Callable[[], object]) -> MalformedError | None:
    try:
        read()
    except MalformedError as error:
        return error
    return None


@given(TREES)
def test_accepted_means_without_twins_and_equal_to_json(tree: Any) -> None:
    raw = written(tree).encode()
    error = refusal(lambda: strict(raw))
    assert (error is not None) == has_twins(tree)
    if error is None:
        assert strict(raw) == json.loads(raw)
    else:
        assert "$" in error.actual


@given(st.binary(max_size=60), TREES, st.integers(min_value=0))
def test_any_bytes_are_read_as_json_reads_them_or_refused(
    noise: bytes, tree: Any, position: int
) -> None:
    raw = written(tree).encode()
    at = position % (len(raw) + 1)
    for document in (noise, raw[:at] + noise[:3] + raw[at:], raw[:at]):
        error = refusal(partial(strict, document))
        if error is None:
            assert strict(document) == json.loads(document)
        else:
            assert error.code in {"form", "limit.exceeded"}
            assert str(error).isprintable()


def descriptor(name: bytes, media_type: str) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": str(Digest.of(name)), "size": len(name)}


LAYERS = st.lists(
    st.binary(max_size=4).map(lambda name: descriptor(name, f"{types.OCI_LAYER}+gzip")), max_size=4
)


@given(LAYERS, st.sampled_from([types.OCI_MANIFEST, types.DOCKER_MANIFEST]))
def test_a_manifest_keeps_what_was_written(layers: list[dict[str, Any]], kind: str) -> None:
    document = {
        "schemaVersion": 2,
        "mediaType": kind,
        "config": descriptor(b"config", types.OCI_CONFIG),
        "layers": layers,
    }
    raw = json.dumps(document).encode()
    found = parse_document(raw, media_type=kind, where="doc")
    assert isinstance(found, Manifest)
    assert found.digest.matches(raw)
    assert [str(layer.digest) for layer in found.layers] == [layer["digest"] for layer in layers]
    assert [layer.size for layer in found.layers] == [layer["size"] for layer in layers]


NAMES = st.sampled_from(
    [
        *("schemaVersion", "mediaType", "manifests", "layers", "config", "digest", "size", "data"),
        *("platform", "os", "architecture", "variant", "annotations", "subject", "rootfs"),
        *("type", "diff_ids", "history", "Labels", "MediaType", "urls", "artifactType"),
    ]
)
VALUES = st.one_of(
    SCALARS,
    st.sampled_from([2, 1, types.OCI_INDEX, types.DOCKER_MANIFEST, str(Digest.of(b"")), "e30="]),
)
ODD: st.SearchStrategy[Any] = st.recursive(
    VALUES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=20,
)
TYPES = st.sampled_from(["", *sorted(types.MANIFESTS | types.INDEXES), "text/html"])


@given(st.dictionaries(NAMES, ODD, max_size=8), TYPES)
def test_any_document_is_a_model_or_refused(value: dict[str, Any], declared: str) -> None:
    raw = json.dumps(value).encode()
    read = partial(parse_document, raw, media_type=declared, where="doc")
    error = refusal(read)
    if error is None:
        assert isinstance(read(), Index) == ("manifests" in value)
        assert value["schemaVersion"] == 2
    else:
        assert error.where.startswith("doc")
        assert str(error).isprintable()


@given(st.dictionaries(NAMES, ODD, max_size=8))
def test_any_config_is_a_model_or_refused(value: dict[str, Any]) -> None:
    raw = json.dumps(value).encode()
    error = refusal(lambda: parse_config(raw, "doc"))
    if error is None:
        assert parse_config(raw, "doc").value == value
    else:
        assert error.where.startswith("doc")
        assert str(error).isprintable()
