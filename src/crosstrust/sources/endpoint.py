"""Which host serves a registry, and which token service goes with which host."""

from __future__ import annotations

from crosstrust.sources.url import Url, parse_url
from crosstrust.value import dataclass

_API_HOSTS = {"docker.io": "registry-1.docker.io"}
_NOTARY_HOSTS = {"docker.io": "notary.docker.io"}


@dataclass(frozen=True, slots=True)
class TokenService:
    """Where tokens come from. ``scope``: what to ask for; "" is what the request itself needs."""

    realm: str
    service: str
    scope: str = ""


# Known so that no request is spent on the challenge; a challenge that differs wins.
_TOKEN_SERVICES = {
    "registry-1.docker.io": TokenService("https://auth.docker.io/token", "registry.docker.io"),
    "registry.hub.docker.com": TokenService("https://auth.docker.io/token", "registry.docker.io"),
    "notary.docker.io": TokenService("https://auth.docker.io/token", "notary.docker.io"),
    "public.ecr.aws": TokenService("https://public.ecr.aws/token/", "public.ecr.aws", "aws"),
    "ecr-public.aws.com": TokenService("https://public.ecr.aws/token/", "public.ecr.aws", "aws"),
    "ghcr.io": TokenService("https://ghcr.io/token", "ghcr.io"),
    "quay.io": TokenService("https://quay.io/v2/auth", "quay.io"),
}


def split_repository(repository: str) -> tuple[str, str]:
    """Return domain and path of a canonical name: ("docker.io", "nicolas/webdis")."""
    domain, _, path = repository.partition("/")
    return domain, path


def registry_url(domain: str, *, plain_http: frozenset[str]) -> Url:
    """Return the root of the registry that serves ``domain``."""
    scheme = "http" if domain in plain_http else "https"
    return parse_url(f"{scheme}://{_API_HOSTS.get(domain, domain)}", domain)


def notary_url(domain: str) -> Url:
    """Return the root of the notary server for ``domain``, by docker's rule; always https."""
    return parse_url(f"https://{_NOTARY_HOSTS.get(domain, domain)}", domain)


def known_service(url: Url) -> TokenService | None:
    """Return the token service of a well-known registry or notary server, or None."""
    return _TOKEN_SERVICES.get(url.place) if url.scheme == "https" else None


def is_own_service(url: Url, realm: Url, service: str) -> bool:
    """Return False if ``url`` asks for a token with our rights that is for another server.

    auth.docker.io serves registry and Notary server: neither may have the other's tokens made.
    """
    known = known_service(url)
    if known is None or realm.place == url.place:
        return True
    return known.service == service or parse_url(known.realm).place != realm.place


def may_name_realm(url: Url, realm: Url, further: frozenset[str]) -> bool:
    """Return True if the server at ``url`` may have our credentials sent to ``realm``.

    Its own host, by https on any port; at its own port a host above it ("gitlab.com" for
    "registry.gitlab.com") or below it; the realm known for it, or one that the user named in
    ``further`` ("host:port").
    """
    known = known_service(url)
    if realm.place in further or (known is not None and parse_url(known.realm) == realm):
        return True
    if realm.host == url.host and realm.scheme == url.scheme:
        return True
    return realm.port == url.port and (
        ("." in realm.host and url.host.endswith(f".{realm.host}"))
        or ("." in url.host and realm.host.endswith(f".{url.host}"))
    )
