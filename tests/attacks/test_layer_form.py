"""Layers that are not packed as they claim, or unpack to something else than was signed."""

from __future__ import annotations

import gzip

import pytest

from crosstrust.sandbox.layer import build_layer
from tests.attacks.repacked import (
    TAR,
    ZSTD,
    bad_checksum,
    gzip_bomb,
    gzipped,
    last_tar,
    push_layer,
    skippable,
    with_fields,
    zstd,
    zstd_bomb,
)
from tests.attacks.trial import Trial

FORM = "image.layer.form"
DIFF_ID = "image.layer.diff_id"
# What a whole blob unpacks to is true whoever serves it, and may be remembered.
MEASURED = ".local/state/crosstrust/state-layers"


@pytest.mark.row("B38")
@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_bomb_is_not_unpacked(trial: Trial, kind: str) -> None:
    push_layer(trial, gzipped(last_tar(trial)))
    trial.expect_trusted(trial.verify(), "limit.exceeded", FORM, DIFF_ID)
    if kind == "gzip":
        push_layer(trial, gzip_bomb(1024 + 16))
    else:
        push_layer(trial, zstd_bomb(1024 + 16), ZSTD)
    trial.expect_refused(trial.verify(), "limit.exceeded", "R", where="public.ecr.aws")


@pytest.mark.row("B38")
def test_a_layer_is_unpacked_once_whatever_is_inside(trial: Trial) -> None:
    push_layer(trial, gzipped(last_tar(trial)))
    trial.expect_trusted(trial.verify())
    push_layer(trial, gzipped(gzip_bomb(1024 + 16)))
    # One step of unpacking is small and is not what was signed: nobody takes the next step.
    trial.expect_refused(trial.verify(), DIFF_ID, "M", where="layer 5", writes=MEASURED)


@pytest.mark.row("B39")
def test_every_form_of_the_same_archive_is_accepted(trial: Trial) -> None:
    tar = last_tar(trial)
    half = len(tar) // 2
    for blob, media_type in (
        (gzipped(tar[:half]) + gzipped(tar[half:]), ""),
        (gzipped(b"") + gzipped(tar) + gzipped(b""), ""),
        (with_fields(tar), ""),
        (zstd(tar), ZSTD),
        (skippable(b"index") + zstd(tar[:half]) + skippable(b"") + zstd(tar[half:]), ZSTD),
        (tar, TAR),
    ):
        push_layer(trial, blob, media_type)
        trial.expect_trusted(trial.verify(), FORM, DIFF_ID, "image.layer.media_type")


@pytest.mark.row("B39")
def test_what_is_behind_or_missing_from_an_archive_is_refused(trial: Trial) -> None:
    tar = last_tar(trial)
    push_layer(trial, gzipped(tar))
    trial.expect_trusted(trial.verify(), FORM)
    whole = gzipped(tar, level=9)
    for blob, media_type in (
        (whole + b"garbage", ""),
        # What some decompressors skip as padding, and others do not.
        (whole + bytes(512), ""),
        (whole + b"\x1f\x8b", ""),
        (whole[:-1], ""),
        (bad_checksum(whole), ""),
        (whole[:-4] + (1).to_bytes(4, "little"), ""),
        (zstd(tar) + b"garbage", ZSTD),
        (zstd(tar)[:-1], ZSTD),
        (skippable(tar), ZSTD),
        (b"", ""),
    ):
        push_layer(trial, blob, media_type)
        trial.expect_refused(trial.verify(), FORM, "T", where="public.ecr.aws")


@pytest.mark.row("B40")
def test_a_layer_packed_otherwise_than_its_media_type_says_is_refused(trial: Trial) -> None:
    tar = last_tar(trial)
    push_layer(trial, zstd(tar), ZSTD)
    trial.expect_trusted(trial.verify(), FORM)
    for blob, media_type in (
        (zstd(tar), ""),
        (tar, ""),
        (gzipped(tar), ZSTD),
        (tar, ZSTD),
        (gzipped(tar), TAR),
        (zstd(tar), TAR),
    ):
        push_layer(trial, blob, media_type)
        trial.expect_refused(trial.verify(), FORM, "T", where="public.ecr.aws")


@pytest.mark.row("B40")
def test_what_was_measured_as_one_form_does_not_count_as_another(trial: Trial) -> None:
    # The same blob, so the measurement that is kept of it must not be taken for this claim.
    blob = gzipped(last_tar(trial))
    push_layer(trial, blob)
    trial.expect_trusted(trial.verify(), FORM)
    push_layer(trial, blob, ZSTD)
    trial.expect_refused(trial.verify(), FORM, "T")


@pytest.mark.row("B41")
def test_a_foreign_layer_under_the_signed_config_is_refused(trial: Trial) -> None:
    push_layer(trial, gzipped(last_tar(trial)))
    trial.expect_trusted(trial.verify(), DIFF_ID)
    backdoor = build_layer({"etc/webdis.prod.json": b'{"daemonize": false, "backdoor": 1}\n'})
    for blob, media_type in (
        (backdoor.blob, ""),
        (zstd(backdoor.tar), ZSTD),
        (backdoor.tar, TAR),
        # The signed archive and one more: tar readers that stop at the first end differ.
        (gzipped(last_tar(trial) + backdoor.tar), ""),
        (gzip.compress(last_tar(trial)) + backdoor.blob, ""),
        (gzipped(last_tar(trial)[:-512]), ""),
    ):
        push_layer(trial, blob, media_type)
        trial.expect_refused(trial.verify(), DIFF_ID, "M", where="layer 5", writes=MEASURED)
        trial.expect_refused(trial.verify(), DIFF_ID, "M", where="layer 5")
