"""Images that contradict themselves: layers and configs, labels and configs, doubled platforms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crosstrust.sandbox.image import Image
from crosstrust.sandbox.layer import build_layer, compress
from crosstrust.sandbox.release import build_webdis
from crosstrust.value import replace
from tests.attacks.repacked import Edit, push_copy, rewrite, sign_images
from tests.attacks.trial import Trial

CONSISTENT = "image.config.consistent"
UNIQUE = "image.platform.unique"
PRESENT = "image.platform.present"
AGREES = "image.platform.agrees"
# The author signed anew, and that is proved whatever comes of the image: the floors rise.
FLOORS = ".local/state/crosstrust/"


def recompressed(image: Image) -> Image:
    """Return the image with its last layer in other gzip bytes, so that it must be unpacked."""
    *others, last = image.layers
    return replace(image, layers=(*others, compress(last.tar, level=1)))


def entry_of(number: int, **changed: object) -> Edit:
    """Return the edit of a list that changes one entry's platform."""

    def edit(document: dict[str, Any]) -> None:
        document["manifests"][number]["platform"].update(changed)

    return edit


def doubled(**changed: object) -> Edit:
    """Return the edit of a list of two that lists the second as the first one's platform too."""

    def edit(document: dict[str, Any]) -> None:
        first, second = document["manifests"]
        platform = {**first["platform"], **changed}
        document["manifests"] = [first, second, {**second, "platform": platform}]

    return edit


@pytest.mark.row("B42")
def test_a_manifest_with_other_layers_than_its_config_promises_is_refused(trial: Trial) -> None:
    first, last = trial.release.images
    push_copy(trial, (first, recompressed(last)))
    trial.expect_trusted(trial.verify(), CONSISTENT)
    extra = build_layer({"etc/cron.d/job": b"* * * * * root backdoor\n"})
    for layers in (
        (*last.layers, extra),
        (extra, *last.layers),
        (*last.layers, last.layers[-1]),
        last.layers[:-1],
        (),
    ):
        push_copy(trial, (first, replace(last, layers=layers)))
        trial.expect_refused(trial.verify(), CONSISTENT, "T", where="linux/arm64")


@pytest.mark.row("B42")
@pytest.mark.parametrize("diff_ids", [[], None])
def test_a_signed_config_that_promises_no_layer_vouches_for_none(
    trial: Trial, diff_ids: object
) -> None:
    def promise_nothing(config: dict[str, Any]) -> None:
        config["rootfs"]["diff_ids"] = diff_ids

    first, last = trial.release.images
    empty = replace(last, config=rewrite(last.config, promise_nothing))
    sign_images(trial, (first, empty))
    push_copy(trial, (first, empty))
    trial.expect_refused(trial.verify(), CONSISTENT, "T", where="linux/arm64", writes=FLOORS)
    push_copy(trial, (first, replace(empty, layers=())))
    trial.expect_refused(trial.verify(), CONSISTENT, "T", where="linux/arm64", writes=FLOORS)


@pytest.mark.row("B42")
def test_a_signed_config_of_another_kind_of_root_is_refused(trial: Trial) -> None:
    def rename(config: dict[str, Any]) -> None:
        config["rootfs"]["type"] = "layers+base"

    first, last = trial.release.images
    push_copy(trial, (first, recompressed(last)))
    trial.expect_trusted(trial.verify(), "image.config.form")
    odd = replace(last, config=rewrite(last.config, rename))
    sign_images(trial, (first, odd))
    push_copy(trial, (first, odd))
    trial.expect_refused(trial.verify(), "image.config.form", "T", where="sha256:", writes=FLOORS)


@pytest.mark.row("B42")
def test_a_config_whose_history_has_other_layers_is_refused(trial: Trial) -> None:
    def forget(config: dict[str, Any]) -> None:
        config["history"][0]["empty_layer"] = True

    first, last = trial.release.images
    odd = replace(last, config=rewrite(last.config, forget))
    sign_images(trial, (first, odd))
    push_copy(trial, (first, odd))
    trial.expect_refused(trial.verify(), CONSISTENT, "T", where="linux/arm64", writes=FLOORS)


@pytest.mark.row("B47", "B51")
def test_two_images_for_one_platform_are_refused(trial: Trial) -> None:
    both = trial.release.images
    push_copy(trial, both)
    trial.expect_trusted(trial.verify(), UNIQUE)
    for edit in (
        doubled(),
        doubled(architecture="x86_64"),
        doubled(variant="v1"),
        doubled(os="Linux"),
        # Kept for Windows alone: for Linux it tells nothing apart.
        doubled(**{"os.version": "5.10"}),
    ):
        push_copy(trial, both, listing=edit)
        trial.expect_refused(trial.verify(), UNIQUE, "T", where="linux/amd64")


