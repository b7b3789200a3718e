"""Notary servers: the role files of one repository (notary 0.7, HTTP API v2)."""

from __future__ import annotations

from datetime import datetime

from crosstrust.chain.answer import Absent, Answer, Gap, Reply
from crosstrust.chain.want import ReadRole, Want
from crosstrust.errors import InputError, MalformedError
from crosstrust.oci.limits import METADATA_SIZE, TIMESTAMP_SIZE
from crosstrust.sources.endpoint import notary_url, split_repository
from crosstrust.sources.gap import misbehaved
from crosstrust.sources.refusal import is_html, unexpected
from crosstrust.sources.request import Access, Request, Response
from crosstrust.sources.settings import Settings
from crosstrust.sources.url import Url, parse_url, quote
from crosstrust.value import replace

_FORM = "notary.answer.form"


class Notary:
    """Asks ``settings.trust_server``, else docker's choice for the repository's domain.

    Raises ``InputError`` if the trust server is no https URL.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server = _parse_server(settings.trust_server) if settings.trust_server else None

    def serves(self, want: Want) -> bool:
        """Return True for role files."""
        return isinstance(want, ReadRole)

    def request_for(self, want: Want) -> Request | Reply:
        """Return the GET for the role file: current, numbered, or by its sha256."""
        if not isinstance(want, ReadRole):
            raise TypeError(want)
        parts = want.role.split("/")
        if {"", ".", ".."} & set(parts):
            return misbehaved("tuf.metadata.form", want.gun, expected="a role", actual=want.role)
        name = "/".join(map(quote, parts))
        if want.version is not None:
            name = f"{want.version}.{name}"
        elif want.sha256 is not None:
            name = f"{name}.{quote(want.sha256)}"
        domain, _ = split_repository(want.gun)
        server = self._server or notary_url(domain)
        account = want.gun if self._server is None else server.place
        return Request(
            f"{server.origin}{server.target.rstrip('/')}/v2/{quote(want.gun, '/:[]')}"
            f"/_trust/tuf/{name}.json",
            limit=_limit(want),
            access=Access(account, f"repository:{want.gun}:pull"),
        )

    def reply_from(self, _want: Want, response: Response, /) -> Reply | Request:
        """Return the bytes; 404 is "there is none"; what is no JSON object is no answer."""
        if response.status == 404 and not is_html(response):
            return Absent(response.origin)
        if response.status != 200:
            return unexpected(response, _FORM)
        if is_html(response) or not response.body.lstrip(b" \t\r\n").startswith(b"{"):
            return unexpected(response, _FORM)
        return Answer(response.body, response.media_type, "", response.origin, self._now())

    def _now(self) -> datetime | None:
        return self._settings.now() if self._settings.now is not None else None


def as_notary_gap(gap: Gap, url: str) -> Gap:
    """Return ``gap`` under the code that readers know for a notary server that is away.

    ``url`` is what the server was asked for. A token service that is away is another host, and
    a notary server without TLS has another remedy than a registry.
    """
    server = f"{parse_url(url).origin}/"
    if not f"{gap.check.where}/".startswith(server):
        return gap
    if gap.check.code == "http.tls.required":
        remedy = "a Notary server is always asked by https: give it a certificate, or name another "
        remedy += "one with DOCKER_CONTENT_TRUST_SERVER"
        return Gap(replace(gap.check, remedy=remedy))
    if gap.check.code != "http.available":
        return gap
    return Gap(replace(gap.check, code="notary.available"))


def _limit(want: ReadRole) -> int:
    most = TIMESTAMP_SIZE if want.role == "timestamp" else METADATA_SIZE
    return most if want.length is None else max(0, min(want.length, most))


def _parse_server(text: str) -> Url:
    try:
        url = parse_url(text, "trust server")
    except MalformedError as error:
        raise _refuse_server(error.actual) from error
    if url.scheme != "https":
        raise _refuse_server(url.origin)
    return url


def _refuse_server(actual: str) -> InputError:
    return InputError(
        "notary.server.form",
        "DOCKER_CONTENT_TRUST_SERVER",
        expected="an https URL",
        actual=actual,
        remedy="write https://HOST[:PORT]",
    )
