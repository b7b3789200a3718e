"""Configs that say nothing of layers: empty ones, and those of artifacts that are no images."""

from __future__ import annotations

import json

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.image import DOCKER_CONFIG, OCI_CONFIG, OCI_MANIFEST
from crosstrust.sandbox.layer import OCI_LAYER, build_layer
from tests.attacks.serving import edited, serve_as_tag, sign_bytes
from tests.attacks.trial import Trial

EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"
HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json"
WASM_CONFIG = "application/vnd.wasm.config.v0+json"
HONEST = build_layer({"chart.yaml": b"name: webdis\n"}).blob
FOREIGN = build_layer({"chart.yaml": b"name: backdoor\n"}).blob


def describe(media_type: str, raw: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": str(Digest.of(raw)), "size": len(raw)}


def write(config: bytes, config_type: str, layer: bytes, layer_type: str = OCI_LAYER) -> bytes:
    """A manifest of one layer."""
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": describe(config_type, config),
        "layers": [describe(layer_type, layer)],
    }
    return json.dumps(document).encode()


@pytest.mark.row("C25", "C27")
@pytest.mark.parametrize(
    ("config", "config_type"),
    [
        (b"{}", EMPTY_CONFIG),
        (b'{"name": "webdis", "version": "0.1.19"}', HELM_CONFIG),
        (b"{}", WASM_CONFIG),
    ],
)
def test_an_artifact_is_its_manifest_and_never_its_config(
    trial: Trial, config: bytes, config_type: str
) -> None:
    signed = write(config, config_type, HONEST)
    sign_bytes(trial, signed, OCI_MANIFEST, config, HONEST, FOREIGN)
    trial.expect_trusted(trial.verify(), "image.artifact.supported", "image.manifest.same")
    forged = write(config, config_type, FOREIGN)
    respaced = edited(signed, lambda _: None)
    assert json.loads(respaced) == json.loads(signed) != json.loads(forged)
    # The same config, and even the same layer in other bytes: nothing to compare it by.
    for raw in (forged, respaced):
        serve_as_tag(trial, raw, OCI_MANIFEST)
        for more in ((), ("--accept", "config")):
            outcome = trial.verify(*more)
            trial.expect_refused(
                outcome, "image.artifact.supported", "P", where=str(Digest.of(raw))
            )


@pytest.mark.row("C25")
@pytest.mark.parametrize("config_type", [OCI_CONFIG, DOCKER_CONFIG])
def test_an_empty_config_that_calls_itself_an_image_s(trial: Trial, config_type: str) -> None:
    """An image's config has a platform and diff_ids: without them it is not well formed."""
    signed = write(b"{}", config_type, HONEST)
    trial.expect_trusted(trial.verify(), "image.config.form")
    sign_bytes(trial, signed, OCI_MANIFEST, b"{}", HONEST, FOREIGN)
    for raw in (signed, write(b"{}", config_type, FOREIGN)):
        serve_as_tag(trial, raw, OCI_MANIFEST)
        for more in ((), ("--accept", "config")):
            outcome = trial.verify(*more)
            trial.expect_refused(outcome, "image.config.form", "T", writes=".local/state/")


@pytest.mark.row("C26")
def test_a_config_without_diff_ids_above_real_layers(trial: Trial) -> None:
    config = json.dumps(
        {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
    ).encode()
    trial.expect_trusted(trial.verify(), "image.config.consistent")
    bare = edited(write(config, OCI_CONFIG, HONEST), lambda one: one.update(layers=[]))
    sign_bytes(trial, bare, OCI_MANIFEST, config)
    # Without layers there is no contradiction, and still nothing that the config proves.
    serve_as_tag(trial, edited(bare, lambda one: one.update(annotations={"a": "b"})), OCI_MANIFEST)
    outcome = trial.verify()
    trial.expect_refused(outcome, "image.config.consistent", "T", writes=".local/state/")
    sign_bytes(trial, write(config, OCI_CONFIG, HONEST), OCI_MANIFEST, config, HONEST, FOREIGN)
    for layer in (HONEST, FOREIGN):
        raw = edited(write(config, OCI_CONFIG, layer), lambda _: None)
        serve_as_tag(trial, raw, OCI_MANIFEST)
        for more in ((), ("--accept", "config")):
            outcome = trial.verify(*more)
            trial.expect_refused(outcome, "image.config.consistent", "T", writes=".local/state/")
