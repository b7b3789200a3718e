"""Which authorities and client certificates a TLS connection uses. Verification is never off.

libcurl's wheels know no authorities, so they are always chosen here: what SSL_CERT_FILE and
SSL_CERT_DIR name, else the platform's, else certifi's; and what certs.d adds for one host.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosstrust.errors import StateError
from crosstrust.value import dataclass

if TYPE_CHECKING:
    from crosstrust.sources.settings import Settings
    from crosstrust.sources.url import Url

_FOLDERS = ("/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/openssl/certs")
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_CERTIFICATES_SIZE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Authorities:
    """A bundle file, a hashed directory, or both ("" where there is none)."""

    file: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Certificates:
    """What certs.d holds for one host: further authorities (PEM), and our own certificate."""

    authorities: bytes = b""
    certificate: str = ""
    key: str = ""


def choose_authorities(settings: Settings) -> Authorities:
    """Return what SSL_CERT_FILE and SSL_CERT_DIR name, else the platform's, else certifi's.

    A hashed directory is preferred: OpenSSL reads one file of it, not a bundle of 150.
    """
    file = settings.environ.get("SSL_CERT_FILE", "")
    folder = settings.environ.get("SSL_CERT_DIR", "")
    if file and (os.path.isdir(file) or not os.access(file, os.R_OK)):
        raise StateError(
            "http.tls.authorities", file, expected="a readable file", remedy="correct SSL_CERT_FILE"
        )
    if file or folder:
        return Authorities(file, folder)
    if hashed := next((folder for folder in _FOLDERS if is_hashed(folder)), ""):
        return Authorities(folder=hashed)
    if bundle := next((bundle for bundle in _BUNDLES if os.access(bundle, os.R_OK)), ""):
        return Authorities(file=bundle)
    import certifi  # start-up time: only where the platform has no authorities

    return Authorities(file=certifi.where())


def is_hashed(folder: str) -> bool:
    """Return True if ``folder`` has files under the names that OpenSSL looks for."""
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.endswith(".0") for entry in entries)
    except OSError:
        return False


def read_certificates(url: Url, folders: Sequence[str]) -> Certificates:
    """Return what the ``folders`` (certs.d and docker's tls) hold for the server at ``url``.

    One folder each, "host:port", or "host" alone where the port is the usual one. As docker
    does: ``*.crt`` are authorities, ``X.cert`` with ``X.key`` is ours; the first pair by name is
    used. Raises ``StateError`` for a certificate without its key.
    """
    authorities: list[bytes] = []
    certificate = key = ""
    places = dict.fromkeys((url.place, f"{url.host}:{url.port}"))
    for base in (os.path.join(folder, place) for folder in folders for place in places):
        names = _names(base)
        authorities += [_read(f"{base}/{name}") for name in names if name.endswith(".crt")]
        for name in names:
            if name.endswith(".cert") and not certificate:
                certificate, key = _pair(base, name, names)
    return Certificates(b"\n".join(authorities), certificate, key)


def read_bundle(file: str) -> bytes:
    """Return the bytes of a bundle of authorities."""
    return _read(file)


def _pair(base: str, name: str, names: Sequence[str]) -> tuple[str, str]:
    key = name.removesuffix(".cert") + ".key"
    if key not in names:
        raise StateError(
            "http.tls.authorities",
            f"{base}/{name}",
            expected=f"{key} beside it",
            remedy="add the key, or remove the certificate",
        )
    return f"{base}/{name}", f"{base}/{key}"


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(folder, error) from error


def _read(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read(_CERTIFICATES_SIZE)
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(path: str, error: OSError) -> StateError:
    return StateError(
        "http.tls.authorities", path, actual=error.strerror or "", remedy="check its permissions"
    )
