from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from crosstrust.sandbox import Release, Sandbox
from crosstrust.sandbox.story import ATTACKS, COPY, Attack
from tests.unit.cli.shell import COMMAND, Run, files_below


def test_the_story_ends_well_and_fits_a_terminal(run: Run) -> None:
    result = run("demo")
    assert (result.code, result.err) == (0, "")
    assert "TRUSTED  public.ecr.aws/nicolas/webdis:0.1.19" in result.out
    titles = re.findall(r"^Attack \d: (.+)$", result.out, re.MULTILINE)
    assert titles == [attack.title for attack in ATTACKS]
    assert result.out.count("✓ caught") == len(ATTACKS)
    assert result.out.endswith("✓ the honest copy is trusted; 5 of 5 attacks caught\n")
    wide = [line for line in result.out.splitlines() if len(line) > 80]
    assert [line for line in wide if not re.search("[0-9a-f]{64}", line)] == []


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(folder: Path, sent: signal.Signals) -> None:
    environ = {**os.environ, "TMPDIR": str(folder)}
    process = subprocess.Popen([*COMMAND, "demo"], env=environ, cwd=folder, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not list(folder.glob("crosstrust-sandbox-*")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(sent)
    shown, _ = process.communicate(timeout=30)
    assert (process.returncode, shown) == (130, b"")
    assert files_below(folder) == set()


def do_nothing(_sandbox: Sandbox, _release: Release) -> str:
    return "nothing was done"


def test_an_attack_that_is_not_caught_is_told_and_fails(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    harmless = Attack("Nothing", COPY, "tuf.target.present", do_nothing)
    monkeypatch.setattr("crosstrust.sandbox.story.ATTACKS", (harmless,))
    result = run("demo")
    assert result.code == 1
    assert "  verdict   trusted, nothing failed\n" in result.out
    assert "✗ not caught" in result.out
    assert result.out.endswith("✗ the honest copy is trusted; 0 of 1 attacks caught\n")


def test_the_story_takes_no_arguments(run: Run) -> None:
    result = run("demo", "docker.io/nicolas/webdis")
    assert (result.code, result.out) == (2, "")
    assert "docker.io/nicolas/webdis" in result.err


def test_without_a_folder_for_temporary_files_it_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not" / "there"))
    result = run("demo")
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("crosstrust: local.state.writable: the folder for temporary files")
    assert result.err.count("\n") == 1
