"""From the text of an option to its value; ``where`` is the option or variable it came from."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from crosstrust.app.option_check import parse_host
from crosstrust.errors import CrosstrustError, InputError
from crosstrust.oci.limits import GIB, KIB, MIB

_MOMENT = r"\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2}))?"
_SIZE = r"(\d{1,15})\s*([A-Za-z]*)"
_UNITS = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3} | {
    "kib": KIB,
    "mib": MIB,
    "gib": GIB,
}
_SECONDS = r"\d{1,6}(?:\.\d{1,3})?"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crosstrust.oci.platform import Platform


def parse_moment(text: str, where: str) -> datetime:
    """Return a time in UTC: RFC 3339, or a date, which stands for its first moment in UTC."""
    try:
        if not re.fullmatch(_MOMENT, text, re.ASCII):
            raise ValueError
        moment = datetime.fromisoformat(text.upper())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong(
            text, where, "a time such as 2026-05-09T07:30:00Z, or a date such as 2026-05-09"
        ) from error


def parse_size(text: str, where: str) -> int:
    """Return bytes: "500MB", "2GiB", "1048576"."""
    form = re.fullmatch(_SIZE, text.strip(), re.ASCII)
    unit = _UNITS.get(form[2].lower()) if form else None
    if form is None or unit is None:
        raise _wrong(text, where, "a size such as 500MB or 2GiB")
    return int(form[1]) * unit


def parse_seconds(text: str, where: str) -> float:
    """Return seconds, more than none."""
    if not re.fullmatch(_SECONDS, text, re.ASCII) or float(text) == 0:
        raise _wrong(text, where, "seconds, such as 30 or 0.5")
    return float(text)


def parse_realm(text: str, where: str) -> tuple[str, str]:
    """Return the two hosts of "registry.example:5000=auth.example"."""
    first, equals, second = text.partition("=")
    if not equals:
        raise _wrong(text, where, "HOST=HOST, such as registry.example=auth.example")
    return parse_host(first, where), parse_host(second, where)


def parse_platforms(text: str, where: str) -> list[Platform]:
    """Return the platforms of a comma list: "linux/amd64,linux/arm64"."""
    from crosstrust.oci.platform import parse_platform  # start-up time

    try:
        return [parse_platform(part.strip()) for part in text.split(",")]
    except CrosstrustError as error:
        raise InputError(
            error.code,
            f"{where} {text[:80]!r}",
            expected=error.expected,
            actual=error.actual,
            remedy=error.remedy,
        ) from error


def _wrong(text: str, where: str, expected: str) -> InputError:
    return InputError("usage.option", where, expected=expected, actual=repr(text[:80]))
