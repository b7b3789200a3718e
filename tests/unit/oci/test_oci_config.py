from __future__ import annotations

import json
from typing import Any

import pytest

from crosstrust.errors import LimitError, MalformedError
from crosstrust.oci.config import ImageConfig, parse_config
from crosstrust.oci.digest import Digest
from crosstrust.oci.platform import parse_platform

DIFF_IDS = [str(Digest.of(b"base")), str(Digest.of(b"top"))]


def config(**more: object) -> dict[str, Any]:
    return {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": DIFF_IDS},
        **more,
    }


def parse(document: object) -> ImageConfig:
    return parse_config(json.dumps(document).encode(), "x.y/z@sha256:0")


def test_what_a_config_says() -> None:
    document = config(
        variant="v3",
        created="2022-07-01T00:00:00.123Z",
        author="someone",
        config={
            "Cmd": ["/webdis"],
            "Labels": {"Version": "1", "version": "2"},
            "Volumes": {"/Data": {}, "/data": {}},
        },
        history=[{"created_by": "ADD"}, {"empty_layer": True}, {"empty_layer": False}],
        unheard={"of": 1.5},
    )
    found = parse(document)
    assert found.digest == Digest.of(json.dumps(document).encode())
    assert found.platform == parse_platform("linux/amd64/v3")
    assert [str(digest) for digest in found.diff_ids] == DIFF_IDS
    assert found.history_layers == 2
    assert found.created == "2022-07-01T00:00:00.123Z"
    assert found.labels == {"Version": "1", "version": "2"}
    assert found.value == document


@pytest.mark.parametrize("absent", [{}, {"config": None, "history": None, "created": None}])
def test_what_a_config_may_leave_out(absent: dict[str, Any]) -> None:
    found = parse(config(**absent))
    assert (found.history_layers, found.created, found.labels) == (None, "", {})
    assert not found.platform.variant_stated


def test_an_empty_history_counts_nothing() -> None:
    assert parse(config(history=[])).history_layers is None
    assert parse(config(history=[{"empty_layer": True}])).history_layers == 0


@pytest.mark.parametrize("rootfs", [{"diff_ids": []}, {"diff_ids": None}, {}])
def test_an_image_may_have_no_layers(rootfs: dict[str, Any]) -> None:
    assert parse(config(rootfs={"type": "layers", **rootfs})).diff_ids == ()


def test_no_labels_are_no_labels() -> None:
    assert parse(config(config={"Labels": None})).labels == {}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ([], "$"),
        ({}, "$.os"),
        (config(os=5), "$.os"),
        (config(architecture="\x1b"), "$.architecture"),
        (config(rootfs=None), "$.rootfs"),
        (config(rootfs={"diff_ids": []}), "$.rootfs.type"),
        (config(rootfs={"type": "layers\x1b"}), "$.rootfs.type"),
        (config(rootfs={"type": "layers", "diff_ids": [5]}), "$.rootfs.diff_ids[0]"),
        (config(rootfs={"type": "layers", "Diff_IDs": []}), "$.rootfs.diff_ids"),
        (config(history={}), "$.history"),
        (config(history=[[]]), "$.history[0]"),
        (config(history=[{"empty_layer": 1}]), "$.history[0].empty_layer"),
        (config(created=5), "$.created"),
        (config(config=[]), "$.config"),
        (config(config={"Labels": {"a": 5}}), "$.config.Labels.a"),
        (config(Config={}, config={}), ""),
    ],
)
def test_the_form_is_checked_with_its_place(document: object, place: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse(document)
    error = caught.value
    assert (error.code, error.where) == ("image.config.form", f"x.y/z@sha256:0 {place}".rstrip())
    assert error.remedy
    assert str(error).isprintable()


def test_a_bad_diff_id_is_placed() -> None:
    rootfs = {"type": "layers", "diff_ids": [DIFF_IDS[0], "sha256:x"]}
    with pytest.raises(MalformedError) as caught:
        parse(config(rootfs=rootfs))
    assert caught.value.code == "digest.form"
    assert caught.value.where == "x.y/z@sha256:0 $.rootfs.diff_ids[1]"


def test_a_config_has_a_size_limit() -> None:
    with pytest.raises(LimitError):
        parse(config(author="a" * (8 << 20)))
