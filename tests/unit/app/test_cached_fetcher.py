"""The nearest place: what is asked of the network, and what of the cache."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from crosstrust.app.clock import now
from crosstrust.app.survey import look
from crosstrust.chain.answer import Measured
from crosstrust.chain.pin import Pins
from crosstrust.chain.want import (
    Look,
    MeasureLayer,
    ReadRole,
    ResolveTag,
    Want,
)
from crosstrust.evidence.check import Class
from crosstrust.evidence.verdict import Decision, Level
from crosstrust.oci.digest import Digest
from crosstrust.oci.reference import parse_reference
from crosstrust.sandbox import publish_release
from crosstrust.sandbox.image import (
    OCI_INDEX,
    OCI_MANIFEST,
    Producer,
    write_index,
    write_manifest,
)
from crosstrust.sandbox.layer import compress
from crosstrust.sandbox.release import NEXT_TAG, TAG, push
from crosstrust.sources.hint import Hint, Hints
from crosstrust.sources.inflate import Compression
from crosstrust.sources.trust_store import TrustStore
from tests.unit.app.desk import (
    COPY,
    MIRROR,
    ORIGIN,
    SIGNED,
    Desk,
    failed,
    open_desk,
    unknown,
    warned,
)


def names(wants: list[Want]) -> list[str]:
    """Each want in short, in alphabetical order."""
    return sorted(_name(want) for want in wants)


def _name(want: Want) -> str:
    match want:
        case ResolveTag(repository, _, look):
            return f"{look.value} look at {repository}"
        case ReadRole(_, role, version):
            return f"role {role} {version or ''}".strip()
        case _:
            return type(want).__name__


def unpacked_again(desk: Desk) -> None:
    """The mirror has the same layers in other compressed bytes."""
    images = tuple(
        replace(image, layers=tuple(compress(layer.tar, level=1) for layer in image.layers))
        for image in desk.release.images
    )
    push(desk.sandbox.registries["public.ecr.aws"], "nicolas/webdis", TAG, images)


# --- cache hits ---


def test_the_first_time_everything_is_asked_once(desk: Desk) -> None:
    assert desk.ask()
    kinds = names(desk.asked)
    assert len(set(desk.asked)) == len(desk.asked)
    assert kinds.count("ReadManifest") == 4
    assert kinds.count("ReadBlob") == 2
    assert not any(isinstance(want, MeasureLayer) for want in desk.asked)


def test_the_second_time_only_what_may_have_changed_is_asked(desk: Desk) -> None:
    first = desk.ask()
    second = desk.ask()
    assert names(desk.asked) == [
        f"last look at {ORIGIN}",
        f"last look at {ORIGIN}",
        f"last look at {MIRROR}",
        f"last look at {MIRROR}",
        "role root 2",
        "role timestamp",
    ]
    assert (second.decision, second.pinned) == (first.decision, first.pinned)
    assert (second.platforms, second.signed) == (first.platforms, first.signed)


def test_without_the_cache_all_is_asked_again(desk: Desk) -> None:
    assert desk.ask(cache=False)
    first = set(desk.asked)
    assert desk.ask(cache=False)
    assert set(map(type, desk.asked)) == set(map(type, first))
    assert names(desk.asked).count("ReadManifest") == 4
    assert names(desk.asked).count(f"first look at {ORIGIN}") == 1


def test_another_tag_of_the_same_bytes_costs_a_look(desk: Desk) -> None:
    assert desk.ask()
    push(
        desk.sandbox.registries["public.ecr.aws"],
        "nicolas/webdis",
        "stable",
        desk.release.images,
        producer=Producer.ENGINE,
    )
    assert desk.ask(f"{MIRROR}:stable", signed_by=SIGNED)
    assert "ReadManifest" not in names(desk.asked)


def test_what_was_damaged_in_the_cache_is_asked_again(desk: Desk) -> None:
    assert desk.ask()
    for file in (desk.cache / "sha256").rglob("*"):
        if file.is_file():
            file.write_bytes(b"\nnothing")
    assert desk.ask()
    assert names(desk.asked).count("ReadManifest") == 4


def test_a_hint_that_leads_astray_costs_a_look(desk: Desk) -> None:
    assert desk.ask()
    lie = Digest.of(desk.release.images[0].config)
    Hints(desk.cache).put(MIRROR, {f"tag {COPY}": Hint(lie, now())})
    assert desk.ask()
    looks = [want for want in desk.asked if isinstance(want, ResolveTag)]
    assert [w.look for w in looks if w.repository == MIRROR] == [Look.LAST, Look.FIRST, Look.LAST]


def test_bytes_in_the_cache_say_what_they_are_without_a_header(desk: Desk) -> None:
    """An OCI index may leave its media type to the header, which the cache does not have."""
    registry = desk.sandbox.registries["public.ecr.aws"]
    manifests = [write_manifest(image, Producer.BUILDKIT) for image in desk.release.images]
    for manifest in manifests:
        registry.put_manifest("nicolas/webdis", manifest.raw, manifest.media_type)
    index = json.loads(write_index(manifests))
    del index["mediaType"]
    registry.put_manifest("nicolas/webdis", json.dumps(index).encode(), OCI_INDEX, TAG)
    first, second = desk.ask(), desk.ask()
    assert first.decision is Decision.TRUSTED
    assert second.decision is Decision.TRUSTED
    assert [r.level for r in second.platforms] == [r.level for r in first.platforms]


def test_a_single_manifest_without_a_media_type_is_the_same_from_the_cache(desk: Desk) -> None:
    registry = desk.sandbox.registries["public.ecr.aws"]
    manifest = json.loads(write_manifest(desk.release.images[0], Producer.BUILDKIT).raw)
    del manifest["mediaType"]
    registry.put_manifest("nicolas/webdis", json.dumps(manifest).encode(), OCI_MANIFEST, TAG)
    first, second = desk.ask(), desk.ask()
    assert (second.decision, failed(second)) == (first.decision, failed(first))
    assert failed(first) == {"image.platform.present"}


def test_bytes_that_are_called_something_else_are_refused_from_the_cache_too(desk: Desk) -> None:
    """B10: what a registry says of them counts each time, also where it need not send them."""
    registry = desk.sandbox.registries["public.ecr.aws"]
    manifests = [write_manifest(image, Producer.BUILDKIT) for image in desk.release.images]
    for manifest in manifests:
        registry.put_manifest("nicolas/webdis", manifest.raw, manifest.media_type)
    index = json.loads(write_index(manifests))
    del index["mediaType"]
    for _ in range(2):
        registry.put_manifest("nicolas/webdis", json.dumps(index).encode(), OCI_MANIFEST, TAG)
        assert failed(desk.ask()) == {"image.media_type.agrees"}


# --- a tag that moves ---


def test_a_tag_that_moved_is_looked_at_then_read(desk: Desk) -> None:
    before = desk.ask()
    push(desk.sandbox.registries["public.ecr.aws"], "nicolas/webdis", TAG, desk.release.images)
    verdict = desk.ask()
    assert verdict.decision is Decision.TRUSTED
    assert verdict.digest != before.digest
    assert verdict.digest == desk.release.signed
    looks = [w for w in desk.asked if isinstance(w, ResolveTag) and w.repository == MIRROR]
    assert [want.look for want in looks] == [Look.LAST, Look.FIRST, Look.LAST]
    assert desk.ask()
    looks = [w for w in desk.asked if isinstance(w, ResolveTag) and w.repository == MIRROR]
    assert [want.look for want in looks] == [Look.LAST, Look.LAST]


def test_a_tag_that_is_gone_is_gone_whatever_the_cache_says(desk: Desk) -> None:
    assert desk.ask()
    desk.sandbox.registries["public.ecr.aws"].remove_tag("nicolas/webdis", TAG)
    assert failed(desk.ask()) == {"image.tag.present"}


# --- layers ---


def test_layers_are_measured_where_their_digests_differ(desk: Desk) -> None:
    unpacked_again(desk)
    verdict = desk.ask()
    assert verdict.decision is Decision.TRUSTED
    assert {platform.level for platform in verdict.platforms} == {Level.DIFF_IDS}
    measured = [want for want in desk.asked if isinstance(want, MeasureLayer)]
    assert len(measured) == len(set(measured)) > 0


# --- unreachable ---


def test_a_server_that_is_gone_leaves_it_undecided_whatever_is_cached(desk: Desk) -> None:
    assert desk.ask()
    desk.unplug()
    verdict = desk.ask()
    assert verdict.decision is Decision.UNDECIDED
    assert verdict.klass is Class.UNREACHABLE
    text = warned(verdict)["notary.available"]
    assert re.fullmatch(r"the cache has .* fetched 0 minutes before; --offline judges it", text)


def test_nothing_is_said_of_a_cache_that_has_nothing(desk: Desk) -> None:
    desk.unplug()
    assert desk.ask().warnings == ()
    assert desk.ask(cache=False).warnings == ()
    assert desk.ask(cache=False).decision is Decision.UNDECIDED


def test_the_age_of_the_cache_is_not_told_where_it_does_not_matter(desk: Desk) -> None:
    assert desk.ask().warnings == ()
    verdict = desk.ask(pins=Pins())
    assert (verdict.decision, verdict.warnings) == (Decision.UNDECIDED, ())


@pytest.mark.parametrize("host", ["docker.io", "notary.docker.io", "public.ecr.aws"])
def test_each_server_alone_can_leave_it_undecided(desk: Desk, host: str) -> None:
    desk.unplug(host)
    verdict = desk.ask()
    assert verdict.decision is Decision.UNDECIDED
    assert failed(verdict) == set()
    assert host in {gap.where.removeprefix("https://").partition("/")[0] for gap in verdict.gaps}


def test_what_was_signed_is_enough_where_the_copy_has_the_signed_bytes(desk: Desk) -> None:
    push(desk.sandbox.registries["public.ecr.aws"], "nicolas/webdis", TAG, desk.release.images)
    desk.unplug("docker.io")
    assert desk.ask().decision is Decision.TRUSTED


# --- offline ---


def test_offline_nothing_is_asked_and_the_age_is_told(desk: Desk) -> None:
    online = desk.ask()
    verdict = desk.ask(offline=True)
    assert desk.asked == []
    assert verdict.decision is Decision.TRUSTED
    assert verdict.digest == online.digest
    assert verdict.traffic.count == 0
    text = warned(verdict)["notary.available"]
    assert text == "judged from the cache alone, fetched 0 minutes before"


def test_offline_a_cache_that_was_overtaken_is_no_rollback(desk: Desk) -> None:
    """A registry that is away keeps the newer state out of the cache, and raises the floors."""
    assert desk.ask()
    publish_release(desk.sandbox, NEXT_TAG)
    assert desk.ask(f"{MIRROR}:9").decision is Decision.REJECTED
    verdict = desk.ask(offline=True)
    assert verdict.decision is Decision.UNDECIDED
    assert "tuf.version.rollback" in unknown(verdict)
    assert verdict.klass is Class.UNREACHABLE


def test_offline_says_how_old_the_oldest_is(desk: Desk) -> None:
    assert desk.ask()
    hints = Hints(desk.cache)
    name = f"role {ORIGIN} timestamp current"
    hint = hints.get(ORIGIN, name)
    assert hint is not None
    hints.put(ORIGIN, {name: replace(hint, at=hint.at - timedelta(hours=36))})
    assert "fetched 36.0 hours before" in warned(desk.ask(offline=True))["notary.available"]
    then = desk.ask(offline=True, at=now() - timedelta(days=365))
    assert "fetched 36.0 hours before" in warned(then)["notary.available"]
    desk.unplug()
    assert "fetched 36.0 hours before" in warned(desk.ask())["notary.available"]


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(minutes=5), "5 minutes"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2.0 hours"),
        (timedelta(hours=47), "47.0 hours"),
        (timedelta(days=2), "2.0 days"),
        (timedelta(days=14), "14.0 days"),
    ],
)
def test_an_age_is_told_in_the_unit_that_tells_most(desk: Desk, age: timedelta, said: str) -> None:
    assert desk.ask()
    name = f"role {ORIGIN} timestamp current"
    hints = Hints(desk.cache)
    hint = hints.get(ORIGIN, name)
    assert hint is not None
    hints.put(ORIGIN, {name: replace(hint, at=now() - age)})
    assert f"fetched {said} before" in warned(desk.ask(offline=True))["notary.available"]


def test_offline_each_image_has_its_own_age(desk: Desk) -> None:
    assert desk.ask(SIGNED)
    first, second = desk.ask_all(SIGNED, "docker.io/other/image:1", offline=True, signed_by=None)
    assert "notary.available" in warned(first)
    assert second.decision is Decision.UNDECIDED
    assert second.warnings == ()


def test_offline_without_a_cache_is_undecided(desk: Desk) -> None:
    for cache in (True, False):
        verdict = desk.ask(offline=True, cache=cache)
        assert verdict.decision is Decision.UNDECIDED
        assert "http.available" in unknown(verdict)
        assert all("--offline" in gap.remedy for gap in verdict.gaps if gap.code != "pin.present")
        assert desk.asked == []


def test_offline_what_is_not_cached_is_undecided(desk: Desk) -> None:
    assert desk.ask()
    publish_release(desk.sandbox, NEXT_TAG)
    verdict = desk.ask(f"{MIRROR}:{NEXT_TAG}", offline=True)
    assert verdict.decision is not Decision.TRUSTED
    assert f"tag {MIRROR}:{NEXT_TAG}" in {gap.where for gap in verdict.gaps}
    assert desk.asked == []


def test_offline_after_the_cache_was_lost_is_undecided(desk: Desk) -> None:
    assert desk.ask()
    for file in desk.cache.rglob("*"):
        if file.is_file():
            file.unlink()
    verdict = desk.ask(offline=True)
    assert (verdict.decision, failed(verdict)) == (Decision.UNDECIDED, set())


def test_offline_a_root_that_was_seen_and_is_lost_is_no_rollback(desk: Desk) -> None:
    pins = desk.root
    assert desk.ask(pins=pins)
    desk.sandbox.author.rotate_root()
    desk.sandbox.publish()
    assert desk.ask(pins=pins)
    assert desk.ask(pins=pins, offline=True)
    lost = Digest.of(desk.sandbox.author.roots()[2])
    (desk.cache / "sha256" / lost.hex).unlink()
    verdict = desk.ask(pins=pins, offline=True)
    assert failed(verdict) == set()
    assert verdict.decision is Decision.UNDECIDED


def test_offline_floors_hold_as_ever(desk: Desk) -> None:
    assert desk.ask()
    lost = {file: file.read_bytes() for file in desk.cache.rglob("*") if file.is_file()}
    publish_release(desk.sandbox, NEXT_TAG)
    assert desk.ask()
    for file, raw in lost.items():
        file.write_bytes(raw)
    assert "tuf.version.rollback" in unknown(desk.ask(offline=True))


def test_offline_metadata_that_has_run_out_is_rejected(desk: Desk) -> None:
    assert desk.ask()
    late = desk.ask(offline=True, at=now() + timedelta(days=30))
    assert late.decision is Decision.REJECTED


def test_offline_layers_are_those_that_were_measured_here(desk: Desk) -> None:
    unpacked_again(desk)
    assert desk.ask()
    verdict = desk.ask(offline=True)
    assert verdict.decision is Decision.UNDECIDED
    assert any("MeasureLayer" in gap.where for gap in verdict.gaps)
    remember_layers(desk)
    assert desk.ask(offline=True).decision is Decision.TRUSTED
    assert desk.asked == []


def remember_layers(desk: Desk) -> None:
    """Record every layer of the mirror in the trust store, as a network's downloads are."""
    layers = [compress(layer.tar, level=1) for i in desk.release.images for layer in i.layers]
    found = [
        (Measured(layer.digest, len(layer.blob), layer.diff_id), Compression.GZIP)
        for layer in layers
    ]
    assert TrustStore(desk.state).record_measured(found) is None


def test_a_foreign_copy_of_the_cache_cannot_forge(desk: Desk) -> None:
    """Another world's cache, whole, in the place of this user's: other keys, other images."""
    other = open_desk(desk.folder / "other")
    assert other.ask()
    desk.cache.parent.mkdir(exist_ok=True)
    other.cache.rename(desk.cache)
    verdict = desk.ask(offline=True)
    assert verdict.decision is not Decision.TRUSTED
    assert "pin.match" in failed(verdict)


def test_what_contradicts_its_digest_is_not_kept(desk: Desk) -> None:
    digest = desk.release.mirror[0].digest
    mirror = desk.sandbox.registries[MIRROR.partition("/")[0]]
    mirror.replace_manifest(desk.sandbox.repository, digest, b"{}")
    reference = parse_reference(f"{MIRROR}@{digest}")
    assert [c.code for c in look(desk.session(), reference, depth="top").side.problems] == [
        "image.digest.match"
    ]
    assert not list(desk.cache.rglob("*"))
    found = look(
        desk.session(), parse_reference(f"{MIRROR}@{desk.release.mirror[1].digest}"), depth="top"
    )
    assert found.side.problems == []
    assert list(desk.cache.rglob("*"))
