"""The main job: a copy on another registry, judged by what it serves and what was signed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from crosstrust.chain.answer import Answer, Gap, Measured
from crosstrust.chain.question import Demand
from crosstrust.chain.want import Look, MeasureLayer, ReadBlob, ReadManifest, ResolveTag
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.verdict import Decision, Level, NotTrustedError
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import CONFIG_SIZE, INDEX_CHILDREN
from crosstrust.oci.platform import parse_platform
from crosstrust.sandbox.image import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Image,
    Producer,
    build_image,
    write_index,
    write_list,
    write_manifest,
)
from tests.unit.chain.world import (
    BOTH,
    GUN,
    MIRROR,
    TAG,
    World,
    edit,
    failed,
    forged,
    levels,
    mirrored,
    release,
    unknown,
    webdis,
)

AMD64 = parse_platform("linux/amd64")


def relist(world: World, change: Any, *, repository: str = MIRROR) -> None:
    """Serve the mirror's list with ``change`` applied to its entries."""
    raw, _ = world.manifests[repository, world.tags[repository, TAG]]
    entries = json.loads(raw)["manifests"]
    world.push(repository, edit(raw, manifests=change(entries)), DOCKER_LIST, TAG)


def test_the_same_list_bytes_are_the_same_index() -> None:
    world = release()
    world.push_list(MIRROR, TAG, BOTH)
    verdict = world.ask()
    assert verdict.decision is Decision.TRUSTED
    assert levels(verdict) == {"linux/amd64": Level.INDEX, "linux/arm64/v8": Level.INDEX}
    assert verdict.require() == f"{MIRROR}@{world.tags[MIRROR, TAG]}"


def test_the_same_single_image_is_the_same_manifest() -> None:
    world = World()
    image = BOTH[0]
    manifest = world.push_image(GUN, image)
    world.sign(world.push(GUN, manifest.raw, DOCKER_MANIFEST, TAG))
    world.push_image(MIRROR, image)
    world.push(MIRROR, manifest.raw, DOCKER_MANIFEST, TAG)
    verdict = world.ask()
    assert verdict.decision is Decision.TRUSTED
    assert levels(verdict) == {"linux/amd64": Level.MANIFEST}


def test_a_single_image_by_another_serialiser_is_the_same_content() -> None:
    world = World()
    world.sign(world.push(GUN, world.push_image(GUN, BOTH[0]).raw, DOCKER_MANIFEST, TAG))
    copy = world.push_image(MIRROR, BOTH[0], Producer.ENGINE)
    world.push(MIRROR, copy.raw, DOCKER_MANIFEST, TAG)
    verdict = world.ask()
    assert verdict.decision is Decision.TRUSTED
    assert levels(verdict) == {"linux/amd64": Level.CONTENT}


def test_another_serialiser_is_the_same_content_platform_by_platform() -> None:
    verdict = mirrored().ask()
    assert verdict.decision is Decision.TRUSTED
    assert set(levels(verdict).values()) == {Level.CONTENT}
    assert "another serialiser" in verdict.platforms[0].reasons[0]


def test_reordered_entries_are_the_same_manifests() -> None:
    world = release()
    world.push_list(MIRROR, TAG, BOTH[::-1])
    verdict = world.ask()
    assert verdict.decision is Decision.TRUSTED
    assert set(levels(verdict).values()) == {Level.MANIFEST}


def test_oci_media_types_over_the_same_content_are_named_as_converted() -> None:
    world = release()
    manifests = [world.push_image(MIRROR, image, Producer.BUILDKIT) for image in BOTH]
    world.push(MIRROR, write_index(manifests), OCI_INDEX, TAG)
    verdict = world.ask()
    assert verdict.decision is Decision.TRUSTED
    assert "converted" in verdict.platforms[0].reasons[0]


def test_another_config_is_rejected_with_platform_and_digests() -> None:
    verdict = mirrored((BOTH[0], webdis("arm64", last=b"y", variant="v8"))).ask()
    assert verdict.decision is Decision.REJECTED
    assert failed(verdict) == {"image.config.same"}
    assert "linux/arm64/v8" in verdict.failures[0].where
    assert verdict.failures[0].expected.startswith(str(Digest.of(BOTH[1].config)))
    with pytest.raises(NotTrustedError):
        verdict.require()


RECOMPRESSED = (BOTH[0], webdis("arm64", level=1, variant="v8"))


