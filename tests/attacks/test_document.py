"""Manifests and indexes that two readers could read as two images, and that no tool should read."""

from __future__ import annotations

import base64
import json

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.exchange import Request, Response
from crosstrust.sandbox.image import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Manifest,
    Producer,
    write_index,
    write_manifest,
)
from crosstrust.sandbox.sandbox import MIRROR, ORIGIN
from tests.attacks.altered import Altered, Mirror, serving, with_headers
from tests.attacks.trial import Trial


def without_type(raw: bytes) -> bytes:
    document = json.loads(raw)
    del document["mediaType"]
    return json.dumps(document).encode()


def untyped_copy(mirror: Mirror) -> list[Manifest]:
    """Push the platforms as OCI manifests that do not say what they are."""
    found = []
    for image in mirror.trial.release.images:
        made = write_manifest(image, Producer.BUILDKIT)
        raw = without_type(made.raw)
        mirror.registry.put_manifest(mirror.name, raw, OCI_MANIFEST)
        found.append(Manifest(raw, OCI_MANIFEST, made.platform))
    return found


@pytest.mark.row("B08")
@pytest.mark.parametrize("served_as", [DOCKER_MANIFEST, OCI_MANIFEST, OCI_INDEX])
def test_a_list_served_under_another_type_is_refused(trial: Trial, served_as: str) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.media_type.agrees")
    mirror.push_top(mirror.honest_list(), served_as)
    trial.expect_refused(trial.verify(), "image.media_type.agrees", "T", where=trial.copy)


@pytest.mark.row("B08")
def test_the_signed_list_served_under_another_type_is_refused(trial: Trial) -> None:
    origin, name = trial.sandbox.registries[ORIGIN], trial.sandbox.repository
    trial.expect_trusted(trial.verify("--no-cache"), "image.media_type.agrees")
    signed = origin.manifest(name, trial.release.tag)
    assert signed is not None
    origin.put_manifest(name, signed.raw, OCI_INDEX, trial.release.tag)
    refused = trial.verify("--no-cache")
    trial.expect_refused(refused, "image.media_type.agrees", "T", where=trial.sandbox.origin)


@pytest.mark.row("B08", "B04")
@pytest.mark.parametrize(
    "second", [{"content-type": OCI_INDEX}, {"docker-content-digest": str(Digest.of(b"other"))}]
)
@pytest.mark.parametrize("first", [True, False])
def test_an_answer_with_two_types_or_digests_is_refused(
    trial: Trial, second: dict[str, str], *, first: bool
) -> None:
    def change(request: Request, response: Response) -> Response:
        if not request.path.endswith(f"/manifests/{trial.release.tag}"):
            return response
        headers = {**second, **response.headers} if first else {**response.headers, **second}
        return Response(response.status, headers, response.body)

    registry = Altered(Mirror(trial).registry)
    with serving(trial, {MIRROR: registry}):
        trial.expect_trusted(trial.verify(), "http.answer.form")
        registry.change = change
        for more in ((), ("--no-cache",)):
            trial.expect_refused(trial.verify(*more), "http.answer.form", "R", where=MIRROR)


@pytest.mark.row("B08")
def test_a_manifest_whose_own_type_is_that_of_a_list_is_refused(trial: Trial) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.media_type.agrees")
    mirror.push_top(mirror.manifest.raw, DOCKER_LIST)
    trial.expect_refused(trial.verify(), "image.media_type.agrees", "T", where=trial.copy)
    lying = mirror.manifest.raw.replace(DOCKER_MANIFEST.encode(), DOCKER_LIST.encode(), 1)
    mirror.push_top(lying, DOCKER_LIST)
    trial.expect_refused(trial.verify(), "image.media_type.agrees", "T", where=trial.copy)


@pytest.mark.row("B08")
def test_an_entry_that_calls_a_manifest_otherwise_is_refused(trial: Trial) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.media_type.agrees")
    for claimed in (OCI_MANIFEST, DOCKER_LIST):
        mirror.edit_top(DOCKER_MANIFEST, claimed)
        where = str(mirror.manifest.digest)
        trial.expect_refused(trial.verify(), "image.media_type.agrees", "T", where=where)


@pytest.mark.row("B09")
@pytest.mark.parametrize("beside", ["config", "layers", "fsLayers"])
@pytest.mark.parametrize("typed", [True, False])
def test_a_document_that_is_a_list_and_a_manifest_is_refused(
    trial: Trial, beside: str, *, typed: bool
) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.manifest.ambiguous")
    one = json.loads(mirror.manifest.raw)
    both = {**json.loads(write_index(trial.release.mirror)), beside: one.get(beside, [])}
    if not typed:
        del both["mediaType"]
    mirror.push_top(json.dumps(both).encode(), OCI_INDEX)
    trial.expect_refused(trial.verify(), "image.manifest.ambiguous", "T", where=trial.copy)


