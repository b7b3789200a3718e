"""Where the policy is looked for, and who may have written it."""

import os
from pathlib import Path

import pytest

from crosstrust.app.policy_file import PolicyFile, find_policy, read_policy
from crosstrust.errors import InputError, StateError

NOBODY = 65534
TEXT = '[[image]]\nname = "{}"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(file: Path, name: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TEXT.format(name), encoding="utf-8")
    return file


def found_in(found: PolicyFile | None) -> str:
    assert found is not None
    return found.policy.images[0].name.rpartition("/")[2]


def test_the_named_one_comes_before_the_folder_and_the_user(folder: Path) -> None:
    work, home = folder / "work", folder / "home"
    named = str(write(folder / "named.toml", "named"))
    environ = {"XDG_CONFIG_HOME": str(folder / "xdg")}
    work.mkdir()
    assert find_policy(None, folder=work, environ={}, home=home) is None
    assert find_policy(None, folder=work, environ={}, home=None) is None
    write(home / ".config/crosstrust/crosstrust.toml", "user")
    assert found_in(find_policy(None, folder=work, environ={}, home=home)) == "user"
    write(folder / "xdg/crosstrust/crosstrust.toml", "xdg")
    assert found_in(find_policy(None, folder=work, environ=environ, home=None)) == "xdg"
    write(work / "crosstrust.toml", "work")
    assert found_in(find_policy(None, folder=work, environ=environ, home=home)) == "work"
    assert found_in(find_policy(named, folder=work, environ=environ, home=home)) == "named"


def test_a_mark_before_the_first_line_is_no_error(folder: Path) -> None:
    file = folder / "crosstrust.toml"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.format("redis").replace("\n", "\r\n").encode())
    assert found_in(read_policy(file)) == "redis"


def test_a_foreign_byte_is_told_with_its_line(folder: Path) -> None:
    file = folder / "crosstrust.toml"
    file.write_bytes(b"# one\n# \xff\n")
    with pytest.raises(InputError) as caught:
        read_policy(file)
    assert caught.value.where == f"{file} line 2"
    assert caught.value.actual == "byte 0xff"


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_policy_that_anybody_may_write_is_refused(folder: Path, what: str) -> None:
    file = write(folder / "open/crosstrust.toml", "redis")
    path = file if what == "file" else file.parent
    path.chmod(0o777)
    with pytest.raises(StateError) as caught:
        read_policy(file)
    assert (caught.value.code, caught.value.where) == ("local.file.mode", str(path))
    path.chmod(0o755)
    assert found_in(read_policy(file)) == "redis"


def test_a_folder_like_tmp_is_guarded(folder: Path) -> None:
    file = write(folder / "tmp/crosstrust.toml", "redis")
    file.parent.chmod(0o1777)
    assert found_in(read_policy(file)) == "redis"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("by", ["file", "link", "link to a file of ours"])
def test_what_another_user_put_into_tmp_is_refused(folder: Path, by: str) -> None:
    """C43: whoever works in such a folder did not choose the policy that lies there."""
    file = folder / "tmp/crosstrust.toml"
    theirs = write(folder / "home/evil.toml" if by != "file" else file, "redis")
    file.parent.mkdir(exist_ok=True)
    file.parent.chmod(0o1777)
    if by != "file":
        file.symlink_to(theirs)
        os.chown(file, NOBODY, NOBODY, follow_symlinks=False)
    if by != "link to a file of ours":
        os.chown(theirs, NOBODY, NOBODY)
    with pytest.raises(StateError) as caught:
        find_policy(None, folder=file.parent, environ={}, home=None)
    assert (caught.value.code, caught.value.where) == ("local.file.mode", str(file))
    assert f"owner {NOBODY}" in caught.value.actual
    file.parent.chmod(0o755)
    assert found_in(read_policy(file)) == "redis"


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_told(folder: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        read_policy(folder / name)
    assert caught.value.code == "usage.file"


@pytest.mark.parametrize("loop", ["crosstrust.toml", "."])
def test_what_cannot_be_looked_at_is_not_taken_for_absent(folder: Path, loop: str) -> None:
    work = folder / "work"
    if loop == ".":
        work.symlink_to(work)
    else:
        work.mkdir()
        (work / loop).symlink_to(loop)
    with pytest.raises(InputError) as caught:
        find_policy(None, folder=work, environ={}, home=None)
    assert caught.value.code == "usage.file"


def test_a_file_in_the_place_of_the_folder_is_no_policy(folder: Path) -> None:
    (folder / ".config").write_bytes(b"")
    assert find_policy(None, folder=folder, environ={}, home=folder) is None
