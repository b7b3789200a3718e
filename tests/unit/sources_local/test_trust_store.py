"""The trust store: nothing is lost, halved, lowered, or taken from another user."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crosstrust.chain.answer import Measured
from crosstrust.errors import StateError
from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import METADATA_SIZE
from crosstrust.sources import trust_store
from crosstrust.sources.inflate import Compression
from crosstrust.sources.trust_store import TrustStore

GUN = "docker.io/library/a"
CRASH = Path(__file__).parent / "crash.py"
NOBODY = 65534


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    return TrustStore(tmp_path / "state" / "trust")


def folder(store: TrustStore) -> Path:
    return Path(store.directory)


def only_file(store: TrustStore) -> Path:
    (file,) = folder(store).glob("state-*")
    return file


def save(store: TrustStore, body: bytes, name: str = GUN) -> None:
    assert store.update(name, lambda _: body) is None


def measured(number: int) -> Measured:
    return Measured(Digest.of(b"p%d" % number), number, Digest.of(b"u%d" % number))


def test_nothing_is_kept_at_first_and_reading_makes_nothing(store: TrustStore) -> None:
    assert store.read(GUN) == b""
    assert store.first_seen(GUN) == ()
    assert store.measured(Digest.of(b"")) is None
    assert not folder(store).exists()


def test_what_was_saved_is_read(store: TrustStore) -> None:
    save(store, b"\x00floor\n\n")
    assert store.read(GUN) == b"\x00floor\n\n"
    assert store.read("docker.io/library/b") == b""


def test_merge_sees_what_is_kept(store: TrustStore) -> None:
    save(store, b"one")
    assert store.update(GUN, lambda kept: kept + b" two") is None
    assert store.read(GUN) == b"one two"


def test_what_does_not_change_is_not_written(store: TrustStore) -> None:
    save(store, b"one")
    before = only_file(store).stat()
    save(store, b"one")
    after = only_file(store).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("mask", [0, 0o777])
def test_files_are_for_this_user_whatever_the_umask(store: TrustStore, mask: int) -> None:
    folder(store).parent.mkdir()
    old = os.umask(mask)
    try:
        save(store, b"one")
    finally:
        os.umask(old)
    assert folder(store).stat().st_mode & 0o7777 == 0o700
    assert {file.stat().st_mode & 0o7777 for file in folder(store).iterdir()} == {0o600}


@pytest.mark.parametrize(
    "name",
    [
        "../../escape",
        "/etc/passwd",
        ".",
        "..",
        "",
        "a/b",
        "A/b",
        "a" * 5000,
        "\x00\n",
        "\N{SNOWMAN}",
    ],
)
def test_no_name_leaves_the_directory_or_meets_another(store: TrustStore, name: str) -> None:
    save(store, b"other", "a%2fb")
    save(store, b"mine", name)
    assert store.read(name) == b"mine"
    assert store.read("a%2fb") == b"other"
    assert {file.parent for file in folder(store).parent.rglob("state-*")} == {folder(store)}
    lowered = [file.name.lower() for file in folder(store).iterdir()]
    assert len(set(lowered)) == 3


def test_names_that_differ_in_case_have_files_that_differ_in_more(store: TrustStore) -> None:
    save(store, b"upper", "A")
    save(store, b"lower", "a")
    assert len({file.name.lower() for file in folder(store).glob("state-*")}) == 2


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_flipped_bit_is_not_no_state(store: TrustStore, place: str) -> None:
    save(store, b"floor 7")
    file = only_file(store)
    raw = bytearray(file.read_bytes())
    raw[{"first": 0, "middle": len(raw) // 2, "last": -1}[place]] ^= 1
    file.write_bytes(raw)
    for use in (lambda: store.read(GUN), lambda: store.update(GUN, lambda _: b"floor 1")):
        with pytest.raises(StateError) as caught:
            use()
        assert caught.value.code == "local.state.intact"
        assert str(file) in str(caught.value)
    assert file.read_bytes() == raw


@pytest.mark.parametrize("kept", [0, 1, 60, 90])
def test_a_shortened_file_is_not_no_state(store: TrustStore, kept: int) -> None:
    save(store, b"floor 7")
    file = only_file(store)
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(StateError, match=r"local\.state\.intact"):
        store.read(GUN)


def test_a_file_in_the_place_of_another_is_damage(store: TrustStore) -> None:
    save(store, b"floor 1", "docker.io/library/b")
    other = only_file(store)
    other.rename(other.with_name(other.name.replace("%2fb", "%2fa")))
    with pytest.raises(StateError, match=r"local\.state\.intact"):
        store.read(GUN)


def test_an_unreadable_file_is_not_no_state(store: TrustStore) -> None:
    save(store, b"floor 7")
    file = only_file(store)
    file.unlink()
    file.symlink_to("elsewhere")
    with pytest.raises(StateError, match=r"local\.state\.intact"):
        store.read(GUN)


def test_a_directory_in_the_place_of_a_file_is_not_no_state(store: TrustStore) -> None:
    save(store, b"floor 7")
    file = only_file(store)
    file.unlink()
    file.mkdir()
    with pytest.raises(StateError, match=r"local\.file\.mode"):
        store.read(GUN)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(store: TrustStore, mode: int) -> None:
    save(store, b"floor 7")
    only_file(store).chmod(mode)
    with pytest.raises(StateError, match=r"local\.file\.mode"):
        store.read(GUN)


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_directory_that_others_may_write_is_refused(store: TrustStore, mode: int) -> None:
    save(store, b"floor 7")
    folder(store).chmod(mode)
    for use in (lambda: store.read(GUN), lambda: store.update(GUN, lambda _: b"")):
        with pytest.raises(StateError, match=r"local\.file\.mode"):
            use()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_another_user_owns_is_refused(store: TrustStore) -> None:
    save(store, b"floor 7")
    os.chown(only_file(store), NOBODY, NOBODY)
    with pytest.raises(StateError, match=r"local\.file\.mode"):
        store.read(GUN)
    os.chown(only_file(store), 0, 0)
    os.chown(folder(store), NOBODY, NOBODY)
    with pytest.raises(StateError, match=r"local\.file\.mode"):
        store.read(GUN)


def test_a_directory_that_is_away_is_not_nothing_seen(store: TrustStore, tmp_path: Path) -> None:
    save(store, b"x")
    folder(store).rename(tmp_path / "medium")
    folder(store).symlink_to(tmp_path / "medium")
    assert store.read(GUN) == b"x"
    (tmp_path / "medium").rename(tmp_path / "unmounted")
    with pytest.raises(StateError) as caught:
        store.read(GUN)
    assert caught.value.code == "local.state.intact"
    problem = store.update(GUN, lambda _: b"y")
    assert problem is not None
    assert problem.code == "local.state.saved"


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "trust").write_bytes(b"")
    with pytest.raises(StateError, match=r"local\.file\.mode"):
        TrustStore(tmp_path / "trust").read(GUN)


def test_below_a_file_nothing_was_kept_and_nothing_can_be(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"")
    store = TrustStore(tmp_path / "home" / "state" / "crosstrust")
    assert store.read("gun") == b""
    error = store.update("gun", lambda _: b"new")
    assert error is not None
    assert (error.code, error.actual) == ("local.state.saved", "Not a directory")


def test_a_home_that_cannot_be_written_is_a_value(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"")
    store = TrustStore(tmp_path / "home" / "trust")
    problem = store.update(GUN, lambda _: b"floor 7")
    assert problem is not None
    assert problem.code == "local.state.saved"
    assert str(folder(store)) in problem.where
    assert problem.remedy


def test_a_full_disk_is_a_value_and_leaves_the_old_state(
    store: TrustStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, b"floor 7")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    problem = store.update(GUN, lambda _: b"floor 8")
    assert problem is not None
    assert problem.code == "local.disk.space"
    assert store.read(GUN) == b"floor 7"
    assert {file.name for file in folder(store).iterdir()} == {"lock", only_file(store).name}


def test_a_lock_that_is_held_is_waited_for_and_then_a_value(store: TrustStore) -> None:
    save(store, b"floor 7")
    hasty = TrustStore(folder(store), lock_seconds=0.05)
    with (folder(store) / "lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        problem = hasty.update(GUN, lambda _: b"floor 8")
    assert problem is not None
    assert problem.code == "local.state.saved"
    assert "lock" in problem.actual
    assert hasty.update(GUN, lambda _: b"floor 9") is None
    assert store.read(GUN) == b"floor 9"


RAISE = """
import sys
from pathlib import Path
from crosstrust.sources.trust_store import TrustStore
store = TrustStore(Path(sys.argv[1]))
for _ in range(25):
    assert store.update("count", lambda kept: b"%d" % (int(kept or b"0") + 1)) is None
