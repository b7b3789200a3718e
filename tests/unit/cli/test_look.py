"""``inspect``, ``manifest``, ``image`` and ``compare``, against the sandbox on loopback."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosstrust.sandbox.exchange import answer_error
from crosstrust.sandbox.image import Producer, write_manifest
from crosstrust.sandbox.release import TAG, build_webdis, push
from crosstrust.sandbox.sandbox import Sandbox
from crosstrust.sandbox.service import Service
from tests.unit.cli.shell import Run
from tests.unit.sources.loopback import Say, Server

ORIGIN = f"nicolas/webdis:{TAG}"
MIRROR = f"public.ecr.aws/nicolas/webdis:{TAG}"

pytestmark = pytest.mark.usefixtures("service")


@pytest.fixture
def down(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every server answers that it is out of order, and there is no time to ask again."""
    monkeypatch.setenv("CROSSTRUST_TIMEOUT", "0.4")
    for name in ("registry-1.docker.io", "public.ecr.aws", "notary.docker.io"):
        service.fail(name, answer_error(500, "UNKNOWN", "out of order"))
    yield
    service.recover()


# --- inspect ---


def test_inspect_shows_who_signed(run: Run, root_pin: str) -> None:
    result = run("inspect", ORIGIN, "--pin", root_pin)
    assert (result.code, result.err) == (0, "")
    assert "targets/nicolasff" in result.out
    assert TAG in result.out


def test_inspect_has_json(run: Run, root_pin: str) -> None:
    (found,) = json.loads(run("inspect", ORIGIN, "--pin", root_pin, "--format", "json").out)
    assert (found["decision"], found["tag"]) == ("trusted", TAG)


def test_inspect_of_an_unsigned_tag_is_rejected(run: Run, root_pin: str) -> None:
    result = run("inspect", "nicolas/webdis:9", "--pin", root_pin, "--format", "docker")
    assert result.code == 1
    (shown,) = json.loads(result.out)
    assert (shown["Name"], shown["SignedTags"]) == ("nicolas/webdis:9", [])
    assert "tuf.target.present" in result.err


def test_another_digest_than_the_signed_one_is_shown_as_docker_does_and_rejected(
    run: Run, root_pin: str
) -> None:
    name = f"{ORIGIN}@sha256:{'0' * 64}"
    result = run("inspect", name, "--pin", root_pin, "--format", "docker")
    assert result.code == 1
    (shown,) = json.loads(result.out)
    assert (shown["Name"], [row["SignedTag"] for row in shown["SignedTags"]]) == (name, [TAG])
    assert "reference.tag.digest" in result.err


def test_a_digest_that_cannot_be_compared_is_shown_as_docker_does_and_undecided(
    run: Run, root_pin: str
) -> None:
    name = f"{ORIGIN}@sha512:{'0' * 128}"
    result = run("inspect", name, "--pin", root_pin, "--format", "docker")
    assert result.code == 3
    (shown,) = json.loads(result.out)
    assert [row["SignedTag"] for row in shown["SignedTags"]] == [TAG]
    assert "digest.algorithm.supported" in result.err


def test_inspect_of_a_copy_shows_who_signs_it_by_the_policy(
    run: Run, root_pin: str, tmp_path: Path
) -> None:
    file = tmp_path / "crosstrust.toml"
    file.write_text(
        '[[image]]\nname = "public.ecr.aws/nicolas/webdis"\nsigned-by = "nicolas/webdis"\n'
        f'keys.root = ["{root_pin.removeprefix("root=")}"]\n'
    )
    result = run("inspect", MIRROR, "--policy", str(file))
    assert (result.code, result.err) == (0, "")
    assert f"\n  signed as docker.io/{ORIGIN}\n" in result.out
    assert "targets/nicolasff" in result.out
    # Docker looks for trust data of the copy itself, and finds none.
    docker = run("inspect", MIRROR, "--policy", str(file), "--format", "docker")
    assert (docker.code, docker.out) == (1, "[]\n")


@pytest.mark.parametrize("name", ["nicolas/webdis", f"nicolas/webdis@sha256:{'0' * 64}"])
def test_whose_signature_counts_is_told_only_of_a_copy(run: Run, root_pin: str, name: str) -> None:
    assert "signed as" not in run("inspect", name, "--pin", root_pin).out


def test_a_copy_without_trust_data_is_told_how_to_name_its_author(run: Run) -> None:
    shown = run("verify", "nicolas/other:1")
    assert shown.code == 1
    assert "tuf.target.present" in shown.out
    assert "`crosstrust verify --signed-by REPO`" in " ".join(shown.out.split())