def test_recompressed_layers_are_unpacked_and_fit_their_diff_ids() -> None:
    verdict = mirrored(RECOMPRESSED).ask()
    assert verdict.decision is Decision.TRUSTED
    assert levels(verdict)["linux/arm64/v8"] is Level.DIFF_IDS
    assert verdict.platforms[1].fetched == 2


def test_layers_not_looked_at_leave_the_copy_undecided() -> None:
    world = mirrored(RECOMPRESSED)
    verdict = world.ask(demand=Demand(layers=False))
    assert verdict.decision is Decision.UNDECIDED
    assert unknown(verdict) == {"image.layer.verified"}
    assert levels(verdict)["linux/arm64/v8"] is Level.CONFIG
    assert not any(isinstance(want, MeasureLayer) for want in world.asked)


def test_config_only_is_trusted_where_the_user_accepts_it() -> None:
    world = mirrored(RECOMPRESSED)
    verdict = world.ask(demand=Demand(accept_config=True))
    assert verdict.decision is Decision.TRUSTED
    assert levels(verdict)["linux/arm64/v8"] is Level.CONFIG
    assert not any(isinstance(want, MeasureLayer) for want in world.asked)


def test_a_foreign_layer_under_an_honest_config_is_named() -> None:
    verdict = mirrored((BOTH[0], forged(BOTH[1]))).ask()
    assert verdict.decision is Decision.REJECTED
    assert failed(verdict) == {"image.layer.diff_id"}
    assert verdict.failures[0].where.endswith("linux/arm64/v8 layer 2")


def test_a_diff_id_of_another_algorithm_is_no_foreign_layer() -> None:
    """B20: what is unpacked is hashed with sha256 alone."""

    def odd(image: Image) -> Image:
        config = json.loads(image.config)
        ids = [str(Digest.of(layer.tar, "sha512")) for layer in image.layers]
        config["rootfs"]["diff_ids"] = ids
        return replace(image, config=json.dumps(config).encode())

    world = release([odd(image) for image in BOTH])
    world.push_list(MIRROR, TAG, [odd(image) for image in RECOMPRESSED], Producer.ENGINE)
    verdict = world.ask()
    assert failed(verdict) == {"digest.algorithm.supported"}
    assert verdict.klass is Class.REMOTE


def test_a_layer_that_is_listed_and_not_served_is_rejected() -> None:
    world = mirrored(RECOMPRESSED)
    world.layers.clear()
    verdict = world.ask()
    assert (verdict.decision, verdict.klass) == (Decision.REJECTED, Class.CONTENT)
    assert failed(verdict) == {"image.child.present"}
    assert "404" in verdict.failures[0].actual


def test_a_layer_that_cannot_be_fetched_says_why() -> None:
    world = mirrored(RECOMPRESSED)
    why = Check("http.timeout", Outcome.UNKNOWN, "layer", Class.UNREACHABLE)
    for image in RECOMPRESSED:
        manifest = json.loads(write_manifest(image, Producer.ENGINE).raw)
        for layer in manifest["layers"]:
            want = measure(layer)
            world.replies[want] = Gap(why)
    verdict = world.ask()
    assert verdict.decision is Decision.UNDECIDED
    assert unknown(verdict) == {"http.timeout"}


def measure(layer: dict[str, Any]) -> MeasureLayer:
    descriptor = Descriptor(layer["mediaType"], Digest.parse(layer["digest"]), layer["size"])
    return MeasureLayer(MIRROR, descriptor)


def test_a_measurement_of_other_bytes_than_the_manifest_names_is_rejected() -> None:
    world = mirrored(RECOMPRESSED)
    for layer in json.loads(write_manifest(RECOMPRESSED[1], Producer.ENGINE).raw)["layers"]:
        want = measure(layer)
        size = want.layer.size + 1
        world.replies[want] = Measured(want.layer.digest, size, Digest.of(b""))
    assert failed(world.ask()) == {"image.digest.match"}


def test_a_missing_platform_is_rejected_unless_the_rest_is_asked_for() -> None:
    world = mirrored(BOTH[:1])
    assert failed(world.ask()) == {"image.platform.present"}
    verdict = world.ask(demand=Demand(platforms=(AMD64,)))
    assert verdict.decision is Decision.TRUSTED
    assert levels(verdict)["linux/arm64/v8"] is Level.NONE


