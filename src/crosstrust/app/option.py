"""What the caller asked for, beside the image: the options of every use case."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from crosstrust import __version__
from crosstrust.chain.pin import Pins
from crosstrust.oci.limits import GIB
from crosstrust.value import dataclass, field

if TYPE_CHECKING:
    from crosstrust.chain.policy import Policy
    from crosstrust.oci.platform import Platform

DOWNLOAD_LIMIT = 8 * GIB


class LayerProgress(Protocol):
    """Hears how far each layer has come; a command draws it, or not."""

    def advance(self, name: str, done: int, total: int) -> None:
        """``done`` of ``total`` compressed bytes of the layer ``name`` have been read."""
        ...


def find_home(environ: Mapping[str, str]) -> str | None:
    """Return the home directory that the environment names, or None.

    A relative one is ignored, as one of the XDG variables is: it would be another in each folder.
    """
    home = environ.get("HOME", "")
    return home if os.path.isabs(home) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The user's choices. The defaults are the strict ones.

    ``signed_by``: "REPO" or "REPO:TAG". ``pins`` of the command line replace the policy's, role
    by role. ``at``: UTC, judge as of then. ``max_download``: bytes of layers in all.
    ``meanwhile`` is called while servers are waited for, again as long as it returns True: what
    the caller has to do anyway costs no time then. ``narrate`` hears, a line each, what is asked
    of servers and who answered. ``version`` is what servers are told of the program.
    ``plain_http``: hosts ("localhost:5000") that may be asked without TLS. ``realms``: (host of a
    registry, host of a token service that may see its credentials). ``environ`` is the
    environment, ``home`` the home directory: nothing below reads them elsewhere.
    """

    signed_by: str | None = None
    policy: Policy | None = None
    pins: Pins = Pins()
    tofu: bool = False
    platforms: tuple[Platform, ...] = ()
    at: datetime | None = None
    layers: bool = True
    max_download: int = DOWNLOAD_LIMIT
    offline: bool = False
    cache: bool = True
    accept_config: bool = False
    allow_extra_platforms: bool = False
    plain_http: tuple[str, ...] = ()
    realms: tuple[tuple[str, str], ...] = ()
    timeout: float = 600.0
    progress: LayerProgress | None = None
    meanwhile: Callable[[], object] | None = None
    narrate: Callable[[str], None] | None = None
    version: str = __version__
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    home: str | os.PathLike[str] | None = field(default_factory=lambda: find_home(os.environ))
