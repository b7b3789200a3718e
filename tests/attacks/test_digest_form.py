"""Digests that are none, or of an algorithm that proves nothing here."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.exchange import Request, Response
from crosstrust.sandbox.image import DOCKER_LIST, Manifest, Producer, write_list, write_manifest
from crosstrust.sandbox.layer import compress
from crosstrust.sandbox.sandbox import MIRROR
from tests.attacks.altered import Altered, Change, Mirror, serving, with_headers
from tests.attacks.sample import some
from tests.attacks.trial import Trial

HEX = "0123456789abcdef" * 4
MALFORMED = (
    "",
    "sha256",
    "sha256:",
    "sha256:" + HEX.upper(),
    "SHA256:" + HEX,
    "sha256:" + HEX[:-1],
    "sha256:" + HEX + "0",
    "sha256:../../../../home/pwned",
    "sha256:..%2f..%2fpwned",
    "sha256:/etc/passwd",
    "sha256:" + HEX[:-3] + "/..",
    "../" + HEX,
    HEX,
    "sha256:" + HEX + "\n",
    " sha256:" + HEX,
    "sha256:" + HEX[:-1] + "\u0663",
    "sha512:" + HEX,
)
UNKNOWN = (
    "sha1:" + HEX[:40],
    "md5:" + HEX[:32],
    "sha384:" + HEX + HEX[:32],
    "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564",
    "blake3:" + HEX,
)


@pytest.mark.row("B19")
@pytest.mark.parametrize("where", ["list", "config", "layer"])
def test_a_digest_that_is_none_is_refused_before_it_names_anything(
    trial: Trial, where: str
) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "digest.form")
    honest = {
        "list": mirror.manifest.digest,
        "config": Digest.of(mirror.image.config),
        "layer": mirror.image.layers[-1].digest,
    }[where]
    edit = mirror.edit_top if where == "list" else mirror.edit_child
    before = len(trial.service.requests)
    for text in some(MALFORMED):
        edit(json.dumps(str(honest)), json.dumps(text))
        trial.expect_refused(trial.verify(), "digest.form", "T")
    targets = [seen.target for seen in trial.service.requests[before:]]
    assert not any("pwned" in target or "passwd" in target for target in targets)


@pytest.mark.row("B19")
@pytest.mark.parametrize("text", ["sha256:" + HEX.upper(), "sha256:../../etc/passwd", "sha256:"])
def test_a_digest_of_the_user_that_is_none_is_wrong_usage(trial: Trial, text: str) -> None:
    trial.expect_usage(trial.verify(image=f"{trial.sandbox.mirror}@{text}"), "reference.form")


@pytest.mark.row("B19")
@pytest.mark.parametrize(
    "text", [one for one in MALFORMED if one.startswith(("sha256:", "sha512:")) and "\n" not in one]
)
def test_a_digest_header_that_is_none_is_never_used(trial: Trial, text: str) -> None:
    def change(request: Request, response: Response) -> Response:
        if not request.path.endswith(f"/manifests/{trial.release.tag}"):
            return response
        return with_headers(response, Docker_Content_Digest=text.encode().decode("latin-1"))

    registry = Altered(Mirror(trial).registry)
    with serving(trial, {MIRROR: registry}):
        trial.expect_trusted(trial.verify(), "http.header.agrees")
        registry.change = change
        # With its bytes in the cache, and without.
        trial.expect_refused(trial.verify(), "http.header.agrees", "R", where=trial.copy)
        refused = trial.verify("--no-cache")
        trial.expect_refused(refused, "http.header.agrees", "R", where=trial.copy)


@pytest.mark.row("B21")
@pytest.mark.parametrize("where", ["list", "config", "layer"])
def test_a_digest_of_an_algorithm_that_is_not_computed_here_is_refused(
    trial: Trial, where: str
) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "digest.algorithm.supported")
    honest = {
        "list": mirror.manifest.digest,
        "config": Digest.of(mirror.image.config),
        "layer": mirror.image.layers[-1].digest,
    }[where]
    edit = mirror.edit_top if where == "list" else mirror.edit_child
    for text in some(UNKNOWN):
        edit(f'"{honest}"', f'"{text}"')
        trial.expect_refused(trial.verify(), "digest.algorithm.supported", "R")


def under_sha512(mirror: Mirror, *raws: bytes) -> Change:
    """Serve ``raws`` under their sha512 digests too: the sandbox's registry knows sha256 alone."""
    named = {str(Digest.of(raw, "sha512")): raw for raw in raws}

    def change(request: Request, response: Response) -> Response:
        raw = named.get(request.path.rpartition("/")[2])
        if raw is None:
            return response
        stored = mirror.registry.manifest(mirror.name, str(Digest.of(raw)))
        headers = {"Content-Type": stored.media_type} if stored else {}
        return Response(200, headers, raw)

    return change