@pytest.mark.parametrize("images", [BOTH[:1], (*BOTH, webdis("s390x")), (BOTH[0], BOTH[0])])
def test_no_verdict_says_that_platforms_agree_which_do_not(images: tuple[Image, ...]) -> None:
    claims = {"image.platform.covered", "image.platform.all"}
    passed = {c.code for c in mirrored().ask().checks if c.outcome is Outcome.PASSED}
    assert claims <= passed
    verdict = mirrored(images).ask()
    assert verdict.decision is Decision.REJECTED
    assert not claims & {check.code for check in verdict.checks}


def test_a_demanded_platform_must_be_there() -> None:
    wanted = parse_platform("linux/s390x")
    verdict = mirrored().ask(demand=Demand(platforms=(wanted,)))
    assert (failed(verdict), verdict.klass) == ({"image.platform.present"}, Class.POLICY)
    world = release()
    world.push_list(MIRROR, TAG, BOTH)
    assert failed(world.ask(demand=Demand(platforms=(wanted,)))) == {"image.platform.present"}


def test_an_extra_platform_is_rejected_unless_allowed() -> None:
    world = mirrored((*BOTH, webdis("s390x")))
    verdict = world.ask()
    assert failed(verdict) == {"image.platform.extra"}
    assert "linux/s390x" in verdict.failures[0].where
    assert world.ask(demand=Demand(allow_extra_platforms=True)).decision is Decision.TRUSTED


def test_two_images_for_one_platform_are_rejected() -> None:
    world = mirrored((*BOTH, webdis("amd64", last=b"z")))
    verdict = world.ask()
    assert "image.platform.unique" in failed(verdict)
    assert verdict.klass is Class.ATTACK


def test_one_image_listed_twice_is_rejected_as_a_careless_push() -> None:
    world = mirrored((*BOTH, BOTH[1]))
    verdict = world.ask()
    assert (failed(verdict), verdict.klass) == ({"image.platform.unique"}, Class.CONTENT)


def test_swapped_labels_are_rejected_by_the_configs() -> None:
    world = mirrored()

    def swap(entries: list[Any]) -> list[Any]:
        first, second = entries
        return [
            {**first, "platform": second["platform"]},
            {**second, "platform": first["platform"]},
        ]

    relist(world, swap)
    assert "image.platform.agrees" in failed(world.ask())


def test_an_empty_list_is_no_image() -> None:
    world = mirrored()
    relist(world, lambda _: [])
    assert failed(world.ask()) == {"image.platform.present"}


def test_an_unlabelled_entry_is_known_by_its_config() -> None:
    world = mirrored()
    relist(world, lambda entries: [{**e, "platform": None} for e in entries])
    relist(world, lambda entries: [{k: e[k] for k in e if k != "platform"} for e in entries])
    assert world.ask().decision is Decision.TRUSTED


def test_an_unlabelled_signed_entry_is_known_by_its_config() -> None:
    world = release()
    manifests = [world.push_image(GUN, image) for image in BOTH]
    entries = json.loads(write_list(manifests))["manifests"]
    bare = [{k: e[k] for k in e if k != "platform"} for e in entries]
    world.scheme.tags.clear()
    world.sign(world.push(GUN, edit(write_list(manifests), manifests=bare), DOCKER_LIST, TAG))
    world.push_list(MIRROR, TAG, BOTH, Producer.ENGINE)
    assert world.ask().decision is Decision.TRUSTED


def test_an_unlabelled_entry_whose_config_cannot_be_read_is_undecided() -> None:
    world = mirrored()
    relist(world, lambda entries: [{k: e[k] for k in e if k != "platform"} for e in entries])
    config = BOTH[1].config
    world.broken.add(ReadBlob(MIRROR, Digest.of(config), len(config)))
    verdict = world.ask()
    assert verdict.decision is Decision.UNDECIDED
    assert "image.platform.known" in unknown(verdict)


TWINS = (BOTH[0], webdis("amd64", last=b"other"))


@pytest.mark.parametrize("images", [TWINS, TWINS[::-1], TWINS[:1], (webdis("amd64", last=b"x"),)])
@pytest.mark.parametrize("producer", [Producer.BUILDKIT_2021, Producer.ENGINE])
def test_two_signed_images_of_one_platform_are_no_release(
    images: tuple[Image, ...], producer: Producer
) -> None:
    world = release((*TWINS, BOTH[1]))
    world.push_list(MIRROR, TAG, (*images, BOTH[1]), producer)
    demand = Demand(allow_extra_platforms=True, platforms=(parse_platform("linux/arm64"),))
    for verdict in (world.ask(), world.ask(demand=demand)):
        assert "image.platform.unique" in failed(verdict)


