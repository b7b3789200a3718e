"""Which image is meant: names that look alike, tags beside digests, one registry by two names."""

from __future__ import annotations

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.image import Producer
from crosstrust.sandbox.release import NEXT_TAG, publish_release, push
from crosstrust.sandbox.sandbox import MIRROR, ORIGIN
from tests.attacks.trial import Trial

ODD_NAMES = (
    "docker.io/n\u0456colas/webdis",  # a Cyrillic letter that looks like "i"
    "docker.io/nicolas/webdi\uff53",
    "d\u043ecker.io/nicolas/webdis",
    "docker.io/nicolas/web\u200bdis",
    "docker.io/nicolas/webdis\u202e",
    "docker.io/Nicolas/webdis",
    "https://docker.io/nicolas/webdis",
    "docker.io//nicolas/webdis",
    "docker.io/nicolas/../webdis",
)
READ_AS = {
    "webdis": "docker.io/library/webdis:latest",
    "index.docker.io/webdis": "docker.io/library/webdis:latest",
    "registry-1.docker.io/webdis": "registry-1.docker.io/webdis:latest",
    "localhost/x": "localhost/x:latest",
    "localhos/x": "docker.io/localhos/x:latest",
    "host:80/x": "host:80/x:latest",
    "host:80": "docker.io/library/host:80",
    "a.b/c": "a.b/c:latest",
    "a/b/c": "docker.io/a/b/c:latest",
    "a.b": "docker.io/library/a.b:latest",
    "UPPER/x": "UPPER/x:latest",
}
NOWHERE = Digest.of(b"never pushed")


@pytest.mark.row("C08")
def test_a_name_that_only_looks_right_is_refused(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "reference.form")
    asked = len(trial.service.requests)
    for odd in ODD_NAMES:
        trial.expect_usage(trial.run("verify", odd), "reference.form")
        trial.expect_usage(trial.verify("--signed-by", odd), "reference.form")
    assert len(trial.service.requests) == asked


@pytest.mark.row("C08")
@pytest.mark.parametrize(
    "name",
    [
        "docker.io/nicolas/webdis",
        "index.docker.io/nicolas/webdis",
        "Index.Docker.IO/nicolas/webdis",
        "nicolas/webdis",
    ],
)
def test_one_repository_has_one_name(trial: Trial, name: str) -> None:
    for outcome in (trial.verify("--signed-by", name), trial.verify(image=f"{name}:0.1.19")):
        trial.expect_trusted(outcome, "reference.form")
        assert outcome.verdict["signed_by"] == f"{trial.sandbox.origin}:{trial.release.tag}"


@pytest.mark.row("C08", "C09")
def test_the_first_part_is_a_host_where_docker_takes_it_for_one(trial: Trial) -> None:
    """Offline, so that nobody is asked: only the name is of interest."""
    for typed, subject in READ_AS.items():
        outcome = trial.run("verify", typed, "--offline", "--format", "json")
        assert (outcome.code, outcome.verdict["decision"]) == (3, "undecided")
        assert (outcome.verdict["subject"], outcome.verdict["signed_by"]) == (subject, subject)
        assert (trial.service.requests, outcome.written) == ([], set())


@pytest.mark.row("C10")
def test_a_tag_beside_a_digest_must_hold_it(trial: Trial) -> None:
    publish_release(trial.sandbox, NEXT_TAG)
    registry, name = trial.sandbox.registries[MIRROR], trial.sandbox.repository
    held, later = (registry.resolve(name, tag) for tag in (trial.release.tag, NEXT_TAG))
    honest = f"{trial.copy}@{held}"
    trial.expect_trusted(trial.verify(image=honest), "reference.tag.digest")
    raw = registry.manifest(name, str(later))
    assert raw is not None
    registry.put_manifest(name, raw.raw, raw.media_type, trial.release.tag)
    # The digest is the signed image, and still the tag beside it is another one.
    trial.expect_refused(trial.verify(image=honest), "reference.tag.digest", "T", where=trial.copy)
    registry.remove_tag(name, trial.release.tag)
    gone = trial.verify(image=honest)
    trial.expect_refused(gone, "reference.tag.digest", "M", where=trial.copy)


