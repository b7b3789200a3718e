"""A copy that the author did sign, only as another release than its tag says."""

from __future__ import annotations

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.image import DOCKER_MANIFEST, Producer, write_list
from crosstrust.sandbox.release import NEXT_TAG, TAG, publish_release, push
from crosstrust.sandbox.sandbox import MIRROR, ORIGIN
from tests.attacks.outcome import Outcome
from tests.attacks.trial import Trial


def sign_as(trial: Trial, tag: str, digest: Digest, length: int) -> None:
    """Sign what is served already under a further tag, and point the author's tag at it."""
    registry, name = trial.sandbox.registries[ORIGIN], trial.sandbox.repository
    stored = registry.manifest(name, str(digest))
    assert stored is not None
    registry.put_manifest(name, stored.raw, stored.media_type, tag)
    trial.sandbox.author.sign(tag, digest, length, roles=("targets",))
    trial.sandbox.publish()


def mirror_as(trial: Trial, tag: str) -> str:
    """Copy the first release, byte by byte, to ``tag`` on the mirror, and return its name."""
    registry = trial.sandbox.registries[MIRROR]
    push(registry, trial.sandbox.repository, tag, trial.release.images)
    return f"{trial.sandbox.mirror}:{tag}"


def named(outcome: Outcome, code: str) -> str:
    (found,) = [check for check in outcome.checks("failed") if check["code"] == code]
    return f"{found['actual']} {found['remedy']}"


@pytest.mark.row("C12")
def test_an_older_release_under_a_newer_version_is_named(trial: Trial) -> None:
    publish_release(trial.sandbox, NEXT_TAG)
    newer = f"{trial.sandbox.mirror}:{NEXT_TAG}"
    trial.expect_trusted(trial.verify(image=newer), "image.tag.same")
    replayed = trial.verify(image=mirror_as(trial, NEXT_TAG))
    trial.expect_refused(replayed, "image.tag.same", "T", where=newer)
    assert f"signed as {TAG}" in named(replayed, "image.tag.same")
    # The very same bytes are trusted under the name that the author gave them.
    trial.expect_trusted(trial.verify(image=mirror_as(trial, TAG)), "image.tag.same")


@pytest.mark.row("C13", "C14")
@pytest.mark.parametrize("moving", ["latest", "0.1"])
def test_a_moving_tag_that_holds_the_last_release_is_late_and_no_match(
    trial: Trial, moving: str
) -> None:
    """A late mirror and a replaying one serve the same bytes: neither is what is signed now."""
    sign_as(trial, moving, trial.release.signed, trial.release.length)
    image = mirror_as(trial, moving)
    trial.expect_trusted(trial.verify(image=image), "image.tag.current")
    later = publish_release(trial.sandbox, NEXT_TAG)
    sign_as(trial, moving, later.signed, later.length)
    late = trial.verify(image=image)
    # What the author signed since is verified and remembered, whatever the copy holds.
    trial.expect_refused(late, "image.tag.current", "M", where=image, writes=".local/state/")
    assert f"signed as {TAG}" in named(late, "image.tag.current")
    # Whoever wants that release says so.
    trial.expect_trusted(trial.verify("--signed-by", f"{trial.sandbox.origin}:{TAG}", image=image))


@pytest.mark.row("C12")
def test_the_same_goes_for_the_signed_repository_itself(trial: Trial) -> None:
    later = publish_release(trial.sandbox, NEXT_TAG)
    image = f"{trial.sandbox.origin}:{NEXT_TAG}"
    trial.expect_trusted(trial.verify(image=image), "image.tag.same", "image.tag.signed")
    registry, name = trial.sandbox.registries[ORIGIN], trial.sandbox.repository
    push(registry, name, NEXT_TAG, trial.release.images)
    assert registry.resolve(name, NEXT_TAG) == trial.release.signed != later.signed
    replayed = trial.verify(image=image)
    trial.expect_refused(replayed, "image.tag.same", "T", where=image)
    trial.expect_refused(replayed, "image.tag.signed", "M", where=image)


@pytest.mark.row("C12")
def test_a_release_that_another_producer_serialised_is_another_image(trial: Trial) -> None:
    publish_release(trial.sandbox, NEXT_TAG)
    registry, name = trial.sandbox.registries[MIRROR], trial.sandbox.repository
    image = f"{trial.sandbox.mirror}:{NEXT_TAG}"
    trial.expect_trusted(trial.verify(image=image), "image.config.same")
    push(registry, name, NEXT_TAG, trial.release.images, producer=Producer.ENGINE)
    trial.expect_refused(trial.verify(image=image), "image.config.same", "M")


@pytest.mark.row("C12")
def test_one_platform_of_the_release_under_its_version_is_an_incomplete_push(
    trial: Trial,
) -> None:
    """Signed as 0.1.19-amd64 for those who want it so; no other version, so no alarm."""
    single = trial.release.origin[0]
    sign_as(trial, f"{TAG}-amd64", single.digest, len(single.raw))
    registry, name = trial.sandbox.registries[MIRROR], trial.sandbox.repository
    trial.expect_trusted(trial.verify(), "image.tag.same", "image.platform.present")
    registry.put_manifest(name, single.raw, DOCKER_MANIFEST, TAG)
    outcome = trial.verify()
    trial.expect_refused(outcome, "image.tag.same", "M", where=TAG)
    trial.expect_refused(outcome, "image.platform.present", "M")
    trial.expect_trusted(trial.verify("--platform", "linux/amd64"), "image.tag.same")


@pytest.mark.row("C12")
def test_one_release_signed_in_two_forms_is_no_other_release(trial: Trial) -> None:
    mirrored = write_list(trial.release.mirror)
    registry, name = trial.sandbox.registries[ORIGIN], trial.sandbox.repository
    push(registry, name, "0.1.18", trial.release.images, producer=Producer.ENGINE)
    assert registry.resolve(name, "0.1.18") == Digest.of(mirrored)
    trial.sandbox.author.sign("0.1.18", Digest.of(mirrored), len(mirrored), roles=("targets",))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "image.tag.same", "image.content.same")
