"""What is kept on this machine: crashes, disks that take nothing, other users, other processes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tests.attacks.kill
from crosstrust.oci.digest import Digest
from tests.attacks.kept import CACHE, FLOORS, floor_file
from tests.attacks.kill import KILLED
from tests.attacks.outcome import hash_files
from tests.attacks.trial import Trial

STATE = Path(".local/state/crosstrust")
NOBODY = 65534
SECONDS = 60


def arguments(trial: Trial) -> list[str]:
    """The words of a verification in a process of its own."""
    origin = ("--signed-by", trial.sandbox.origin, "--pin", trial.root_pin)
    return ["verify", trial.copy, "--format", "json", *origin]


def publish_more(trial: Trial) -> None:
    """Sign another tag: a state that raises floors."""
    number = trial.sandbox.notary.states(trial.sandbox.origin)
    trial.sandbox.author.sign(f"other-{number}", Digest.of(b"other"), 1, roles=("targets",))
    trial.sandbox.publish()


def expect_rollback_noticed(trial: Trial) -> None:
    """What was seen before is still known: the state before the current one is refused."""
    trial.sandbox.notary.roll_back(trial.sandbox.origin)
    trial.expect_refused(trial.verify(), "tuf.version.rollback", "T", where="timestamp")


@pytest.mark.row("A101")
@pytest.mark.parametrize(
    "moment", ["before fsync", "before replace state-seen", "after replace state-seen"]
)
def test_a_crash_while_floors_are_written_leaves_the_old_or_the_new_ones(
    trial: Trial, moment: str
) -> None:
    trial.expect_trusted(trial.verify(), "local.state.intact")
    publish_more(trial)
    file = floor_file(trial.home)
    old = file.read_bytes()
    script = str(tests.attacks.kill.__file__)
    # Who is killed cannot hand in what was measured.
    unmeasured = {name: value for name, value in os.environ.items() if "COV" not in name}
    run = subprocess.run(
        [sys.executable, script, moment, *arguments(trial)],
        cwd=trial.home,
        env={**unmeasured, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert run.returncode == KILLED, run.stderr
    after_crash = file.read_bytes()
    trial.expect_trusted(trial.verify(), "local.state.intact", "tuf.version.rollback")
    # What the crash left beside it is gone.
    assert floor_file(trial.home) == file
    new = file.read_bytes()
    assert new != old
    assert after_crash == (new if moment.startswith("after") else old)
    expect_rollback_noticed(trial)


@pytest.mark.row("A102")
def test_what_cannot_be_kept_is_a_warning_and_no_other_verdict(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "local.state.saved", "local.disk.space")
    # Nobody can make a folder there, not even root.
    for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        publish_more(trial)
        with trial.patch.context() as patch:
            patch.setenv(variable, "/proc")
            trial.expect_warned(trial.verify(), "local.state.saved", where="/proc/crosstrust")
    publish_more(trial)
    before = {path: path.read_bytes() for path in trial.home.glob(f"{STATE}/*")}
    with trial.patch.context() as patch:
        patch.setattr(os, "fsync", no_space)
        trial.expect_warned(trial.verify(), "local.disk.space", where=str(STATE))
    assert {path: path.read_bytes() for path in trial.home.glob(f"{STATE}/*")} == before
    trial.expect_trusted(trial.verify(), "local.disk.space")
    expect_rollback_noticed(trial)


def no_space(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.row("A102")
def test_without_any_place_for_what_is_kept_nothing_is_verified(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "local.state.writable")
    with trial.patch.context() as patch:
        patch.delenv("HOME")
        trial.expect_trouble(trial.verify(), "local.state.writable")


@pytest.mark.row("A103")
def test_a_cached_file_that_was_tampered_with_is_fetched_again(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "tuf.meta.hash")
    kept = hash_files(trial.home / CACHE / "sha256")
    assert len(kept) > 5
    for name in kept:
        file = trial.home / CACHE / "sha256" / name
        file.write_bytes(file.read_bytes().replace(b"targets", b"tampers") + b" ")
    trial.expect_trusted(trial.verify(), "tuf.meta.hash")
    assert hash_files(trial.home / CACHE / "sha256") == kept


@pytest.mark.row("A103")
def test_floors_that_were_tampered_with_are_not_taken_for_none(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "local.state.intact")
    file = floor_file(trial.home)
    sound = file.read_bytes()
    for damaged in (b"", sound[:-1], sound + b" ", sound.replace(b'"version":1', b'"version":0')):
        assert damaged != sound
        file.write_bytes(damaged)
        trial.expect_trouble(trial.verify(), "local.state.intact")
    # Another repository's floors, whole, in this one's place.
    file.write_bytes(sound)
    other = file.with_name(file.name.replace("webdis", "other"))
    other.write_bytes(sound)
    origin = trial.sandbox.origin.replace("webdis", "other")
    trial.expect_trouble(trial.verify("--signed-by", origin), "local.state.intact")
    trial.expect_trusted(trial.verify(), "local.state.intact")


@pytest.mark.row("A103")
def test_what_another_user_could_have_written_decides_nothing(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "local.file.mode")
    state = trial.home / STATE
    for path, sound in ((floor_file(trial.home), 0o600), (state, 0o700)):
        for mode in (0o020, 0o002):
            path.chmod(sound | mode)
            outcome = trial.verify()
            trial.expect_trouble(outcome, "local.file.mode")
            assert str(path) in outcome.err
            path.chmod(sound)
    # The cache decides nothing: it is left aside.
    cache = trial.home / CACHE
    cache.chmod(0o777)
    trial.expect_warned(trial.verify(), "local.file.mode", where=CACHE)
    cache.chmod(0o700)
    trial.expect_trusted(trial.verify(), "local.file.mode")


@pytest.mark.row("A103")
def test_what_belongs_to_another_user_decides_nothing(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "local.file.mode")
    state = trial.home / STATE
    if os.geteuid() == 0:
        os.chown(state, NOBODY, NOBODY)
    else:
        # A folder of root's takes its place.
        state.rename(state.with_name("moved"))
        state.symlink_to("/")
    outcome = trial.verify()
    trial.expect_trouble(outcome, "local.file.mode")
    assert f"expected owner {os.geteuid()}" in outcome.err


@pytest.mark.row("A104")
def test_processes_that_verify_at_once_leave_one_sound_state(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "local.state.intact")
    publish_more(trial)
    words = [sys.executable, "-m", "crosstrust", *arguments(trial)]
    running = [
        subprocess.Popen(words, cwd=trial.home, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    done = [process.communicate(timeout=SECONDS) for process in running]
    assert [process.returncode for process in running] == [0] * 4, done
    assert all(b'"warnings": []' in out for out, _ in done)
    names = {path.name for path in (trial.home / STATE).iterdir()}
    assert names == {"lock", floor_file(trial.home).name}
    outcome = trial.verify()
    trial.expect_trusted(outcome, "local.state.intact", "tuf.version.rollback")
    # All that there is to keep is kept already.
    assert not [name for name in outcome.written if name.startswith(FLOORS)]
    expect_rollback_noticed(trial)