def test_a_nested_index_is_walked() -> None:
    world = mirrored()
    inner, _ = world.manifests[MIRROR, world.tags[MIRROR, TAG]]
    world.push(MIRROR, nest(world, inner), DOCKER_LIST, TAG)
    verdict = world.ask()
    assert verdict.decision is Decision.TRUSTED
    assert set(levels(verdict)) == {"linux/amd64", "linux/arm64/v8"}
    (told,) = verdict.warnings
    assert (told.code, told.where) == ("image.index.nested", MIRROR)
    assert told.text.startswith("indexes within the index: 1;")


def test_a_nested_index_that_was_signed_so_is_told_too() -> None:
    world = World()
    inner = world.push_list(GUN, TAG, BOTH)
    raw, _ = world.manifests[GUN, str(inner)]
    outer = nest(world, raw)
    world.push_list(MIRROR, "inner", BOTH)
    world.push(MIRROR, outer, DOCKER_LIST, TAG)
    world.sign(world.push(GUN, outer, DOCKER_LIST, TAG))
    for repository in (GUN, MIRROR):
        verdict = world.ask(f"{repository}:{TAG}")
        assert verdict.decision is Decision.TRUSTED
        assert [told.code for told in verdict.warnings] == ["image.index.nested"]


def nest(world: World, inner: bytes) -> bytes:
    digest = world.push(MIRROR, inner, DOCKER_LIST)
    entry = {"mediaType": DOCKER_LIST, "size": len(inner), "digest": str(digest)}
    return edit(write_list([]), manifests=[entry])


def test_nesting_has_a_limit() -> None:
    world = mirrored()
    raw, _ = world.manifests[MIRROR, world.tags[MIRROR, TAG]]
    for _ in range(4):
        raw = nest(world, raw)
    world.push(MIRROR, raw, DOCKER_LIST, TAG)
    assert "limit.exceeded" in failed(world.ask())


def test_a_nested_index_that_is_not_served_is_a_gap_of_the_mirror() -> None:
    world = mirrored()
    raw, _ = world.manifests[MIRROR, world.tags[MIRROR, TAG]]
    outer = nest(world, raw)
    both = json.loads(raw)["manifests"] + json.loads(outer)["manifests"]
    del world.manifests[MIRROR, str(Digest.of(raw))]
    world.push(MIRROR, edit(outer, manifests=both), DOCKER_LIST, TAG)
    verdict = world.ask()
    assert (verdict.decision, verdict.klass) == (Decision.REJECTED, Class.CONTENT)
    assert failed(verdict) == {"image.child.present"}
    assert unknown(verdict) == {"image.platform.known"}


def test_children_are_counted_across_nested_indexes() -> None:
    world = mirrored()
    raw, _ = world.manifests[MIRROR, world.tags[MIRROR, TAG]]
    entry = json.loads(raw)["manifests"][0]
    many = edit(raw, manifests=[entry] * INDEX_CHILDREN)
    world.push(
        MIRROR,
        edit(many, manifests=json.loads(nest(world, many))["manifests"] * 2),
        DOCKER_LIST,
        TAG,
    )
    assert "limit.exceeded" in failed(world.ask())


def attestation(world: World, of: str) -> dict[str, Any]:
    raw = write_manifest(build_image((), architecture="unknown", os="unknown"), Producer.BUILDKIT)
    world.push(MIRROR, raw.raw, raw.media_type)
    return {
        "mediaType": raw.media_type,
        "size": len(raw.raw),
        "digest": str(raw.digest),
        "platform": {"architecture": "unknown", "os": "unknown"},
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": of,
        },
    }


def test_an_attestation_is_reported_and_no_platform() -> None:
    world = mirrored()
    relist(world, lambda entries: [*entries, attestation(world, entries[0]["digest"])])
    verdict = world.ask()
    assert verdict.decision is Decision.TRUSTED
    assert [notice.code for notice in verdict.warnings] == ["image.attestation.counted"]


def test_an_attestation_of_an_image_that_is_not_there_is_reported() -> None:
    world = mirrored()
    elsewhere = Digest.of(b"another push")
    relist(world, lambda entries: [*entries, attestation(world, str(elsewhere))])
    verdict = world.ask()
    assert verdict.decision is Decision.TRUSTED
    stray = [one for one in verdict.warnings if one.code == "image.attestation.subject"]
    assert [str(elsewhere) in one.text for one in stray] == [True]


