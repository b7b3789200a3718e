"""Which proxy stands between us and a host, by the variables that curl and docker read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crosstrust.errors import InputError
from crosstrust.sources.address import is_loopback
from crosstrust.sources.url import Url

_SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})
_HOST = r"[!-.0-9;-?A-Z^-~]+|\[[0-9a-f:.]+\]"
_FORM = rf"(?:([a-z0-9]+)://)?(?:([^@/\s]*)@)?({_HOST})(?::([0-9]{{1,5}}))?/?"


def choose_proxy(url: Url, environ: Mapping[str, str]) -> str:
    """Return the proxy's URL for ``url``, or "" to connect directly.

    ``https_proxy``, ``HTTPS_PROXY``; ``http_proxy`` in lower case only, as a CGI server sets the
    other from a request; ``all_proxy``, ``ALL_PROXY``; none where ``no_proxy`` names the host, and
    none for this machine itself, as docker has it.
    Raises ``InputError`` for a value that is no proxy, without the password it may hold.
    """
    names = ("https_proxy", "HTTPS_PROXY") if url.scheme == "https" else ("http_proxy",)
    name, value = _first(environ, (*names, "all_proxy", "ALL_PROXY"))
    exempt = _first(environ, ("no_proxy", "NO_PROXY"))[1]
    if not value or is_loopback(url.host) or is_exempt(url, exempt):
        return ""
    form = re.fullmatch(_FORM, value)
    if form is None or (form.group(1) or "http") not in _SCHEMES:
        raise InputError(
            "proxy.form", name, expected="http, https, socks4(a) or socks5(h)://HOST:PORT"
        )
    return value if form.group(1) else f"http://{value}"


def shown_proxy(proxy: str) -> str:
    """Return the proxy without user and password, for messages and reports."""
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].rstrip('/')}"


def is_exempt(url: Url, no_proxy: str) -> bool:
    """Return True if ``no_proxy`` names the host of ``url``.

    Entries, split by commas or spaces: "*", a domain with all below it (a leading dot changes
    nothing), an address, a network ("10.0.0.0/8"); each may end in a port.
    """
    return any(_names(entry.lower(), url) for entry in no_proxy.replace(",", " ").split())


def _names(entry: str, url: Url) -> bool:
    if entry == "*":
        return True
    host = url.host.removeprefix("[").removesuffix("]").rstrip(".")
    if "/" in entry:
        return _in_network(host, entry)
    name, port = _split_port(entry)
    if port and port != str(url.port):
        return False
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split_port(entry: str) -> tuple[str, str]:
    if entry.startswith("["):
        address, _, rest = entry[1:].partition("]")
        return address, rest.removeprefix(":")
    if entry.count(":") > 1:
        return entry, ""
    name, _, port = entry.partition(":")
    return name, port


def _in_network(host: str, network: str) -> bool:
    import ipaddress  # start-up time: few name networks

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str]:
    return next(((name, environ[name]) for name in names if environ.get(name)), ("", ""))
