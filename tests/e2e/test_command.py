"""The command from outside: exit codes, what it prints, what it asks, what it leaves behind."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crosstrust.oci.digest import Digest
from crosstrust.sandbox import Sandbox
from crosstrust.sandbox.exchange import Request, Response, answer_error
from crosstrust.sandbox.layer import build_layer, compress
from crosstrust.sandbox.release import TAG, build_webdis, push
from crosstrust.sandbox.service import Service
from tests.e2e.command import Done, User
from tests.golden.strict_schema import strict_validator

REPOSITORY = "public.ecr.aws/nicolas/webdis"
COPY = f"{REPOSITORY}:{TAG}"
SIGNED = f"docker.io/nicolas/webdis:{TAG}"
HOSTS = {"notary.docker.io", "auth.docker.io", "registry-1.docker.io", "public.ecr.aws"}


@pytest.fixture(scope="module", autouse=True)
def copies(sandbox: Sandbox) -> None:
    """Two more tags on the mirror: one recompressed, one with a foreign layer."""
    registry = sandbox.registries["public.ecr.aws"]
    honest = [build_webdis(TAG, "amd64"), build_webdis(TAG, "arm64", "v8")]
    packed = [replace(i, layers=tuple(compress(x.tar, level=1) for x in i.layers)) for i in honest]
    foreign = replace(honest[0], layers=(*honest[0].layers[:-1], build_layer({"x": b"evil"})))
    push(registry, "nicolas/webdis", "packed", tuple(packed))
    push(registry, "nicolas/webdis", "foreign", (foreign, honest[1]))


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return strict_validator()


def retagged(pinned: tuple[str, ...]) -> tuple[str, ...]:
    """The same options with the signed tag named, for copies under other tags."""
    return (pinned[0], SIGNED, *pinned[2:])


def hosts(service: Service, since: int) -> set[str]:
    return {seen.host for seen in service.requests[since:]}


# --- verify ---


def test_a_trusted_copy_and_all_it_left_behind(
    user: User, served: Service, pinned: tuple[str, ...]
) -> None:
    before = len(served.requests)
    done = user.run("verify", COPY, *pinned)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"TRUSTED  {COPY}\n")
    assert hosts(served, before) == HOSTS
    left = user.files()
    assert left
    assert all(name.startswith((".cache/crosstrust/", ".local/state/crosstrust/")) for name in left)
    assert not [name for name in left if name.endswith(".new")]
    modes = {path.stat().st_mode & 0o077 for path in (user.home / ".cache/crosstrust").rglob("*")}
    assert modes == {0}


def test_a_pinned_digest_can_be_run_by_the_next_command(
    user: User, pinned: tuple[str, ...]
) -> None:
    done = user.run("verify", COPY, *pinned, "--format", "digest")
    assert done.code == 0
    assert re.fullmatch(rf"{REPOSITORY}@sha256:[0-9a-f]{{64}}\n", done.out)
    again = user.run("verify", done.out.strip(), *retagged(pinned), "--format", "digest")
    assert again == done


@pytest.mark.parametrize(
    ("image", "code", "said"),
    [
        (f"{REPOSITORY}:packed", 0, "TRUSTED"),
        (f"{REPOSITORY}:foreign", 1, "image.layer.diff_id"),
        (f"{REPOSITORY}:nothing", 1, "image.tag.present"),
        # The sandbox's certificate is not for this name.
        (f"ghcr.io/other/image:{TAG}", 3, "http.tls.valid"),
    ],
)
def test_each_copy_has_its_exit_code(
    user: User, pinned: tuple[str, ...], image: str, code: int, said: str
) -> None:
    done = user.run("verify", image, *retagged(pinned))
    assert done.code == code
    assert said in done.out
    assert done.out.startswith({0: "TRUSTED", 1: "REJECTED", 3: "UNDECIDED"}[code])


def test_without_keys_it_is_undecided_and_says_what_to_pin(user: User, sandbox: Sandbox) -> None:
    done = user.run("verify", COPY, "--signed-by", "nicolas/webdis")
    assert done.code == 3
    assert done.out.startswith("UNDECIDED")
    assert sandbox.author.pins().root[0] in done.out


@pytest.mark.parametrize("host", ["notary.docker.io", "public.ecr.aws"])
def test_a_server_out_of_order_is_undecided(
    user: User, served: Service, pinned: tuple[str, ...], host: str
) -> None:
    served.fail(host, answer_error(500, "UNKNOWN", "out of order"))
    done = user.run("verify", COPY, *pinned, "--timeout", "1")
    assert done.code == 3
    assert host in done.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify",),
        ("verify", "a b"),
        ("verify", COPY, "--pin", "root=12"),
        ("verify", COPY, "--policy", "absent.toml"),
        ("verify", f"{REPOSITORY}@sha256:{'0' * 64}", "--signed-by", "nicolas/webdis"),
        ("verify", COPY, "--format", "xml"),
        ("nothing",),
    ],
)
def test_wrong_usage_asks_nobody_and_writes_nothing(
    user: User, served: Service, arguments: tuple[str, ...]
) -> None:
    before = len(served.requests)
    done = user.run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert len(served.requests) == before
    assert user.files() == set()


def test_a_malformed_policy_is_told_with_its_line(user: User) -> None:
    (user.work / "crosstrust.toml").write_text('[[image]]\nname = "a/b"\nnmae = 1\n')
    done = user.run("verify", COPY)
    assert (done.code, done.out) == (2, "")
    assert "crosstrust.toml line 3" in done.err


def test_the_json_is_what_the_schema_says(
    user: User, pinned: tuple[str, ...], validator: Draft202012Validator
) -> None:
    tags = ("packed", "foreign", "nothing")
    images = [COPY, *(f"{REPOSITORY}:{tag}" for tag in tags)]
    done = user.run("verify", *images, *retagged(pinned), "--format", "json")
    assert done.code == 1
    verdicts: list[dict[str, Any]] = done.json
    for verdict in verdicts:
        validator.validate(verdict)
    assert [v["decision"] for v in verdicts] == ["trusted", "trusted", "rejected", "rejected"]
    lines = user.run("verify", COPY, *pinned, "--format", "jsonl").out.splitlines()
    validator.validate(json.loads(lines[0]))
    assert len(lines) == 1


def test_the_json_of_what_could_not_be_asked_is_what_the_schema_says(
    user: User, served: Service, pinned: tuple[str, ...], validator: Draft202012Validator
) -> None:
    for host in HOSTS:
        served.fail(host, answer_error(500, "UNKNOWN", "out of order"))
    done = user.run("verify", COPY, *pinned, "--timeout", "1", "--format", "json")
    assert done.code == 3
    (verdict,) = done.json
    validator.validate(verdict)
    assert (verdict["decision"], verdict["digest"]) == ("undecided", None)
    assert verdict["gaps"]


def test_a_rollback_is_found_by_the_next_run(
    user: User, sandbox: Sandbox, pinned: tuple[str, ...]
) -> None:
    sandbox.author.refresh()
    sandbox.publish()
    assert user.run("verify", COPY, *pinned).code == 0
    sandbox.notary.roll_back(sandbox.origin)
    try:
        done = user.run("verify", COPY, *pinned)
    finally:
        sandbox.notary.roll_back(sandbox.origin, sandbox.notary.states(sandbox.origin) - 1)
    assert done.code == 1
    assert "tuf.version.rollback" in done.out
    assert user.run("verify", COPY, *pinned).code == 0


def test_offline_asks_nobody(user: User, served: Service, pinned: tuple[str, ...]) -> None:
    assert user.run("verify", COPY, *pinned).code == 0
    before = len(served.requests)
    done = user.run("verify", COPY, *pinned, "--offline")
    assert done.code == 0
    assert "judged from the cache alone" in done.out
    assert len(served.requests) == before


def test_no_cache_writes_none(user: User, pinned: tuple[str, ...]) -> None:
    assert user.run("verify", COPY, *pinned, "--no-cache").code == 0
    assert {name.split("/")[0] for name in user.files()} == {".local"}


# --- looking ---


def test_inspect_asks_the_notary_alone(
    user: User, served: Service, pinned: tuple[str, ...]
) -> None:
    before = len(served.requests)
    done = user.run("inspect", SIGNED, *pinned[2:])
    assert (done.code, done.err) == (0, "")
    assert "targets/nicolasff" in done.out
    assert hosts(served, before) == {"notary.docker.io", "auth.docker.io"}
    assert user.run("inspect", "nicolas/webdis:9", *pinned[2:]).code == 1


def test_the_bytes_of_a_manifest_are_those_served(user: User, sandbox: Sandbox) -> None:
    raw = user.run("manifest", COPY, "--raw")
    digest = user.run("manifest", COPY, "--digest")
    stored = sandbox.registries["public.ecr.aws"].manifest("nicolas/webdis", TAG)
    assert stored is not None
    assert (raw.code, raw.raw, raw.err) == (0, stored.raw, "")
    assert digest.out == f"sha256:{hashlib.sha256(stored.raw).hexdigest()}\n"
    assert user.run("manifest", f"{REPOSITORY}:nothing").code == 1


def test_an_image_shows_each_platform(user: User, served: Service) -> None:
    before = len(served.requests)
    done = user.run("image", COPY)
    assert (done.code, done.err) == (0, "")
    assert done.out.count("config digest") == 2
    assert hosts(served, before) == {"public.ecr.aws"}


@pytest.mark.parametrize(
    ("other", "code", "word"),
    [(SIGNED, 0, "SAME"), (f"{REPOSITORY}:foreign", 1, "DIFFERENT")],
)
def test_compare_has_its_exit_code(user: User, other: str, code: int, word: str) -> None:
    done = user.run("compare", COPY, other)
    assert (done.code, done.err) == (code, "")
    assert done.out.startswith(f"{word}\n")


def test_a_written_policy_is_well_formed_and_verifies(user: User) -> None:
    done = user.run("policy", "init", COPY, "--signed-by", "nicolas/webdis", "-o", "new.toml")
    assert (done.code, done.out) == (0, "")
    assert "compare these keys" in done.err
    checked = user.run("policy", "check", "new.toml")
    assert (checked.code, checked.err) == (0, "")
    assert user.run("verify", COPY, "--policy", "new.toml").code == 0
    (user.work / "new.toml").rename(user.work / "crosstrust.toml")
    assert user.run("verify", COPY).code == 0


# --- streams, files, signals ---


def test_a_result_goes_to_a_file_whole(user: User, pinned: tuple[str, ...]) -> None:
    shown = user.run("verify", COPY, *pinned, "--format", "digest")
    (user.work / "out").write_text("before")
    done = user.run("verify", COPY, *pinned, "--format", "digest", "-o", "out")
    assert done == Done(0, b"", "")
    assert (user.work / "out").read_text() == shown.out
    assert [path.name for path in user.work.iterdir()] == ["out"]


def test_a_refused_run_leaves_the_old_file(user: User) -> None:
    (user.work / "out").write_text("before")
    assert user.run("verify", "a b", "-o", "out").code == 2
    assert (user.work / "out").read_text() == "before"
    assert [path.name for path in user.work.iterdir()] == ["out"]


@pytest.fixture
def stuck(sandbox: Sandbox) -> Iterator[threading.Event]:
    """The mirror answers nothing until the test is over; the event says that it was asked."""
    registry = sandbox.registries["public.ecr.aws"]
    asked, over = threading.Event(), threading.Event()
    respond = registry.respond

    def wait(request: Request) -> Response:
        if "/manifests/" in request.target:
            asked.set()
            over.wait(30)
        return respond(request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "respond", wait)
        yield asked
        over.set()


def test_an_interrupt_leaves_nothing_half_written(
    user: User, pinned: tuple[str, ...], stuck: threading.Event
) -> None:
    (user.work / "out").write_text("before")
    user.measured = False
    with user.start("verify", COPY, *pinned, "-o", "out") as process:
        try:
            assert stuck.wait(30)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (130, b"", b"")
    assert (user.work / "out").read_text() == "before"
    assert [path.name for path in user.work.iterdir()] == ["out"]
    assert not [name for name in user.files() if name.endswith(".new") or "state-" in name]
    for file in (user.home / ".cache/crosstrust/sha256").rglob("*"):
        if file.is_file():
            assert Digest.of(file.read_bytes().partition(b"\n")[2]).hex == file.name


def test_a_closed_pipe_is_quiet(user: User, pinned: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        with user.start("verify", COPY, *pinned, stdout=writer) as process:
            _, err = process.communicate(timeout=30)
    finally:
        os.close(writer)
    assert (process.returncode, err) == (0, b"")


def on_a_terminal(user: User, *arguments: str) -> bytes:
    """What a terminal shows of the command's standard output."""
    leader, follower = pty.openpty()
    with user.start(*arguments, stdout=follower) as process:
        os.close(follower)
        shown = b""
        while chunk := _read(leader):
            shown += chunk
        process.communicate(timeout=30)
    os.close(leader)
    return shown


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:
        # Linux says EIO when the other end is closed.
        return b""


def test_a_terminal_gets_colours_unless_the_user_wants_none(
    user: User, pinned: tuple[str, ...]
) -> None:
    user.more["TERM"] = "xterm"
    assert b"\x1b[" in on_a_terminal(user, "verify", COPY, *pinned)
    user.more["NO_COLOR"] = "1"
    assert b"\x1b" not in on_a_terminal(user, "verify", COPY, *pinned)
    assert "\x1b" not in user.run("verify", COPY, *pinned).out