def test_an_attestation_that_names_no_image_is_only_counted() -> None:
    world = mirrored()

    def unnamed(entries: list[Any]) -> list[Any]:
        entry = attestation(world, "")
        del entry["annotations"]["vnd.docker.reference.digest"]
        return [*entries, entry]

    relist(world, unnamed)
    assert [notice.code for notice in world.ask().warnings] == ["image.attestation.counted"]


# --- what the copy's registry does wrong ------------------------------------------------------


def test_an_absent_copy_is_rejected_and_an_unreachable_one_undecided() -> None:
    world = release()
    assert failed(world.ask()) == {"image.tag.present"}
    world.broken.add(ResolveTag(MIRROR, TAG))
    assert world.ask().decision is Decision.UNDECIDED


def test_a_header_that_contradicts_the_bytes_is_an_error() -> None:
    world = mirrored()
    raw, media_type = world.manifests[MIRROR, world.tags[MIRROR, TAG]]
    world.replies[ResolveTag(MIRROR, TAG)] = Answer(raw, media_type, str(Digest.of(b"other")))
    assert failed(world.ask()) == {"http.header.agrees"}
    world.replies[ResolveTag(MIRROR, TAG)] = Answer(raw, media_type, "")
    assert world.ask().decision is Decision.TRUSTED


@pytest.mark.parametrize(
    ("declared", "agrees"),
    [
        (str(Digest.of(b"other", "sha512")), False),
        ("sha512:00", False),
        ("sha256:rubbish", False),
        ("", True),
        ("md5:d41d8cd98f00b204e9800998ecf8427e", True),
        ("own", True),
    ],
)
def test_b04_a_digest_header_is_a_hint_of_any_algorithm(declared: str, *, agrees: bool) -> None:
    world = mirrored()
    raw, media_type = world.manifests[MIRROR, world.tags[MIRROR, TAG]]
    said = str(Digest.of(raw, "sha512")) if declared == "own" else declared
    world.replies[ResolveTag(MIRROR, TAG)] = Answer(raw, media_type, said)
    assert failed(world.ask()) == (set() if agrees else {"http.header.agrees"})


def test_other_bytes_than_a_digest_names_are_never_read() -> None:
    world = mirrored()
    copy = write_manifest(BOTH[0], Producer.ENGINE)
    world.manifests[MIRROR, str(copy.digest)] = (copy.raw + b" ", copy.media_type)
    assert failed(world.ask()) == {"image.digest.match"}
    world = mirrored()
    world.replies[ReadManifest(MIRROR, copy.digest)] = Answer(
        copy.raw, copy.media_type, str(Digest.of(b"other"))
    )
    assert failed(world.ask()) == {"http.header.agrees"}
    config = BOTH[0].config
    world = mirrored()
    world.blobs[MIRROR, str(Digest.of(config))] = config + b" "
    assert failed(world.ask()) == {"image.digest.match"}


def test_a_child_of_another_size_or_type_than_its_parent_says_is_refused() -> None:
    world = mirrored()
    relist(world, lambda entries: [{**e, "size": e["size"] + 1} for e in entries])
    assert failed(world.ask()) == {"image.size.match"}
    world = mirrored()
    relist(world, lambda entries: [{**e, "mediaType": DOCKER_LIST} for e in entries])
    verdict = world.ask()
    assert "image.media_type.agrees" in failed(verdict)
    assert {check.klass for check in verdict.failures} == {Class.ATTACK}


def test_a_config_of_another_size_than_the_manifest_says_is_refused() -> None:
    image = BOTH[0]
    world = mirrored()
    manifest = write_manifest(image, Producer.ENGINE)
    config = json.loads(manifest.raw)["config"]
    lying = edit(manifest.raw, config={**config, "size": config["size"] - 1})
    swap_child(world, manifest.digest, lying)
    assert "image.size.match" in failed(world.ask())


def swap_child(world: World, old: Digest, raw: bytes) -> None:
    """Serve ``raw`` as a child of the mirror's list in the place of ``old``."""
    new = world.push(MIRROR, raw, DOCKER_MANIFEST)

    def point(entries: list[Any]) -> list[Any]:
        return [
            {**e, "digest": str(new), "size": len(raw)} if e["digest"] == str(old) else e
            for e in entries
        ]

    relist(world, point)


