"""Manifests and indexes as registries serve them. B-numbers are rows of the attack catalogue."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from crosstrust.errors import LimitError, MalformedError
from crosstrust.oci import media_type as types
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.oci.document import parse_document
from crosstrust.oci.index import Entry, Index
from crosstrust.oci.manifest import LAYERS, Manifest
from crosstrust.oci.platform import parse_platform

WEBDIS = Path(__file__).parents[2] / "vectors/webdis/manifest-list-0.1.19.docker-hub.json"
SHA512 = "sha512:" + "ab" * 64


def child(name: str, media_type: str = types.OCI_MANIFEST, **more: object) -> dict[str, Any]:
    raw = name.encode()
    return {"mediaType": media_type, "digest": str(Digest.of(raw)), "size": len(raw), **more}


def manifest(**more: object) -> dict[str, Any]:
    return {
        "schemaVersion": 2,
        "config": child("config", types.OCI_CONFIG),
        "layers": [child("layer", f"{types.OCI_LAYER}+gzip")],
        **more,
    }


def index(*children: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"schemaVersion": 2, "manifests": list(children), **more}


def platform(text: str) -> dict[str, str]:
    parsed = parse_platform(text)
    return {"os": parsed.os, "architecture": parsed.architecture, "variant": parsed.variant}


def parse(document: object, media_type: str = "") -> Manifest | Index:
    return parse_document(json.dumps(document).encode(), media_type=media_type, where="x.y/z:1")


def parsed_index(document: object, media_type: str = "") -> Index:
    found = parse(document, media_type)
    assert isinstance(found, Index)
    return found


def parsed_manifest(document: object, media_type: str = "") -> Manifest:
    found = parse(document, media_type)
    assert isinstance(found, Manifest)
    return found


def refused(document: object, media_type: str = "") -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        parse(document, media_type)
    assert caught.value.where.startswith("x.y/z:1")
    assert caught.value.remedy
    assert str(caught.value).isprintable()
    return caught.value


def test_the_signed_list_of_webdis() -> None:
    raw = WEBDIS.read_bytes()
    found = parse_document(raw, media_type=types.DOCKER_LIST, where="docker.io/nicolas/webdis")
    assert isinstance(found, Index)
    assert found.digest.hex == "5de58646bae3ee52e05a65672532120b094682b79823291031ccb41533c21667"
    assert found.media_type == types.DOCKER_LIST
    assert [str(entry.platform) for entry in found.images] == ["linux/amd64", "linux/arm64/v8"]
    assert [entry.descriptor.digest.hex[:4] for entry in found.entries] == ["2ced", "d026"]
    assert {entry.descriptor.size for entry in found.entries} == {1365}
    assert not found.attestations


@pytest.mark.parametrize(
    "declared", ["", types.OCI_MANIFEST, f"{types.OCI_MANIFEST.upper()}; charset=utf-8"]
)
@pytest.mark.parametrize("stated", [{}, {"mediaType": types.OCI_MANIFEST}, {"mediaType": None}])
def test_b11_an_oci_manifest_may_leave_its_type_out(declared: str, stated: dict[str, Any]) -> None:
    found = parsed_manifest(manifest(**stated), declared)
    assert found.media_type == types.OCI_MANIFEST
    assert found.config == Descriptor(types.OCI_CONFIG, Digest.of(b"config"), 6)
    assert [layer.digest for layer in found.layers] == [Digest.of(b"layer")]
    assert found.is_image
    assert (found.annotations, found.subject, found.artifact_type) == ((), None, "")


def test_b11_an_oci_index_may_leave_its_type_out() -> None:
    assert parsed_index(index()).media_type == types.OCI_INDEX
    assert parsed_index(index(), types.OCI_INDEX).entries == ()


def test_everything_a_manifest_says() -> None:
    layer = child("l", annotations={"b": "1", "a": "2"}, urls=["https://h/x"], artifactType="t/u")
    found = parsed_manifest(
        manifest(
            layers=[layer, child("m")],
            annotations={"A": "1", "a": "2"},
            subject=child("s"),
            artifactType="application/x",
        )
    )
    assert found.layers[0].annotations == (("b", "1"), ("a", "2"))
    assert found.layers[0].urls == ("https://h/x",)
    assert found.layers[0].artifact_type == "t/u"
    assert found.annotations == (("A", "1"), ("a", "2"))
    assert found.subject == Descriptor(types.OCI_MANIFEST, Digest.of(b"s"), 1)
    assert found.artifact_type == "application/x"


def test_an_artifact_is_no_image() -> None:
    helm = child("config", "application/vnd.cncf.helm.config.v1+json")
    assert not parsed_manifest(manifest(config=helm)).is_image


def test_everything_an_index_says() -> None:
    nested = child("n", types.OCI_INDEX)
    found = parsed_index(
        index(
            child("a", platform=platform("linux/arm/v6")),
            nested,
            annotations={"k": "v"},
            subject=child("s"),
            artifactType="application/x",
        )
    )
    first, second = found.entries
    assert first == Entry(
        Descriptor(types.OCI_MANIFEST, Digest.of(b"a"), 1), parse_platform("linux/arm/v6")
    )
    assert not first.is_index
    assert second.is_index
    assert second.platform is None
    assert found.annotations == (("k", "v"),)
    assert found.subject is not None
    assert found.artifact_type == "application/x"


def attestation(name: str, of: str, target: str = "unknown/unknown") -> dict[str, Any]:
    marks = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": str(Digest.of(of.encode())),
    }
    return child(name, platform=platform(target), annotations=marks)


def test_attestations_are_set_apart() -> None:
    found = parsed_index(
        index(child("a", platform=platform("linux/amd64")), attestation("b", of="a"))
    )
    assert [entry.descriptor.digest for entry in found.images] == [Digest.of(b"a")]
    assert [entry.attests for entry in found.attestations] == [Digest.of(b"a")]
    assert found.images[0].attests is None


def test_a_mark_alone_does_not_hide_an_image() -> None:
    hidden = attestation("b", of="a", target="linux/arm64")
    unmarked = child("c", platform=platform("unknown/unknown"))
    without = attestation("d", of="a")
    del without["platform"]
    found = parsed_index(index(hidden, unmarked, without))
    assert len(found.images) == 3
    assert found.attestations == ()


def test_an_attested_digest_must_be_one() -> None:
    wrong = attestation("b", of="a")
    wrong["annotations"]["vnd.docker.reference.digest"] = "sha256:../x"
    error = refused(index(wrong))
    assert error.code == "digest.form"
    assert error.where == 'x.y/z:1 $.manifests[0].annotations["vnd.docker.reference.digest"]'


@pytest.mark.parametrize(
    ("document", "declared"),
    [
        (manifest(mediaType=types.OCI_MANIFEST), types.OCI_INDEX),
        (manifest(mediaType=types.OCI_MANIFEST), types.DOCKER_MANIFEST),
        (index(mediaType=types.OCI_INDEX), types.OCI_MANIFEST),
        (index(mediaType=types.DOCKER_LIST), types.OCI_INDEX),
        (manifest(mediaType=types.OCI_INDEX), ""),
        (index(mediaType=types.OCI_MANIFEST), ""),
        (manifest(), types.OCI_INDEX),
        (index(), types.OCI_MANIFEST),
        (index(), types.DOCKER_MANIFEST),
    ],
)
def test_b08_b10_every_sign_of_the_type_must_agree(document: Any, declared: str) -> None:
    error = refused(document, declared)
    assert error.code == "image.media_type.agrees"
    assert error.where == "x.y/z:1 $.mediaType"


@pytest.mark.parametrize(
    "document",
    [
        {**index(), "layers": []},
        {**index(), "config": {}},
        {**index(), "layers": None},
        {**manifest(), "manifests": None},
        {**index(mediaType=types.OCI_INDEX), "fsLayers": []},
    ],
)
@pytest.mark.parametrize("declared", ["", types.OCI_INDEX, types.OCI_MANIFEST])
def test_b09_an_index_is_no_manifest(document: Any, declared: str) -> None:
    if declared == types.OCI_MANIFEST:
        document = {key: value for key, value in document.items() if key != "mediaType"}
    assert refused(document, declared).code == "image.manifest.ambiguous"


@pytest.mark.parametrize("declared", [types.DOCKER_MANIFEST, types.DOCKER_LIST])
def test_docker_documents_state_their_type(declared: str) -> None:
    document = index() if declared == types.DOCKER_LIST else manifest()
    error = refused(document, declared)
    assert (error.code, error.actual) == ("image.manifest.form", "no such member")
    assert parse({**document, "mediaType": declared}, declared).media_type == declared


@pytest.mark.parametrize(
    ("document", "declared"),
    [
        ({"schemaVersion": 1, "fsLayers": [], "history": []}, ""),
        ({"schemaVersion": 1, "name": "x", "signatures": []}, types.SCHEMA1_SIGNED),
        ({"schemaVersion": 1}, "application/json"),
        (manifest(), f"{types.SCHEMA1_SIGNED}; charset=utf-8"),
        (manifest(mediaType=types.SCHEMA1), ""),
        ({**manifest(), "schemaVersion": 1}, types.OCI_MANIFEST),
    ],
)
def test_b26_schema_1_is_refused_by_name(document: Any, declared: str) -> None:
    error = refused(document, declared)
    assert error.code == "image.schema1.refused"
    assert error.remedy == "push the image again with a current tool"


@pytest.mark.parametrize(
    ("document", "declared", "named"),
    [
        ({"mediaType": "application/vnd.oci.artifact.manifest.v1+json"}, "", "oci.artifact"),
        (manifest(), "application/json", "application/json"),
        (manifest(), "text/html; charset=utf-8", "text/html"),
        (manifest(mediaType="a/\x1b[2J"), "", r"\x1b"),
        (manifest(mediaType="x/y"), "x/y", "x/y"),
    ],
)
def test_b25_other_types_are_refused_by_name(document: Any, declared: str, named: str) -> None:
    error = refused(document, declared)
    assert error.code == "image.manifest.type"
    assert named in error.actual


FORM: list[tuple[object, str]] = [
    ([], "$"),
    ("x", "$"),
    ({}, "$.schemaVersion"),
    ({"errors": []}, "$.schemaVersion"),
    (manifest(schemaVersion=3), "$.schemaVersion"),
    (manifest(schemaVersion="2"), "$.schemaVersion"),
    (manifest(mediaType=5), "$.mediaType"),
    ({"schemaVersion": 2, "layers": []}, "$.config"),
    ({"schemaVersion": 2, "config": child("c")}, "$.layers"),
    (manifest(layers=None), "$.layers"),
    (manifest(layers={}), "$.layers"),
    (manifest(layers=[5]), "$.layers[0]"),
    (manifest(config=None), "$.config"),
    (manifest(annotations={"a": 5}), "$.annotations.a"),
    (manifest(subject=[]), "$.subject"),
    (manifest(artifactType=5), "$.artifactType"),
    (index(child("a"), child("b", platform="linux/amd64")), "$.manifests[1].platform"),
    (index(child("b", platform={"os": "linux"})), "$.manifests[0].platform.architecture"),
    ({**manifest(), "Layers": []}, ""),
    ({"schemaVersion": 2, "Manifests": []}, "$.manifests"),
    ({"schemaVersion": 2, "config": child("c"), "Layers": []}, "$.layers"),
    ({**manifest(), "MediaType": types.OCI_INDEX}, "$.mediaType"),
    (manifest(config=child("c", Digest="x")), ""),
    (manifest(config=child("c", Data="x")), "$.config.data"),
]


@pytest.mark.parametrize(("document", "place"), FORM)
def test_b13_the_form_is_checked_with_its_place(document: object, place: str) -> None:
    error = refused(document)
    assert error.code == "image.manifest.form"
    assert error.where == f"x.y/z:1 {place}".rstrip()


@pytest.mark.parametrize(
    "raw",
    [
        b'{"schemaVersion":2,"config":{},"layers":[],"config":{}}',
        b'{"schemaVersion":2,"config":{"digest":"a","digest":"b"},"layers":[]}',
        b'{"schemaVersion":2,"manifests":[]} {}',
        b'{"schemaVersion":2.0,"manifests":[]}',
        b"<html>",
    ],
)
def test_b12_the_json_is_strict(raw: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_document(raw, media_type="", where="x")
    assert caught.value.code == "image.manifest.form"


@pytest.mark.parametrize("size", [-1, 2**53 + 1, 10**18, "5", True, None, 1.5])
def test_b18_sizes_are_plain_integers(size: object) -> None:
    wrong = child("c")
    wrong["size"] = size
    assert refused(manifest(config=wrong)).code == "image.manifest.form"


@pytest.mark.parametrize(
    ("digest", "code"),
    [
        ("sha256:abc", "digest.form"),
        ("sha256:../../etc/passwd", "digest.form"),
        ("sha256:" + "A" * 64, "digest.form"),
        ("sha1:" + "a" * 40, "digest.algorithm.supported"),
        ("sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564", "digest.algorithm.supported"),
    ],
)
def test_b19_b21_digests_are_checked_in_every_descriptor(digest: str, code: str) -> None:
    wrong = child("c")
    wrong["digest"] = digest
    for document, place in (
        (manifest(config=wrong), "config"),
        (manifest(layers=[child("l"), wrong]), "layers[1]"),
        (manifest(subject=wrong), "subject"),
        (index(wrong), "manifests[0]"),
    ):
        error = refused(document)
        assert (error.code, error.where) == (code, f"x.y/z:1 $.{place}.digest")


def test_b20_sha512_is_supported() -> None:
    descriptor = child("c")
    descriptor["digest"] = SHA512
    assert str(parsed_manifest(manifest(layers=[descriptor])).layers[0].digest) == SHA512


@pytest.mark.parametrize("media_type", ["", "x", "a/b\n", "a/\x1b", "a /b", "a" * 128 + "/b"])
def test_a_descriptor_has_a_media_type(media_type: str) -> None:
    error = refused(manifest(config=child("c", media_type)))
    assert error.where == "x.y/z:1 $.config.mediaType"


def test_a_media_type_may_have_a_parameter() -> None:
    layer = child("l", "text/spdx; charset=utf-8")
    assert parsed_manifest(manifest(layers=[layer])).layers[0].media_type == layer["mediaType"]


def with_data(name: str, data: str) -> dict[str, Any]:
    return manifest(config=child(name, types.OCI_EMPTY, data=data))


def test_b17_embedded_data_must_fit_digest_and_size() -> None:
    honest = base64.b64encode(b"{}").decode()
    assert parsed_manifest(with_data("{}", honest)).config.size == 2
    for lie in (b"[]", b"{} "):
        error = refused(with_data("{}", base64.b64encode(lie).decode()))
        assert (error.code, error.where) == ("image.digest.match", "x.y/z:1 $.config.data")
        assert str(Digest.of(lie)) in error.actual
    longer = with_data("{}", honest)
    longer["config"]["size"] = 3
    assert refused(longer).code == "image.digest.match"


@pytest.mark.parametrize("data", ["e30", "e30=\n", "e3 0=", "é", "e30=e30="])
def test_b17_embedded_data_is_base64(data: str) -> None:
    error = refused(with_data("{}", data))
    assert (error.code, error.where) == ("image.manifest.form", "x.y/z:1 $.config.data")


def test_one_digest_cannot_have_two_sizes_or_types() -> None:
    bigger = child("a")
    bigger["size"] = 2
    error = refused(index(child("a"), bigger))
    assert error.where == "x.y/z:1 $.manifests[1].size"
    error = refused(index(child("a"), child("a", types.DOCKER_MANIFEST)))
    assert error.where == "x.y/z:1 $.manifests[1].mediaType"
    twice = index(
        child("a", platform=platform("linux/arm/v6")), child("a", platform=platform("linux/arm"))
    )
    assert len(parsed_index(twice).entries) == 2


def test_b15_b16_limits() -> None:
    assert len(parsed_index(index(*[child("a")] * 256)).entries) == 256
    assert len(parsed_manifest(manifest(layers=[child("a")] * LAYERS)).layers) == LAYERS
    for document, place in (
        (index(*[child("a")] * 257), "x.y/z:1 $.manifests"),
        (manifest(layers=[child("a")] * (LAYERS + 1)), "x.y/z:1 $.layers"),
        (manifest(annotations={"a": "a" * (4 << 20)}), "x.y/z:1"),
    ):
        error = refused(document)
        assert isinstance(error, LimitError)
        assert (error.code, error.where) == ("limit.exceeded", place)
