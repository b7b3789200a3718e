"""Finding the command, the global help, and what becomes of what goes wrong."""

import errno
import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import crosstrust
from crosstrust.cli.command import COMMANDS
from crosstrust.errors import (
    CrosstrustError,
    LimitError,
    MalformedError,
    StateError,
)
from crosstrust.sources.trust_store import TrustStore
from tests.unit.cli.shell import COMMAND, Run, check_refused, files_below, start

SOURCE = Path(crosstrust.__file__).parents[1]
SECRET = "hunter2-and-more"


def break_command(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Put a command in the place of ``key id`` that fails as told: a bug cannot be waited for."""

    def fail(_values: object, _console: object) -> int:
        raise error

    broken = ModuleType("crosstrust.cli.key_id")
    broken.__dict__["configure"] = lambda parser: parser.add_argument("file")
    broken.__dict__["run"] = fail
    monkeypatch.setitem(sys.modules, broken.__name__, broken)


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_help_lists_every_command(run: Run, words: list[str]) -> None:
    result = run(*words)
    assert (result.code, result.err) == (0, "")
    for name, summary in COMMANDS.items():
        assert any(name in line and summary in line for line in result.out.splitlines())


def test_help_is_for_eighty_columns(run: Run) -> None:
    for words in (["--help"], ["policy"], ["key"], *([*c.split(), "--help"] for c in COMMANDS)):
        assert max(map(len, run(*words).out.splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_its_help(run: Run, command: str) -> None:
    for words in ([*command.split(), "--help"], ["help", *command.split()]):
        result = run(*words)
        assert (result.code, result.err) == (0, "")
        assert result.out.startswith(f"usage: crosstrust {command} ")


@pytest.mark.parametrize(
    "words", [["policy"], ["policy", "--help"], ["key", "-h"], ["help", "key"]]
)
def test_a_group_lists_its_commands(run: Run, words: list[str]) -> None:
    result = run(*words)
    assert (result.code, result.err) == (0, "")
    group = words[1] if words[0] == "help" else words[0]
    assert f"{group} i" in result.out
    assert "verify" not in result.out


def test_the_version_is_the_package_s(run: Run) -> None:
    project = tomllib.loads((SOURCE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    version = project["project"]["version"]
    assert run("--version").out == f"crosstrust {version}\n"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ([], "crosstrust --help"),
        (["verfy", "x"], "did you mean `verify`?"),
        (["policy", "chek"], "did you mean `policy check`?"),
        (["--debug", "verify"], "crosstrust --help"),
        (["\x1b[31m"], "crosstrust --help"),
    ],
)
def test_an_unknown_command_is_told(run: Run, words: list[str], hint: str) -> None:
    result = run(*words)
    check_refused(result, "usage.command")
    assert hint in result.err


def test_help_imports_next_to_nothing() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); before = set(sys.modules)\n"
        "from crosstrust.cli.main import main; main(['--help'])\n"
        "print('loaded', *sorted(set(sys.modules) - before))"
    )
    # -S: what an environment's .pth files import is not ours.
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], check=True, capture_output=True, text=True
    )
    loaded = done.stdout.splitlines()[-1].split()[1:]
    assert {name for name in loaded if name.startswith("crosstrust")} == {
        *("crosstrust", "crosstrust.cli", "crosstrust.cli.command"),
        *("crosstrust.cli.main", "crosstrust.cli.stream"),
    }
    heavy = {
        *("argparse", "asyncio", "cryptography", "dataclasses", "importlib.metadata", "isal"),
        *("json", "logging", "pathlib", "pycurl", "re", "rich", "shtab", "socket", "ssl"),
        *("tomllib", "typing", "urllib", "zstandard"),
    }
    assert heavy.isdisjoint(loaded)


def test_an_import_of_the_package_imports_no_other() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); import crosstrust\n"
        "print(*[name for name in sys.modules if name.startswith('crosstrust.')])\n"
        "from crosstrust import InputError, Policy\n"
        "print(InputError.__module__, Policy.__module__)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], check=True, capture_output=True, text=True
    )
    assert done.stdout == "\ncrosstrust.errors crosstrust.chain.policy\n"


def test_every_name_of_the_package_is_there() -> None:
    assert [name for name in crosstrust.__all__ if not hasattr(crosstrust, name)] == []
    assert set(crosstrust.__all__) <= set(dir(crosstrust))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        crosstrust.__getattr__("nothing")


# --- failures ---


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StateError("local.state.saved", "/x"), 3),
        (MalformedError("tuf.metadata.form", "root"), 1),
        (LimitError("limit.exceeded", "root"), 1),
        (CrosstrustError("limit.exceeded", "root"), 4),
        (KeyboardInterrupt(), 130),
    ],
)
def test_a_failure_has_its_exit_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path, error: BaseException, code: int
) -> None:
    before = files_below(home)
    break_command(monkeypatch, error)
    result = run("key", "id", "x")
    assert (result.code, result.out) == (code, "")
    assert result.err.count("\n") == (code != 130)
    assert files_below(home) == before


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
        (OSError(errno.ENFILE, "Too many open files in system"), "Too many open files in system"),
        (BlockingIOError(errno.EAGAIN, "Try again"), "Try again"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "Cannot allocate memory"),
        (MemoryError(), "no memory left"),
    ],
)
def test_what_the_system_does_not_let_us_have_is_no_bug(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path, error: Exception, found: str
) -> None:
    before = files_below(home)
    break_command(monkeypatch, error)
    result = run("key", "id", "x")
    assert (result.code, result.out, result.err.count("\n")) == (3, "", 1)
    assert result.err.startswith("crosstrust: local.process.limit: ")
    assert f"found {found}; " in result.err
    assert files_below(home) == before


def test_a_bug_of_ours_is_one_line_and_a_report(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    error = ValueError(f"token {SECRET}")
    error.__cause__ = KeyError(SECRET)
    break_command(monkeypatch, error)
    result = run("key", "id", f"https://user:{SECRET}@host/x", f"--output={SECRET}")
    assert (result.code, result.out) == (4, "")
    assert result.err.count("\n") == 1
    assert "a bug of crosstrust (ValueError)" in result.err
    (report,) = (home / ".local/state/crosstrust/reports").iterdir()
    assert str(report) in result.err
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text(encoding="utf-8")
    assert "command key id --output" in text
    assert "builtins.ValueError" in text
    assert "builtins.KeyError" in text
    assert "cli/test_main.py:" in text
    assert SECRET not in text + result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize("umask", [0o002, 0o000, 0o277])
def test_a_report_makes_folders_for_this_user_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path, umask: int
) -> None:
    break_command(monkeypatch, ZeroDivisionError("0"))
    (home / ".local/state").mkdir(parents=True)
    before = os.umask(umask)
    try:
        assert run("key", "id", "x").code == 4
    finally:
        os.umask(before)
    state = home / ".local/state/crosstrust"
    for folder in (state, state / "reports"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (report,) = (state / "reports").iterdir()
    assert stat.S_IMODE(report.stat().st_mode) & 0o177 == 0
    assert TrustStore(state).update("x", lambda _: b"floor") is None
    assert TrustStore(state).read("x") == b"floor"


@pytest.mark.parametrize("words", ["", "0", "no", "false", "Off", " NO "])
def test_no_traceback_is_shown_where_it_is_not_asked_for(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    break_command(monkeypatch, ZeroDivisionError("0"))
    monkeypatch.setenv("CROSSTRUST_DEBUG", words)
    assert "Traceback" not in run("key", "id", "x").err


@pytest.mark.parametrize("how", ["option", "1", "yes", "TRUE", "on"])
def test_a_traceback_is_shown_where_it_is_asked_for(
    run: Run, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    break_command(monkeypatch, ZeroDivisionError("0"))
    if how != "option":
        monkeypatch.setenv("CROSSTRUST_DEBUG", how)
    result = run("key", "id", "x", *(["--debug"] if how == "option" else []))
    assert result.code == 4
    assert "Traceback" in result.err
    assert "ZeroDivisionError: 0" in result.err


@pytest.mark.parametrize("trouble", ["file in the way", "no home"])
def test_a_report_that_cannot_be_saved_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path, trouble: str
) -> None:
    break_command(monkeypatch, ZeroDivisionError("0"))
    if trouble == "no home":
        monkeypatch.delenv("HOME")
    else:
        (home / ".local").write_text("", encoding="utf-8")
    result = run("key", "id", "x")
    assert result.code == 4
    assert result.err.count("\n") == 1
    assert "could not be saved" in result.err


# --- streams, in a process of its own ---


def test_the_command_runs_as_a_module(folder: Path) -> None:
    result = start("--version", environ=os.environ, folder=folder)
    assert result.out == f"crosstrust {crosstrust.__version__}\n"
    assert start("nothing", environ=os.environ, folder=folder).code == 2


def test_a_closed_pipe_is_quiet(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [*COMMAND, "--help"], stdout=writer, stderr=subprocess.PIPE, cwd=folder, check=False
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_is_told(folder: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "--help"], stdout=full, stderr=subprocess.PIPE, cwd=folder, check=False
        )
    assert done.returncode == 3
    assert done.stderr.startswith(b"crosstrust: local.output.saved: standard output")
    assert done.stderr.count(b"\n") == 1


def test_a_closed_error_stream_changes_nothing(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run([*COMMAND, "nothing"], stderr=writer, cwd=folder, check=False)
    finally:
        os.close(writer)
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "closed", "code", "said"),
    [
        ("nothing", "2>&-", 2, b""),
        ("verify --offline nginx", "2>&-", 3, b""),
        ("verify --offline nginx", ">&- 2>&-", 3, b""),
        ("--help", ">&-", 3, b"crosstrust: local.output.saved: standard output"),
        ("verify --offline nginx", ">&-", 3, b"crosstrust: local.output.saved: standard output"),
    ],
)
def test_a_stream_that_is_closed_from_the_start(
    folder: Path, arguments: str, closed: str, code: int, said: bytes
) -> None:
    """Python then has None in its place; that is no bug, and "rejected" (1) would be wrong."""
    command = f'"$0" -m crosstrust {arguments} {closed}'
    done = subprocess.run(
        ["/bin/sh", "-c", command, sys.executable],
        capture_output=True,
        env={**os.environ, "HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")},
        cwd=folder,
        check=False,
    )
    assert done.returncode == code
    assert done.stderr.startswith(said)
    assert done.stderr.count(b"\n") == bool(said)
    assert not (folder / "state").exists()


def test_a_terminal_without_unicode_gets_escapes(folder: Path) -> None:
    (folder / "é.toml").write_text('[[image]]\nname = "a"\n', encoding="utf-8")
    environ = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = start("policy", "check", "é.toml", environ=environ, folder=folder)
    assert result.code == 0
    assert result.out.startswith("\\xe9.toml")
