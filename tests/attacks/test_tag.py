"""Tags that move, answers to HEAD and GET that differ, and registries that convert."""

from __future__ import annotations

import json

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.oci.media_type import ACCEPT, SCHEMA1, SCHEMA1_SIGNED
from crosstrust.sandbox.exchange import Request, Response
from crosstrust.sandbox.image import DOCKER_LIST, DOCKER_MANIFEST
from crosstrust.sandbox.release import swap_layer
from crosstrust.sandbox.sandbox import MIRROR, ORIGIN
from tests.attacks.altered import Altered, Change, Mirror, serving, with_headers
from tests.attacks.trial import Trial


def reads(registry: Altered) -> list[str]:
    """What was asked for by GET below manifests/ or blobs/."""
    return [
        request.path.rpartition("/")[2]
        for request in registry.asked
        if request.method == "GET" and request.path.startswith("/v2/nicolas/")
    ]


@pytest.mark.row("B22")
@pytest.mark.parametrize("host", [MIRROR, ORIGIN])
def test_a_tag_that_moves_while_it_is_verified_is_refused(trial: Trial, host: str) -> None:
    registry = Altered(trial.sandbox.registries[host])
    name, tag = trial.sandbox.repository, trial.release.tag
    moved = Mirror(trial).honest_list() + b"\n"

    def move(request: Request, response: Response) -> Response:
        if request.method == "GET" and request.path.endswith(f"/manifests/{tag}"):
            trial.sandbox.registries[host].put_manifest(name, moved, DOCKER_LIST, tag)
        return response

    served = "registry-1.docker.io" if host == ORIGIN else host
    with serving(trial, {served: registry}):
        trial.expect_trusted(trial.verify("--no-cache"), "image.tag.stable")
        registry.change = move
        refused = trial.verify("--no-cache")
    trial.expect_refused(refused, "image.tag.stable", "T", where=f"{host}/{name}:{tag}")


@pytest.mark.row("B22")
def test_a_tag_is_resolved_once_and_all_else_is_read_by_digest(trial: Trial) -> None:
    registry = Altered(trial.sandbox.registries[MIRROR])
    with serving(trial, {MIRROR: registry}):
        trusted = trial.verify("--no-cache")
    trial.expect_trusted(trusted, "image.tag.stable")
    asked = reads(registry)
    assert asked.count(trial.release.tag) == 1
    others = [one for one in asked if one != trial.release.tag]
    assert others
    assert all(one.startswith("sha256:") for one in others)


@pytest.mark.row("B23")
def test_what_is_said_of_a_trusted_image_names_its_digest(trial: Trial) -> None:
    mirror = Mirror(trial)
    honest = f"{trial.sandbox.mirror}@{Digest.of(mirror.honest_list())}"
    trusted = trial.verify()
    trial.expect_trusted(trusted, "image.tag.stable")
    assert trusted.verdict["digest"] == honest
    pins = ("--pin", trial.root_pin, "--signed-by", trial.sandbox.origin)
    tree = trial.run("verify", trial.copy, *pins)
    lines = [line.split() for line in tree.out.splitlines()]
    assert ["run", honest] in lines
    line = trial.run("verify", trial.copy, *pins, "--format", "digest")
    assert line.out == f"{honest}\n"


