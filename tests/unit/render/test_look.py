"""Manifests, images and comparisons as text and JSON."""

import json

import pytest

from crosstrust.chain.side import Member, Side
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.verdict import Level, PlatformResult
from crosstrust.oci.config import ImageConfig, parse_config
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.oci.index import Index
from crosstrust.oci.manifest import Manifest
from crosstrust.oci.platform import Platform
from crosstrust.render.image import render_image, render_image_json
from crosstrust.render.likeness import render_likeness, render_likeness_json
from crosstrust.render.manifest import render_manifest, render_manifest_json
from crosstrust.render.pen import Pen

PEN = Pen()
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
IMAGE = "application/vnd.docker.distribution.manifest.v2+json"
AMD64 = Platform.of(os="linux", architecture="amd64")
NAME = "docker.io/a/b:1"
PROBLEM = Check("image.child.present", Outcome.UNKNOWN, "x", Class.CONTENT, "e", "a", "ask")


def digest(word: str) -> Digest:
    return Digest.of(word.encode())


def blob(word: str) -> Descriptor:
    return Descriptor("application/x", digest(word), len(word))


LAYERS = (blob("one"), blob("three"))
MANIFEST = Manifest(digest("manifest"), IMAGE, blob("config"), LAYERS)


def config(runtime: object, diff_ids: int = 2, created: str = "2026-05-09") -> ImageConfig:
    raw = {
        "architecture": "amd64",
        "os": "linux",
        "created": created,
        "config": runtime,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{n:064x}" for n in range(diff_ids)]},
    }
    return parse_config(json.dumps(raw).encode(), "x")


def side(*members: Member, index: bool = True) -> Side:
    top = Index(digest("top"), LIST, ()) if index else MANIFEST
    return Side("docker.io/a/b", top=top, digest=digest("top"), raw=b"abc", members=list(members))


RUNTIME = {
    "Cmd": ["/bin/x", "\x1b[2J"],
    "Labels": {"a": "b"},
    "ExposedPorts": {"80/tcp": {}},
    "User": "nobody",
    "Env": [],
}


# --- manifest ---


def test_an_index_is_shown_with_what_is_below() -> None:
    shown = side(Member(MANIFEST.digest, AMD64, MANIFEST), Member(digest("unread"), None))
    shown.attestations = 1
    shown.problems.append(PROBLEM)
    lines = render_manifest(NAME, shown, PEN, origin="https://r\x1b").splitlines()
    assert lines[:5] == [
        NAME,
        f"  type        {LIST}",
        f"  digest      {digest('top')}",
        "  length      3 bytes",
        "  served by   https://r?",
    ]
    assert lines[6:11] == [
        "  linux/amd64",
        f"    manifest  {MANIFEST.digest}",
        f"    config    {digest('config')}  6 bytes",
        f"    layer     {digest('one')}  3 bytes",
        f"    layer     {digest('three')}  5 bytes",
    ]
    assert f"    manifest  {digest('unread')}" in lines
    assert "  1 attestation, unsigned" in lines
    assert any("image.child.present" in line for line in lines)


def test_a_single_image_is_its_own_manifest() -> None:
    text = render_manifest(NAME, side(Member(MANIFEST.digest, None, MANIFEST), index=False), PEN)
    assert "manifest  " not in text
    assert f"config    {digest('config')}" in text


def test_what_was_not_read_is_left_out() -> None:
    assert render_manifest(NAME, Side("docker.io/a/b"), PEN) == f"{NAME}\n"
    found = json.loads(render_manifest_json(NAME, Side("docker.io/a/b")))
    assert (found["media_type"], found["digest"], found["images"]) == (None, None, [])


def test_a_manifest_has_json() -> None:
    shown = side(Member(MANIFEST.digest, AMD64, MANIFEST), Member(digest("unread"), None))
    shown.problems.append(PROBLEM)
    found = json.loads(render_manifest_json(NAME, shown, origin="https://r"))
    assert (found["reference"], found["digest"]) == (NAME, str(digest("top")))
    first, second = found["images"]
    assert (first["platform"], first["media_type"]) == ("linux/amd64", IMAGE)
    assert first["layers"][1] == {
        "media_type": "application/x",
        "digest": str(digest("three")),
        "size": 5,
    }
    assert (second["platform"], second["config"], second["layers"]) == (None, None, None)
    assert [problem["code"] for problem in found["problems"]] == ["image.child.present"]


# --- image ---


