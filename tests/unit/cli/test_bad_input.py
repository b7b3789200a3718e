"""Every malformed argument: exit code 2, one line with the remedy, and no file left behind."""

import os
from pathlib import Path

import pytest

from tests.unit.cli.shell import Run, check_refused, files_below

KEY = "a" * 64
IMAGE = "public.ecr.aws/nicolas/webdis:0.1.19"

REFERENCES = [
    *("", " ", "Webdis", "a b", "a:", ":1", "a:b:c", "a@", "a@sha256:12", "a@md5:" + "0" * 32),
    *("http://docker.io/a", "a//b", "/a", "a/", "-a", "a:.1", "a:" + "1" * 129, "a" * 300),
    *("n\u0456colas/webdis", "a\x1b[2Jb", "a\n", KEY, "host:99999/a", "[::g]/a", "a/b-/c"),
]
PINS = [
    *("", "root", "root=", "=", KEY, f"root:{KEY}", "root=dd0768b9d35d", f"root={KEY}0"),
    *(f"target={KEY}", f"signer={KEY}", f"signer/={KEY}", f"signer/A={KEY}", f"ROOT={KEY}"),
    *("root=@", "root=@missing.pub", "root=@.", "root=@bad.pub", f"root=sha256:{KEY}"),
    *(f"signer/releases={KEY}", "root=\x1b[2J", "root=@a\0b"),
]
POLICIES = {
    "empty.toml": b"",
    "syntax.toml": b"[[image]\n",
    "key.toml": b'[[image]]\nname = "a"\nkyes = 1\n',
    "pin.toml": b'[[image]]\nname = "a"\nkeys.root = ["dd0768b9d35d"]\n',
    "bytes.toml": b'[[image]]\nname = "\xff"\n',
    "nul.toml": b"\0",
    "deep.toml": b"a = " + b"[" * 50_000,
    "large.toml": b"#" * (1024 * 1024 + 1),
}
KEY_FILES = {
    "empty.pub": b"",
    "text.pub": b"hello\n",
    "pem.pub": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "private.pub": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "large.pub": b"x" * (1024 * 1024 + 1),
}
OPTIONS = [
    *(["--at", "yesterday"], ["--max-download", "lots"], ["--timeout", "0"], ["--format", "xml"]),
    *(["--platform", "a/b/c/d"], ["--plain-http", "http://a"], ["--accept", "all"], ["--nope"]),
    *(["--signed-by", ""], ["--signed-by", "A"], ["--signed-by", f"a@sha256:{KEY}"], ["-o", ""]),
    *(["--policy", "missing.toml"], ["--policy", "."], ["--policy", ""], ["--policy", "a\0b"]),
]


@pytest.fixture(autouse=True)
def nothing_is_left(home: Path) -> set[str]:
    return files_below(home)


def check_bad(run: Run, home: Path, before: set[str], *arguments: str) -> None:
    result = run(*arguments)
    assert result.code == 2, result
    code = result.err.split(": ")[1]
    check_refused(result, code)
    assert code.count(".") >= 1
    assert "expected" in result.err or "found" in result.err
    place, *parts = result.err.removeprefix(f"crosstrust: {code}: ").split("; ")
    assert place.strip()
    remedy = [part for part in parts if not part.startswith(("expected ", "found "))]
    assert remedy, result.err
    assert files_below(home) == before


@pytest.mark.parametrize("command", ["verify", "inspect", "manifest", "image", "policy init"])
@pytest.mark.parametrize("reference", REFERENCES)
def test_references(
    run: Run, home: Path, nothing_is_left: set[str], command: str, reference: str
) -> None:
    check_bad(run, home, nothing_is_left, *command.split(), "--", reference)


@pytest.mark.parametrize("reference", REFERENCES)
def test_either_side_of_compare(
    run: Run, home: Path, nothing_is_left: set[str], reference: str
) -> None:
    check_bad(run, home, nothing_is_left, "compare", "--", reference, IMAGE)
    check_bad(run, home, nothing_is_left, "compare", "--", IMAGE, reference)


@pytest.mark.parametrize("pin", PINS)
def test_pins(run: Run, folder: Path, home: Path, pin: str) -> None:
    (folder / "bad.pub").write_bytes(b"no key")
    before = files_below(home)
    check_bad(run, home, before, "verify", IMAGE, f"--pin={pin}")
    check_bad(run, home, before, "inspect", IMAGE, f"--pin={pin}")


@pytest.mark.parametrize("name", POLICIES)
def test_policies(run: Run, folder: Path, home: Path, name: str) -> None:
    (folder / name).write_bytes(POLICIES[name])
    before = files_below(home)
    check_bad(run, home, before, "policy", "check", name)
    check_bad(run, home, before, "verify", IMAGE, "--policy", name)


@pytest.mark.parametrize("name", KEY_FILES)
def test_key_files(run: Run, folder: Path, home: Path, name: str) -> None:
    (folder / name).write_bytes(KEY_FILES[name])
    before = files_below(home)
    check_bad(run, home, before, "key", "id", name)
    check_bad(run, home, before, "verify", IMAGE, "--pin", f"root=@{name}")


@pytest.mark.parametrize(
    "arguments",
    [
        *(["key", "id", "ff"], ["policy", "check", "ff"], ["verify", IMAGE, "--policy", "ff"]),
        *(["verify", IMAGE, "--pin", "root=@ff"], ["policy", "check"], ["verify", IMAGE]),
    ],
    ids=" ".join,
)
def test_a_pipe_that_nobody_writes_is_empty(
    run: Run, folder: Path, home: Path, arguments: list[str]
) -> None:
    os.mkfifo(folder / "ff")
    if "ff" not in arguments[-1]:
        os.mkfifo(folder / "crosstrust.toml")
    check_bad(run, home, files_below(home), *arguments)
    assert "empty" in run(*arguments).err


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_options(run: Run, home: Path, nothing_is_left: set[str], options: list[str]) -> None:
    check_bad(run, home, nothing_is_left, "verify", IMAGE, *options)


@pytest.mark.parametrize(
    "arguments",
    [
        *(["verify"], ["inspect"], ["manifest"], ["manifest", "a", "b"], ["image"]),
        *(["compare", "a"], ["key", "id"], ["completion"], ["policy", "init"]),
        *(["policy", "check", "missing.toml"], ["key", "id", "missing"], ["key", "id", "."]),
        *(["key", "id", "a\0b"], ["key"] * 2, ["policy", "chek"]),
    ],
    ids=" ".join,
)
def test_arguments(run: Run, home: Path, nothing_is_left: set[str], arguments: list[str]) -> None:
    check_bad(run, home, nothing_is_left, *arguments)
