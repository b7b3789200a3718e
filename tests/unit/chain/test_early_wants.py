"""What is fetched before the signed digest is known: both sides, and nothing in vain."""

from __future__ import annotations

from crosstrust.chain.dossier import Dossier
from crosstrust.chain.judge import early_wants
from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Demand, Question
from crosstrust.chain.want import ReadManifest, ResolveTag, Want
from crosstrust.oci.reference import parse_reference
from crosstrust.sandbox.image import Producer, write_manifest
from tests.unit.chain.world import AT, BOTH, GUN, MIRROR, TAG, World, mirrored, release, webdis

COPY, ORIGIN = ResolveTag(MIRROR, TAG), ResolveTag(GUN, TAG)


def early(world: World, *answered: Want, subject: str = f"{MIRROR}:{TAG}") -> set[Want]:
    """What is wanted once the wants in ``answered`` have their replies."""
    question = Question(
        parse_reference(subject), parse_reference(f"{GUN}:{TAG}"), Pins(), Demand(), AT
    )
    return set(early_wants(question, Dossier(world.fetch_all(answered))))


def children(repository: str, producer: Producer) -> set[Want]:
    return {ReadManifest(repository, write_manifest(image, producer).digest) for image in BOTH}


def test_first_both_tags() -> None:
    assert early(mirrored()) == {COPY, ORIGIN}
    assert early(mirrored(), COPY) == {ORIGIN} | children(MIRROR, Producer.ENGINE)
    assert early(mirrored(), ORIGIN) == {COPY} | children(GUN, Producer.BUILDKIT_2021)


def test_then_the_images_of_both_lists() -> None:
    wanted = early(mirrored(), COPY, ORIGIN)
    assert wanted == children(MIRROR, Producer.ENGINE) | children(GUN, Producer.BUILDKIT_2021)


def test_nothing_more_of_an_origin_that_holds_the_same_bytes() -> None:
    world = release()
    world.push_list(MIRROR, TAG, BOTH)
    assert early(world, COPY, ORIGIN) == children(MIRROR, Producer.BUILDKIT_2021)


def test_nothing_more_of_an_origin_that_has_no_such_tag() -> None:
    world = mirrored()
    del world.tags[GUN, TAG]
    assert early(world, COPY, ORIGIN) == children(MIRROR, Producer.ENGINE)


def test_the_signed_repository_is_one_side_alone() -> None:
    world = release([webdis("amd64")])
    manifest = write_manifest(webdis("amd64"), Producer.BUILDKIT_2021)
    found = early(world, ORIGIN, subject=f"{GUN}:{TAG}")
    assert found == {ReadManifest(GUN, manifest.digest)}


def test_of_the_signed_repository_itself_one_tag_is_asked_for_once() -> None:
    signed = parse_reference(f"{GUN}:{TAG}")
    plain = Question(signed, signed, Pins(), Demand(), AT)
    assert (plain.origin, plain.first) == (None, (ORIGIN,))
    copied = Question(parse_reference(f"{MIRROR}:{TAG}"), signed, Pins(), Demand(), AT)
    assert (copied.origin, copied.first) == (ORIGIN, (COPY, ORIGIN))
