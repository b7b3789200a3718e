"""The policy file: where it is looked for, and how it is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crosstrust.app.named_file import read_named
from crosstrust.app.place import POLICY_FILE, find_config
from crosstrust.errors import InputError, StateError
from crosstrust.oci.limits import POLICY_SIZE
from crosstrust.value import dataclass

if TYPE_CHECKING:
    from crosstrust.chain.policy import Policy


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy and the file that it was read from."""

    path: str
    policy: Policy


def find_policy(
    named: str | None,
    *,
    folder: str | os.PathLike[str],
    environ: Mapping[str, str],
    home: str | os.PathLike[str] | None,
) -> PolicyFile | None:
    """Return the policy in force: ``named``, else of ``folder``, else of the user, else None.

    Raises ``InputError`` where it is malformed or, if named, absent, and ``StateError``
    (``local.file.mode``) where anybody may change it.
    """
    if named is not None:
        return read_policy(named)
    for place in (folder, find_config(environ, home)):
        # Without a home there is no policy of the user's, and that is all.
        if place is not None and _is_there(file := os.path.join(place, POLICY_FILE)):
            return read_policy(file)
    return None


def _is_there(file: str) -> bool:
    """Whether there is something of that name: what cannot be looked at is not taken for absent."""
    try:
        os.lstat(file)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def read_policy(name: str | os.PathLike[str]) -> PolicyFile:
    """Return the policy in the file ``name``. Raises ``InputError`` or ``StateError``."""
    file = os.fspath(name)
    try:
        _refuse_writable(file)
        raw = read_named(file, POLICY_SIZE)
    except (OSError, ValueError) as error:
        # ValueError: a name with a null character.
        reason = error.strerror if isinstance(error, OSError) else "no file name"
        raise InputError(
            "usage.file",
            file or '""',
            expected="a policy file",
            actual=reason or type(error).__name__,
            remedy="name a policy with --policy; `crosstrust policy init` writes one",
        ) from error
    from crosstrust.chain.policy import parse_policy  # start-up time, where there is no policy

    return PolicyFile(file, parse_policy(_decode(raw, file), file))


def _decode(raw: bytes, file: str) -> str:
    if len(raw) > POLICY_SIZE:
        raise InputError(
            "policy.form",
            file,
            expected=f"at most {POLICY_SIZE} bytes",
            actual="more",
            remedy="split the policy and name one file with --policy",
        )
    try:
        # Editors on Windows put a mark before the first line.
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(
            "policy.form",
            f"{file} line {line}",
            expected="text in UTF-8",
            actual=f"byte 0x{raw[error.start]:02x}",
            remedy="save the file as UTF-8",
        ) from error


def _refuse_writable(file: str) -> None:
    """Who may write the file, or replace it in its directory, decides what is trusted."""
    for path in (file, *_folders(file)):
        mode = os.stat(path).st_mode
        guarded = stat.S_ISDIR(mode) and mode & stat.S_ISVTX
        ours = stat.S_ISREG(mode) or stat.S_ISDIR(mode)
        if ours and mode & stat.S_IWOTH and not guarded:
            raise StateError(
                "local.file.mode",
                path,
                expected="no write permission for others",
                actual=stat.filemode(mode),
                remedy=f"chmod o-w {path}, after a look at who changed it",
            )
    _refuse_planted(file)


def _refuse_planted(file: str) -> None:
    """In a folder such as /tmp anybody may put a file there before us, though not replace ours."""
    for folder, found in zip(_folders(file), (os.lstat(file), os.stat(file)), strict=True):
        shared = os.stat(folder).st_mode & stat.S_IWOTH
        if shared and found.st_uid not in {0, os.geteuid()}:
            raise StateError(
                "local.file.mode",
                file,
                expected=f"owner {os.geteuid()} in a folder that is everybody's",
                actual=f"owner {found.st_uid}",
                remedy="do not work in that folder, or keep a policy of your own elsewhere",
            )


def _folders(file: str) -> tuple[str, str]:
    """Return where the name stands, and where a link leads to."""
    return os.path.dirname(file) or os.curdir, os.path.dirname(os.path.realpath(file))