@pytest.mark.row("B23")
def test_a_tag_that_moved_since_is_another_question(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.content.same")
    before = f"{trial.sandbox.mirror}@{Digest.of(Mirror(trial).honest_list())}"
    swap_layer(trial.sandbox, trial.release)
    trial.expect_refused(
        trial.verify(), "image.layer.diff_id", "M", writes=".local/state/crosstrust/state-layers"
    )
    # The digest that was printed is still what was verified.
    signed = f"{trial.sandbox.origin}:{trial.release.tag}"
    again = trial.verify("--signed-by", signed, image=before)
    trial.expect_trusted(again, "image.content.same")


def heading(trial: Trial, text: str) -> Change:
    """Let HEAD of the tag claim a digest of its own."""

    def change(request: Request, response: Response) -> Response:
        if request.method != "HEAD" or not request.path.endswith(trial.release.tag):
            return response
        return with_headers(response, Docker_Content_Digest=text)

    return change


@pytest.mark.row("B24")
@pytest.mark.parametrize("cache", [True, False])
def test_a_head_that_claims_another_digest_than_the_bytes_is_refused(
    trial: Trial, *, cache: bool
) -> None:
    # By what the last look at a tag is for, this is a tag that moves: image.tag.stable.
    registry = Altered(trial.sandbox.registries[MIRROR])
    more = () if cache else ("--no-cache",)
    with serving(trial, {MIRROR: registry}):
        trial.expect_trusted(trial.verify(*more), "image.tag.stable")
        registry.change = heading(trial, str(Digest.of(b"other")))
        trial.expect_refused(trial.verify(*more), "image.tag.stable", "T", where=trial.copy)


@pytest.mark.row("B24")
def test_a_head_never_stands_for_bytes_that_were_not_hashed(trial: Trial) -> None:
    mirror = Mirror(trial)
    registry = Altered(mirror.registry)
    honest = str(Digest.of(mirror.honest_list()))
    with serving(trial, {MIRROR: registry}):
        trial.expect_trusted(trial.verify(), "image.tag.stable")
        # GET gives a foreign image, and HEAD says that nothing has changed.
        swap_layer(trial.sandbox, trial.release)
        registry.change = heading(trial, honest)
        trusted = trial.verify()
        trial.expect_trusted(trusted, "image.tag.stable")
        assert trusted.verdict["digest"] == f"{trial.sandbox.mirror}@{honest}"
        refused = trial.verify("--no-cache")
    trial.expect_refused(
        refused, "image.tag.stable", "T", writes=".local/state/crosstrust/state-layers"
    )


@pytest.mark.row("B25")
def test_every_kind_of_manifest_is_asked_for(trial: Trial) -> None:
    registries = {
        "registry-1.docker.io": Altered(trial.sandbox.registries[ORIGIN]),
        MIRROR: Altered(trial.sandbox.registries[MIRROR]),
    }
    with serving(trial, registries):
        trial.expect_trusted(trial.verify(), "image.manifest.type")
    for registry in registries.values():
        asked = [one.headers for one in registry.asked if "/manifests/" in one.path]
        assert asked
        assert {headers.get("accept") for headers in asked} == {ACCEPT}


@pytest.mark.row("B25")
@pytest.mark.parametrize("kind", ["text/plain", "application/vnd.oci.artifact.manifest.v1+json"])
def test_an_answer_that_is_no_manifest_is_refused(trial: Trial, kind: str) -> None:
    trial.expect_trusted(trial.verify(), "image.manifest.type")
    raw = Mirror(trial).honest_list()
    place = f"{MIRROR}/v2/nicolas/webdis/manifests/{trial.release.tag}"
    trial.service.fail(place, Response(200, {"Content-Type": kind}, raw))
    trial.expect_refused(trial.verify(), "image.manifest.type", "R", where=trial.copy)


@pytest.mark.row("B25")
def test_a_list_that_was_converted_to_one_of_its_manifests_lacks_the_others(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.platform.present")
    mirror = Mirror(trial)
    mirror.push_top(mirror.manifest.raw, DOCKER_MANIFEST)
    trial.expect_refused(trial.verify(), "image.platform.present", "M")


@pytest.mark.row("B25")
def test_a_conversion_of_what_was_asked_by_digest_is_refused(trial: Trial) -> None:
    mirror = Mirror(trial)
    image = f"{trial.sandbox.mirror}@{Digest.of(mirror.honest_list())}"
    signed = ("--signed-by", f"{trial.sandbox.origin}:{trial.release.tag}", "--no-cache")
    trial.expect_trusted(trial.verify(*signed, image=image), "image.digest.match")
    place = f"{MIRROR}/v2/nicolas/webdis/manifests/sha256:{image.rpartition(':')[2]}"
    child = Response(200, {"Content-Type": DOCKER_MANIFEST}, mirror.manifest.raw)
    for converted in (child, Response(200, {"Content-Type": SCHEMA1_SIGNED}, schema1())):
        trial.service.fail(place, converted)
        refused = trial.verify(*signed, image=image)
        trial.expect_refused(refused, "image.digest.match", "M", where=image)


def schema1(**changes: object) -> bytes:
    """A schema 1 manifest as old registries make them, with a signature of their own."""
    layers = [{"blobSum": str(Digest.of(bytes([number])))} for number in range(2)]
    signature = {
        "header": {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, "alg": "ES256"},
        "signature": "AAAA",
        "protected": "AAAA",
    }
    document = {
        "schemaVersion": 1,
        "name": "nicolas/webdis",
        "tag": "0.1.19",
        "architecture": "amd64",
        "fsLayers": layers,
        "history": [{"v1Compatibility": "{}"} for _ in layers],
        "signatures": [signature],
    }
    return json.dumps({**document, **changes}).encode()


@pytest.mark.row("B26")
@pytest.mark.parametrize("served_as", [SCHEMA1, SCHEMA1_SIGNED, DOCKER_MANIFEST, "text/plain", ""])
@pytest.mark.parametrize("signed", [True, False])
def test_schema_1_is_refused_by_name(trial: Trial, served_as: str, *, signed: bool) -> None:
    trial.expect_trusted(trial.verify(), "image.schema1.refused")
    raw = schema1() if signed else schema1(signatures=[])
    place = f"{MIRROR}/v2/nicolas/webdis/manifests/{trial.release.tag}"
    trial.service.fail(place, Response(200, {"Content-Type": served_as}, raw))
    trial.expect_refused(trial.verify(), "image.schema1.refused", "R", where=trial.copy)
    # Whatever version it claims, what it is served as is refused.
    trial.service.fail(
        place, Response(200, {"Content-Type": SCHEMA1_SIGNED}, schema1(schemaVersion=2))
    )
    trial.expect_refused(trial.verify(), "image.schema1.refused", "R", where=trial.copy)


@pytest.mark.row("B26")
def test_schema_1_is_refused_even_where_the_author_signed_its_digest(trial: Trial) -> None:
    plain = f"{trial.sandbox.origin}:{trial.release.tag}"
    trial.expect_trusted(trial.verify(image=plain), "image.schema1.refused")
    raw = schema1()
    origin = trial.sandbox.registries[ORIGIN]
    digest = origin.put_manifest(trial.sandbox.repository, raw, SCHEMA1_SIGNED, "old")
    trial.sandbox.author.sign("old", digest, len(raw))
    trial.sandbox.publish()
    refused = trial.verify(image=f"{trial.sandbox.origin}:old")
    trial.expect_refused(
        refused, "image.schema1.refused", "R", writes=".local/state/crosstrust/state-seen"
    )
