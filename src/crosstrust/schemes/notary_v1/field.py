"""Fields of metadata: typed access to parsed JSON, each refusal with its place.

Go matches member names without regard to case, and takes two letters from elsewhere for s and k,
while the signed form keeps them as sent. So a member that is a known one but for case is refused,
by Unicode's folding, which knows those two letters (A86).
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from typing import TypeAlias

from crosstrust.errors import MalformedError
from crosstrust.schemes.notary_v1.canonical import INTEGER_LIMIT

FORM = "tuf.metadata.form"

JsonObject: TypeAlias = dict[str, object]

# RFC 3339 as Go writes and reads it: capital T and Z, a point, up to nine digits.
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}"
    r"(?:\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])",
    re.ASCII,
)


def malformed(where: str, expected: str, actual: object) -> MalformedError:
    """Return the error for a field that is not what it must be."""
    return MalformedError(FORM, where, expected=expected, actual=str(actual)[:80])


def members(value: object, known: frozenset[str], where: str) -> JsonObject:
    """Return ``value`` as an object; members outside ``known`` stay, but no twin by case."""
    if not isinstance(value, dict):
        raise malformed(where, "an object", _kind(value))
    for name in value.keys() - known:
        if name.casefold() in known:
            raise malformed(where, name.casefold(), name)
    return value


def mapping(value: object, where: str) -> JsonObject:
    """Return ``value`` as a map keyed by data; null is an empty one, as in Go."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise malformed(where, "an object", _kind(value))
    return value


def sequence(value: object, where: str) -> list[object]:
    """Return ``value`` as a list; null is an empty one, as in Go."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise malformed(where, "an array", _kind(value))
    return value


def text(value: object, where: str) -> str:
    """Return ``value`` as a string."""
    if not isinstance(value, str):
        raise malformed(where, "a string", _kind(value))
    return value


def texts(value: object, where: str) -> tuple[str, ...]:
    """Return ``value`` as a list of different strings."""
    found = tuple(text(element, where) for element in sequence(value, where))
    if len(set(found)) != len(found):
        raise malformed(where, "each entry once", "an entry twice")
    return found


def integer(value: object, where: str, *, least: int) -> int:
    """Return ``value`` as an integer from ``least`` to 2**53."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise malformed(where, "an integer", _kind(value))
    if not least <= value <= INTEGER_LIMIT:
        raise malformed(where, f"an integer from {least} to 2**53", value)
    return value


def base64_bytes(value: object, where: str) -> bytes:
    """Return what ``value`` encodes. One encoding per value: no spare bits, no spaces (A65)."""
    encoded = text(value, where)
    try:
        decoded = binascii.a2b_base64(encoded.encode("ascii"))
    except (UnicodeEncodeError, binascii.Error) as error:
        raise malformed(where, "base64", encoded) from error
    if binascii.b2a_base64(decoded, newline=False).decode("ascii") != encoded:
        raise malformed(where, "base64 as it is written", encoded)
    return decoded


def instant(value: object, where: str) -> datetime:
    """Return the moment that ``value`` names, in UTC; digits after microseconds are dropped."""
    written = text(value, where)
    if not _INSTANT.fullmatch(written):
        raise malformed(where, "a time as in RFC 3339", written)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise malformed(where, "a time as in RFC 3339", written) from error
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        # Within a day of the first or last moment that a datetime can hold: no offset fits there.
        return moment.replace(tzinfo=UTC)


def _kind(value: object) -> str:
    kinds = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
        int: "an integer",
    }
    return kinds.get(type(value), "null")
