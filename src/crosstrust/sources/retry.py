"""When to ask again, and after how long."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Several fields may have been made one.
_SECONDS = r"[0-9]+(?:[ \t]*,[ \t]*[0-9]+)*"
_ASCTIME = r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}"
# 300 years: what asks for more is no clearer.
_LONGEST_WAIT = 1e10


def may_pass(status: int) -> bool:
    """Return True for a status that another try may change: 408, 429, and the 5xx.

    Gateways have many of their own (520 to 530), and what is no status at all counts as one of
    them (RFC 9110, 15). 501 is for good: that server does not know the method.
    """
    return status in {408, 429} or (not 100 <= status < 500 and status != 501)


def parse_retry_after(value: str, now: datetime | None) -> float | None:
    """Return the seconds that a Retry-After field asks for (RFC 9110, 10.2.3), at least 0.

    ``now`` (UTC) is the server's own time, for the form that is a date. None: no field, or
    one that cannot be read, and then the caller's own delay counts.
    """
    text = value.strip()
    if re.fullmatch(_SECONDS, text, re.ASCII):
        return min(_LONGEST_WAIT, max(map(float, text.split(","))))
    then = parse_date(text)
    if then is None or now is None:
        return None
    return max(0.0, (then - now).total_seconds())


def parse_date(text: str) -> datetime | None:
    """Return the time of an HTTP date (RFC 9110, 5.6.7), or None if it is none.

    The form of asctime, which names no zone, is in UTC like the others.
    """
    if len(text) > 64 or not text.isascii() or not text[:3].isalpha():
        return None
    from email.utils import parsedate_to_datetime  # start-up time: hardly ever needed

    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if found.tzinfo is None and re.fullmatch(_ASCTIME, text, re.ASCII):
        found = found.replace(tzinfo=UTC)
    return found if found.tzinfo is not None else None


def delay_before(attempt: int, jitter: float, *, base: float) -> float:
    """Return the seconds to wait before try number ``attempt`` (2, 3, ...).

    ``base`` seconds, three times as long each further time, shortened by up to a half:
    ``jitter`` is a random number from 0 to 1.
    """
    return float(base * 3 ** (attempt - 2) * (1 - jitter / 2))
