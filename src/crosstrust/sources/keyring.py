"""Which credentials count for a host: the files of docker and podman, and their helpers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from crosstrust.chain.answer import Gap
from crosstrust.errors import InputError, StateError
from crosstrust.evidence.check import Class
from crosstrust.evidence.verdict import Notice
from crosstrust.oci.limits import KEY_FILE_SIZE
from crosstrust.sources.credential import AuthFile, Credential, parse_auth_file, server_key
from crosstrust.sources.gap import could_not_ask
from crosstrust.sources.task import Talk, Task, wait_for

if TYPE_CHECKING:
    from crosstrust.sources.settings import Settings


class Keyring:
    """Looks credentials up when first needed, and each account once.

    A helper that is missing, fails or answers rubbish is a gap, unless the account is in a file
    too: to whom a server does not know it may say "not found" of what is there, and that
    must not be told as unsigned or absent. containers/image (skopeo, podman) does the same.
    """

    def __init__(self, settings: Settings, note: Callable[[Notice], None]) -> None:
        self._settings = settings
        self._note = note
        self._files: list[AuthFile] | None = None
        self._found: dict[str, Task[Credential | Gap | None]] = {}
        self._notices: dict[str, list[Notice]] = {}

    def find(self, account: str) -> Talk[Credential | Gap | None]:
        """Return the credential for ``account`` ("host/path"), None, or why it is not known.

        Raises ``InputError`` and ``StateError`` for a file that cannot be used.
        """
        task = self._found.get(account)
        if task is None:
            task = self._found[account] = Task(self._look_up(account))
        found = yield from wait_for(task)
        for notice in self._notices.get(account, ()):
            self._note(notice)
        return found

    def forget_unfinished(self) -> None:
        """Drop questions to helpers that were left behind when a round ended."""
        self._found = {account: task for account, task in self._found.items() if task.done}

    def _look_up(self, account: str) -> Talk[Credential | Gap | None]:
        if self._files is None:
            self._files = read_auth_files(self._settings)
        key = server_key(account.partition("/")[0])
        troubles: list[StateError] = []
        for candidate in chain.from_iterable(file.find(account) for file in self._files):
            found: Credential | None
            if isinstance(candidate, str):
                found = yield from self._ask(candidate, key, troubles)
            else:
                found = candidate
            if found is not None:
                self._notices[account] = [_notice(trouble) for trouble in troubles]
                return found
        return _unknown(troubles[0], key) if troubles else None

    def _ask(self, helper: str, key: str, troubles: list[StateError]) -> Talk[Credential | None]:
        from crosstrust.sources.credential_helper import ask_helper  # start-up time

        try:
            return (yield from ask_helper(helper, key, self._settings.environ))
        except StateError as error:
            troubles.append(error)
            return None


def _notice(trouble: StateError) -> Notice:
    text = f"credentials from elsewhere used: {trouble.actual}"
    return Notice(trouble.code, trouble.where, text)


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
    """Return what is there, first that counts first.

    ``DOCKER_AUTH_CONFIG`` (JSON), as docker has it: before all files, for the hosts that it names.
    Then, as podman has it, the file that ``REGISTRY_AUTH_FILE`` names and no other. Without that:
    docker's config.json, podman's auth.json in the runtime directory and in the configuration
    directory, and the .dockercfg of old. Raises ``InputError`` where the named file is absent.
    """
    found = []
    if document := settings.environ.get("DOCKER_AUTH_CONFIG", ""):
        found.append(parse_auth_file(os.fsencode(document), "DOCKER_AUTH_CONFIG"))
    if named := settings.environ.get("REGISTRY_AUTH_FILE", ""):
        raw = _read(named)
        if raw is None:
            raise InputError(
                "credential.form",
                named,
                expected="a file",
                actual="none there",
                remedy="correct REGISTRY_AUTH_FILE, or unset it",
            )
        return [*found, parse_auth_file(raw, named)]
    for path in _usual_places(settings):
        raw = _read(path)
        if raw is not None:
            found.append(parse_auth_file(raw, path, bare=path.endswith("/.dockercfg")))
    return found


def _usual_places(settings: Settings) -> Iterator[str]:
    environ, home = settings.environ, settings.home
    if settings.docker_config:
        yield f"{settings.docker_config}/config.json"
    if runtime := environ.get("XDG_RUNTIME_DIR", ""):
        yield f"{runtime}/containers/auth.json"
    else:
        yield f"/run/containers/{os.getuid()}/auth.json"
    if config := environ.get("XDG_CONFIG_HOME", "") or (home and f"{home}/.config"):
        yield f"{config}/containers/auth.json"
    if home:
        yield f"{home}/.dockercfg"


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
