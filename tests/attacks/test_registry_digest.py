"""Answers of a registry whose bytes, lengths or headers contradict what was asked for."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.exchange import Request, Response
from crosstrust.sandbox.sandbox import MIRROR, ORIGIN
from tests.attacks.altered import Altered, Mirror, serving, with_headers
from tests.attacks.trial import Trial


@pytest.mark.row("B01")
def test_a_manifest_with_other_bytes_than_its_digest_is_refused(trial: Trial) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify("--no-cache"), "image.digest.match")
    child = mirror.manifest
    mirror.registry.replace_manifest(mirror.name, child.digest, child.raw + b"\n")
    refused = trial.verify("--no-cache")
    trial.expect_refused(refused, "image.digest.match", "M", where=str(child.digest))


@pytest.mark.row("B01")
def test_a_list_with_other_bytes_than_the_digest_that_the_user_gave_is_refused(
    trial: Trial,
) -> None:
    mirror = Mirror(trial)
    digest = Digest.of(mirror.honest_list())
    image = f"{trial.sandbox.mirror}@{digest}"
    signed = ("--signed-by", f"{trial.sandbox.origin}:{trial.release.tag}", "--no-cache")
    trial.expect_trusted(trial.verify(*signed, image=image), "image.digest.match")
    mirror.registry.replace_manifest(mirror.name, digest, mirror.honest_list() + b"\n")
    refused = trial.verify(*signed, image=image)
    trial.expect_refused(refused, "image.digest.match", "M", where=str(digest))


@pytest.mark.row("B01")
def test_other_bytes_under_the_signed_digest_are_refused(trial: Trial) -> None:
    origin = trial.sandbox.registries[ORIGIN]
    signed, name = trial.release.signed, trial.sandbox.repository
    raw = origin.manifest(name, str(signed))
    assert raw is not None
    # The author's tag has moved on, so that the signed list is asked for by its digest.
    origin.put_manifest(name, raw.raw + b"\n", raw.media_type, trial.release.tag)
    trial.expect_trusted(trial.verify("--no-cache"), "image.digest.match")
    origin.replace_manifest(name, signed, raw.raw + b" ")
    refused = trial.verify("--no-cache")
    trial.expect_refused(refused, "image.digest.match", "M", where=str(signed))


@pytest.mark.row("B01")
@pytest.mark.parametrize("what", ["--raw", "--digest", "--format=json"])
def test_bytes_of_another_digest_are_not_shown_either(trial: Trial, what: str) -> None:
    mirror = Mirror(trial)
    digest = Digest.of(mirror.honest_list())
    image = f"{trial.sandbox.mirror}@{digest}"
    assert trial.run("manifest", image, what, "--no-cache").code == 0
    trial.note_passed("image.digest.match")
    mirror.registry.replace_manifest(mirror.name, digest, mirror.honest_list() + b"\n")
    shown = trial.run("manifest", image, what, "--no-cache")
    assert (shown.code, shown.out, shown.written) == (1, "", set())
    assert shown.err.startswith("crosstrust: image.digest.match: ")


@pytest.mark.row("B02")
def test_a_config_with_other_bytes_than_its_digest_is_refused(trial: Trial) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify("--no-cache"), "image.digest.match")
    config = mirror.image.config
    # As long as the honest one, so that the digest alone tells.
    other = config.replace(b'"os":"linux"', b'"os":"Linux"')
    mirror.registry.replace_blob(mirror.name, Digest.of(config), other)
    refused = trial.verify("--no-cache")
    trial.expect_refused(refused, "image.digest.match", "M", where=str(Digest.of(config)))


@pytest.mark.row("B02")
def test_a_layer_with_other_bytes_than_its_digest_is_refused(trial: Trial) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.digest.match")
    image, _ = mirror.recompress()
    layer = image.layers[-1]
    other = bytes([*layer.blob[:-1], layer.blob[-1] ^ 1])
    mirror.registry.replace_blob(mirror.name, layer.digest, other)
    trial.expect_refused(trial.verify(), "image.digest.match", "M", where=str(layer.digest))
    mirror.registry.put_blob(mirror.name, layer.blob)
    trial.expect_trusted(trial.verify(), "image.digest.match", "image.layer.verified")


@pytest.mark.row("B03")
@pytest.mark.parametrize("what", ["manifest", "config", "signed layer"])
@pytest.mark.parametrize("by", [-1, 1])
def test_a_descriptor_with_another_size_than_the_bytes_is_refused(
    trial: Trial, what: str, by: int
) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.size.match")
    sizes = {
        "manifest": len(mirror.manifest.raw),
        "config": len(mirror.image.config),
        "signed layer": len(mirror.image.layers[-1].blob),
    }
    edit = mirror.edit_top if what == "manifest" else mirror.edit_child
    edit(f'"size": {sizes[what]},', f'"size": {sizes[what] + by},')
    trial.expect_refused(trial.verify(), "image.size.match", "M")


@pytest.mark.row("B03")
@pytest.mark.parametrize("by", [-1, 1])
def test_a_fetched_layer_of_another_size_is_refused(trial: Trial, by: int) -> None:
    mirror = Mirror(trial)
    trial.expect_trusted(trial.verify(), "image.size.match")
    image, manifest = mirror.recompress()
    size = len(image.layers[-1].blob)
    lying = manifest.raw.replace(b'"size": %d,' % size, b'"size": %d,' % (size + by))
    mirror.push_child(lying)
    where = str(image.layers[-1].digest)
    trial.expect_refused(trial.verify(), "image.size.match", "M", where=where)
    mirror.push_child(manifest.raw)
    trial.expect_trusted(trial.verify(), "image.size.match")
    # Now the layer is known, and not fetched again: the lie shows all the same.
    mirror.push_child(lying)
    trial.expect_refused(trial.verify(), "image.size.match", "M", where=where)


def declaring(text: str | None, *, only: str = "/manifests/") -> Callable[..., Response]:
    """Answers that claim ``text`` as their digest."""

    def change(request: Request, response: Response) -> Response:
        if only not in request.path or response.status != 200:
            return response
        return with_headers(response, Docker_Content_Digest=text)

    return change


@pytest.mark.row("B04")
def test_a_digest_header_may_be_absent_or_of_an_algorithm_that_says_nothing(trial: Trial) -> None:
    registry = Altered(Mirror(trial).registry)
    with serving(trial, {MIRROR: registry}):
        for text in (None, "", "md5:" + "0" * 32, "whatever"):
            registry.change = declaring(text)
            trial.expect_trusted(trial.verify("--no-cache"), "http.header.agrees")


@pytest.mark.row("B04")
def test_a_digest_header_of_another_algorithm_counts_where_it_is_computed(trial: Trial) -> None:
    mirror = Mirror(trial)
    registry = Altered(mirror.registry)
    right = hashlib.sha512(mirror.honest_list()).hexdigest()
    tag = f"/manifests/{trial.release.tag}"
    with serving(trial, {MIRROR: registry}):
        registry.change = declaring(f"sha512:{right}", only=tag)
        trial.expect_trusted(trial.verify("--no-cache"), "http.header.agrees")
        registry.change = declaring(f"sha512:{right[:-1]}x", only=tag)
        refused = trial.verify("--no-cache")
        trial.expect_refused(refused, "http.header.agrees", "R", where=trial.copy)


@pytest.mark.row("B04")
@pytest.mark.parametrize("by", ["tag", "digest"])
def test_a_digest_header_that_contradicts_the_bytes_is_refused(trial: Trial, by: str) -> None:
    mirror = Mirror(trial)
    registry = Altered(mirror.registry)
    with serving(trial, {MIRROR: registry}):
        trial.expect_trusted(trial.verify("--no-cache"), "http.header.agrees")
        named = trial.release.tag if by == "tag" else str(mirror.manifest.digest)
        registry.change = declaring(str(Digest.of(b"other")), only=f"/manifests/{named}")
        trial.expect_refused(trial.verify("--no-cache"), "http.header.agrees", "R", where=named)


@pytest.mark.row("B05")
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Length": "-1"},
        {"Content-Length": "1e3"},
        {"Content-Length": "9" * 30},
        {"content-length": "17"},
        {"Transfer-Encoding": "chunked"},
        {"Transfer-Encoding": "gzip, chunked"},
    ],
)
def test_a_length_that_two_readers_read_differently_is_refused(
    trial: Trial, headers: dict[str, str]
) -> None:
    trial.expect_trusted(trial.verify("--no-cache"), "http.answer.form")
    raw = Mirror(trial).honest_list()
    place = f"{MIRROR}/v2/nicolas/webdis/manifests/{trial.release.tag}"
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(raw), raw) if "Transfer-Encoding" in headers else raw
    trial.service.fail(place, Response(200, {"Content-Length": str(len(raw)), **headers}, body))
    refused = trial.verify("--no-cache", "--timeout", "5")
    trial.expect_refused(refused, "http.answer.form", "R", where=place)


@pytest.mark.row("B07")
@pytest.mark.parametrize("what", ["manifest", "config"])
def test_bytes_that_a_cache_on_the_way_compressed_are_not_the_bytes_asked_for(
    trial: Trial, what: str
) -> None:
    mirror = Mirror(trial)
    raw = mirror.manifest.raw if what == "manifest" else mirror.image.config
    named = str(Digest.of(raw))

    def compress(request: Request, response: Response) -> Response:
        if not request.path.endswith(named):
            return response
        headers = {**response.headers, "Content-Encoding": "gzip"}
        return Response(200, headers, gzip.compress(response.body, mtime=0))

    registry = Altered(mirror.registry)
    with serving(trial, {MIRROR: registry}):
        trial.expect_trusted(trial.verify("--no-cache"), "image.digest.match")
        registry.change = compress
        refused = trial.verify("--no-cache")
    trial.expect_refused(refused, "image.digest.match", "M", where=named)
    asked = [request.headers["accept-encoding"] for request in registry.asked]
    assert set(asked) == {"identity"}
