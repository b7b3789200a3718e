"""What a program may ask for: the rules of the command line, for options that are values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crosstrust.app.option import Options
from crosstrust.chain.key_pin import parse_key_id, parse_signer
from crosstrust.chain.pin import Pins
from crosstrust.errors import InputError, MalformedError
from crosstrust.oci.reference import parse_repository
from crosstrust.value import replace

if TYPE_CHECKING:
    from crosstrust.chain.policy import Policy
    from crosstrust.oci.platform import Platform

_LONGEST_SECONDS = 1_000_000


def check_options(options: Options) -> Options:
    """Return ``options`` with keys and hosts in lower case and the time in UTC.

    Raises ``InputError`` for a value that the command line would not take either.
    """
    _check_signer(options.signed_by)
    _check_limits(options)
    return replace(
        options,
        policy=_policy(options.policy),
        pins=_pins(options.pins, "pins"),
        at=_moment(options.at),
        platforms=_platforms(options.platforms),
        plain_http=_each(options.plain_http, "plain_http", parse_host),
        realms=_realms(options.realms),
    )


def parse_host(text: str, where: str) -> str:
    """Return "registry.example:5000" in lower case, or "[::1]:5000"."""
    try:
        domain = parse_repository(f"{text}/x/x").domain
    except InputError as error:
        raise _wrong(where, "a host, such as localhost:5000", text) from error
    if domain != text.lower():
        raise _wrong(where, "a host, such as localhost:5000", text)
    return domain


def _check_signer(signed_by: object) -> None:
    if signed_by is not None and not (isinstance(signed_by, str) and signed_by.strip()):
        raise _wrong("signed_by", "REPO or REPO:TAG, or None", signed_by)


def _check_limits(options: Options) -> None:
    seconds, size = options.timeout, options.max_download
    # What is not a number is not between two, either.
    if type(seconds) not in {int, float} or not 0 < seconds < _LONGEST_SECONDS:
        raise _wrong("timeout", "seconds, such as 30 or 0.5", seconds)
    if type(size) is not int or size < 0:
        raise _wrong("max_download", "bytes, such as 500_000_000", size)


def _policy(policy: Policy | None) -> Policy | None:
    if policy is None:
        return None
    from crosstrust.chain.policy import Policy  # start-up time: imported by whoever has one

    if not isinstance(policy, Policy):
        raise _wrong("policy", "what parse_policy returns, or None", policy)
    images = (replace(each, pins=_pins(each.pins, each.name)) for each in policy.images)
    return replace(policy, images=tuple(images))


def _pins(given: object, where: str) -> Pins:
    if not (isinstance(given, Pins) and isinstance(given.signers, Mapping)):
        raise _wrong(where, "Pins, with signers by name", given)
    at = f"{where}.signers"
    names = _each(tuple(given.signers), at, _signer)
    lists = (_each(keys, at, _key_id) for keys in given.signers.values())
    return replace(
        given,
        root=_each(given.root, f"{where}.root", _key_id),
        repository=_each(given.repository, f"{where}.repository", _key_id),
        signers=dict(zip(names, lists, strict=True)),
        releases=_each(given.releases, f"{where}.releases", _key_id),
    )


def _key_id(text: str, where: str) -> str:
    return _pinned(text, where, parse_key_id)


def _signer(text: str, where: str) -> str:
    return _pinned(text, where, parse_signer)


def _pinned(text: str, where: str, parse: Callable[[str], str]) -> str:
    try:
        return parse(text)
    except MalformedError as error:
        raise InputError(
            error.code,
            where,
            expected=error.expected,
            actual=error.actual,
            remedy=error.remedy,
        ) from error


def _moment(at: object) -> datetime | None:
    if at is None:
        return None
    if not isinstance(at, datetime) or at.utcoffset() is None:
        raise _wrong("at", "a datetime with a time zone, such as datetime.UTC", at)
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise _wrong("at", "a datetime that UTC has, too", at) from error


def _platforms(platforms: object) -> tuple[Platform, ...]:
    from crosstrust.oci.platform import Platform  # start-up time: few name any

    if not isinstance(platforms, tuple) or not all(isinstance(p, Platform) for p in platforms):
        raise _wrong("platforms", "a tuple of Platform", platforms)
    return platforms


def _realms(given: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, tuple | list):
        raise _wrong("realms", "a tuple of pairs of hosts", given)
    found = [_each(pair, "realms", parse_host) for pair in given]
    if any(len(pair) != 2 for pair in found):
        raise _wrong("realms", "a tuple of pairs of hosts", given)
    return tuple((registry, service) for registry, service in found)


def _each(values: object, where: str, parse: Callable[[str, str], str]) -> tuple[str, ...]:
    """A text alone is a sequence of texts, too, and never what is meant."""
    if not isinstance(values, tuple | list) or not all(isinstance(v, str) for v in values):
        raise _wrong(where, "a tuple of texts", values)
    return tuple(parse(value, where) for value in values)


def _wrong(where: str, expected: str, actual: object) -> InputError:
    return InputError("usage.option", where, expected=expected, actual=repr(actual)[:80])
