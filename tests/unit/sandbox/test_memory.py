from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crosstrust.chain.answer import Absent, Answer, Gap, Measured
from crosstrust.chain.want import (
    Look,
    MeasureLayer,
    ReadBlob,
    ReadManifest,
    ReadRole,
    ResolveTag,
    Want,
)
from crosstrust.evidence.check import Class, Outcome
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.sandbox import MemorySource, Release, Sandbox, publish_release
from crosstrust.sandbox.image import DOCKER_LIST, DOCKER_MANIFEST, write_list
from crosstrust.sandbox.layer import DOCKER_LAYER

AT = datetime(2026, 1, 1, tzinfo=UTC)
NOWHERE = Digest.of(b"nothing has this digest")


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(at=AT)


@pytest.fixture
def release(sandbox: Sandbox) -> Release:
    return publish_release(sandbox)


@pytest.fixture
def source(sandbox: Sandbox, release: Release) -> MemorySource:
    assert release.tag == "0.1.19"
    return sandbox.source()


def test_a_tag_answers_with_the_bytes_and_later_with_a_claim(
    sandbox: Sandbox, release: Release, source: MemorySource
) -> None:
    first = ResolveTag(sandbox.origin, release.tag)
    last = ResolveTag(sandbox.origin, release.tag, Look.LAST)
    raw, claim = write_list(release.origin), str(release.signed)
    assert source.fetch_all([first, last]) == {
        first: Answer(raw, DOCKER_LIST, claim, "https://docker.io", AT),
        last: Answer(b"", DOCKER_LIST, claim, "https://docker.io", AT),
    }


def test_each_side_answers_with_its_own_manifests_and_the_same_config(
    sandbox: Sandbox, release: Release, source: MemorySource
) -> None:
    mirrored = release.mirror[0]
    manifest = ReadManifest(sandbox.mirror, mirrored.digest)
    elsewhere = ReadManifest(sandbox.origin, mirrored.digest)
    config = release.images[0].config
    blobs = [
        ReadBlob(side, Digest.of(config), len(config)) for side in (sandbox.origin, sandbox.mirror)
    ]
    replies = source.fetch_all([manifest, elsewhere, *blobs])
    found = replies[manifest]
    assert isinstance(found, Answer)
    assert (found.raw, found.media_type) == (mirrored.raw, DOCKER_MANIFEST)
    assert replies[elsewhere] == Absent("https://docker.io")
    assert [getattr(replies[blob], "raw", None) for blob in blobs] == [config, config]


def test_role_files_answer_by_name_number_and_hash(sandbox: Sandbox, source: MemorySource) -> None:
    files = sandbox.author.files()
    sha256 = Digest.of(files["targets"]).hex
    wants = {
        ReadRole(sandbox.origin, "timestamp"): files["timestamp"],
        ReadRole(sandbox.origin, "root", version=1): files["root"],
        ReadRole(sandbox.origin, "targets", sha256=sha256): files["targets"],
    }
    replies = source.fetch_all(list(wants))
    origin = "https://notary.docker.io"
    assert replies == {want: Answer(raw, origin=origin, at=AT) for want, raw in wants.items()}


def test_what_is_not_there_is_absent(sandbox: Sandbox, source: MemorySource) -> None:
    missing = Descriptor(DOCKER_LAYER, NOWHERE, 1)
    wants: list[Want] = [
        ResolveTag(sandbox.origin, "9.9"),
        ReadManifest(sandbox.mirror, NOWHERE),
        ReadBlob(sandbox.mirror, NOWHERE, 1),
        MeasureLayer(sandbox.mirror, missing),
        ReadRole(sandbox.origin, "root", version=2),
        ReadRole(sandbox.origin, "targets", sha256=NOWHERE.hex),
        ReadRole(f"{sandbox.origin}-other", "timestamp"),
    ]
    replies = source.fetch_all(wants)
    assert [type(replies[want]) for want in wants] == [Absent] * len(wants)


@pytest.mark.parametrize("compressed", [True, False])
def test_a_layer_is_measured_as_it_is_served(
    sandbox: Sandbox, release: Release, source: MemorySource, *, compressed: bool
) -> None:
    layer = release.images[0].layers[0]
    raw = layer.blob if compressed else layer.tar
    digest = sandbox.registries["public.ecr.aws"].put_blob(sandbox.repository, raw)
    want = MeasureLayer(sandbox.mirror, Descriptor(DOCKER_LAYER, digest, 1))
    assert source.fetch_all([want]) == {want: Measured(digest, len(raw), layer.diff_id)}


@pytest.mark.parametrize("host", ["docker.io", "public.ecr.aws", "notary.docker.io"])
def test_an_unreachable_host_leaves_a_gap_and_no_other(
    sandbox: Sandbox, source: MemorySource, host: str
) -> None:
    wants: dict[str, Want] = {
        "docker.io": ResolveTag(sandbox.origin, "0.1.19"),
        "public.ecr.aws": ResolveTag(sandbox.mirror, "0.1.19"),
        "notary.docker.io": ReadRole(sandbox.origin, "timestamp"),
    }
    source.unreachable.add(host)
    replies = source.fetch_all(list(wants.values()))
    gaps = {name: reply for name, want in wants.items() if isinstance(reply := replies[want], Gap)}
    assert set(gaps) == {host}
    assert gaps[host].check.outcome is Outcome.UNKNOWN
    assert gaps[host].check.klass is Class.UNREACHABLE


def test_only_what_the_sandbox_has_is_served(sandbox: Sandbox, source: MemorySource) -> None:
    assert source.serves(ReadRole(sandbox.origin, "root"))
    assert not source.serves(ReadRole(sandbox.mirror, "root"))
    foreign = ResolveTag("ghcr.io/nicolas/webdis", "0.1.19")
    assert not source.serves(foreign)
    assert source.fetch_all([foreign]) == {}


def test_rounds_are_recorded_and_time_is_lent(sandbox: Sandbox, source: MemorySource) -> None:
    called: list[int] = []
    want = ResolveTag(sandbox.origin, "0.1.19")
    source.fetch_all([want], meanwhile=lambda: called.append(1))
    source.fetch_all([want])
    assert source.rounds == [(want,), (want,)]
    assert called == [1]
