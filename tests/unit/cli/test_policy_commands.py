"""``policy init``, ``policy check``, ``key id`` and ``completion``."""

import json
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest

from crosstrust.chain.policy import parse_policy
from crosstrust.sandbox.release import TAG
from crosstrust.sandbox.sandbox import Sandbox
from tests.unit.cli.shell import Run, check_refused

VECTORS = Path(__file__).parents[2] / "vectors" / "webdis"
NICOLASFF = "dd0768b9d35d344bbd1681418d27052c4c896a59be214352448daa2b6925b95b"


# --- policy init ---


@pytest.mark.usefixtures("service")
def test_init_writes_what_verify_takes(run: Run, folder: Path, sandbox: Sandbox) -> None:
    written = run(
        *("policy", "init", "public.ecr.aws/nicolas/webdis", "--signed-by", "nicolas/webdis"),
        *("-o", "crosstrust.toml"),
    )
    assert (written.code, written.out) == (0, "")
    assert "compare these keys" in written.err
    text = (folder / "crosstrust.toml").read_text(encoding="utf-8")
    image = parse_policy(text, "x").images[0]
    assert set(image.pins.signers) == {"nicolasff"}
    assert image.pins.root == sandbox.author.pins().root
    assert run("verify", f"public.ecr.aws/nicolas/webdis:{TAG}").code == 0


@pytest.mark.parametrize("more", [f":{TAG}", f"@sha256:{NICOLASFF}", f":{TAG}@sha256:{NICOLASFF}"])
def test_init_takes_a_repository_alone_as_the_signed_one(run: Run, more: str) -> None:
    result = run("policy", "init", "a.test/b", "--signed-by", f"nicolas/webdis{more}")
    check_refused(result, "reference.form")
    assert result.err.endswith("; --signed-by docker.io/nicolas/webdis\n")


@pytest.mark.usefixtures("service")
def test_init_from_the_cache_says_how_old_it_is(run: Run, root_pin: str) -> None:
    # What was only proposed is not kept.
    assert run("inspect", "nicolas/webdis", "--pin", root_pin).code == 0
    first = run("policy", "init", "nicolas/webdis")
    cached = run("policy", "init", "nicolas/webdis", "--offline")
    assert (cached.code, cached.out) == (0, first.out)
    assert first.err.count("\n") == 1
    assert cached.err.count("\n") == 2
    assert "judged from the cache alone, fetched 0 minutes before" in cached.err


@pytest.mark.usefixtures("service")
def test_init_without_trust_data_writes_nothing(run: Run, folder: Path) -> None:
    result = run("policy", "init", "nicolas/other", "-o", "crosstrust.toml")
    assert result.code in {1, 3}
    assert result.err.startswith("crosstrust: ")
    assert list(folder.iterdir()) == []


# --- policy check ---


@pytest.mark.parametrize("place", ["named", "folder", "user"])
def test_check_reads_the_policy_in_force(run: Run, folder: Path, home: Path, place: str) -> None:
    file = {
        "named": folder / "other.toml",
        "folder": folder / "crosstrust.toml",
        "user": home / ".config/crosstrust/crosstrust.toml",
    }[place]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('[[image]]\nname = "redis"\n', encoding="utf-8")
    result = run("policy", "check", *([file.name] if place == "named" else []))
    assert result.code == 0
    assert f"{file.name}: well-formed, 1 [[image]]" in result.out
    assert "docker.io/library/redis  signed by docker.io/library/redis" in result.out
    assert "no root key is pinned" in result.err


@pytest.mark.parametrize(
    "name", ["x\ny\x1b[31m.toml", "\x07.toml", "\u202e.toml", "a\rb", "\x9b1m"]
)
def test_a_name_cannot_steer_the_terminal(run: Run, folder: Path, name: str) -> None:
    (folder / name).write_text('[[image]]\nname = "redis"\n', encoding="utf-8")
    (folder / f"key{name}").write_bytes((VECTORS / "nicolasff.pub").read_bytes())
    for words in (["policy", "check", name], ["key", "id", f"key{name}"], ["key", "id", name]):
        result = run(*words)
        assert result.out or result.err
        assert all(line.isprintable() for line in (result.out + result.err).split("\n"))
    assert run("policy", "check", name).out.count("\n") == 2


