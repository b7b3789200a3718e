"""What the network doors are told from outside: environment, places of files, patience."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from crosstrust.oci.limits import SIDE_SIZE
from crosstrust.sources.request import Timeouts
from crosstrust.value import dataclass, field

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that steers the transport. ``from_environment`` fills it as docker would.

    ``environ``: the variables that name proxies, authorities and credentials. ``home``: "" where
    there is none. ``docker_config``: docker's directory. ``plain_http``: hosts ("host:port" as in
    a reference) asked by http because the user said so. ``trust_server``: the notary server
    for every repository, https, or "". ``realms``: further token hosts that may see the
    credentials of a host. ``certificate_folders``: directories with one folder per "host:port".
    ``tries`` per request; ``backoff`` seconds before the second; ``patience``: the longest
    Retry-After that is waited for. ``ping``: open the connection to a registry with a HEAD of
    /v2/ while its token is fetched, one request for three round trips. ``side_limit``: bytes that
    all documents of one repository, or its trust data, may come to for one question. ``now`` (UTC)
    stamps answers; ``jitter`` gives random numbers from 0 to 1.
    """

    environ: Mapping[str, str] = field(default_factory=lambda: _NOTHING, repr=False)
    home: str = ""
    docker_config: str = ""
    certificate_folders: tuple[str, ...] = ()
    plain_http: frozenset[str] = frozenset()
    trust_server: str = ""
    realms: Mapping[str, frozenset[str]] = field(default_factory=dict)
    user_agent: str = "crosstrust"
    timeouts: Timeouts = field(default_factory=Timeouts)
    tries: int = 3
    backoff: float = 1.0
    patience: float = 60.0
    ping: bool = False
    side_limit: int = SIDE_SIZE
    now: Callable[[], datetime] | None = field(default=None, compare=False)
    jitter: Callable[[], float] | None = field(default=None, compare=False)

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str],
        home: str,
        *,
        version: str = "0",
        plain_http: frozenset[str] = frozenset(),
        now: Callable[[], datetime] | None = None,
    ) -> Settings:
        """Return the settings that docker's variables and places give."""
        docker_config = environ.get("DOCKER_CONFIG", "") or (f"{home}/.docker" if home else "")
        own = environ.get("XDG_CONFIG_HOME", "") or (f"{home}/.config" if home else "")
        folders = ["/etc/docker/certs.d", "/etc/containers/certs.d"]
        if own:
            folders += [f"{own}/docker/certs.d", f"{own}/containers/certs.d"]
        if docker_config:
            folders.append(f"{docker_config}/tls")
        return cls(
            environ=environ,
            home=home,
            docker_config=docker_config,
            certificate_folders=tuple(folders),
            plain_http=plain_http,
            trust_server=environ.get("DOCKER_CONTENT_TRUST_SERVER", ""),
            user_agent=f"crosstrust/{version}",
            now=now,
        )
