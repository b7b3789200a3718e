"""The ``golden`` fixture of tests/conftest.py compares bytes."""

from collections.abc import Callable
from pathlib import Path

import pytest

Golden = Callable[[str, str], None]


@pytest.fixture
def golden_folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def golden_rewritten(request: pytest.FixtureRequest) -> bool:
    return bool(getattr(request, "param", False))


def test_the_same_bytes_pass(golden: Golden, golden_folder: Path) -> None:
    (golden_folder / "tree.txt").write_bytes("a\r\né".encode())
    golden("tree.txt", "a\r\né")


@pytest.mark.parametrize("text", ["a\n", "a\r\n\n", "a", "A\r\n", "a\r\n "])
def test_another_byte_fails(golden: Golden, golden_folder: Path, text: str) -> None:
    (golden_folder / "tree.txt").write_bytes(b"a\r\n")
    with pytest.raises(AssertionError):
        golden("tree.txt", text)


def test_a_missing_file_fails(golden: Golden) -> None:
    with pytest.raises(pytest.fail.Exception, match="make golden"):
        golden("tree.txt", "")


@pytest.mark.parametrize("golden_rewritten", [True], indirect=True)
def test_rewriting_writes_the_bytes(golden: Golden, golden_folder: Path) -> None:
    golden("deep/tree.txt", "a\r\né")
    assert (golden_folder / "deep" / "tree.txt").read_bytes() == "a\r\né".encode()
