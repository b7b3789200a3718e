from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox import Release, Sandbox, publish_release
from crosstrust.sandbox.image import write_list
from crosstrust.sandbox.release import (
    NEXT_TAG,
    add_platform,
    reserialise_list,
    revoke_tag,
    roll_back_notary,
    swap_layer,
)
from tests.unit.sandbox.reader import is_complete, signed

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(at=AT)


@pytest.fixture
def release(sandbox: Sandbox) -> Release:
    return publish_release(sandbox)


def tagged(sandbox: Sandbox, host: str, tag: str = "0.1.19") -> bytes:
    stored = sandbox.registries[host].manifest(sandbox.repository, tag)
    assert stored is not None
    return stored.raw


def children(sandbox: Sandbox, host: str) -> list[dict[str, Any]]:
    """The manifests that the list names, each found in the registry under its digest."""
    found = []
    for entry in json.loads(tagged(sandbox, host))["manifests"]:
        stored = sandbox.registries[host].manifest(sandbox.repository, entry["digest"])
        assert stored is not None
        assert str(Digest.of(stored.raw)) == entry["digest"]
        assert len(stored.raw) == entry["size"]
        found.append(json.loads(stored.raw))
    return found


def contents(manifest: dict[str, Any]) -> list[str]:
    return [manifest["config"]["digest"], *(layer["digest"] for layer in manifest["layers"])]


def published(sandbox: Sandbox, role: str) -> dict[str, Any]:
    raw = sandbox.notary.current(sandbox.origin, role)
    assert raw is not None
    return signed(raw)


def test_the_release_has_the_shape_of_the_guide(sandbox: Sandbox, release: Release) -> None:
    raw = tagged(sandbox, "docker.io")
    assert (len(raw), Digest.of(raw)) == (772, release.signed)
    platforms = [entry["platform"] for entry in json.loads(raw)["manifests"]]
    assert platforms == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm64", "os": "linux", "variant": "v8"},
    ]
    assert [len(one["layers"]) for one in children(sandbox, "docker.io")] == [5, 5]


def test_the_mirror_has_other_manifests_of_the_same_images(
    sandbox: Sandbox, release: Release
) -> None:
    ours, theirs = children(sandbox, "docker.io"), children(sandbox, "public.ecr.aws")
    assert [contents(one) for one in ours] == [contents(one) for one in theirs]
    assert not {one.digest for one in release.origin} & {one.digest for one in release.mirror}


def test_everything_that_a_manifest_names_is_there(sandbox: Sandbox, release: Release) -> None:
    assert len(release.images) == 2
    for host, registry in sandbox.registries.items():
        for digest in (name for one in children(sandbox, host) for name in contents(one)):
            stored = registry.blob(sandbox.repository, Digest.parse(digest))
            assert stored is not None
            assert str(Digest.of(stored.raw)) == digest


def test_the_list_is_signed_by_the_repository_key(sandbox: Sandbox, release: Release) -> None:
    assert set(published(sandbox, "targets")["targets"]) == {release.tag}
    assert published(sandbox, "targets")["targets"][release.tag]["length"] == release.length
    assert is_complete(sandbox.author.files())
    assert "targets/nicolasff" in sandbox.author.roles()


def test_a_second_release_is_a_second_state(sandbox: Sandbox, release: Release) -> None:
    publish_release(sandbox, NEXT_TAG)
    assert set(published(sandbox, "targets")["targets"]) == {release.tag, NEXT_TAG}
    said = roll_back_notary(sandbox, release)
    assert "older" in said
    assert set(published(sandbox, "targets")["targets"]) == {release.tag}


def test_a_foreign_layer_stands_under_the_honest_config(sandbox: Sandbox, release: Release) -> None:
    said = swap_layer(sandbox, release)
    honest, forged = children(sandbox, "docker.io"), children(sandbox, "public.ecr.aws")
    assert contents(forged[0]) == contents(honest[0])
    assert contents(forged[1])[:-1] == contents(honest[1])[:-1]
    assert contents(forged[1])[-1] != contents(honest[1])[-1]
    assert "foreign" in said


def test_a_reserialised_list_means_the_same(sandbox: Sandbox, release: Release) -> None:
    said = reserialise_list(sandbox, release)
    raw = tagged(sandbox, "docker.io")
    assert json.loads(raw) == json.loads(write_list(release.origin))
    assert Digest.of(raw) != release.signed
    assert "other bytes" in said


def test_an_extra_platform_is_offered_by_the_mirror_alone(
    sandbox: Sandbox, release: Release
) -> None:
    said = add_platform(sandbox, release)
    entries = json.loads(tagged(sandbox, "public.ecr.aws"))["manifests"]
    assert [one["platform"]["architecture"] for one in entries] == ["amd64", "arm64", "arm"]
    assert [one["digest"] for one in entries[:2]] == [str(one.digest) for one in release.mirror]
    assert Digest.of(tagged(sandbox, "docker.io")) == release.signed
    assert "linux/arm/v7" in said


def test_a_revoked_tag_is_still_served_by_both(sandbox: Sandbox, release: Release) -> None:
    said = revoke_tag(sandbox, release)
    assert published(sandbox, "targets")["targets"] == {}
    assert tagged(sandbox, "docker.io") == write_list(release.origin)
    assert tagged(sandbox, "public.ecr.aws") == write_list(release.mirror)
    assert "revoked 0.1.19" in said