def test_inspect_prints_as_docker_does(run: Run, root_pin: str) -> None:
    result = run("inspect", ORIGIN, "--pin", root_pin, "--format", "docker")
    (shown,) = json.loads(result.out)
    assert (result.code, result.err) == (0, "")
    assert [row["SignedTag"] for row in shown["SignedTags"]] == [TAG]
    pretty = run("inspect", ORIGIN, "--pin", root_pin, "--format", "docker-pretty")
    assert pretty.out.startswith(f"\nSignatures for {ORIGIN}\n")


@pytest.mark.parametrize("form", ["docker", "docker-pretty"])
def test_docker_s_forms_come_with_what_they_cannot_say(
    run: Run, root_pin: str, sandbox: Sandbox, form: str
) -> None:
    at = f"{sandbox.at:%Y-%m-%dT%H:%M:%S}.999999Z"
    past = run("inspect", ORIGIN, "--pin", root_pin, "--format", form, "--at", at)
    assert (past.code, past.err.count("\n")) == (0, 1)
    assert "TRUSTED AS OF" in past.err
    cached = run("inspect", ORIGIN, "--pin", root_pin, "--format", form, "--offline")
    assert (cached.code, cached.err.count("\n")) == (0, 1)
    assert "judged from the cache alone" in cached.err


def test_docker_s_form_shows_nothing_that_is_not_proved(run: Run) -> None:
    result = run("inspect", ORIGIN, "--format", "docker")
    assert (result.code, result.out) == (3, "[]\n")
    assert "pin.present" in result.err
    # What a tree shows on two lines is one here.
    assert "; if it is theirs, add --pin root=" in result.err


# --- manifest ---


def test_manifest_shows_the_tree_below(run: Run, sandbox: Sandbox) -> None:
    result = run("manifest", MIRROR)
    assert (result.code, result.err) == (0, "")
    assert "linux/arm64/v8" in result.out
    assert result.out.count("    layer     sha256:") == 10


def test_raw_is_what_was_served(run: Run) -> None:
    raw, digest = run("manifest", "--raw", ORIGIN), run("manifest", "--digest", ORIGIN)
    assert (raw.code, digest.code) == (0, 0)
    assert digest.out == f"sha256:{hashlib.sha256(raw.out.encode()).hexdigest()}\n"


def test_manifest_has_json(run: Run) -> None:
    found = json.loads(run("manifest", ORIGIN, "--format", "json").out)
    assert [image["platform"] for image in found["images"]] == ["linux/amd64", "linux/arm64/v8"]


@pytest.mark.parametrize(
    "forms",
    [
        *(["--raw", "--digest"], ["--raw", "--format", "json"], ["--digest", "--format", "json"]),
        ["--raw", "--digest", "--format", "json"],
    ],
)
def test_there_is_one_form_at_a_time(run: Run, forms: list[str]) -> None:
    result = run("manifest", *forms, ORIGIN)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "expected one of --raw, --digest and --format json" in result.err


# --- image ---


def test_image_labels_every_digest(run: Run) -> None:
    result = run("image", MIRROR)
    assert (result.code, result.err) == (0, "")
    for label in ("index digest", "manifest digest", "config digest", "layer digest", "diff_id"):
        assert f"{label} " in result.out
    assert f"org.opencontainers.image.version={TAG}" in result.out


def test_image_can_show_one_platform(run: Run) -> None:
    result = run("image", MIRROR, "--platform", "linux/arm64", "--format", "json")
    (found,) = json.loads(result.out)
    assert (result.code, found["platform"]) == (0, "linux/arm64/v8")
    assert len(found["layers"]) == 5


def test_image_without_the_platform_names_those_that_it_has(run: Run) -> None:
    result = run("image", MIRROR, "--platform", "linux/s390x,linux/arm/v7")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert result.err.startswith(f"crosstrust: image.platform.present: {MIRROR}; ")
    assert "expected linux/s390x or linux/arm/v7; found linux/amd64, linux/arm64/v8" in result.err


def test_a_platform_that_is_not_there_is_told_beside_those_that_are(run: Run) -> None:
    result = run("image", MIRROR, "--platform", "linux/arm64,linux/s390x", "--format", "json")
    (found,) = json.loads(result.out)
    assert (result.code, found["platform"]) == (1, "linux/arm64/v8")
    assert "expected linux/s390x; found linux/amd64, linux/arm64/v8" in result.err


