"""Which credentials count for a host: the files of docker and podman, and their helpers."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from crosstrust.chain.answer import Gap
from crosstrust.errors import InputError, StateError
from crosstrust.evidence.check import Class
from crosstrust.evidence.verdict import Notice
from crosstrust.oci.limits import KEY_FILE_SIZE
from crosstrust.sources.credential import (
    AuthFile,
    Credential,
    parse_auth_file,
    parse_helper_answer,
    server_key,
)
from crosstrust.sources.gap import could_not_ask, shown
from crosstrust.sources.task import Talk, Task, pause, wait_for

if TYPE_CHECKING:
    from subprocess import Popen

    from crosstrust.sources.settings import Settings

HELPER_SECONDS = 30.0

_NONE = b"credentials not found in native keychain"
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_STEP_SECONDS = 0.005


class Keyring:
    """Looks credentials up when first needed, and each account once.

    A helper that is missing, fails or answers rubbish is a gap, unless another file has the
    account: to whom a server does not know it may say "not found" of what is there, and that
    must not be told as unsigned or absent. containers/image (skopeo, podman) does the same.
    """

    def __init__(self, settings: Settings, note: Callable[[Notice], None]) -> None:
        self._settings = settings
        self._note = note
        self._files: list[AuthFile] | None = None
        self._found: dict[str, Task[Credential | Gap | None]] = {}

    def find(self, account: str) -> Talk[Credential | Gap | None]:
        """Return the credential for ``account`` ("host/path"), None, or why it is not known.

        Raises ``InputError`` and ``StateError`` for a file that cannot be used.
        """
        task = self._found.get(account)
        if task is None:
            task = self._found[account] = Task(self._look_up(account))
        return (yield from wait_for(task))

    def forget_unfinished(self) -> None:
        """Drop questions to helpers that were left behind when a round ended."""
        self._found = {account: task for account, task in self._found.items() if task.done}

    def _look_up(self, account: str) -> Talk[Credential | Gap | None]:
        if self._files is None:
            self._files = read_auth_files(self._settings)
        key = server_key(account.partition("/")[0])
        troubles: list[StateError] = []
        for file in self._files:
            found = file.find(account)
            if isinstance(found, str):
                found = yield from self._ask(found, key, troubles)
            if found is not None:
                for trouble in troubles:
                    text = f"another file's credentials used: {trouble.actual}"
                    self._note(Notice(trouble.code, trouble.where, text))
                return found
        return _unknown(troubles[0], key) if troubles else None

    def _ask(self, helper: str, key: str, troubles: list[StateError]) -> Talk[Credential | None]:
        try:
            return (yield from ask_helper(helper, key, self._settings.environ))
        except StateError as error:
            troubles.append(error)
            return None


def _unknown(trouble: StateError, key: str) -> Gap:
    return could_not_ask(
        trouble.code,
        trouble.where,
        klass=Class.LOCAL,
        expected=f"credentials for {key}, or that there are none",
        actual=trouble.actual,
        remedy="mend the helper, or take it out of config.json (credsStore, credHelpers)",
    )


def read_auth_files(settings: Settings) -> list[AuthFile]:
    """Return what is there, first that counts first; see registry-client documentation.

    ``DOCKER_AUTH_CONFIG`` (JSON), ``REGISTRY_AUTH_FILE``, docker's config.json, podman's
    auth.json in the runtime directory and in the configuration directory.
    """
    environ, found = settings.environ, []
    if document := environ.get("DOCKER_AUTH_CONFIG", ""):
        found.append(parse_auth_file(document.encode(), "DOCKER_AUTH_CONFIG"))
    config = environ.get("XDG_CONFIG_HOME", "") or (settings.home and f"{settings.home}/.config")
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    paths = [
        environ.get("REGISTRY_AUTH_FILE", ""),
        settings.docker_config and f"{settings.docker_config}/config.json",
        runtime and f"{runtime}/containers/auth.json",
        config and f"{config}/containers/auth.json",
    ]
    for path in paths:
        raw = _read(path) if path else None
        if raw is not None:
            found.append(parse_auth_file(raw, path))
    return found


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
    return process.stdout.read()


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as opened:
            return opened.read(KEY_FILE_SIZE)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StateError(
            "credential.form", path, actual=error.strerror or "", remedy="check its permissions"
        ) from error
