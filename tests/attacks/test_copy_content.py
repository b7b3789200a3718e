"""Equal configs, and what the copy puts beside or below them."""

from __future__ import annotations

import json

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.image import Manifest
from crosstrust.sandbox.layer import OCI_LAYER, build_layer
from crosstrust.sandbox.release import swap_layer
from crosstrust.sandbox.sandbox import ORIGIN
from crosstrust.value import replace
from tests.attacks.outcome import Outcome
from tests.attacks.serving import (
    Change,
    Json,
    edited,
    list_manifests,
    mirror_of,
    push_images,
    recompressed,
    rewritten,
    with_layers,
)
from tests.attacks.trial import Trial

# What was measured of a layer is true whatever comes of the copy, so it is kept.
MEASURED = ".local/state/crosstrust/state-layers"
FOREIGN = "https://elsewhere.example/layer"


def levels(outcome: Outcome) -> set[str]:
    return {one["level"] for one in outcome.verdict["platforms"]}


def change_manifests(trial: Trial, change: Change) -> None:
    list_manifests(trial, (rewritten(one, change) for one in trial.release.mirror))


def change_last_layer(change: Change) -> Change:
    return lambda document: change(document["layers"][-1])


@pytest.mark.row("C22")
def test_equal_configs_above_other_manifests_are_the_same_content(trial: Trial) -> None:
    """The case of the Webdis guide. Equal layer digests too, so nothing is fetched."""
    outcome = trial.verify("--no-layers")
    trial.expect_trusted(outcome, "image.content.same", "image.layer.verified")
    assert levels(outcome) == {"image.content.same"}


