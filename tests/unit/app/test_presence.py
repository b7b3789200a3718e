"""Mirror gaps: that one registry has an object does not say that another has it.

Bytes are known by their digest, wherever they came from. That a copy can be pulled is another
matter: a registry has what it served itself.
"""

from __future__ import annotations

import json

from crosstrust.app.session import open_session
from crosstrust.app.survey import survey
from crosstrust.chain.want import ReadBlob, ReadManifest
from crosstrust.evidence.verdict import Decision, Level
from crosstrust.oci.digest import Digest
from crosstrust.oci.reference import parse_reference
from crosstrust.sandbox.image import OCI_INDEX, Manifest, write_index
from crosstrust.sandbox.registry import Registry
from crosstrust.sandbox.release import TAG
from tests.unit.app.desk import COPY, MIRROR, ORIGIN, SIGNED, Desk, failed

NAME = "nicolas/webdis"


def mirror_of(desk: Desk) -> Registry:
    return desk.sandbox.registries["public.ecr.aws"]


def list_signed_manifests(desk: Desk) -> Digest:
    """Let the mirror have the author's own manifests, below an index of other bytes."""
    mirror, manifests = mirror_of(desk), desk.release.origin
    found = [mirror.put_manifest(NAME, one.raw, one.media_type) for one in manifests]
    mirror.put_manifest(NAME, write_index(manifests), OCI_INDEX, TAG)
    return found[0]


def nest(desk: Desk) -> None:
    """Put the mirror's index below another one, so that its images are read after the origin's."""
    mirror, inner = mirror_of(desk), write_index(desk.release.origin)
    mirror.put_manifest(NAME, inner, OCI_INDEX)
    outer = json.loads(write_index([Manifest(inner, OCI_INDEX, {})]))
    del outer["manifests"][0]["platform"]
    mirror.put_manifest(NAME, json.dumps(outer).encode(), OCI_INDEX, TAG)


def content_asked(desk: Desk, repository: str) -> int:
    """How many manifests and configs of ``repository`` the last session asked for."""
    kinds = ReadManifest | ReadBlob
    return sum(isinstance(w, kinds) and w.repository == repository for w in desk.asked)


def expect_gap(desk: Desk, missing: Digest) -> None:
    verdict = desk.ask()
    assert verdict.decision is Decision.REJECTED
    places = {check.where for check in verdict.failures if check.code == "image.child.present"}
    assert places == {f"{MIRROR}@{missing}"}


def test_a_copy_of_the_very_manifests_is_trusted(desk: Desk) -> None:
    list_signed_manifests(desk)
    nest(desk)
    verdict = desk.ask()
    assert verdict.decision is Decision.TRUSTED
    assert {result.level for result in verdict.platforms} == {Level.MANIFEST}


def test_a_manifest_that_the_author_served_a_moment_ago_is_no_copy(desk: Desk) -> None:
    missing = list_signed_manifests(desk)
    nest(desk)
    mirror_of(desk).remove(NAME, missing)
    expect_gap(desk, missing)


def test_a_manifest_that_the_author_served_yesterday_is_no_copy(desk: Desk) -> None:
    assert desk.ask(SIGNED)
    missing = list_signed_manifests(desk)
    mirror_of(desk).remove(NAME, missing)
    expect_gap(desk, missing)


def test_a_config_that_the_author_served_yesterday_is_no_copy(desk: Desk) -> None:
    assert desk.ask(SIGNED)
    missing = Digest.of(desk.release.images[0].config)
    mirror_of(desk).remove(NAME, missing)
    expect_gap(desk, missing)


def test_the_signed_index_itself_may_lack_its_images_on_the_copy(desk: Desk) -> None:
    assert desk.ask(SIGNED)
    missing = list_signed_manifests(desk)
    signed = desk.sandbox.registries["docker.io"].manifest(NAME, TAG)
    assert signed is not None
    mirror_of(desk).put_manifest(NAME, signed.raw, signed.media_type, TAG)
    mirror_of(desk).remove(NAME, missing)
    expect_gap(desk, missing)


def test_what_a_registry_served_once_is_not_asked_of_it_again(desk: Desk) -> None:
    list_signed_manifests(desk)
    assert desk.ask()
    assert (content_asked(desk, ORIGIN), content_asked(desk, MIRROR)) == (2, 4)
    assert desk.ask()
    assert (content_asked(desk, ORIGIN), content_asked(desk, MIRROR)) == (0, 0)


def test_what_a_tag_held_is_not_asked_for_again_by_its_digest(desk: Desk) -> None:
    found = desk.ask()
    assert desk.ask(found.pinned, signed_by=SIGNED)
    assert (content_asked(desk, ORIGIN), content_asked(desk, MIRROR)) == (0, 0)


def test_where_nothing_says_who_served_the_bytes_they_are_asked_for(desk: Desk) -> None:
    assert desk.ask()
    for file in (desk.cache / "names").iterdir():
        file.unlink()
    missing = Digest.of(desk.release.images[0].config)
    mirror_of(desk).remove(NAME, missing)
    expect_gap(desk, missing)


def test_bytes_under_a_wrong_digest_are_not_there(desk: Desk) -> None:
    assert desk.ask(SIGNED)
    missing = Digest.of(desk.release.images[0].config)
    mirror_of(desk).replace_blob(NAME, missing, b"{}")
    with open_session(desk.options(), door=desk.door) as session:
        survey(session.fetcher, parse_reference(COPY), depth="config")
    assert "image.digest.match" in failed(desk.ask())


def test_offline_a_copy_is_what_was_seen_of_it(desk: Desk) -> None:
    assert desk.ask(SIGNED)
    assert desk.ask(SIGNED, offline=True).decision is Decision.TRUSTED
    assert desk.ask(COPY, offline=True).decision is Decision.UNDECIDED
    assert desk.ask(COPY)
    assert desk.ask(COPY, offline=True).decision is Decision.TRUSTED
