"""Where this user's files are, by the XDG base directory specification."""

from __future__ import annotations

import os
from collections.abc import Mapping

from crosstrust.errors import StateError
from crosstrust.value import dataclass

POLICY_FILE = "crosstrust.toml"

# Below it nothing is, and nothing can be made.
_NOWHERE = os.path.join(os.devnull, "crosstrust")
_CACHE = ("XDG_CACHE_HOME", ".cache")
_STATE = ("XDG_STATE_HOME", ".local/state")
_CONFIG = ("XDG_CONFIG_HOME", ".config")


@dataclass(frozen=True, slots=True)
class Places:
    """The directories of crosstrust: cache (may be lost), state (must not)."""

    cache: str
    state: str


def find_places(
    environ: Mapping[str, str],
    home: str | os.PathLike[str] | None,
    *,
    cache: bool = True,
    state: bool = True,
) -> Places:
    """Return the user's directories; none of them is made here.

    One that is not needed may be nowhere. Raises ``StateError`` where one that is needed has a
    place neither below a home directory nor by its XDG variable; all of them are named.
    """
    found = {where: _below(environ, where, home) for where in (_CACHE, _STATE)}
    needed = ((_CACHE, cache), (_STATE, state))
    missing = [where[0] for where, wanted in needed if wanted and found[where] is None]
    if missing:
        raise _homeless(environ, missing)
    return Places(found[_CACHE] or _NOWHERE, found[_STATE] or _NOWHERE)


def find_config(environ: Mapping[str, str], home: str | os.PathLike[str] | None) -> str | None:
    """Return the configuration directory, or None where there is no place for it."""
    return _below(environ, _CONFIG, home)


def _below(
    environ: Mapping[str, str], where: tuple[str, str], home: str | os.PathLike[str] | None
) -> str | None:
    variable, usual = where
    # The specification: a relative path in these variables is invalid and ignored.
    chosen = environ.get(variable, "")
    if os.path.isabs(chosen):
        return os.path.join(chosen, "crosstrust")
    return None if home is None else os.path.join(home, usual, "crosstrust")


def _homeless(environ: Mapping[str, str], missing: list[str]) -> StateError:
    named = " and ".join(missing)
    without = "; --no-cache does without a cache" if _CACHE[0] in missing else ""
    return StateError(
        "local.state.writable",
        named,
        expected="a home directory",
        actual="HOME is no absolute path" if environ.get("HOME") else "HOME is not set",
        remedy=f"set HOME, or {named}, to an absolute path{without}",
    )