def test_check_refuses_what_is_malformed(run: Run, folder: Path) -> None:
    (folder / "crosstrust.toml").write_text("[[image]]\nnam = 1\n", encoding="utf-8")
    result = run("policy", "check")
    check_refused(result, "policy.form")
    assert "crosstrust.toml line 2" in result.err


@pytest.mark.parametrize("command", [("policy", "check"), ("key", "id")])
def test_a_file_without_a_name_is_shown_as_typed(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command, "")
    check_refused(result, "usage.file")
    assert 'usage.file: "";' in result.err


def test_check_without_a_policy_says_so(run: Run) -> None:
    check_refused(run("policy", "check"), "usage.file")


def test_check_without_a_home_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    check_refused(run("policy", "check"), "usage.file")


# --- key id ---


def test_a_key_has_its_published_id(run: Run) -> None:
    result = run("key", "id", str(VECTORS / "nicolasff.pub"))
    assert (result.code, result.out, result.err) == (0, f"{NICOLASFF}\n", "")


@pytest.mark.parametrize("pause", ["", "sleep 0.2;"])
def test_a_pipe_is_read_to_its_end(folder: Path, pause: str) -> None:
    key = VECTORS / "nicolasff.pub"
    command = f'({pause} head -c 90 {key}; {pause} tail -c +91 {key}) | "$0" -m crosstrust'
    for name in ("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"):
        done = subprocess.run(
            ["/bin/sh", "-c", f"{command} key id {name}", sys.executable],
            capture_output=True,
            cwd=folder,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{NICOLASFF}\n", "")


def test_a_certificate_has_two_ids(run: Run, folder: Path, sandbox: Sandbox) -> None:
    root = json.loads(sandbox.author.files()["root"])["signed"]
    (key_id,) = root["roles"]["root"]["keyids"]
    (folder / "root.crt").write_bytes(b64decode(root["keys"][key_id]["keyval"]["public"]))
    result = run("key", "id", "root.crt")
    first, second = result.out.splitlines()
    assert (result.code, result.err) == (0, "")
    assert first.startswith(f"{key_id}  the certificate")
    assert "  the key in it" in second
    assert not second.startswith(key_id)


# --- completion ---


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(run: Run, shell: str) -> None:
    result = run("completion", shell)
    assert (result.code, result.err) == (0, "")
    for word in ("verify", "policy", "check", "signed-by", "plain-http"):
        assert word in result.out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("crosstrust policy ", {"init", "check"}),
        ("crosstrust ver", {"verify"}),
        ("crosstrust verify --signed", {"--signed-by"}),
        ("crosstrust verify --format js", {"json", "jsonl"}),
        ("crosstrust --v", {"--version"}),
        ("crosstrust key id ke", {"key.pub"}),
        ("crosstrust policy check ke", {"key.pub"}),
        ("crosstrust verify --policy ke", {"key.pub"}),
    ],
)
def test_bash_completes_commands_options_and_files(
    run: Run, folder: Path, line: str, words: set[str]
) -> None:
    (folder / "key.pub").write_bytes(b"")
    script = run("completion", "bash").out
    typed = line.split(" ")
    ask = (
        f"COMP_WORDS=({' '.join(typed[:-1])} '{typed[-1]}'); COMP_CWORD={len(typed) - 1}\n"
        f"_shtab_crosstrust crosstrust '{typed[-1]}' '{typed[-2]}' 2>/dev/null\n"
        'echo "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["/bin/bash", "-c", script + ask], check=True, capture_output=True, text=True
    )
    assert set(done.stdout.split()) == words


def test_zsh_completes_files(run: Run) -> None:
    script = run("completion", "zsh").out
    for described in ("PEM or DER", "would use)"):
        (line,) = [line for line in script.splitlines() if described in line and ":_" in line]
        assert line.endswith(':_files"')


@pytest.mark.parametrize("command", ["key id", "policy check"])
def test_fish_completes_files(run: Run, command: str) -> None:
    script = run("completion", "fish").out
    (line,) = [line for line in script.splitlines() if f"{command}; and" in line]
    assert "__fish_complete_path" in line


def test_an_unknown_shell_is_refused(run: Run) -> None:
    check_refused(run("completion", "sh"), "usage.option")
