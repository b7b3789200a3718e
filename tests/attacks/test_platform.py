"""Indexes: which platforms the copy has, lacks, adds or mixes up."""

from __future__ import annotations

import json

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.image import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    Producer,
    build_image,
    write_list,
    write_manifest,
)
from crosstrust.sandbox.release import TAG, add_platform, build_webdis
from tests.attacks.outcome import Outcome
from tests.attacks.serving import (
    Json,
    list_manifests,
    mirror_of,
    push_images,
    serve_as_tag,
    sign_bytes,
)
from tests.attacks.trial import Trial

HEAD = '[[image]]\nname = "public.ecr.aws/nicolas/webdis"\nsigned-by = "nicolas/webdis"\n'


def levels(outcome: Outcome) -> dict[str, str | None]:
    return {one["platform"]: one["level"] for one in outcome.verdict["platforms"]}


def verify_with_policy(trial: Trial, text: str) -> Outcome:
    keys = f'keys.root = ["{trial.root_pin.removeprefix("root=")}"]\n'
    file = trial.home / "work" / "crosstrust.toml"
    file.write_text(HEAD + text + keys, encoding="utf-8")
    return trial.verify("--policy", str(file), pins=())


@pytest.mark.row("C32")
def test_a_copy_that_lacks_a_platform(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.platform.present", "image.platform.covered")
    push_images(trial, trial.release.images[0])
    for outcome in (
        trial.verify(),
        trial.verify("--platform", "linux/arm64"),
        verify_with_policy(trial, ""),
        verify_with_policy(trial, 'platforms = ["linux/amd64", "linux/arm64"]\n'),
    ):
        trial.expect_refused(outcome, "image.platform.present", "M", where=trial.sandbox.mirror)
    for outcome in (
        trial.verify("--platform", "linux/amd64"),
        verify_with_policy(trial, 'platforms = ["linux/amd64"]\n'),
    ):
        trial.expect_trusted(outcome, "image.platform.present")
        assert levels(outcome) == {"linux/amd64": "image.content.same", "linux/arm64/v8": None}


@pytest.mark.row("C33")
def test_a_platform_that_nobody_signed(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.platform.extra", "image.platform.all")
    add_platform(trial.sandbox, trial.release)
    for more in (
        (),
        ("--platform", "linux/amd64"),
        ("--allow-extra-platforms", "--platform=linux/arm"),
    ):
        outcome = trial.verify(*more)
        trial.expect_refused(outcome, "image.platform.extra", "M", where="linux/arm/v7")
    allowed = trial.verify("--allow-extra-platforms")
    trial.expect_trusted(allowed, "image.platform.extra")
    assert levels(allowed)["linux/arm/v7"] is None
    trial.expect_trusted(verify_with_policy(trial, "allow-extra-platforms = true\n"))


def attestation(trial: Trial, platform: Json) -> Json:
    """An entry that says it is a statement about the first image, for ``platform``."""
    manifest = write_manifest(build_image((), **platform), Producer.BUILDKIT)
    mirror_of(trial).put_manifest(trial.sandbox.repository, manifest.raw, manifest.media_type)
    return {
        "mediaType": manifest.media_type,
        "size": len(manifest.raw),
        "digest": str(manifest.digest),
        "platform": platform,
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": str(trial.release.mirror[0].digest),
        },
    }


def list_beside(trial: Trial, entry: Json) -> None:
    list_manifests(trial, trial.release.mirror, lambda one: one["manifests"].append(entry))


@pytest.mark.row("C34")
def test_an_attestation_on_the_copy_is_told_and_is_no_platform(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.attestation.counted")
    list_beside(trial, attestation(trial, {"architecture": "unknown", "os": "unknown"}))
    outcome = trial.verify()
    trial.expect_warned(outcome, "image.attestation.counted")
    assert set(levels(outcome)) == {"linux/amd64", "linux/arm64/v8"}


@pytest.mark.row("C34")
def test_an_image_that_calls_itself_an_attestation_is_an_image(trial: Trial) -> None:
    """A runtime would pick it by its platform, whatever its annotations say."""
    list_beside(trial, attestation(trial, {"architecture": "s390x", "os": "linux"}))
    outcome = trial.verify()
    where = "linux/s390x"
    trial.expect_refused(outcome, "image.platform.extra", "M", where=where, writes=".local/state/")


@pytest.mark.row("C35")
def test_an_entry_that_points_to_another_platform_s_image(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.platform.agrees")

    def swap(document: Json) -> None:
        first, second = document["manifests"]
        first["platform"], second["platform"] = second["platform"], first["platform"]

    list_manifests(trial, trial.release.mirror, swap)
    for more in ((), ("--platform", "linux/amd64"), ("--accept", "config")):
        outcome = trial.verify(*more)
        for manifest in trial.release.mirror:
            where = str(manifest.digest)
            trial.expect_refused(outcome, "image.platform.agrees", "T", where=where)


@pytest.mark.row("C35")
def test_even_the_author_s_own_index_may_not_mix_up_platforms(trial: Trial) -> None:
    """Signed or not: whoever runs amd64 would get the arm64 image."""
    document = json.loads(write_list(trial.release.origin))
    first, second = document["manifests"]
    first["platform"], second["platform"] = second["platform"], first["platform"]
    for one in trial.release.origin:
        mirror_of(trial).put_manifest(trial.sandbox.repository, one.raw, one.media_type)
    trial.expect_trusted(trial.verify(), "image.platform.agrees")
    sign_bytes(trial, json.dumps(document).encode(), DOCKER_LIST)
    for image in (trial.copy, f"{trial.sandbox.origin}:{TAG}"):
        outcome = trial.verify(image=image)
        trial.expect_refused(outcome, "image.platform.agrees", "T", writes=".local/state/")


@pytest.mark.row("C36")
def test_one_image_signed_and_an_index_of_it_on_the_copy(trial: Trial) -> None:
    signed, copied = trial.release.origin[0], trial.release.mirror[0]
    sign_bytes(trial, signed.raw, DOCKER_MANIFEST)
    same = trial.verify()
    trial.expect_trusted(same, "image.manifest.same")
    assert levels(same) == {"linux/amd64": "image.manifest.same"}
    for manifest, level in ((signed, "image.manifest.same"), (copied, "image.content.same")):
        list_manifests(trial, [manifest])
        outcome = trial.verify()
        trial.expect_trusted(outcome, level)
        assert levels(outcome) == {"linux/amd64": level}
    list_manifests(trial, trial.release.mirror)
    extra = trial.verify()
    trial.expect_refused(extra, "image.platform.extra", "M", where="linux/arm64/v8")
    assert levels(extra) == {"linux/amd64": "image.content.same", "linux/arm64/v8": None}
    trial.expect_trusted(trial.verify("--allow-extra-platforms"), "image.platform.extra")


@pytest.mark.row("C36")
def test_an_index_signed_and_one_image_of_it_on_the_copy(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.index.same", "image.platform.present")
    copied = trial.release.mirror[0]
    serve_as_tag(trial, copied.raw, copied.media_type)
    trial.expect_refused(trial.verify(), "image.platform.present", "M")
    outcome = trial.verify("--platform", "linux/amd64")
    trial.expect_trusted(outcome, "image.platform.present")
    assert levels(outcome)["linux/amd64"] == "image.content.same"
    foreign = push_images(trial, build_webdis("0.1.18", "amd64"))[0]
    serve_as_tag(trial, foreign.raw, foreign.media_type)
    refused = trial.verify("--platform", "linux/amd64")
    trial.expect_refused(refused, "image.config.same", "M", where=str(Digest.of(foreign.raw)))