@pytest.mark.row("C22")
def test_equal_configs_prove_no_layer_that_nobody_looked_at(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.layer.verified")
    amd64, arm64 = trial.release.images
    push_images(trial, amd64, recompressed(arm64))
    for more in ("--no-layers", "--max-download=1"):
        blind = trial.verify(more)
        # Undecided, not rejected: nothing contradicts the copy.
        trial.expect_refused(
            blind, "image.layer.verified", "P", where=trial.sandbox.mirror, undecided=True
        )
        assert levels(blind) == {"image.content.same", "image.config.same"}
    looked = trial.verify()
    trial.expect_trusted(looked, "image.layer.verified")
    assert levels(looked) == {"image.content.same", "image.layer.verified"}
    assert sum(one["layers"]["fetched"] for one in looked.verdict["platforms"]) == len(arm64.layers)


@pytest.mark.row("C22")
def test_config_alone_is_trusted_only_by_the_opt_in_and_named_so(trial: Trial) -> None:
    push_images(trial, *map(recompressed, trial.release.images))
    outcome = trial.verify("--accept", "config")
    trial.expect_trusted(outcome, "image.config.same")
    assert levels(outcome) == {"image.config.same"}
    assert "layers not looked at" in outcome.out


@pytest.mark.row("C23")
def test_a_foreign_layer_below_the_author_s_config(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.layer.diff_id")
    swap_layer(trial.sandbox, trial.release)
    outcome = trial.verify()
    where = "linux/arm64/v8 layer 5"
    trial.expect_refused(outcome, "image.layer.diff_id", "M", where=where, writes=MEASURED)
    blind = trial.verify("--no-layers")
    trial.expect_refused(blind, "image.layer.verified", "P", where="layer 5", undecided=True)


@pytest.mark.row("C24")
def test_layers_in_another_order(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.layer.diff_id")
    amd64, arm64 = trial.release.images
    first, second, *rest = amd64.layers
    push_images(trial, with_layers(amd64, (second, first, *rest)), arm64)
    outcome = trial.verify()
    for number in (1, 2):
        where = f"linux/amd64 layer {number}"
        trial.expect_refused(outcome, "image.layer.diff_id", "M", where=where, writes=MEASURED)


@pytest.mark.row("C24")
def test_a_layer_too_few_or_too_many(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.config.consistent")
    amd64, arm64 = trial.release.images
    extra = build_layer({"etc/passwd": b"root::0:0::/:/bin/sh\n"})
    for layers in (amd64.layers[:-1], (*amd64.layers, extra), (*amd64.layers, amd64.layers[0]), ()):
        push_images(trial, with_layers(amd64, layers), arm64)
        for more in ((), ("--accept", "config")):
            outcome = trial.verify(*more)
            trial.expect_refused(outcome, "image.config.consistent", "T", where="linux/amd64")


@pytest.mark.row("C28")
def test_annotations_of_the_copy_are_no_part_of_its_content_and_are_listed(trial: Trial) -> None:
    def annotate(document: Json) -> None:
        document["annotations"] = {"org.opencontainers.image.source": "https://evil.example"}

    same = trial.verify(image=f"{trial.sandbox.origin}:{trial.release.tag}")
    trial.expect_trusted(same, "image.index.same")
    change_manifests(trial, annotate)
    outcome = trial.verify()
    trial.expect_trusted(outcome, "image.content.same")
    assert levels(outcome) == {"image.content.same"}
    reasons = {text for one in outcome.verdict["platforms"] for text in one["reasons"]}
    assert any("org.opencontainers.image.source" in text for text in reasons), reasons


@pytest.mark.row("C29")
def test_an_equal_layer_under_another_media_type(trial: Trial) -> None:
    change_manifests(trial, lambda one: [x.update(mediaType=OCI_LAYER) for x in one["layers"]])
    trial.expect_trusted(trial.verify(), "image.layer.media_type")
    for kind in ("tar", "tar+zstd"):
        media_type = f"application/vnd.oci.image.layer.v1.{kind}"

        def claim(layer: Json, media_type: str = media_type) -> None:
            layer["mediaType"] = media_type

        change_manifests(trial, change_last_layer(claim))
        outcome = trial.verify()
        trial.expect_refused(outcome, "image.layer.media_type", "M", where="layer 5")


@pytest.mark.row("C29")
def test_a_layer_that_comes_from_elsewhere(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.layer.foreign")
    asked = {one.host for one in trial.service.requests}
    change_manifests(trial, change_last_layer(lambda layer: layer.update(urls=[FOREIGN])))
    trial.expect_refused(trial.verify(), "image.layer.foreign", "M", where="layer 5")
    assert {one.host for one in trial.service.requests} == asked


@pytest.mark.row("C29")
def test_an_equal_layer_of_another_length(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.size.match")

    def grow(layer: Json) -> None:
        layer["size"] += 1

    change_manifests(trial, change_last_layer(grow))
    trial.expect_refused(trial.verify(), "image.size.match", "M", where="layer 5")


@pytest.mark.row("C30")
@pytest.mark.parametrize(
    "key",
    [
        "containerd.io/snapshot/stargz/toc.digest",
        "io.github.containers.zstd-chunked.manifest-checksum",
        "com.amazon.soci.index-digest",
    ],
)
def test_a_table_of_contents_for_lazy_runtimes(trial: Trial, key: str) -> None:
    """A lazy runtime mounts what the table says; the config does not bind the table."""
    trial.expect_trusted(trial.verify(), "image.layer.toc")
    table = {key: str(Digest.of(b"another table"))}
    change_manifests(trial, change_last_layer(lambda layer: layer.update(annotations=table)))
    trial.expect_refused(trial.verify(), "image.layer.toc", "M", where="layer 5")
    change_manifests(trial, lambda document: document.update(annotations=table))
    trial.expect_refused(trial.verify(), "image.layer.toc", "M", where="linux/amd64")


@pytest.mark.row("C31")
def test_a_config_that_differs_in_a_blank_is_another_config(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.config.same")
    amd64, arm64 = trial.release.images
    spaced = json.dumps(json.loads(amd64.config), sort_keys=True).encode()
    assert json.loads(spaced) == json.loads(amd64.config)
    push_images(trial, replace(amd64, config=spaced), arm64)
    outcome = trial.verify()
    trial.expect_refused(outcome, "image.config.same", "M", where="linux/amd64")
    (check,) = outcome.checks("failed")
    assert check["expected"].startswith(str(Digest.of(amd64.config)))
    assert check["actual"].startswith(str(Digest.of(spaced)))


@pytest.mark.row("C37")
def test_other_bytes_than_a_digest_names_are_never_used(trial: Trial) -> None:
    """The list is the signed one on both sides; one registry lies about what is below it."""
    name = trial.sandbox.repository
    trial.expect_trusted(trial.verify("--no-cache"), "image.digest.match")
    sides: list[tuple[str, Manifest]] = [
        (ORIGIN, trial.release.origin[0]),
        ("public.ecr.aws", trial.release.mirror[0]),
    ]
    for host, manifest in sides:
        registry = trial.sandbox.registries[host]
        other = edited(manifest.raw, lambda one: one.update(annotations={"a": "b"}))
        registry.replace_manifest(name, manifest.digest, other)
        outcome = trial.verify("--no-cache")
        trial.expect_refused(outcome, "image.digest.match", "M", where=str(manifest.digest))
        registry.replace_manifest(name, manifest.digest, manifest.raw)
    config = trial.release.images[0].config
    mirror_of(trial).replace_blob(name, Digest.of(config), config + b" ")
    outcome = trial.verify("--no-cache")
    trial.expect_refused(outcome, "image.digest.match", "M", where=str(Digest.of(config)))
