"""How a server is reached: proxy, authorities, client certificate. One choice per origin."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from crosstrust.sources.curl import pycurl
from crosstrust.sources.proxy import choose_proxy, shown_proxy
from crosstrust.sources.tls import (
    Authorities,
    Certificates,
    choose_authorities,
    read_bundle,
    read_certificates,
)
from crosstrust.value import dataclass

if TYPE_CHECKING:
    from crosstrust.sources.settings import Settings
    from crosstrust.sources.url import Url


@dataclass(frozen=True, slots=True)
class Connection:
    """The options that libcurl compares before it uses a connection again.

    ``proxy`` may hold a password and is not shown.
    """

    proxy: str
    authorities: Authorities
    certificates: Certificates
    bundle: bytes = b""

    def __repr__(self) -> str:
        return f"Connection({shown_proxy(self.proxy)!r}, {self.authorities})"

    def apply(self, handle: Any) -> None:
        """Set the options on ``handle``. Certificate and name are always verified."""
        handle.setopt(pycurl.PROXY, os.fsencode(self.proxy))
        # Set, so that libcurl does not read the environment by itself.
        handle.setopt(pycurl.NOPROXY, "")
        handle.setopt(pycurl.SSL_VERIFYPEER, 1)
        handle.setopt(pycurl.SSL_VERIFYHOST, 2)
        handle.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
        _set_or_unset(handle, pycurl.CAPATH, self.authorities.folder)
        if self.bundle:
            handle.unsetopt(pycurl.CAINFO)
            handle.setopt(pycurl.CAINFO_BLOB, self.bundle)
        else:
            _set_or_unset(handle, pycurl.CAINFO, self.authorities.file)
        if self.proxy.startswith("https:"):
            _set_or_unset(handle, pycurl.PROXY_CAPATH, self.authorities.folder)
            _set_or_unset(handle, pycurl.PROXY_CAINFO, self.authorities.file)
        if self.certificates.certificate:
            handle.setopt(pycurl.SSLCERT, os.fsencode(self.certificates.certificate))
            handle.setopt(pycurl.SSLKEY, os.fsencode(self.certificates.key))
            # Else OpenSSL would ask for it on the terminal, and wait.
            handle.setopt(pycurl.KEYPASSWD, "")


class Connector:
    """Chooses once per origin; files are read when an origin is first met."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._authorities: Authorities | None = None
        self._chosen: dict[str, Connection] = {}

    def connection(self, url: Url) -> Connection:
        """Return how ``url`` is reached. Raises ``InputError`` and ``StateError``."""
        chosen = self._chosen.get(url.origin)
        if chosen is None:
            chosen = self._chosen[url.origin] = self._choose(url)
        return chosen

    def _choose(self, url: Url) -> Connection:
        settings = self._settings
        if self._authorities is None:
            self._authorities = choose_authorities(settings)
        authorities, certificates = self._authorities, Certificates()
        if url.scheme == "https":
            certificates = read_certificates(url, settings.certificate_folders)
        bundle = certificates.authorities
        if bundle and authorities.file:
            bundle += b"\n" + read_bundle(authorities.file)
        return Connection(choose_proxy(url, settings.environ), authorities, certificates, bundle)


def _set_or_unset(handle: Any, option: int, value: str) -> None:
    if value:
        # Of text, the binding takes ASCII alone.
        handle.setopt(option, os.fsencode(value))
    else:
        handle.unsetopt(option)
