"""A disk without room: layers need none of it, and what cannot be kept is told."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys

import pytest

from crosstrust.sandbox.image import build_image
from crosstrust.sandbox.layer import Layer, build_layer
from crosstrust.value import replace
from tests.attacks.repacked import gzipped, last_tar, push_copy, push_layer, sign_images
from tests.attacks.trial import Trial

MIB = 1024 * 1024


def write_nothing() -> None:
    """Let this process write no byte to any file."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.row("B64")
def test_layers_of_any_size_are_measured_without_a_disk(trial: Trial) -> None:
    layers = [build_layer({f"data/{n}": os.urandom(2 * MIB)}, level=1) for n in range(2)]
    image = build_image(layers, architecture="amd64")
    others = tuple(Layer(layer.tar, gzipped(layer.tar, level=0)) for layer in layers)
    sign_images(trial, (image,))
    push_copy(trial, (replace(image, layers=others),))
    command = [sys.executable, "-m", "crosstrust", "verify", trial.copy, "--format", "json"]
    options = ["--pin", trial.root_pin, "--signed-by", trial.sandbox.origin]
    done = subprocess.run(
        [*command, *options], capture_output=True, check=False, preexec_fn=write_nothing
    )
    assert done.returncode == 0, done.stderr
    (verdict,) = json.loads(done.stdout)
    assert verdict["platforms"][0]["layers"] == {"compared": 2, "fetched": 2}
    assert "local.state.saved" in {one["code"] for one in verdict["warnings"]}
    trial.note_failed("local.state.saved")
    kept = [*trial.home.glob(".cache/**/*"), *trial.home.glob(".local/**/*")]
    assert not [path for path in kept if path.is_file() and path.stat().st_size]


def fill_disk(trial: Trial) -> None:
    """Let the system refuse every file that is to be put in its place."""

    def full(*_names: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    trial.patch.setattr(os, "replace", full)
    trial.patch.setattr(os, "rename", full)


@pytest.mark.row("B64")
def test_a_full_disk_takes_nothing_from_a_verdict_and_is_told(trial: Trial) -> None:
    push_layer(trial, gzipped(last_tar(trial)))
    fill_disk(trial)
    outcome = trial.verify()
    trial.expect_warned(outcome, "local.disk.space")
    told = outcome.verdict["warnings"]
    for lost in ("no version floor was kept", "a layer was not remembered", "nothing was cached"):
        assert any(lost in one["text"] for one in told), lost
    assert all(str(trial.home) in one["where"] for one in told)
    assert not [path for path in trial.home.rglob("*") if "new" in path.name]


@pytest.mark.row("B64")
def test_a_disk_with_room_is_not_spoken_of(trial: Trial) -> None:
    push_layer(trial, gzipped(last_tar(trial)))
    outcome = trial.verify()
    trial.expect_trusted(outcome, "local.disk.space", "local.state.saved")
    assert outcome.verdict["warnings"] == []


@pytest.mark.row("B64")
def test_a_result_that_does_not_fit_is_told(trial: Trial) -> None:
    trial.expect_trusted(trial.verify())
    saved = trial.verify("-o", "verdict.json")
    assert saved.code == 0
    trial.note_passed("local.output.saved")
    # What was proved is proved; only the cache's hints would be written anew.
    outcome = trial.verify("-o", "/dev/full", "--no-cache")
    trial.expect_trouble(outcome, "local.output.saved")


@pytest.mark.row("B64")
def test_layers_that_claim_more_than_any_disk_are_not_fetched(trial: Trial) -> None:
    blob = gzipped(last_tar(trial))
    push_layer(trial, blob)
    trial.expect_trusted(trial.verify(), "image.layer.verified")
    push_layer(trial, blob + b"x", size=2**50)
    outcome = trial.verify()
    assert outcome.code == 3
    assert {one["code"] for one in outcome.checks("unknown")} == {"image.layer.verified"}
    assert outcome.written == set()


def test_a_process_short_of_open_files_says_so(trial: Trial) -> None:
    """Where it runs out is chance; that it is told in one line, or in a verdict, is not."""
    command = [sys.executable, "-m", "crosstrust", "verify", trial.copy, "--signed-by"]
    command += [trial.sandbox.origin, "--pin", trial.root_pin]
    told = set()
    for files in range(6, 13):
        limited = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command]
        done = subprocess.run(limited, capture_output=True, check=False)
        assert done.returncode in {0, 3}, done.stderr
        assert done.stderr.count(b"\n") == (not done.stdout)
        told.add(done.stderr.partition(b": ")[2].partition(b": ")[0])
    assert b"local.process.limit" in told
    trial.note_failed("local.process.limit")
    trial.expect_trusted(trial.verify(), "local.process.limit")
