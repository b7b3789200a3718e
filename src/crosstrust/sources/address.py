"""Addresses that a public server has no business to send us to."""

from __future__ import annotations

import re

_NAMES = ("localhost", "metadata.google.internal")
_NUMBER = r"(?:[0-9]+|0x[0-9a-f]*)"


def is_reserved(address: str) -> bool:
    """Return True for an IP address that is not a public one.

    Loopback, private, link-local (cloud metadata), shared, multicast, unspecified; also when
    wrapped in IPv6 (mapped, 6to4, NAT64). What is no address at all counts as reserved.
    """
    import ipaddress  # start-up time: only redirects and token realms need it

    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return True
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if inner is None and parsed in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return is_reserved(str(inner))
        if int(parsed) >> 125 != 1:
            # Only 2000::/3 is given out. The rest has further forms of wrapped and local addresses.
            return True
    return not parsed.is_global or parsed.is_multicast


def names_reserved(host: str) -> bool:
    """Return True if ``host`` (of a URL) says by itself that it is not a public address.

    A name that merely resolves to one is found out when the connection is made.
    """
    bare = host.removeprefix("[").removesuffix("]").rstrip(".")
    if host.startswith("["):
        return is_reserved(bare)
    # "127.1", "0x7f.1" and "2130706433" are addresses to libcurl; ipaddress refuses all three.
    if re.fullmatch(_NUMBER, bare.rpartition(".")[2], re.ASCII):
        return is_reserved(bare)
    return any(bare == name or bare.endswith(f".{name}") for name in _NAMES)


def is_loopback(host: str) -> bool:
    """Return True if ``host`` (of a URL) is this machine by name or address."""
    bare = host.removeprefix("[").removesuffix("]").rstrip(".")
    if not (":" in bare or bare[-1:].isdigit()):
        return bare == "localhost"
    import ipaddress  # start-up time: few hosts are addresses

    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False