def test_a_config_beyond_the_limit_is_not_read() -> None:
    world = mirrored()
    manifest = write_manifest(BOTH[0], Producer.ENGINE)
    config = json.loads(manifest.raw)["config"]
    swap_child(
        world, manifest.digest, edit(manifest.raw, config={**config, "size": CONFIG_SIZE + 1})
    )
    assert "limit.exceeded" in failed(world.ask())


def test_a_config_that_is_not_served_is_a_gap_of_the_mirror() -> None:
    world = mirrored()
    del world.blobs[MIRROR, str(Digest.of(BOTH[0].config))]
    verdict = world.ask()
    assert (verdict.decision, verdict.klass) == (Decision.REJECTED, Class.CONTENT)
    assert "image.child.present" in failed(verdict)


def test_a_malformed_document_is_a_failed_check_not_a_traceback() -> None:
    for raw, code in ((b"<html>", "image.manifest.form"), (b'{"schemaVersion": 1}', "schema1")):
        world = mirrored()
        world.push(MIRROR, raw, "", TAG)
        verdict = world.ask()
        assert verdict.decision is Decision.REJECTED
        assert any(code in found for found in failed(verdict))


def test_a_malformed_config_is_a_failed_check() -> None:
    broken = replace(BOTH[0], config=b'{"architecture": 1}')
    assert any(code.startswith("image.config") for code in failed(mirrored((broken,)).ask()))
    world = release((broken,))
    world.push_list(MIRROR, TAG, (broken,), Producer.ENGINE)
    assert "image.config.form" in failed(world.ask())


def test_a_child_that_cannot_be_read_is_undecided() -> None:
    world = mirrored()
    world.broken.add(ReadManifest(MIRROR, write_manifest(BOTH[0], Producer.ENGINE).digest))
    assert world.ask().decision is Decision.UNDECIDED


# --- what the copy's manifest does wrong ------------------------------------------------------


def with_layers(image: Image, change: Any) -> bytes:
    raw = write_manifest(image, Producer.ENGINE).raw
    return edit(raw, layers=change(json.loads(raw)["layers"]))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda ls: ls[:-1], "image.config.consistent"),
        (lambda ls: [*ls, ls[0]], "image.config.consistent"),
        (lambda ls: [{**x, "urls": ["https://example.com/x"]} for x in ls], "image.layer.foreign"),
        (
            lambda ls: [{**x, "mediaType": x["mediaType"].replace("gzip", "zstd")} for x in ls],
            "image.layer.media_type",
        ),
        (
            lambda ls: [
                {**x, "annotations": {"containerd.io/snapshot/stargz/toc.digest": "sha256:1"}}
                for x in ls
            ],
            "image.layer.toc",
        ),
        (lambda ls: ls[::-1], "image.layer.diff_id"),
        (lambda ls: [{**ls[0], "size": ls[0]["size"] + 1}, *ls[1:]], "image.size.match"),
    ],
)
def test_a_manifest_that_contradicts_its_config(change: Any, code: str) -> None:
    world = mirrored()
    old = write_manifest(BOTH[0], Producer.ENGINE).digest
    swap_child(world, old, with_layers(BOTH[0], change))
    verdict = world.ask()
    assert verdict.decision is Decision.REJECTED
    assert code in failed(verdict)


@pytest.mark.parametrize(
    "name",
    [
        "containerd.io/snapshot/overlaybd/blob-digest",
        "io.github.containers.zstd-chunked.tarsplit-checksum",
        "com.amazon.soci.index-digest",
    ],
)
@pytest.mark.parametrize("place", ["layer", "manifest"])
def test_what_a_lazy_runtime_would_mount_must_be_as_signed(name: str, place: str) -> None:
    """C30; other annotations may differ (C28)."""
    for key, codes in ((name, {"image.layer.toc"}), ("org.example.note", set[str]())):
        noted = {"annotations": {key: f"sha256:{'e' * 64}"}}
        raw = with_layers(BOTH[0], lambda ls, noted=noted: [{**ls[0], **noted}, *ls[1:]])
        if place == "manifest":
            raw = edit(write_manifest(BOTH[0], Producer.ENGINE).raw, **noted)
        world = mirrored()
        swap_child(world, write_manifest(BOTH[0], Producer.ENGINE).digest, raw)
        verdict = world.ask()
        assert failed(verdict) == codes
        assert bool(verdict) is (not codes)


def test_a_config_whose_history_has_other_layers_is_inconsistent() -> None:
    config = json.loads(BOTH[0].config)
    config["history"] = config["history"][:1]
    odd = replace(BOTH[0], config=json.dumps(config).encode())
    world = release((odd,))
    world.push_list(MIRROR, TAG, (odd,), Producer.ENGINE)
    assert failed(world.ask()) == {"image.config.consistent"}