def test_platforms_that_could_not_all_be_read_are_not_told_as_absent(
    run: Run, service: Service, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSTRUST_TIMEOUT", "0.4")
    single = publish_single(sandbox)
    service.fail("public.ecr.aws/v2/nicolas/webdis/blobs/", answer_error(500, "UNKNOWN", "x"))
    try:
        result = run("image", single, "--platform", "linux/s390x", "--no-cache")
    finally:
        service.recover()
    assert (result.code, result.out) == (3, "")
    assert "image.platform.present" not in result.err


def publish_single(sandbox: Sandbox) -> str:
    """One image without an index: only its config says for which platform it is."""
    image = build_webdis("single", "amd64")
    manifest = write_manifest(image, Producer.ENGINE)
    registry = sandbox.registries["public.ecr.aws"]
    for raw in (image.config, *(layer.blob for layer in image.layers)):
        registry.put_blob("nicolas/webdis", raw)
    registry.put_manifest("nicolas/webdis", manifest.raw, manifest.media_type, "single")
    return "public.ecr.aws/nicolas/webdis:single"


@pytest.mark.parametrize("command", ["manifest", "image"])
def test_what_is_absent_is_told(run: Run, command: str) -> None:
    result = run(command, "nicolas/webdis:9")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("crosstrust: image.tag.present: docker.io/nicolas/webdis:9")


@pytest.mark.usefixtures("down")
@pytest.mark.parametrize("command", ["manifest", "image"])
def test_what_could_not_be_asked_is_told(run: Run, command: str) -> None:
    result = run(command, ORIGIN)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("crosstrust: http.")


@pytest.mark.parametrize(
    "asked",
    [
        *(["manifest", MIRROR], ["manifest", MIRROR, "--raw"], ["image", MIRROR]),
        ["compare", ORIGIN, MIRROR],
    ],
)
def test_what_is_read_from_the_cache_says_how_old_it_is(run: Run, asked: list[str]) -> None:
    names = [f"docker.io/{name}" if name == ORIGIN else name for name in asked if ":" in name]
    seen = run(*asked)
    assert (seen.code, seen.err) == (0, "")
    result = run(*asked, "--offline")
    said = [
        f"crosstrust: warning: {name}: read from the cache alone, "
        "fetched 0 minutes before (http.available)"
        for name in names
    ]
    assert (result.code, result.err.splitlines()) == (0, said)
    assert run(*asked, "--offline", "--quiet").err == ""


# --- compare ---


def test_compare_says_to_which_level(run: Run) -> None:
    result = run("compare", ORIGIN, MIRROR)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("SAME\n")
    assert "No signature was looked at" in result.out


def test_compare_has_json(run: Run) -> None:
    result = run("compare", ORIGIN, MIRROR, "--format", "json")
    found = json.loads(result.out)
    assert found["same"] is True
    assert {p["level"] for p in found["platforms"]} == {"image.content.same"}


def test_compare_tells_different_images_apart(run: Run, sandbox: Sandbox) -> None:
    push(sandbox.registries["docker.io"], "other/image", "1", (build_webdis("1", "amd64"),))
    result = run("compare", ORIGIN, "other/image:1")
    assert result.code == 1
    assert result.out.startswith("DIFFERENT\n")


def test_compare_with_nothing_is_told(run: Run) -> None:
    result = run("compare", ORIGIN, "nicolas/webdis:9")
    assert (result.code, result.out) == (1, "")
    assert "image.tag.present" in result.err


def test_compare_with_nothing_has_json(run: Run) -> None:
    for pair in ([ORIGIN, "nicolas/webdis:9"], ["nicolas/webdis:9", ORIGIN]):
        result = run("compare", *pair, "--format", "json")
        found = json.loads(result.out)
        assert (result.code, result.err, found["same"]) == (1, "", False)
        assert "image.tag.present" in {check["code"] for check in found["checks"]}


@pytest.mark.usefixtures("down")
def test_compare_that_could_not_be_made_is_told(run: Run) -> None:
    result = run("compare", ORIGIN, MIRROR, "--no-cache")
    assert result.code == 3
    assert result.out.startswith("NOT KNOWN TO BE THE SAME\n")


@pytest.mark.parametrize("command", ["manifest", "image", "compare"])
def test_a_host_without_tls_is_said(run: Run, command: str) -> None:
    with Server(lambda _: Say(404), None) as plain:
        image = f"{plain.place}/a:1"
        call = [command, *[image] * (1 + (command == "compare")), "--plain-http", plain.place]
        told, quiet = run(*call), run(*call, "--quiet")
    said = "asked without TLS, as the user said (http.plain)"
    warning = f"crosstrust: warning: {plain.origin}: {said}"
    assert told.err.splitlines()[0] == warning
    assert warning not in quiet.err
    assert (told.code, told.out) == (quiet.code, quiet.out) == (1, "")


def test_what_a_digest_names_has_an_age_too(run: Run) -> None:
    digest = run("manifest", "--digest", MIRROR).out.strip()
    name = f"{MIRROR.rpartition(':')[0]}@{digest}"
    assert run("manifest", name).err == ""
    result = run("manifest", name, "--offline")
    assert result.code == 0
    assert result.err.startswith(f"crosstrust: warning: {name}: read from the cache alone, ")
    unknown = run("manifest", f"{name[:-1]}{'0' if name[-1] != '0' else '1'}", "--offline")
    assert unknown.code == 3
    assert "read from the cache" not in unknown.err
