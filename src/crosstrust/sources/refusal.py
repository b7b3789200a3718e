"""Answers that are no answer: what a status means, and what the server says about it."""

from __future__ import annotations

from crosstrust.chain.answer import Gap
from crosstrust.evidence.check import Class
from crosstrust.sources.gap import could_not_ask, misbehaved, shown
from crosstrust.sources.request import Response

# Payment required, gone, locked, unavailable for legal reasons.
_WITHHELD = frozenset({402, 410, 423, 451})
# Proxy authentication required, misdirected, too early, method not implemented.
_UNABLE = frozenset({407, 421, 425, 501})


def server_words(response: Response) -> str:
    """Return status and the server's own words, short and printable."""
    return shown(f"{response.status} {_message(response)}").strip()


def busy(response: Response, where: str, wait: float | None) -> Gap:
    """A server that cannot answer now (408, 429, 5xx), after all tries."""
    later = "" if wait is None else f", says to wait {wait:.0f} s"
    code = {408: "http.timeout", 429: "registry.rate.limited"}.get(
        response.status, "http.available"
    )
    return could_not_ask(
        code,
        where,
        expected="an answer",
        actual=server_words(response) + later,
        remedy="try again later" if wait is None else f"try again in {wait:.0f} s",
    )


def out_of_time(where: str) -> Gap:
    """A request whose time was over before it could be sent."""
    return could_not_ask(
        "http.timeout",
        where,
        expected="to be asked in time",
        actual="what had to come first took all of it",
        remedy="allow more with --timeout",
    )


def unauthorized(response: Response, where: str, *, known: bool) -> Gap:
    """A 401 or 403. ``known``: credentials were sent."""
    if known:
        return could_not_ask(
            "registry.auth.denied",
            where,
            klass=Class.CREDENTIALS,
            actual=server_words(response),
            remedy="log in with an account that may read this repository",
        )
    return could_not_ask(
        "registry.auth.required",
        where,
        klass=Class.CREDENTIALS,
        actual=server_words(response),
        remedy="log in, or check the name: some registries say this of what does not exist",
    )


def link_refused(response: Response) -> Gap:
    """A 400, 401 or 403 of the storage to which a registry sent us: no login there is ours."""
    return could_not_ask(
        "http.available",
        response.url,
        expected="what the registry's link leads to",
        actual=server_words(response),
        remedy="try again: such links run out; then ask the registry's operator",
    )


def token_unfit(response: Response, where: str) -> Gap:
    """A server that asks for a password, where only a token is kept, which is not for it."""
    return could_not_ask(
        "registry.auth.denied",
        where,
        klass=Class.CREDENTIALS,
        expected="Bearer, as for the token that is kept",
        actual=server_words(response),
        remedy="log in there with user and password",
    )


def expired(response: Response, where: str) -> Gap:
    """A fresh token that the registry does not take."""
    return could_not_ask(
        "registry.auth.expired",
        where,
        klass=Class.CREDENTIALS,
        expected="a fresh token to be accepted",
        actual=server_words(response),
        remedy="check the clock of the registry, or log in again",
    )


def unexpected(response: Response, code: str = "http.answer.form") -> Gap:
    """A status or a body that does not belong here.

    A server that will not or cannot answer breaks no protocol: what it has is not known.
    """
    if response.status in _WITHHELD:
        return could_not_ask(
            "registry.auth.denied",
            response.origin,
            klass=Class.CREDENTIALS,
            actual=server_words(response),
            remedy="the server withholds this: ask its operator why",
        )
    if response.status in _UNABLE:
        return could_not_ask(
            "http.available",
            response.origin,
            expected="an answer",
            actual=server_words(response),
            remedy="try again later; see whether a proxy or gateway stands between",
        )
    kind = response.media_type or "no content type"
    return misbehaved(code, response.origin, actual=shown(f"{server_words(response)} ({kind})"))


def is_html(response: Response) -> bool:
    """Return True for a page meant for people: a captive portal, a gateway's error."""
    start = response.body[:64].lstrip().lower()
    return response.media_type.lower() in {"text/html", "application/xhtml+xml"} or (
        start.startswith((b"<!doctype", b"<html"))
    )


def _message(response: Response) -> str:
    """Return code and message of the first error (distribution-spec, "Error Codes").

    The body of a success is no message, and may hold anything.
    """
    if 200 <= response.status < 300:
        return ""
    import json  # start-up time

    if not response.body.lstrip().startswith(b"{"):
        return "" if is_html(response) else shown(response.body)
    try:
        errors = json.loads(response.body).get("errors")
    except (ValueError, RecursionError, AttributeError):
        return shown(response.body)
    if not isinstance(errors, list) or not errors or not isinstance(errors[0], dict):
        return shown(response.body)
    return " ".join(str(errors[0].get(key, "")) for key in ("code", "message"))
