"""Credential helpers: programs that keep secrets for docker and podman."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crosstrust.errors import InputError, StateError
from crosstrust.sources.credential import Credential, parse_helper_answer
from crosstrust.sources.gap import shown
from crosstrust.sources.task import Talk, pause

if TYPE_CHECKING:
    from subprocess import Popen

HELPER_SECONDS = 30.0

_NONE = b"credentials not found in native keychain"
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_STEP_SECONDS = 0.005


def ask_helper(
    name: str, key: str, environ: Mapping[str, str], *, seconds: float = HELPER_SECONDS
) -> Talk[Credential | None]:
    """Return what ``docker-credential-NAME get`` says of ``key``, without holding others up.

    Nothing secret is in argv. Raises ``StateError`` where it is missing, fails, hangs or answers
    in another form.
    """
    import subprocess  # start-up time: few need a helper

    where = f"docker-credential-{name}"
    program = find_helper(name, environ)
    try:
        process = subprocess.Popen(
            [program, "get"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
        )
    except OSError as error:
        actual = error.strerror or "it cannot be run"
        raise StateError("credential.helper", where, actual=actual) from error
    try:
        out = yield from _converse(process, key.encode(), seconds)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()
    if out is None:
        raise StateError("credential.helper", where, actual=f"no answer in {seconds:g} s")
    if process.returncode != 0:
        if out.strip() == _NONE:
            return None
        # Helpers print their error on stdout.
        raise StateError("credential.helper", where, actual=shown(out[:200]) or "it failed")
    try:
        return parse_helper_answer(out, where)
    except InputError as error:
        # Without its cause, which may quote a secret.
        actual = f"an answer that is not {error.expected}"
        raise StateError("credential.helper", where, actual=actual) from None


def find_helper(name: str, environ: Mapping[str, str]) -> str:
    """Return the path of the helper. Only absolute entries of PATH are searched."""
    where = f"docker-credential-{name}"
    if not re.fullmatch(_NAME, name, re.ASCII):
        raise StateError("credential.helper", ascii(where), actual="not the name of a program")
    for folder in environ.get("PATH", "").split(os.pathsep):
        path = f"{folder}/{where}"
        if folder.startswith("/") and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise StateError("credential.helper", where, actual="it is not in PATH")


def _converse(process: Popen[bytes], question: bytes, seconds: float) -> Talk[bytes | None]:
    """Write ``question``, wait for the end, return the output; None when time is up."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        process.stdin.write(question)
        process.stdin.close()
    except BrokenPipeError:
        pass  # It ended without reading; its exit code tells the rest.
    end = time.monotonic() + seconds
    # An answer fits into the pipe; one that does not never ends, and time runs out.
    while process.poll() is None:
        if time.monotonic() > end:
            return None
        yield from pause(_STEP_SECONDS)
    # What it left running may hold the other end open for ever: the end is not waited for.
    os.set_blocking(process.stdout.fileno(), False)
    return process.stdout.read() or b""