def test_a_config_that_promises_no_layers_proves_nothing() -> None:
    empty = build_image((), architecture="amd64")
    world = release((empty,))
    world.push_list(MIRROR, TAG, (empty,), Producer.ENGINE)
    assert failed(world.ask()) == {"image.config.consistent"}


def test_an_artifact_is_compared_by_its_manifest_alone() -> None:
    world = release()
    chart = edit(
        write_manifest(BOTH[0], Producer.BUILDKIT).raw,
        config={
            "mediaType": "application/vnd.cncf.helm.config.v1+json",
            "size": 2,
            "digest": str(Digest.of(b"{}")),
        },
    )
    world.scheme.tags.clear()
    world.sign(world.push(GUN, chart, OCI_MANIFEST, TAG))
    world.push(MIRROR, chart, OCI_MANIFEST, TAG)
    assert world.ask().decision is Decision.TRUSTED
    world.push(MIRROR, edit(chart, annotations={"a": "b"}), OCI_MANIFEST, TAG)
    assert failed(world.ask()) == {"image.artifact.supported"}


# --- what the author's registry does ----------------------------------------------------------


def test_a_copy_with_the_signed_bytes_needs_nothing_of_the_origin() -> None:
    world = release()
    world.push_list(MIRROR, TAG, BOTH)
    world.broken.add(ResolveTag(GUN, TAG))
    assert world.ask().decision is Decision.TRUSTED


def test_the_signed_bytes_are_asked_for_by_digest_where_the_tag_has_moved_on() -> None:
    world = mirrored()
    world.push_list(GUN, TAG, (webdis("amd64", last=b"new"),))
    verdict = world.ask()
    assert verdict.decision is Decision.TRUSTED
    assert [notice.code for notice in verdict.warnings] == ["image.tag.signed"]


def test_signed_bytes_that_are_gone_leave_a_copy_undecided() -> None:
    world = mirrored()
    signed = world.tags.pop((GUN, TAG))
    del world.manifests[GUN, signed]
    verdict = world.ask()
    assert verdict.decision is Decision.UNDECIDED
    assert "image.signed.present" in unknown(verdict)


def test_an_unreachable_origin_is_undecided_not_a_mismatch() -> None:
    world = mirrored()
    signed = world.tags[GUN, TAG]
    world.broken |= {ResolveTag(GUN, TAG), ReadManifest(GUN, Digest.parse(signed))}
    verdict = world.ask()
    assert verdict.decision is Decision.UNDECIDED
    assert not verdict.failures


def test_a_signed_child_that_cannot_be_read_is_undecided() -> None:
    world = mirrored()
    world.broken.add(ReadManifest(GUN, write_manifest(BOTH[0], Producer.BUILDKIT_2021).digest))
    verdict = world.ask()
    assert verdict.decision is Decision.UNDECIDED
    assert not verdict.failures


def test_another_length_than_signed_is_rejected() -> None:
    world = mirrored()
    signed = world.scheme.tags.pop()
    assert signed.digest is not None
    world.sign(signed.digest, length=signed.length + 1)
    assert failed(world.ask()) == {"tuf.meta.length"}


@pytest.mark.parametrize("subject", [f"{GUN}:{TAG}", f"{MIRROR}:{TAG}"])
def test_every_hash_that_was_signed_is_that_of_the_bytes(subject: str) -> None:
    world = mirrored()
    signed = world.scheme.tags.pop()
    assert signed.digest is not None
    raw, _ = world.manifests[GUN, str(signed.digest)]
    right, wrong = Digest.of(raw, "sha512").hex, "ab" * 64
    world.sign(signed.digest, hashes=(("sha512", right),))
    verdict = world.ask(subject)
    assert verdict.decision is Decision.TRUSTED
    (held,) = [c for c in verdict.evidence.checks if c.code == "tuf.meta.hash"]
    assert (held.expected, held.actual) == (f"sha512:{right}", f"sha512:{right}")
    # One of two roles that release the tag is enough.
    world.sign(signed.digest, role="targets/releases", hashes=(("sha512", wrong),))
    refused = world.ask(subject)
    assert failed(refused) == {"tuf.meta.hash"}
    (check,) = refused.failures
    assert (check.klass, check.where) == (Class.CONTENT, f"{GUN}@{signed.digest}")
    assert check.expected == f"sha512:{wrong}, signed"
    assert check.actual == f"sha512:{right}"


