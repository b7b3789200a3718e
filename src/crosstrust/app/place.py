"""Where this user's files are, by the XDG base directory specification."""

from __future__ import annotations

import os
from collections.abc import Mapping

from crosstrust.errors import StateError
from crosstrust.value import dataclass

POLICY_FILE = "crosstrust.toml"


@dataclass(frozen=True, slots=True)
class Places:
    """The directories of crosstrust: cache (may be lost), state (must not), configuration."""

    cache: str
    state: str
    config: str


def find_places(environ: Mapping[str, str], home: str | os.PathLike[str] | None) -> Places:
    """Return the user's directories; none of them is made here.

    Raises ``StateError`` where neither a home directory nor the XDG variables are set.
    """
    return Places(
        cache=_below(environ, "XDG_CACHE_HOME", home, ".cache"),
        state=find_state(environ, home),
        config=find_config(environ, home),
    )


def find_config(environ: Mapping[str, str], home: str | os.PathLike[str] | None) -> str:
    """Return the configuration directory alone. Raises ``StateError`` as ``find_places``."""
    return _below(environ, "XDG_CONFIG_HOME", home, ".config")


def find_state(environ: Mapping[str, str], home: str | os.PathLike[str] | None) -> str:
    """Return the state directory alone. Raises ``StateError`` as ``find_places``."""
    return _below(environ, "XDG_STATE_HOME", home, ".local/state")


def _below(
    environ: Mapping[str, str], name: str, home: str | os.PathLike[str] | None, usual: str
) -> str:
    # The specification: a relative path in these variables is invalid and ignored.
    chosen = environ.get(name, "")
    if os.path.isabs(chosen):
        return os.path.join(chosen, "crosstrust")
    if home is None:
        raise StateError(
            "local.state.writable",
            name,
            expected="a home directory",
            actual="HOME is not set",
            remedy=f"set HOME or {name} to an absolute path",
        )
    return os.path.join(home, usual, "crosstrust")