@pytest.mark.row("B10")
def test_the_same_bytes_under_another_type_the_next_time_are_refused(trial: Trial) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.media_type.agrees")
    # The bytes are cached; the registry says what they are when it is asked whether they stand.
    mirror.push_top(mirror.honest_list(), OCI_INDEX)
    trial.expect_refused(trial.verify(), "image.media_type.agrees", "T", where=trial.copy)
    refused = trial.verify("--no-cache")
    trial.expect_refused(refused, "image.media_type.agrees", "T", where=trial.copy)


@pytest.mark.row("B10")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_same_bytes_under_two_types_in_one_run_are_refused(trial: Trial, method: str) -> None:
    def change(request: Request, response: Response) -> Response:
        lying = request.method == method and request.path.endswith(trial.release.tag)
        return with_headers(response, Content_Type=OCI_INDEX) if lying else response

    registry = Altered(Mirror(trial).registry)
    with serving(trial, {MIRROR: registry}):
        trial.expect_trusted(trial.verify("--no-cache"), "image.media_type.agrees")
        registry.change = change
        refused = trial.verify("--no-cache")
    trial.expect_refused(refused, "image.media_type.agrees", "T", where=trial.copy)


@pytest.mark.row("B11")
def test_oci_documents_need_not_say_what_they_are(trial: Trial) -> None:
    mirror = Mirror(trial)
    raw = without_type(write_index(untyped_copy(mirror)))
    assert b'"mediaType": "application/vnd.oci.image.index' not in raw
    mirror.push_top(raw, OCI_INDEX)
    trial.expect_trusted(trial.verify(), "image.media_type.agrees", "image.manifest.ambiguous")


@pytest.mark.row("B11")
def test_docker_documents_must_say_what_they_are(trial: Trial) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.manifest.form")
    mirror.push_top(without_type(mirror.honest_list()), DOCKER_LIST)
    trial.expect_refused(trial.verify(), "image.manifest.form", "T", where=trial.copy)


@pytest.mark.row("B12")
@pytest.mark.parametrize("key", ["config", "layers", "digest", "schemaVersion", "size"])
def test_a_key_that_occurs_twice_is_refused(trial: Trial, key: str) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.manifest.form")
    value = json.dumps({**json.loads(mirror.manifest.raw), "digest": "x", "size": 1}[key])
    # Before the honest one, and after: readers differ in which they take.
    child = mirror.edit_child(f'"{key}":', f'"{key}": {value}, "{key}":')
    trial.expect_refused(trial.verify(), "image.manifest.form", "T", where=str(child))
    if key not in {"digest", "size"}:
        child = mirror.push_child(mirror.manifest.raw[:-1] + f', "{key}": {value}}}'.encode())
        trial.expect_refused(trial.verify(), "image.manifest.form", "T", where=str(child))


@pytest.mark.row("B12")
def test_a_key_that_occurs_twice_in_the_list_is_refused(trial: Trial) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.manifest.form")
    mirror.edit_top('"manifests":', '"manifests": [], "manifests":')
    trial.expect_refused(trial.verify(), "image.manifest.form", "T", where=trial.copy)


@pytest.mark.row("B13")
@pytest.mark.parametrize("key", ["config", "layers", "digest"])
def test_keys_that_differ_by_case_alone_are_refused(trial: Trial, key: str) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.manifest.form")
    for twin in (key.capitalize(), key.upper()):
        child = mirror.edit_child(f'"{key}":', f'"{twin}": null, "{key}":')
        trial.expect_refused(trial.verify(), "image.manifest.form", "T", where=str(child))
        # Alone it is another key, and the one that is needed is missing.
        child = mirror.edit_child(f'"{key}":', f'"{twin}":')
        trial.expect_refused(trial.verify(), "image.manifest.form", "T", where=str(child))


@pytest.mark.row("B17")
def test_embedded_data_that_is_not_the_blob_is_refused(trial: Trial) -> None:
    mirror = Mirror(trial)
    honest = base64.b64encode(mirror.image.config).decode()
    mirror.edit_child('"config": {', f'"config": {{ "data": "{honest}",')
    trial.expect_trusted(trial.verify(), "image.digest.match")
    other = base64.b64encode(mirror.image.config.replace(b"linux", b"xunil")).decode()
    short = base64.b64encode(mirror.image.config[:-1]).decode()
    for data in (other, short, ""):
        child = mirror.edit_child('"config": {', f'"config": {{ "data": "{data}",')
        trial.expect_refused(trial.verify(), "image.digest.match", "M", where=str(child))


@pytest.mark.row("B18")
@pytest.mark.parametrize(
    "size",
    ["-1", "1.5", "1e3", '"7"', "true", "null", "[]", str(2**63), "9" * 20, "NaN"],
)
def test_a_size_that_is_no_length_is_refused(trial: Trial, size: str) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.manifest.form")
    for length in (len(mirror.image.config), len(mirror.image.layers[0].blob)):
        mirror.edit_child(f'"size": {length},', f'"size": {size},')
        trial.expect_refused(trial.verify(), "image.manifest.form", "T")
    mirror.edit_top(f'"size": {len(mirror.manifest.raw)},', f'"size": {size},')
    trial.expect_refused(trial.verify(), "image.manifest.form", "T", where=trial.copy)
