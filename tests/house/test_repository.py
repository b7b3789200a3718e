"""What no file of the repository may hold, and which versions must agree."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT, place, tracked_files

# Written so that this file does not hold what it looks for.
INDEX_HOST = re.compile(r"\b(?:[\w-]+\.)*(?:pypi|pythonhosted|piwheels|anaconda)\.(?:org|io|com)\b")
INDEX_OPTION = re.compile(r"^\s*(?:--(?:extra-)?index-url|--find-links|-i )", re.MULTILINE)
MACHINE_PATH = re.compile(r"(?<![\w.$}~/-])/(?:work|root|workspace|home/\w+|Users/\w+)/[\w.]")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def text_of(file: Path) -> str:
    """The text of a file, empty for one that is not text."""
    raw = file.read_bytes()
    return "" if b"\0" in raw else raw.decode("utf-8", errors="replace")


def machine_paths(text: str) -> list[str]:
    """Absolute paths that exist on one person's machine only."""
    return [line.strip() for line in text.splitlines() if MACHINE_PATH.search(line)]


def pins(name: str) -> dict[str, str]:
    """The pinned packages of a file in requirements/, by name."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][\w.-]*)==([\w.]+)", text, re.MULTILINE))


def test_every_file_fits_every_machine() -> None:
    texts = {place(file): text_of(file) for file in tracked_files()}
    assert texts
    assert {file for file, text in texts.items() if INDEX_HOST.search(text)} == set()
    found = {file: machine_paths(text) for file, text in texts.items()}
    assert {file: lines for file, lines in found.items() if lines} == {}


@pytest.mark.parametrize("name", ["run.txt", "dev.txt", "fuzz.txt"])
def test_requirements_are_hashed_and_name_no_index(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]
    assert entries
    assert [entry for entry in entries if not HASH.search(entry)] == []
    assert INDEX_OPTION.findall(text) == []


@pytest.mark.parametrize("name", ["dev.txt", "fuzz.txt"])
def test_every_environment_runs_the_same_versions(name: str) -> None:
    assert pins("run.txt").items() <= pins(name).items()


def test_the_build_backend_is_pinned_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["build-system"]["requires"] == [f"hatchling=={pins('run.txt')['hatchling']}"]


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=!~;\[ ]", entry)[0] for entry in project["dependencies"]}
    assert names <= pins("run.txt").keys()


@pytest.mark.parametrize("path", ["|work|x", "cd |home|me|src", '"|root|.docker"', "|Users|me|x"])
def test_a_machine_path_is_found(path: str) -> None:
    written = path.replace("|", "/")
    assert machine_paths(written) == [written]


@pytest.mark.parametrize("path", ["https:||example.org|work|x", "$HOME|work|x", "src|root|x"])
def test_a_path_below_another_is_no_machine_path(path: str) -> None:
    assert machine_paths(path.replace("|", "/")) == []
