"""The sandbox: one author, one Notary server, two registries, under the public names.

docker.io has the author's signed copy, public.ecr.aws the mirror without signatures.
Everything is in memory; ``serve`` puts it on loopback.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from crosstrust.sandbox.author import Author
from crosstrust.sandbox.exchange import Site
from crosstrust.sandbox.memory import MemorySource
from crosstrust.sandbox.notary import NotaryServer
from crosstrust.sandbox.registry import Registry
from crosstrust.sandbox.token import Gate, TokenDesk

if TYPE_CHECKING:
    from crosstrust.sandbox.service import Service

ORIGIN = "docker.io"
MIRROR = "public.ecr.aws"
NOTARY_HOST = "notary.docker.io"
REPOSITORY = "nicolas/webdis"


class Sandbox:
    """What a user of signed images meets, small and complete.

    ``at`` (UTC) is the clock of the author. ``registries`` is keyed by the first part of a
    canonical repository name. ``auth``: ask for anonymous bearer tokens as the public
    services do; it matters on loopback only.
    """

    def __init__(
        self,
        *,
        at: datetime,
        repository: str = REPOSITORY,
        key_type: str = "ecdsa",
        auth: bool = True,
    ) -> None:
        self.at = at
        self.repository = repository
        hub = TokenDesk("https://auth.docker.io/token")
        ecr = TokenDesk(f"https://{MIRROR}/token/")
        self.author = Author(self.origin, at=at, key_type=key_type)
        self.notary = NotaryServer(gate=Gate(hub, NOTARY_HOST) if auth else None)
        self.registries = {
            ORIGIN: Registry(gate=Gate(hub, "registry.docker.io") if auth else None),
            MIRROR: Registry(gate=Gate(ecr, MIRROR, one_scope="aws") if auth else None),
        }
        self._desks = {"https://auth.docker.io/token": hub, f"https://{MIRROR}/token/": ecr}

    @property
    def origin(self) -> str:
        """The signed repository, which is also the GUN."""
        return f"{ORIGIN}/{self.repository}"

    @property
    def mirror(self) -> str:
        """The copy that carries no signatures."""
        return f"{MIRROR}/{self.repository}"

    @property
    def sites(self) -> Mapping[str, Site]:
        """What answers, by "host" or, before that, by "host/path" of a token service."""
        tokens = {realm.removeprefix("https://"): desk for realm, desk in self._desks.items()}
        registries = {
            "registry-1.docker.io" if host == ORIGIN else host: registry
            for host, registry in self.registries.items()
        }
        return {**tokens, NOTARY_HOST: self.notary, **registries}

    def notary_host(self, gun: str) -> str:
        """Return the host of the Notary server for ``gun``; empty where there is none."""
        return NOTARY_HOST if gun.startswith(f"{ORIGIN}/") else ""

    def publish(self) -> None:
        """Hand the author's current files to the Notary server, as its next state."""
        self.author.publish(self.notary)

    def source(self) -> MemorySource:
        """Return a source that answers wants without a socket."""
        return MemorySource(self)

    def serve(self) -> Service:
        """Return a service on loopback, to be used as a context manager."""
        from crosstrust.sandbox.service import Service

        return Service(self.sites, local=NOTARY_HOST)
