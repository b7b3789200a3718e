"""The cache: what it answers fits the digest, and nothing about it can stop a verification."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crosstrust.errors import StateError
from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import METADATA_SIZE
from crosstrust.sources.cache import Cache

MANIFEST = b'{"schemaVersion": 2}\n'
DIGEST = Digest.of(MANIFEST)
NOBODY = 65534


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "crosstrust"


@pytest.fixture
def cache(directory: Path) -> Cache:
    return Cache(directory, limit_bytes=1 << 20)


def file_of(directory: Path, digest: Digest = DIGEST) -> Path:
    return directory / digest.algorithm / digest.hex


def test_looking_makes_nothing(cache: Cache, directory: Path) -> None:
    assert cache.get(DIGEST) is None
    assert cache.size() == 0
    cache.clear()
    assert not directory.parent.exists()


def test_what_was_put_is_answered_by_any_process(cache: Cache, directory: Path) -> None:
    assert cache.put(MANIFEST) is None
    assert cache.get(DIGEST) == MANIFEST
    assert Cache(directory).get(DIGEST) == MANIFEST
    assert cache.get(Digest.of(b"other")) is None


@pytest.mark.parametrize("raw", [b"", b"\n", b"\n\n", bytes(range(256)), b"a\nb"])
def test_any_bytes_come_back(cache: Cache, raw: bytes) -> None:
    assert cache.put(raw) is None
    assert cache.get(Digest.of(raw)) == raw


def test_other_algorithms_stand_apart(cache: Cache) -> None:
    assert cache.put(MANIFEST, algorithm="sha512") is None
    assert cache.get(DIGEST) is None
    assert cache.get(Digest.of(MANIFEST, "sha512")) == MANIFEST


@pytest.mark.parametrize(
    "damage", [b"", b"other bytes", b"\n" + MANIFEST, b"x" + MANIFEST, MANIFEST + b" "]
)
def test_a_damaged_entry_is_removed_and_never_answered(
    cache: Cache, directory: Path, damage: bytes
) -> None:
    cache.put(MANIFEST)
    file_of(directory).write_bytes(damage)
    assert cache.get(DIGEST) is None
    assert not file_of(directory).exists()
    assert cache.put(MANIFEST) is None
    assert cache.get(DIGEST) == MANIFEST


def test_put_mends_a_damaged_entry(cache: Cache, directory: Path) -> None:
    cache.put(MANIFEST)
    file_of(directory).write_bytes(b"\nother")
    cache.put(MANIFEST)
    assert cache.get(DIGEST) == MANIFEST


def test_a_link_in_the_place_of_an_entry_is_not_followed(cache: Cache, directory: Path) -> None:
    cache.put(MANIFEST)
    elsewhere = directory.parent / "elsewhere"
    elsewhere.write_bytes(MANIFEST)
    file_of(directory).unlink()
    file_of(directory).symlink_to(elsewhere)
    assert cache.get(DIGEST) is None


def test_a_fifo_in_the_place_of_the_tally_is_not_waited_for(cache: Cache, directory: Path) -> None:
    directory.mkdir(parents=True, mode=0o700)
    os.mkfifo(directory / "written")
    problem = cache.put(MANIFEST)
    assert problem is not None
    assert problem.code == "local.state.saved"


def test_scratch_files_from_the_future_are_removed(directory: Path) -> None:
    cache = Cache(directory, limit_bytes=80_000)
    cache.put(MANIFEST)
    scratch = file_of(directory).with_name("left.new")
    scratch.write_bytes(bytes(200_000))
    os.utime(scratch, (2e9, 2e9))
    for number in range(100, 110):
        cache.put(b"%d" % number * 1000)
    assert not scratch.exists()


def test_bytes_above_every_limit_are_not_kept(cache: Cache, directory: Path) -> None:
    assert cache.put(bytes(METADATA_SIZE + 1)) is None
    assert not directory.exists()


@pytest.mark.parametrize("mask", [0, 0o777])
def test_files_are_for_this_user_whatever_the_umask(
    cache: Cache, directory: Path, mask: int
) -> None:
    directory.parent.mkdir()
    old = os.umask(mask)
    try:
        cache.put(MANIFEST)
    finally:
        os.umask(old)
    made = [directory, *directory.rglob("*")]
    assert {path.stat().st_mode & 0o7777 for path in made if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o7777 for path in made if path.is_file()} == {0o600}


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_directory_that_others_may_write_is_not_used(
    cache: Cache, directory: Path, mode: int
) -> None:
    cache.put(MANIFEST)
    directory.chmod(mode)
    assert cache.get(DIGEST) is None
    problem = cache.put(b"more")
    assert problem is not None
    assert problem.code == "local.file.mode"
    with pytest.raises(StateError, match=r"local\.file\.mode"):
        cache.clear()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_another_user_owns_is_not_used(cache: Cache, directory: Path) -> None:
    cache.put(MANIFEST)
    os.chown(file_of(directory), NOBODY, NOBODY)
    assert cache.get(DIGEST) is None
    os.chown(directory, NOBODY, NOBODY)
    problem = cache.put(b"more")
    assert problem is not None
    assert problem.code == "local.file.mode"


def test_a_home_that_cannot_be_written_is_a_value(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"")
    cache = Cache(tmp_path / "home" / "cache")
    problem = cache.put(MANIFEST)
    assert problem is not None
    assert problem.code == "local.state.saved"
    assert cache.get(DIGEST) is None


def test_a_full_disk_is_a_value_and_leaves_nothing_behind(
    cache: Cache, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put(b"before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    problem = cache.put(MANIFEST)
    assert problem is not None
    assert problem.code == "local.disk.space"
    assert not list(directory.rglob("*.new"))
    assert cache.get(Digest.of(b"before")) == b"before"


def test_a_cache_that_cannot_be_touched_still_answers(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put(MANIFEST)

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    assert cache.get(DIGEST) == MANIFEST


def test_a_damaged_entry_that_cannot_be_removed_is_not_answered(
    cache: Cache, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put(MANIFEST)
    file_of(directory).write_bytes(b"\nother")

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "unlink", refuse)
    assert cache.get(DIGEST) is None


def test_it_stays_below_its_limit_and_keeps_what_is_used(directory: Path) -> None:
    cache = Cache(directory, limit_bytes=400_000)
    often = os.urandom(5000)
    cache.put(often)
    for number in range(200):
        assert cache.put(os.urandom(4990)) is None
        assert cache.get(Digest.of(often)) is not None, number
        assert cache.size() <= 400_000 * 9 // 8
    assert cache.size() > 200_000


def test_the_oldest_go_first(directory: Path) -> None:
    cache = Cache(directory, limit_bytes=80_000)
    entries = [b"%d" % number * 3000 for number in range(10)]
    for age, raw in enumerate(entries):
        cache.put(raw)
        os.utime(file_of(directory, Digest.of(raw)), (1_000_000 + age, 1_000_000 + age))
    for number in range(30):
        cache.put(b"%d" % (number + 100) * 1000)
    kept = [cache.get(Digest.of(raw)) is not None for raw in entries]
    assert kept == sorted(kept)
    assert not kept[0]


def test_scratch_files_of_dead_processes_are_cleared_out(directory: Path) -> None:
    cache = Cache(directory, limit_bytes=80_000)
    cache.put(MANIFEST)
    folder = file_of(directory).parent
    dead, alive = folder / "dead.new", folder / "alive.new"
    dead.write_bytes(b"x")
    os.utime(dead, (1_000_000, 1_000_000))
    alive.write_bytes(b"x")
    for number in range(10):
        cache.put(b"%d" % number * 3000)
    assert not dead.exists()
    assert alive.exists()


def test_clear_removes_entries_and_nothing_else(cache: Cache, directory: Path) -> None:
    cache.put(MANIFEST)
    cache.put(b"more")
    (directory / "note.txt").write_bytes(b"mine")
    (directory / "sha256" / "note.txt").write_bytes(b"mine")
    (directory / "sha256" / "zz").symlink_to(directory.parent)
    (directory.parent / "victim").write_bytes(b"mine")
    assert cache.size() > 0
    cache.clear()
    assert cache.size() == 0
    assert cache.get(DIGEST) is None
    assert (directory / "note.txt").exists()
    assert (directory / "sha256" / "note.txt").exists()
    assert (directory / "sha256" / "zz").is_symlink()
    assert (directory.parent / "victim").exists()
    assert cache.put(MANIFEST) is None


WORK = """
import sys
from pathlib import Path
from crosstrust.oci.digest import Digest
from crosstrust.sources.cache import Cache
cache = Cache(Path(sys.argv[1]), limit_bytes=100_000)
for turn in range(3):
    for number in range(40):
        raw = b"%d" % number * 2000
        problem = cache.put(raw)
        assert problem is None, problem
        found = cache.get(Digest.of(raw))
        assert found is None or found == raw
"""


def test_processes_share_one_directory(directory: Path) -> None:
    runs = [subprocess.Popen([sys.executable, "-c", WORK, str(directory)]) for _ in range(4)]
    assert [run.wait(timeout=60) for run in runs] == [0, 0, 0, 0]
    assert 0 < Cache(directory).size() < 250_000
    assert not list(directory.rglob("*.new"))