def test_every_digest_of_an_image_says_its_kind() -> None:
    found = config(RUNTIME, diff_ids=1)
    shown = side(Member(MANIFEST.digest, AMD64, MANIFEST, found))
    lines = render_image(NAME, shown, shown.members).splitlines()
    assert lines == [
        f"{NAME}  linux/amd64",
        f"  index digest      {digest('top')}",
        f"  manifest digest   {MANIFEST.digest}",
        f"  config digest     {found.digest}",
        "  created           2026-05-09",
        "  size              8 bytes compressed",
        "  Cmd               /bin/x",
        "  Cmd               ?[2J",
        "  User              nobody",
        "  ExposedPorts      80/tcp",
        "  Labels            a=b",
        f"  layer digest      {digest('one')}  3 bytes",
        f"    diff_id         sha256:{0:064x}",
        f"  layer digest      {digest('three')}  5 bytes",
        "    diff_id         none",
    ]


@pytest.mark.parametrize("runtime", [None, {}])
def test_an_image_may_have_no_settings(runtime: object) -> None:
    member = Member(MANIFEST.digest, None, MANIFEST, config(runtime, created=""))
    lines = render_image(NAME, side(member, index=False), [member]).splitlines()
    assert "index digest" not in "".join(lines)
    assert lines[3].startswith("  size ")


def test_an_image_that_was_not_read_says_so() -> None:
    member = Member(digest("unread"), None)
    text = render_image(NAME, side(member), [member])
    assert text.splitlines()[0] == NAME
    assert text.endswith("config            not read\n")
    (found,) = json.loads(render_image_json(NAME, side(member), [member]))
    assert (found["platform"], found["config_digest"]) == (None, None)
    assert "layers" not in found


def test_an_image_has_json() -> None:
    found = config(RUNTIME)
    member = Member(MANIFEST.digest, AMD64, MANIFEST, found)
    (shown,) = json.loads(render_image_json(NAME, side(member), [member]))
    assert shown["index_digest"] == str(digest("top"))
    assert shown["config_digest"] == str(found.digest)
    assert shown["config"] == RUNTIME
    assert [layer["diff_id"][-1] for layer in shown["layers"]] == ["0", "1"]
    (single,) = json.loads(render_image_json(NAME, side(member, index=False), [member]))
    assert single["index_digest"] is None


# --- compare ---

SAME = PlatformResult("linux/amd64", Level.CONTENT, digest("b"), digest("a"), reasons=("why",))
ALONE = PlatformResult("linux/arm", Level.NONE, digest("c"), None)
FAILED = Check("image.platform.extra", Outcome.FAILED, "linux/arm", Class.CONTENT, "none")
NAMES = (NAME, "ghcr.io/a/b:1")


@pytest.mark.parametrize(
    ("same", "word"), [(True, "SAME"), (False, "DIFFERENT"), (None, "NOT KNOWN TO BE THE SAME")]
)
def test_a_comparison_begins_with_its_result(same: bool | None, word: str) -> None:
    text = render_likeness(NAMES, (SAME, ALONE), (), PEN, same=same)
    assert text.startswith(f"{word}\n  {NAMES[0]}\n  {NAMES[1]}\n\n  linux/amd64: the same config")
    assert f"    first   {digest('a')}\n    second  {digest('b')}\n    why\n" in text
    assert f"    first   none\n    second  {digest('c')}\n" in text
    assert "No signature was looked at" in text
    # The checks speak of what was signed, and here nothing is known to be.
    assert text.endswith('"signed" is what the first one has.\n')


def test_a_comparison_tells_what_failed_once() -> None:
    checks = (Check.passed("image.config.same", "x"), FAILED, FAILED)
    text = render_likeness(NAMES, (), checks, PEN, same=False)
    assert text.count("image.platform.extra") == 1
    assert "image.config.same" not in text


def test_a_comparison_has_json() -> None:
    found = json.loads(render_likeness_json(NAMES, (SAME,), (FAILED, FAILED), same=None))
    assert (found["first"], found["second"], found["same"]) == (*NAMES, None)
    assert [platform["level"] for platform in found["platforms"]] == ["image.content.same"]
    assert [check["code"] for check in found["checks"]] == ["image.platform.extra"]


def test_a_comparison_s_json_calls_no_side_signed() -> None:
    text = render_likeness_json(NAMES, (SAME, ALONE), (), same=None)
    assert "signed" not in text
    first, second = json.loads(text)["platforms"]
    assert list(first)[:4] == ["platform", "level", "first_digest", "second_digest"]
    assert (first["first_digest"], first["second_digest"]) == (str(digest("a")), str(digest("b")))
    assert (second["first_digest"], second["second_digest"]) == (None, str(digest("c")))
