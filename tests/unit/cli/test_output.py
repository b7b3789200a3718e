"""The file of -o, and the console."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosstrust.cli.console import Console
from crosstrust.cli.output import write_output
from crosstrust.errors import StateError

KEY = Path(__file__).parents[2] / "vectors/webdis/nicolasff.pub"
KEY_ID = "dd0768b9d35d344bbd1681418d27052c4c896a59be214352448daa2b6925b95b"


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.usefixtures("umask")
def test_a_new_file_has_the_umask_s_mode(folder: Path) -> None:
    write_output("out.json", b"[]\n")
    assert (folder / "out.json").read_bytes() == b"[]\n"
    assert mode(folder / "out.json") == 0o640
    assert [file.name for file in folder.iterdir()] == ["out.json"]


def test_an_old_file_is_replaced_and_keeps_its_mode(folder: Path) -> None:
    file = folder / "out.json"
    file.write_bytes(b"old, and much longer than the new")
    file.chmod(0o604)
    reader = file.open("rb")
    write_output(str(file), b"new")
    with reader:
        assert reader.read() == b"old, and much longer than the new"
    assert (file.read_bytes(), mode(file)) == (b"new", 0o604)


def test_a_link_stays_a_link(folder: Path) -> None:
    (folder / "link").symlink_to("target")
    write_output("link", b"x")
    assert (folder / "link").is_symlink()
    assert (folder / "target").read_bytes() == b"x"


def test_a_device_is_written_to() -> None:
    write_output(os.devnull, b"x")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize(
    "name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link", ">(cat)", "/dev/fd/3"]
)
@pytest.mark.parametrize("end", ["| cat", ">> all"])
def test_an_open_file_is_written_on(folder: Path, name: str, end: str) -> None:
    """What stands before the result, and after it, stays."""
    (folder / "link").symlink_to("/dev/stdout")
    command = (
        f'{{ echo before; "$0" -m crosstrust key id {KEY} -o {name} 3>&1; echo after; }} {end}'
    )
    done = subprocess.run(
        [
            "/bin/bash",
            "-c",
            f"{command}; if [ -e all ]; then sleep 0.1; cat all; fi",
            sys.executable,
        ],
        capture_output=True,
        cwd=folder,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert sorted(done.stdout.split()) == sorted(["before", KEY_ID, "after"])


def test_an_open_file_that_is_none_is_told(folder: Path) -> None:
    with pytest.raises(StateError) as caught:
        write_output("/dev/fd/999", b"x")
    assert (caught.value.code, caught.value.where) == ("local.output.saved", "/dev/fd/999")


@pytest.mark.parametrize("name", ["link", "link/x"])
def test_a_link_that_may_not_be_followed_is_told_and_stays(folder: Path, name: str) -> None:
    (folder / "link").symlink_to("link")
    with pytest.raises(StateError) as caught:
        write_output(name, b"x")
    assert caught.value.code == "local.output.saved"
    assert (folder / "link").is_symlink()


def test_a_name_may_be_as_long_as_names_can_be(folder: Path) -> None:
    name = "\N{WHITE HEAVY CHECK MARK}" * 84 + ".js"
    write_output(name, b"x")
    assert (folder / name).read_bytes() == b"x"


@pytest.mark.parametrize("name", ["missing/out", ".", "file/out", "x" * 300, "new/", "file/", "./"])
def test_a_place_that_cannot_be_written_is_told(folder: Path, name: str) -> None:
    (folder / "file").write_bytes(b"")
    with pytest.raises(StateError) as caught:
        write_output(name, b"x")
    assert (caught.value.code, caught.value.where) == ("local.output.saved", name)
    assert [file.name for file in folder.iterdir()] == ["file"]


def test_quiet_keeps_the_result_alone(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(quiet=True, verbose=True)
    console.result("yes\n")
    console.note("note")
    console.detail("detail")
    assert capsys.readouterr() == ("yes\n", "")


def test_details_are_for_the_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    for verbose in (False, True):
        Console(verbose=verbose).note("note")
        Console(verbose=verbose).detail("detail")
    assert capsys.readouterr().err == "note\nnote\ndetail\n"


def test_what_could_steer_a_terminal_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    Console().note("a\x1b[31m\nb\u202e")
    assert capsys.readouterr().err == "a?[31m?b?\n"


@pytest.mark.parametrize(("text", "width"), [("120", 120), ("1", 40), ("x", 80), ("", 80)])
def test_columns_are_stated(monkeypatch: pytest.MonkeyPatch, text: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", text)
    assert Console().width == width


def test_colour_is_for_terminals() -> None:
    assert not Console().color
    assert not Console(output="x").color
    assert not Console().progress
    assert Console(output="x").unicode


@pytest.mark.parametrize(
    ("environ", "color"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_no_color_is_heard(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], *, color: bool
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    leader, follower = os.openpty()
    with os.fdopen(follower, "w") as terminal, os.fdopen(leader, "rb"):
        monkeypatch.setattr("sys.stdout", terminal)
        monkeypatch.setattr("sys.stderr", terminal)
        assert Console().color is color
        assert Console().pen.color is color
        assert Console().progress
        assert Console().width >= 40
        assert not Console(output="x").color