@pytest.mark.row("B51")
def test_the_names_of_one_processor_are_one_platform(trial: Trial) -> None:
    both = trial.release.images
    for variant in ("", "8", "v8", "v8.0"):
        push_copy(trial, both, listing=entry_of(1, variant=variant))
        trial.expect_trusted(trial.verify("--platform", "linux/arm64"), PRESENT, AGREES)
    for name in ("aarch64", "ARM64"):
        push_copy(trial, both, listing=entry_of(1, architecture=name))
        trial.expect_trusted(trial.verify("--platform", "linux/arm64/v8"), PRESENT)

    def twin(document: dict[str, Any]) -> None:
        first, last = document["manifests"]
        document["manifests"] = [last, {**first, "platform": {**last["platform"], "variant": ""}}]

    push_copy(trial, both, listing=twin)
    trial.expect_refused(trial.verify(), UNIQUE, "T", where="linux/arm64/v8")


@pytest.mark.row("B51")
def test_a_platform_that_a_runtime_would_fall_back_to_is_another_one(trial: Trial) -> None:
    both = (*trial.release.images, build_webdis(trial.release.tag, "arm", "v7"))
    sign_images(trial, both)
    push_copy(trial, both)
    trial.expect_trusted(trial.verify("--platform", "linux/arm"), PRESENT)
    for wanted in ("linux/arm/v6", "linux/arm/v8", "linux/arm64/v9", "linux/amd64/v3"):
        outcome = trial.verify("--platform", wanted)
        trial.expect_refused(outcome, PRESENT, "P", where="public.ecr.aws")


@pytest.mark.row("B48")
def test_a_platform_that_nobody_has_is_told_with_those_that_there_are(trial: Trial) -> None:
    trial.expect_trusted(trial.verify("--platform", "linux/amd64,linux/arm64"), PRESENT)
    outcome = trial.verify("--platform", "linux/amd64,linux/s390x")
    trial.expect_refused(outcome, PRESENT, "P", where="public.ecr.aws")
    (told,) = (one for one in outcome.checks("failed") if one["code"] == PRESENT)
    assert (told["expected"], told["actual"]) == ("linux/s390x", "linux/amd64, linux/arm64/v8")


@pytest.mark.row("B48")
def test_a_signed_platform_that_the_copy_lacks_is_another_content(trial: Trial) -> None:
    push_copy(trial, trial.release.images[:1])
    trial.expect_trusted(trial.verify("--platform", "linux/amd64"))
    trial.expect_refused(trial.verify(), PRESENT, "M", where="public.ecr.aws")
    push_copy(trial, trial.release.images, listing=lambda found: found["manifests"].clear())
    trial.expect_refused(trial.verify(), PRESENT, "M", where="public.ecr.aws")


@pytest.mark.row("B49")
def test_a_label_that_is_not_the_config_s_platform_is_refused(trial: Trial) -> None:
    both = trial.release.images
    push_copy(trial, both)
    trial.expect_trusted(trial.verify(), AGREES)

    def swap(document: dict[str, Any]) -> None:
        first, last = document["manifests"]
        first["platform"], last["platform"] = last["platform"], first["platform"]

    push_copy(trial, both, listing=swap)
    trial.expect_refused(trial.verify(), AGREES, "T", where="public.ecr.aws")


@pytest.mark.row("B49")
def test_a_signed_label_that_lies_is_refused_too(trial: Trial) -> None:
    first, last = trial.release.images
    lying = replace(last, platform={"os": "linux", "architecture": "riscv64"})
    sign_images(trial, (first, lying))
    push_copy(trial, (first, lying))
    trial.expect_refused(trial.verify(), AGREES, "T", where="public.ecr.aws", writes=FLOORS)
    # The very bytes that were signed, too: they point a platform to another one's image.
    mine = f"{trial.sandbox.origin}:{trial.release.tag}"
    trial.expect_refused(trial.verify(image=mine), AGREES, "T", where="docker.io", writes=FLOORS)


def attestation(about: str, **changed: str) -> Edit:
    """Return the edit of a list that adds what BuildKit adds: a statement about ``about``."""

    def edit(document: dict[str, Any]) -> None:
        first = document["manifests"][0]
        platform = {"architecture": "unknown", "os": "unknown", **changed}
        notes = {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": about or first["digest"],
        }
        document["manifests"].append({**first, "platform": platform, "annotations": notes})

    return edit


@pytest.mark.row("B50")
def test_an_attestation_is_no_platform_and_is_told(trial: Trial) -> None:
    both = trial.release.images
    push_copy(trial, both)
    trial.expect_trusted(trial.verify())
    push_copy(trial, both, listing=attestation(""))
    trial.expect_warned(trial.verify(), "image.attestation.counted")
    elsewhere = f"sha256:{'ab' * 32}"
    push_copy(trial, both, listing=attestation(elsewhere))
    outcome = trial.verify()
    trial.expect_warned(outcome, "image.attestation.subject")
    assert elsewhere in json.dumps(outcome.verdict["warnings"])


@pytest.mark.row("B50")
def test_an_image_that_calls_itself_an_attestation_is_still_a_platform(trial: Trial) -> None:
    both = trial.release.images
    push_copy(trial, both, listing=attestation(""))
    trial.expect_trusted(trial.verify(), "image.platform.extra")
    push_copy(trial, both, listing=attestation("", os="linux", architecture="s390x"))
    trial.expect_refused(trial.verify(), "image.platform.extra", "M", where="linux/s390x")
    push_copy(trial, both, listing=attestation("", os="linux", architecture="amd64"))
    trial.expect_refused(trial.verify(), UNIQUE, "M", where="linux/amd64")