@pytest.mark.row("C10")
def test_a_digest_that_is_signed_under_another_tag_is_not_that_tag(trial: Trial) -> None:
    later = publish_release(trial.sandbox, NEXT_TAG)
    origin = trial.sandbox.origin
    trial.expect_trusted(
        trial.verify(image=f"{origin}:{NEXT_TAG}@{later.signed}"), "reference.tag.digest"
    )
    swapped = trial.verify(image=f"{origin}:{trial.release.tag}@{later.signed}")
    trial.expect_refused(swapped, "reference.tag.digest", "T", where=origin)
    unsigned = trial.verify(image=f"{origin}:0.1.18@{later.signed}")
    trial.expect_refused(unsigned, "tuf.target.present", "N", where="0.1.18")
    mirrored = trial.sandbox.registries[MIRROR].resolve(trial.sandbox.repository, NEXT_TAG)
    copy = trial.verify(image=f"{trial.copy}@{mirrored}")
    trial.expect_refused(copy, "reference.tag.digest", "T", where=trial.copy)


@pytest.mark.row("C11")
def test_a_digest_alone_is_any_tag_that_signs_it_and_the_tag_is_named(trial: Trial) -> None:
    origin = trial.sandbox.origin
    outcome = trial.verify(image=f"{origin}@{trial.release.signed}")
    trial.expect_trusted(outcome, "tuf.target.present")
    assert outcome.verdict["signed"]["tag"] == trial.release.tag
    registry, name = trial.sandbox.registries[ORIGIN], trial.sandbox.repository
    signed = registry.manifest(name, trial.release.tag)
    assert signed is not None
    unsigned = registry.put_manifest(name, signed.raw + b"\n", signed.media_type)
    for digest in (unsigned, NOWHERE, trial.release.origin[0].digest):
        # An image of a signed list is not itself signed.
        refused = trial.verify(image=f"{origin}@{digest}")
        trial.expect_refused(refused, "tuf.target.present", "N", where=str(digest))


@pytest.mark.row("C11")
def test_a_digest_alone_on_another_registry_does_not_say_which_release(trial: Trial) -> None:
    held = trial.sandbox.registries[MIRROR].resolve(trial.sandbox.repository, trial.release.tag)
    image = f"{trial.sandbox.mirror}@{held}"
    trial.expect_usage(trial.verify(image=image), "reference.form")
    signed_by = f"{trial.sandbox.origin}:{trial.release.tag}"
    trial.expect_trusted(trial.verify("--signed-by", signed_by, image=image), "reference.form")
    other = trial.verify("--signed-by", f"{trial.sandbox.origin}:0.1.18", image=image)
    trial.expect_refused(other, "tuf.target.present", "N", where="0.1.18")


@pytest.mark.row("C38")
@pytest.mark.parametrize("alias", ["registry-1.docker.io", "registry-1.docker.io:443"])
def test_the_signed_repository_under_another_name_is_no_copy_of_it(
    trial: Trial, alias: str
) -> None:
    """It is the author's image, so it is trusted; but nothing was learned of any mirror."""
    outcome = trial.verify(image=f"{alias}/{trial.sandbox.repository}:{trial.release.tag}")
    trial.expect_warned(outcome, "source.distinct")
    (warning,) = outcome.verdict["warnings"]
    assert warning["text"].startswith(f"{alias} is docker.io by another name")


@pytest.mark.row("C38")
def test_the_signed_repository_itself_is_verified_by_its_bytes(trial: Trial) -> None:
    """By its own name it is plain content trust: the signed bytes or nothing, and no warning."""
    image = f"{trial.sandbox.origin}:{trial.release.tag}"
    for outcome in (
        trial.verify(),
        trial.verify(image=image),
        trial.verify(image=f"index.{image}"),
    ):
        trial.expect_trusted(outcome, "source.distinct", "image.tag.signed")
        assert outcome.verdict["warnings"] == []
    registry, name = trial.sandbox.registries[ORIGIN], trial.sandbox.repository
    push(registry, name, trial.release.tag, trial.release.images, producer=Producer.ENGINE)
    trial.expect_refused(trial.verify(image=image), "image.tag.signed", "M", where=image)


@pytest.mark.row("C38")
def test_another_repository_of_the_same_registry_is_a_copy(trial: Trial) -> None:
    registry, release = trial.sandbox.registries[ORIGIN], trial.release
    push(registry, "other/webdis", release.tag, release.images, producer=Producer.ENGINE)
    outcome = trial.verify(image=f"docker.io/other/webdis:{trial.release.tag}")
    trial.expect_trusted(outcome, "source.distinct", "image.content.same")
    assert outcome.verdict["warnings"] == []