def push_sha512(mirror: Mirror, child: bytes) -> None:
    """Push ``child`` as the first platform's manifest, named by its sha512."""
    first = Manifest(child, mirror.manifest.media_type, mirror.manifest.platform)
    mirror.registry.put_manifest(mirror.name, child, first.media_type)
    listed = write_list([first, *mirror.trial.release.mirror[1:]]).decode()
    sha512 = str(Digest.of(child, "sha512"))
    mirror.push_top(listed.replace(str(first.digest), sha512).encode(), DOCKER_LIST)


@pytest.mark.row("B20")
def test_a_manifest_and_a_layer_may_be_named_by_their_sha512(trial: Trial) -> None:
    mirror = Mirror(trial)
    layer = compress(mirror.image.layers[-1].tar, level=1)
    image = replace(mirror.image, layers=(*mirror.image.layers[:-1], layer))
    child = write_manifest(image, Producer.ENGINE).raw
    sha512 = str(Digest.of(layer.blob, "sha512"))
    child = child.replace(str(layer.digest).encode(), sha512.encode())
    registry = Altered(mirror.registry, under_sha512(mirror, child, layer.blob))
    with serving(trial, {MIRROR: registry}):
        push_sha512(mirror, child)
        trial.expect_trusted(trial.verify("--no-cache"), "digest.algorithm.supported")
        assert any(request.path.endswith(sha512) for request in registry.asked)


@pytest.mark.row("B20")
def test_the_user_may_name_a_copy_by_its_sha512(trial: Trial) -> None:
    mirror = Mirror(trial)
    raw = mirror.honest_list()
    sha512 = Digest.of(raw, "sha512")
    registry = Altered(mirror.registry, under_sha512(mirror, raw))
    signed = ("--signed-by", f"{trial.sandbox.origin}:{trial.release.tag}")
    with serving(trial, {MIRROR: registry}):
        trusted = trial.verify(*signed, image=f"{trial.sandbox.mirror}@{sha512}")
        trial.expect_trusted(trusted, "digest.algorithm.supported")
    assert trusted.verdict["digest"] == f"{trial.sandbox.mirror}@{Digest.of(raw)}"


@pytest.mark.row("B20")
def test_a_sha512_is_never_compared_by_its_start(trial: Trial) -> None:
    mirror = Mirror(trial)
    child = mirror.manifest.raw
    sha512 = Digest.of(child, "sha512")
    almost = f"sha512:{sha512.hex[:-1]}{'0' if sha512.hex[-1] != '0' else '1'}"

    def change(request: Request, response: Response) -> Response:
        if request.path.endswith(almost):
            return Response(200, {"Content-Type": mirror.manifest.media_type}, child)
        return response

    registry = Altered(mirror.registry, change)
    with serving(trial, {MIRROR: registry}):
        trial.expect_trusted(trial.verify("--no-cache"), "image.digest.match")
        mirror.edit_top(str(mirror.manifest.digest), almost)
        refused = trial.verify("--no-cache")
    trial.expect_refused(refused, "image.digest.match", "M", where=almost)


@pytest.mark.row("B20")
def test_the_signed_config_under_its_sha512_is_not_called_another_one(trial: Trial) -> None:
    mirror = Mirror(trial)
    config = mirror.image.config
    child = mirror.manifest.raw.decode()
    child = child.replace(str(Digest.of(config)), str(Digest.of(config, "sha512")))
    registry = Altered(mirror.registry, under_sha512(mirror, config))
    with serving(trial, {MIRROR: registry}):
        trial.expect_trusted(trial.verify("--no-cache"), "digest.algorithm.supported")
        mirror.push_child(child.encode())
        refused = trial.verify("--no-cache")
        trial.expect_refused(refused, "digest.algorithm.supported", "R")