@pytest.mark.parametrize(
    ("said", "code"), [({"length": 1}, "signer.present"), ({"sha512": "ab" * 64}, "tuf.meta.hash")]
)
def test_what_a_demanded_signer_says_of_the_bytes_counts(said: dict[str, Any], code: str) -> None:
    world = mirrored()
    (signed,) = world.scheme.tags
    hashes = tuple((name, value) for name, value in said.items() if name == "sha512")
    world.sign(
        signed.digest, role="targets/alice", length=said.get("length", signed.length), hashes=hashes
    )
    assert world.ask().decision is Decision.TRUSTED
    assert failed(world.ask(demand=Demand(roles=("signer/alice",)))) == {code}


def test_the_form_of_the_release_is_demanded() -> None:
    world = mirrored()
    assert world.ask(demand=Demand(form="index")).decision is Decision.TRUSTED
    assert failed(world.ask(demand=Demand(form="image"))) == {"policy.form.match"}


# --- tags -------------------------------------------------------------------------------------


@pytest.mark.parametrize("repository", [GUN, MIRROR])
def test_a_tag_that_moves_during_the_check_is_rejected(repository: str) -> None:
    world = mirrored()
    world.moved[repository, TAG] = "sha256:" + "0" * 64
    assert failed(world.ask()) == {"image.tag.stable"}


def test_a_tag_that_vanishes_during_the_check_is_rejected() -> None:
    world = mirrored()
    world.moved[MIRROR, TAG] = ""
    assert failed(world.ask()) == {"image.tag.stable"}


def test_a_last_look_that_fails_is_undecided() -> None:
    world = mirrored()
    world.broken.add(ResolveTag(MIRROR, TAG, Look.LAST))
    assert world.ask().decision is Decision.UNDECIDED
    world = mirrored()
    world.replies[ResolveTag(MIRROR, TAG, Look.LAST)] = Answer(b"")
    assert unknown(world.ask()) == {"image.tag.stable"}


def test_a_last_look_with_bytes_is_hashed() -> None:
    world = mirrored()
    raw, media_type = world.manifests[MIRROR, world.tags[MIRROR, TAG]]
    world.replies[ResolveTag(MIRROR, TAG, Look.LAST)] = Answer(raw, media_type)
    assert world.ask().decision is Decision.TRUSTED


def test_tag_and_digest_must_name_one_image() -> None:
    world = mirrored()
    digest = world.tags[MIRROR, TAG]
    assert world.ask(f"{MIRROR}:{TAG}@{digest}").decision is Decision.TRUSTED
    world.moved[MIRROR, TAG] = "sha256:" + "0" * 64
    assert failed(world.ask(f"{MIRROR}:{TAG}@{digest}")) == {"reference.tag.digest"}
    world.moved.clear()
    world.broken.add(ResolveTag(MIRROR, TAG, Look.LAST))
    assert world.ask(f"{MIRROR}:{TAG}@{digest}").decision is Decision.UNDECIDED


def test_a_digest_alone_is_enough_for_a_copy_of_a_named_tag() -> None:
    world = mirrored()
    verdict = world.ask(f"{MIRROR}@{world.tags[MIRROR, TAG]}")
    assert verdict.decision is Decision.TRUSTED


def test_b10_the_same_bytes_called_another_kind_at_the_last_look_are_refused() -> None:
    world = mirrored()
    held = world.tags[MIRROR, TAG]
    last = ResolveTag(MIRROR, TAG, Look.LAST)
    for media_type in ("", DOCKER_LIST, f"{DOCKER_LIST.upper()}; charset=utf-8"):
        world.replies[last] = Answer(b"", media_type, held)
        assert world.ask()
    world.replies[last] = Answer(b"", DOCKER_MANIFEST, held)
    assert failed(world.ask()) == {"image.media_type.agrees"}


def test_b20_a_config_under_another_algorithm_is_not_called_another_config() -> None:
    world = mirrored()
    manifest = write_manifest(BOTH[0], Producer.ENGINE)
    sha512 = str(Digest.of(BOTH[0].config, "sha512"))
    world.blobs[MIRROR, sha512] = BOTH[0].config
    config = json.loads(manifest.raw)["config"]
    swap_child(world, manifest.digest, edit(manifest.raw, config={**config, "digest": sha512}))
    assert failed(world.ask()) == {"digest.algorithm.supported"}
