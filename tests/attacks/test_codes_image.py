"""What is missing, moved or not reached: children, signed bytes, tags, platforms, levels."""

from __future__ import annotations

import json
from typing import Any

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.exchange import answer_error
from crosstrust.sandbox.image import DOCKER_LIST
from crosstrust.sandbox.sandbox import MIRROR, ORIGIN
from tests.attacks.outcome import Outcome
from tests.attacks.repacked import push_copy, rewrite
from tests.attacks.trial import Trial

LATER = answer_error(503, "UNAVAILABLE", "later", Retry_After="3600")


def codes(outcome: Outcome, kind: str) -> set[str]:
    return {one["code"] for one in outcome.checks(kind)}


def copy_of_list(trial: Trial, document: dict[str, Any]) -> None:
    """Point the mirror's tag at a list."""
    raw = json.dumps(document).encode()
    registry, name = trial.sandbox.registries[MIRROR], trial.sandbox.repository
    registry.put_manifest(name, raw, DOCKER_LIST, trial.release.tag)


def test_a_child_that_is_listed_and_not_served_is_refused(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.child.present", "image.platform.known")
    registry, name = trial.sandbox.registries[MIRROR], trial.sandbox.repository
    registry.remove(name, trial.release.mirror[-1].digest)
    outcome = trial.verify("--no-cache")
    where = str(trial.release.mirror[-1].digest)
    trial.expect_refused(outcome, "image.child.present", "M", where=where)


def test_an_image_without_a_platform_is_not_taken_for_the_missing_one(trial: Trial) -> None:
    def unlabel(listing: dict[str, Any]) -> None:
        for entry in listing["manifests"]:
            del entry["platform"]

    both = trial.release.images
    push_copy(trial, both, listing=unlabel)
    trial.expect_trusted(trial.verify(), "image.platform.known", "image.platform.covered")
    digest = Digest.of(both[-1].config)
    trial.service.fail(f"public.ecr.aws/v2/nicolas/webdis/blobs/{digest}", LATER)
    outcome = trial.verify("--no-cache")
    trial.expect_refused(outcome, "image.platform.known", "U", where="public.ecr.aws")
    assert not codes(outcome, "failed")


def test_an_image_of_which_a_part_could_not_be_read_is_not_called_the_same(trial: Trial) -> None:
    push_copy(trial, trial.release.images)
    trial.expect_trusted(trial.verify(), "image.content.same")
    digest = Digest.of(trial.release.images[-1].config)
    trial.service.fail(f"public.ecr.aws/v2/nicolas/webdis/blobs/{digest}", LATER)
    outcome = trial.verify("--no-cache")
    trial.expect_refused(outcome, "image.content.same", "U", where="linux/arm64")


def test_signed_bytes_that_are_gone_leave_only_equal_bytes_to_be_proved(trial: Trial) -> None:
    trial.expect_trusted(trial.verify("--no-cache"), "image.signed.present")
    origin, name = trial.sandbox.registries[ORIGIN], trial.sandbox.repository
    raw = origin.manifest(name, trial.release.tag)
    origin.remove(name, trial.release.signed)
    outcome = trial.verify("--no-cache")
    where = str(trial.release.signed)
    trial.expect_refused(outcome, "image.signed.present", "U", where=where)
    # The same bytes on the mirror need nothing of the origin.
    assert raw is not None
    for manifest in trial.release.origin:
        registry = trial.sandbox.registries[MIRROR]
        registry.put_manifest(name, manifest.raw, manifest.media_type)
    trial.sandbox.registries[MIRROR].put_manifest(name, raw.raw, DOCKER_LIST, trial.release.tag)
    trial.expect_trusted(trial.verify("--no-cache"), "image.index.same")


def test_the_author_s_own_tag_must_hold_the_signed_bytes(trial: Trial) -> None:
    mine = f"{trial.sandbox.origin}:{trial.release.tag}"
    trial.expect_trusted(trial.verify(image=mine), "image.tag.signed", "image.index.same")
    origin, name = trial.sandbox.registries[ORIGIN], trial.sandbox.repository
    stored = origin.manifest(name, trial.release.tag)
    assert stored is not None
    other = rewrite(stored.raw, lambda document: document.update(annotations={}))
    origin.put_manifest(name, other, DOCKER_LIST, trial.release.tag)
    outcome = trial.verify(image=mine)
    trial.expect_refused(outcome, "image.tag.signed", "M", where=mine)


def test_a_tag_that_is_not_there_is_told_as_such(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.tag.present")
    trial.sandbox.registries[MIRROR].remove_tag(trial.sandbox.repository, trial.release.tag)
    trial.expect_refused(trial.verify(), "image.tag.present", "M", where=trial.copy)


def test_levels_that_are_not_reached_are_not_claimed(trial: Trial) -> None:
    # Not above the content, since another tool wrote the manifests.
    trial.expect_trusted(trial.verify(), "image.content.same", "image.platform.all")
    less = trial.verify()
    assert level(less) == {"image.content.same"}
    assert not {"image.index.same", "image.manifest.same"} & codes(less, "passed")
    trial.note_failed("image.index.same", "image.manifest.same")
    push_copy(trial, trial.release.images[:1])
    outcome = trial.verify()
    trial.expect_refused(outcome, "image.platform.present", "M")
    unreached = {"image.platform.covered", "image.platform.all"}
    assert not unreached & codes(outcome, "passed")
    trial.note_failed(*unreached)


def level(outcome: Outcome) -> set[str]:
    return {one["level"] for one in outcome.verdict["platforms"]}


def test_one_platform_s_manifest_may_be_the_signed_one_under_another_list(trial: Trial) -> None:
    registry, name = trial.sandbox.registries[MIRROR], trial.sandbox.repository
    for manifest in trial.release.origin:
        registry.put_manifest(name, manifest.raw, manifest.media_type)
    stored = trial.sandbox.registries[ORIGIN].manifest(name, trial.release.tag)
    assert stored is not None
    copy_of_list(trial, json.loads(stored.raw))
    outcome = trial.verify()
    trial.expect_trusted(outcome, "image.manifest.same", "image.config.same", "image.platform.all")
    assert level(outcome) == {"image.manifest.same"}


def test_attestations_on_both_sides_alike_are_not_spoken_of(trial: Trial) -> None:
    outcome = trial.verify()
    trial.expect_trusted(outcome, "image.attestation.counted", "image.attestation.subject")
    assert outcome.verdict["warnings"] == []
