"""Hints: what a name held comes back, and nothing about a file of them can do harm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import INDEX_CHILDREN
from crosstrust.sources.cache import Cache
from crosstrust.sources.hint import Hint, Hints

PLACE = "docker.io/nicolas/webdis"
AT = datetime(2026, 11, 26, 10, 30, tzinfo=UTC)


def hint_of(text: str, *, at: datetime = AT) -> Hint:
    return Hint(Digest.of(text.encode()), at)


def file_of(directory: Path) -> Path:
    (found,) = (directory / "names").iterdir()
    return found


def test_what_a_name_held_comes_back_in_any_process(tmp_path: Path) -> None:
    hints = Hints(tmp_path)
    hints.put(PLACE, {"tag a": hint_of("1"), "tag b": hint_of("2")})
    for reader in (hints, Hints(tmp_path)):
        assert reader.get(PLACE, "tag a") == hint_of("1")
        assert reader.get(PLACE, "tag b") == hint_of("2")
        assert reader.get(PLACE, "tag c") is None
        assert reader.get("public.ecr.aws/nicolas/webdis", "tag a") is None


def test_a_newer_hint_takes_the_place_of_the_older_and_leaves_others(tmp_path: Path) -> None:
    first, second = Hints(tmp_path), Hints(tmp_path)
    assert first.get(PLACE, "tag a") is None
    second.put(PLACE, {"tag a": hint_of("old"), "tag b": hint_of("b")})
    first.put(PLACE, {"tag a": hint_of("new")})
    assert first.get(PLACE, "tag a") == Hints(tmp_path).get(PLACE, "tag a") == hint_of("new")
    assert first.get(PLACE, "tag b") == hint_of("b")


def test_a_time_is_kept_in_utc(tmp_path: Path) -> None:
    there = timezone(timedelta(hours=9))
    Hints(tmp_path).put(PLACE, {"tag a": hint_of("1", at=AT.astimezone(there))})
    assert Hints(tmp_path).get(PLACE, "tag a") == hint_of("1")
    assert "2026-11-26T10:30:00+00:00" in file_of(tmp_path).read_text("ascii")


def test_of_one_place_the_newest_names_are_kept(tmp_path: Path) -> None:
    for start in range(0, 2400, 100):
        numbers = range(start, start + 100)
        Hints(tmp_path).put(PLACE, {f"tag {n}": hint_of(str(n)) for n in numbers})
    last = 2400 - 4 * INDEX_CHILDREN
    found = [Hints(tmp_path).get(PLACE, f"tag {n}") is not None for n in (0, last - 1, last, 2399)]
    assert found == [False, False, True, True]


def test_all_names_of_the_largest_image_are_kept(tmp_path: Path) -> None:
    """Else its tag, which is asked for first, would never be there."""
    names = ["tag a", *(f"{kind} {n}" for n in range(INDEX_CHILDREN) for kind in ("m", "c"))]
    longest = {f"{name} {'x' * (511 - len(name))}": hint_of(name) for name in names}
    Hints(tmp_path).put(PLACE, longest)
    found = Hints(tmp_path)
    assert all(found.get(PLACE, name) == hint for name, hint in longest.items())


@pytest.mark.parametrize("name", ["a\nb", "\N{LATIN SMALL LETTER E WITH ACUTE}", "x" * 513, "\0"])
def test_a_name_that_no_line_can_hold_is_not_kept(tmp_path: Path, name: str) -> None:
    Hints(tmp_path).put(PLACE, {name: hint_of("1"), "tag a": hint_of("2")})
    assert Hints(tmp_path).get(PLACE, name) is None
    assert Hints(tmp_path).get(PLACE, "tag a") == hint_of("2")


@given(st.binary(max_size=200))
def test_a_file_of_any_bytes_hints_at_nothing_or_at_a_digest(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    directory = tmp_path_factory.mktemp("hints")
    Hints(directory).put(PLACE, {"tag a": hint_of("1")})
    file_of(directory).write_bytes(raw + b" tag a\n")
    found = Hints(directory).get(PLACE, "tag a")
    assert found is None or isinstance(found, Hint)
    Hints(directory).put(PLACE, {"tag a": hint_of("2")})
    assert Hints(directory).get(PLACE, "tag a") == hint_of("2")


@pytest.mark.parametrize("at", ["2026-11-26T10:30:00", "2026-11-26", "never", ""])
def test_a_time_without_a_zone_is_none(tmp_path: Path, at: str) -> None:
    """It could not be compared with the time that it is."""
    Hints(tmp_path).put(PLACE, {"tag a": hint_of("1")})
    file_of(tmp_path).write_text(f"{hint_of('1').digest} {at} tag a\n", encoding="ascii")
    assert Hints(tmp_path).get(PLACE, "tag a") is None


def test_a_place_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "names").write_bytes(b"")
    hints = Hints(tmp_path)
    hints.put(PLACE, {"tag a": hint_of("1")})
    assert hints.get(PLACE, "tag a") == hint_of("1")
    assert Hints(tmp_path).get(PLACE, "tag a") is None


def test_hints_are_counted_and_cleared_with_the_cache(tmp_path: Path) -> None:
    Hints(tmp_path).put(PLACE, {"tag a": hint_of("1")})
    assert Cache(tmp_path).size() == file_of(tmp_path).stat().st_size
    Cache(tmp_path).clear()
    assert Hints(tmp_path).get(PLACE, "tag a") is None


def test_a_directory_that_others_may_change_is_neither_read_nor_written(tmp_path: Path) -> None:
    directory, private = tmp_path / "cache", tmp_path / "private"
    private.mkdir(mode=0o700)
    directory.mkdir()
    directory.chmod(0o777)
    (directory / "names").symlink_to(private)
    Hints(directory).put(PLACE, {"tag a": hint_of("1")})
    assert list(private.iterdir()) == []
    directory.chmod(0o700)
    Hints(directory).put(PLACE, {"tag a": hint_of("1")})
    assert Hints(directory).get(PLACE, "tag a") == hint_of("1")
    directory.chmod(0o777)
    assert Hints(directory).get(PLACE, "tag a") is None