"""


def test_processes_do_not_undo_each_other(store: TrustStore) -> None:
    runs = [subprocess.Popen([sys.executable, "-c", RAISE, str(folder(store))]) for _ in range(4)]
    assert [run.wait(timeout=60) for run in runs] == [0, 0, 0, 0]
    assert store.read("count") == b"100"


def crash(directory: Path, number: int, moment: str) -> int:
    call = [sys.executable, str(CRASH), str(directory), str(number), moment]
    # Not measured for coverage: what is cut off would leave half a file of it.
    env = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE_")}
    return subprocess.run(call, check=False, timeout=60, env=env).returncode


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_at_any_step_leaves_old_or_new(store: TrustStore, moment: str) -> None:
    seen = set()
    for number in range(1, 60):
        save(store, b"old")
        code = crash(folder(store), number, moment)
        kept = store.read(GUN)
        assert kept in {b"old", b"oldnew"}
        seen.add(kept)
        # The lock is free, and what was left behind is in nobody's way.
        save(store, b"next")
        if code == 0:
            break
        assert code == 9
    else:
        pytest.fail("the write never came to its end")
    assert number > 8
    assert seen == {b"old", b"oldnew"}
    assert {file.name for file in folder(store).iterdir()} == {"lock", only_file(store).name}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_at_the_first_write_leaves_nothing_or_new(tmp_path: Path, moment: str) -> None:
    ends = []
    for number in range(1, 60):
        store = TrustStore(tmp_path / str(number))
        code = crash(folder(store), number, moment)
        ends.append((code, store.read(GUN)))
        if code == 0:
            break
    assert set(ends[:-1]) <= {(9, b""), (9, b"new")}
    assert ends[-1] == (0, b"new")


def test_a_process_that_is_killed_lets_go_of_the_lock(store: TrustStore) -> None:
    save(store, b"floor 7")
    script = (
        "import sys, time\nfrom pathlib import Path\n"
        "from crosstrust.sources.trust_store import TrustStore\n"
        "def wait(kept):\n    print('held', flush=True)\n    time.sleep(60)\n    return b''\n"
        "TrustStore(Path(sys.argv[1])).update('docker.io/library/a', wait)\n"
    )
    call = [sys.executable, "-c", script, str(folder(store))]
    with subprocess.Popen(call, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"held\n"
        hasty = TrustStore(folder(store), lock_seconds=0.01)
        assert hasty.update(GUN, lambda _: b"floor 8") is not None
        run.kill()
    assert hasty.update(GUN, lambda kept: kept + b"+") is None
    assert store.read(GUN) == b"floor 7+"


def test_state_that_could_not_be_read_back_is_not_written(store: TrustStore) -> None:
    save(store, b"floor 7")
    problem = store.update(GUN, lambda _: bytes(METADATA_SIZE))
    assert problem is not None
    assert problem.code == "local.state.saved"
    assert store.read(GUN) == b"floor 7"


def test_the_first_root_keys_stay(store: TrustStore) -> None:
    assert store.record_first_seen(GUN, ["a" * 64, "b" * 64]) is None
    assert store.record_first_seen(GUN, ["c" * 64]) is None
    assert store.first_seen(GUN) == ("a" * 64, "b" * 64)
    assert store.first_seen("docker.io/library/b") == ()
    assert store.read(GUN) == b""


def test_recorded_keys_that_are_no_key_ids_are_damage(store: TrustStore) -> None:
    assert store.record_first_seen(GUN, ["A" * 64]) is None
    with pytest.raises(StateError, match=r"local\.state\.intact"):
        store.first_seen(GUN)


def record(store: TrustStore, *numbers: int) -> None:
    packed = [(measured(number), Compression.GZIP) for number in numbers]
    assert store.record_measured(packed) is None


def test_measured_layers_are_remembered(store: TrustStore) -> None:
    record(store, 1, 2)
    record(store, 3)
    for number in (1, 2, 3):
        assert store.measured(measured(number).digest) == measured(number)
    assert store.measured(measured(4).digest) is None
    assert store.measured(measured(1).diff_id) is None


def test_a_layer_that_claims_another_compression_is_not_the_one_measured(store: TrustStore) -> None:
    record(store, 1)
    assert store.measured(measured(1).digest, Compression.GZIP) == measured(1)
    assert store.measured(measured(1).digest, Compression.ZSTD) is None
    assert store.measured(measured(1).digest, Compression.NONE) is None


def test_a_layer_measured_again_stands_once(store: TrustStore) -> None:
    record(store, 1, 2)
    record(store, 1)
    assert only_file(store).read_bytes().count(str(measured(1).digest).encode()) == 1
    assert store.measured(measured(1).digest) == measured(1)


def test_the_oldest_measurements_are_forgotten(
    store: TrustStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust_store, "MEASURED_KEPT", 3)
    record(store, 0, 1, 2)
    record(store, 0, 3)
    assert [n for n in range(4) if store.measured(measured(n).digest)] == [0, 2, 3]


@pytest.mark.parametrize(
    "line",
    [
        "{digest} 7",
        "{digest} many {digest} gzip",
        "{digest} 7 md5:00 gzip",
        "{digest} 7 {digest} lz4",
    ],
)
def test_a_measurement_of_another_form_is_damage(store: TrustStore, line: str) -> None:
    digest = Digest.of(b"layer")
    store._update("layers", lambda _: line.format(digest=digest).encode())
    with pytest.raises(StateError, match=r"local\.state\.intact"):
        store.measured(digest)


@pytest.mark.parametrize("mask", [0, 0o777])
def test_what_is_missing_above_the_directory_is_made_for_this_user_alone(
    tmp_path: Path, mask: int
) -> None:
    old = os.umask(mask)
    try:
        save(TrustStore(tmp_path / "a" / "b" / "c"), b"x")
    finally:
        os.umask(old)
    found = [tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"]
    assert {each.stat().st_mode & 0o777 for each in found} == {0o700}
