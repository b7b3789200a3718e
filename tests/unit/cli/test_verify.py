"""``crosstrust verify``, against the sandbox on loopback."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from crosstrust.sandbox.release import NEXT_TAG, TAG
from crosstrust.sandbox.sandbox import Sandbox
from crosstrust.sandbox.service import Service
from tests.unit.cli.shell import COMMAND, Result, Run, files_below

MIRROR = f"public.ecr.aws/nicolas/webdis:{TAG}"
ORIGIN = f"nicolas/webdis:{TAG}"
MISSING = f"public.ecr.aws/nicolas/webdis:{NEXT_TAG}"
SIGNED_BY = ("--signed-by", "nicolas/webdis")

pytestmark = pytest.mark.usefixtures("service")


@pytest.fixture
def policy(folder: Path, sandbox: Sandbox) -> Path:
    file = folder / "crosstrust.toml"
    file.write_text(
        '[[image]]\nname = "public.ecr.aws/nicolas/webdis"\nsigned-by = "nicolas/webdis"\n'
        f'keys.root = ["{sandbox.author.pins().root[0]}"]\n',
        encoding="utf-8",
    )
    return file


def verdicts(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.out)
    return found


def test_a_pinned_copy_is_trusted(run: Run, root_pin: str) -> None:
    result = run("verify", MIRROR, *SIGNED_BY, "--pin", root_pin)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"TRUSTED  {MIRROR}\n")
    assert "\x1b" not in result.out


@pytest.mark.usefixtures("policy")
def test_the_policy_of_the_folder_is_used(run: Run) -> None:
    result = run("verify", MIRROR, "--format", "json")
    assert (result.code, result.err) == (0, "")
    (verdict,) = verdicts(result)
    assert verdict["decision"] == "trusted"
    assert verdict["signed_by"] == f"docker.io/{ORIGIN}"


def test_without_pins_it_is_undecided(run: Run) -> None:
    result = run("verify", MIRROR, *SIGNED_BY)
    assert result.code == 3
    assert "pin.present" in result.out


def test_tofu_is_a_choice(run: Run) -> None:
    assert run("verify", MIRROR, *SIGNED_BY, "--tofu").code == 0


@pytest.mark.usefixtures("policy")
def test_the_gravest_of_several_decides(run: Run) -> None:
    result = run("verify", MIRROR, MISSING, "--format", "json")
    assert result.code == 1
    assert [verdict["decision"] for verdict in verdicts(result)] == ["trusted", "rejected"]


@pytest.mark.usefixtures("policy")
def test_jsonl_is_one_verdict_a_line(run: Run) -> None:
    lines = run("verify", MIRROR, MISSING, "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["decision"] for line in lines] == ["trusted", "rejected"]


@pytest.mark.usefixtures("policy")
def test_digests_are_those_that_may_be_run(run: Run) -> None:
    result = run("verify", MIRROR, MISSING, "--format", "digest")
    assert result.code == 1
    assert result.out.count("\n") == 1
    assert result.out.startswith("public.ecr.aws/nicolas/webdis@sha256:")
    assert "image.tag.present" in result.err


@pytest.mark.usefixtures("policy")
def test_two_trees_are_kept_apart(run: Run) -> None:
    result = run("verify", MIRROR, f"{MIRROR}@{_digest(run)}")
    assert result.code == 0
    assert result.out.count("\n\nTRUSTED  ") == 1


def _digest(run: Run) -> str:
    return run("manifest", "--digest", MIRROR).out.strip()


def test_a_certificate_file_can_be_a_pin(run: Run, folder: Path, sandbox: Sandbox) -> None:
    (folder / "root.crt").write_bytes(_certificate(sandbox))
    assert run("verify", MIRROR, *SIGNED_BY, "--pin", "root=@root.crt").code == 0


def _certificate(sandbox: Sandbox) -> bytes:
    import base64

    root = json.loads(sandbox.author.files()["root"])["signed"]
    (key_id,) = root["roles"]["root"]["keyids"]
    return base64.b64decode(root["keys"][key_id]["keyval"]["public"])


def test_the_environment_holds_options(
    run: Run, monkeypatch: pytest.MonkeyPatch, root_pin: str
) -> None:
    monkeypatch.setenv("CROSSTRUST_SIGNED_BY", "nicolas/webdis")
    monkeypatch.setenv("CROSSTRUST_PIN", f"{root_pin}, {root_pin}")
    monkeypatch.setenv("CROSSTRUST_FORMAT", "digest")
    assert run("verify", MIRROR).code == 0


def test_the_result_can_go_to_a_file(run: Run, folder: Path, root_pin: str) -> None:
    result = run("verify", MIRROR, *SIGNED_BY, "--pin", root_pin, "-o", "out.txt")
    assert (result.code, result.out, result.err) == (0, "", "")
    assert (folder / "out.txt").read_text(encoding="utf-8").startswith("TRUSTED")


def test_a_refusal_leaves_no_digest_of_an_earlier_run(
    run: Run, folder: Path, root_pin: str
) -> None:
    asked = (*SIGNED_BY, "--pin", root_pin, "--format", "digest", "-o", "pinned.txt")
    assert run("verify", MIRROR, *asked).code == 0
    assert "@sha256:" in (folder / "pinned.txt").read_text(encoding="utf-8")
    assert run("verify", MISSING, *asked).code == 1
    assert (folder / "pinned.txt").read_bytes() == b""


def test_a_result_that_cannot_be_saved_is_undecided(run: Run, root_pin: str) -> None:
    result = run("verify", MIRROR, *SIGNED_BY, "--pin", root_pin, "-o", "no/such/folder")
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("crosstrust: local.output.saved")


def test_verbose_says_which_policy(run: Run, policy: Path) -> None:
    assert str(policy) in run("verify", MIRROR, "--verbose").err
    policy.unlink()
    assert "no policy file" in run("verify", MIRROR, "--verbose").err


@pytest.mark.parametrize(
    "words",
    [
        *(["verify", ORIGIN], ["inspect", ORIGIN], ["manifest", MIRROR], ["image", MIRROR]),
        *(["compare", ORIGIN, MIRROR], ["policy", "init", ORIGIN]),
    ],
    ids=lambda words: words[0],
)
def test_verbose_says_who_is_asked_for_what(run: Run, words: list[str]) -> None:
    asked = [*words, "--no-cache"]
    quiet, verbose = run(*asked), run(*asked, "--verbose")
    assert "asks for" not in quiet.err
    assert "crosstrust: asks for " in verbose.err
    assert "crosstrust: https://" in verbose.err
    assert "asks for" not in run(*asked, "--verbose", "--quiet").err


def test_warnings_of_the_policy_are_told(run: Run, policy: Path) -> None:
    policy.write_text('[[image]]\nname = "a/b"\n', encoding="utf-8")
    result = run("verify", MIRROR)
    assert "warning: crosstrust.toml line 1" in result.err
    assert result.err.count("\n") == 1
    assert run("verify", MIRROR, "--quiet").err == ""


def test_the_past_is_told_as_the_past(run: Run, root_pin: str, sandbox: Sandbox) -> None:
    at = f"{sandbox.at:%Y-%m-%dT%H:%M:%S}.999999Z"
    result = run("verify", MIRROR, *SIGNED_BY, "--pin", root_pin, "--at", at)
    assert result.out.startswith("TRUSTED AS OF ")
    late = run("verify", MIRROR, *SIGNED_BY, "--pin", root_pin, "--at", "2099-01-01")
    assert late.code == 1


def test_a_digest_of_the_past_is_told_as_the_past(
    run: Run, root_pin: str, sandbox: Sandbox
) -> None:
    at = f"{sandbox.at:%Y-%m-%dT%H:%M:%S}.999999Z"
    asked = ("verify", MIRROR, *SIGNED_BY, "--pin", root_pin, "--at", at, "--format", "digest")
    said = f"crosstrust: {MIRROR}: TRUSTED AS OF {sandbox.at:%Y-%m-%d %H:%M:%S} UTC; "
    for quiet in ([], ["--quiet"]):
        result = run(*asked, *quiet)
        assert (result.code, result.err.count("\n")) == (0, 1)
        assert result.out.startswith("public.ecr.aws/nicolas/webdis@sha256:")
        assert result.err.startswith(said)


def test_a_digest_comes_with_every_warning(run: Run, root_pin: str, home: Path) -> None:
    asked = ("verify", MIRROR, *SIGNED_BY, "--format", "digest")
    assert run(*asked, "--pin", root_pin).err == ""
    offline = run(*asked, "--pin", root_pin, "--offline")
    assert (offline.code, offline.err.count("\n")) == (0, 1)
    assert "warning: docker.io/nicolas/webdis: judged from the cache alone" in offline.err
    first = run(*asked, "--tofu")
    assert (first.code, first.err.count("\n")) == (0, 1)
    assert f"root key {root_pin.removeprefix('root=')} is not pinned" in first.err
    assert run(*asked, "--tofu", "--quiet").err == ""


def test_a_digest_says_that_no_floor_was_kept(
    run: Run, root_pin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    result = run("verify", MIRROR, *SIGNED_BY, "--pin", root_pin, "--format", "digest")
    assert (result.code, result.err.count("\n")) == (0, 1)
    assert "no version floor was kept" in result.err


@pytest.mark.parametrize("home", ["/dev/null", "file", "/proc/nowhere"])
def test_a_home_that_cannot_be_one_costs_a_warning(
    run: Run, root_pin: str, folder: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    (folder / "file").write_bytes(b"")
    monkeypatch.setenv("HOME", str(folder / home))
    result = run("verify", MIRROR, *SIGNED_BY, "--pin", root_pin, "--format", "digest")
    assert (result.code, result.err.count("\n")) == (0, 2)
    assert "no version floor was kept" in result.err
    assert "nothing was cached" in result.err
    assert files_below(folder) == {"file"}


@pytest.mark.parametrize("home", [None, "", "relative", "~"])
def test_without_a_home_all_that_is_needed_is_said_at_once(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    if home is None:
        monkeypatch.delenv("HOME")
    else:
        monkeypatch.setenv("HOME", home)
    result = run("verify", MIRROR, *SIGNED_BY, "--tofu")
    assert (result.code, result.out, result.err.count("\n")) == (3, "", 1)
    assert "set HOME, or XDG_CACHE_HOME and XDG_STATE_HOME," in result.err
    assert run("manifest", MIRROR, "--no-cache").code == 0
    for name in ("CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name))
    assert run("verify", MIRROR, *SIGNED_BY, "--tofu").code == 0
    assert {file.name for file in folder.iterdir()} == {"CACHE", "STATE"}


def test_platforms_narrow_the_question(run: Run, root_pin: str) -> None:
    pinned = (*SIGNED_BY, "--pin", root_pin)
    assert run("verify", MIRROR, *pinned, "--platform", "linux/amd64").code == 0
    assert run("verify", MIRROR, *pinned, "--platform", "linux/s390x").code == 1


def test_offline_nothing_is_asked(run: Run, root_pin: str, service: Service) -> None:
    before = len(service.requests)
    result = run("verify", MIRROR, *SIGNED_BY, "--pin", root_pin, "--offline")
    assert result.code == 3
    assert len(service.requests) == before


def test_an_interrupt_ends_it(folder: Path) -> None:
    environ = _unmeasured(_with_fifo(folder))
    # A pipe that somebody may still write is waited for.
    writer = os.open(folder / "fifo", os.O_RDWR)
    with Path("/dev/null").open("wb") as sink:
        process = subprocess.Popen(
            [*COMMAND, "verify", MIRROR, "--policy", "fifo"],
            stdout=sink,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environ,
        )
        try:
            _wait_for_reader(folder / "fifo", process)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=30)
        finally:
            process.kill()
            os.close(writer)
    assert (process.returncode, told) == (130, b"")
    assert files_below(folder) == {"fifo"}


def _wait_for_reader(fifo: Path, process: subprocess.Popen[bytes]) -> None:
    """Return as soon as ``process`` has the pipe open: it is inside, and waits for us."""
    while process.poll() is None:
        for handle in Path(f"/proc/{process.pid}/fd").iterdir():
            if handle.exists() and handle.samefile(fifo):
                return
        time.sleep(0.01)
    pytest.fail(f"it ended before it read its policy: {process.communicate()}")


def _unmeasured(environ: dict[str, str]) -> dict[str, str]:
    """Without coverage: an interrupt may leave its lock taken, and then the run never ends."""
    return {name: value for name, value in environ.items() if not name.startswith("COV")}


def _with_fifo(folder: Path) -> dict[str, str]:
    os.mkfifo(folder / "fifo")
    return dict(os.environ)
