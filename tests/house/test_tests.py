"""No test that cannot fail."""

from pathlib import Path

import pytest

from tests.house.check import idle_tests
from tests.house.tree import TESTS, python_files


def idle_in(folder: Path, body: str, decorator: str = "") -> list[str]:
    file = folder / "test_sample.py"
    file.write_text(f"{decorator}\ndef test_sample():\n    {body}\n", encoding="utf-8")
    return list(idle_tests(file))


def test_every_test_can_fail() -> None:
    files = [file for file in python_files(TESTS) if file.name.startswith("test_")]
    assert files
    assert [idle for file in files for idle in idle_tests(file)] == []


@pytest.mark.parametrize(
    "body",
    [
        "verify()",
        "assert True",
        "assert (verify(), 'a tuple is true')",
        "assert verify() or True",
        "assert result == result",
        "assert 1 is 1",
    ],
)
def test_a_test_without_a_check_is_found(tmp_path: Path, body: str) -> None:
    assert idle_in(tmp_path, body) == ["test_sample.py:2 test_sample checks nothing"]


@pytest.mark.parametrize(
    "body",
    [
        "assert verify()",
        "assert verify() == verify()",
        "with pytest.raises(ValueError): verify()",
        "assert_rejected(verify())",
        "sample.check_rejected()",
        "golden('tree.txt', verify())",
        "assert False, 'not reached'",
    ],
)
def test_a_check_is_seen(tmp_path: Path, body: str) -> None:
    assert idle_in(tmp_path, body) == []


@pytest.mark.parametrize(
    ("helper", "found"),
    [
        ("assert verify(a)", []),
        ("with pytest.raises(ValueError): verify(a)", []),
        ("assert a or True", ["test_sample.py:2 test_sample checks nothing"]),
        ("verify(a)", ["test_sample.py:2 test_sample checks nothing"]),
    ],
)
def test_a_helper_of_the_same_file_is_looked_into(
    tmp_path: Path, helper: str, found: list[str]
) -> None:
    body = f"refuse(b'')\n\ndef refuse(a):\n    {helper}"
    assert idle_in(tmp_path, body) == found


def test_a_test_that_never_runs_is_found(tmp_path: Path) -> None:
    found = idle_in(tmp_path, "assert verify()", "@pytest.mark.skip(reason='later')")
    assert found == ["test_sample.py:2 test_sample is never run"]
