"""Canonical JSON: the bytes that Notary v1 signs and hashes for key IDs. Dialect, section 2.

The form is close to JSON but is not always JSON: only the quotation mark and the backslash are
escaped, so a control character stands raw in a string.
"""

from __future__ import annotations

import json
import re

from crosstrust.errors import MalformedError

# The anchor reads every number as a float64, which is exact up to here.
INTEGER_LIMIT = 2**53

_LITERALS = {None: "null", True: "true", False: "false"}
# Numbers that may be too large, and those with a fraction that are written without a point.
_ODD_NUMBER = re.compile(r"[0-9]{16}|(?:^|[:,\[])(?:-?[0-9]e[-+]|NaN|-?Infinity)", re.ASCII)
_QUICK = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def encode_canonical(value: object, where: str = "signed") -> bytes:
    """Return the canonical form of parsed JSON, UTF-8 without a final newline.

    Raises ``MalformedError`` for numbers that are not integers within 2**53.
    """
    text = _QUICK.encode(value)
    # The standard encoder differs only where it escapes, and does not limit numbers.
    if "\\" in text or _ODD_NUMBER.search(text) or "." in text:
        text = _text(value, where)
    return text.encode()


def _text(value: object, where: str) -> str:
    if isinstance(value, str):
        return _string(value)
    if value is None or isinstance(value, bool):
        return _LITERALS[value]
    if isinstance(value, dict):
        members = (f"{_string(key)}:{_text(value[key], where)}" for key in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(element, where) for element in value) + "]"
    return _integer(value, where)


def _string(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _integer(value: object, where: str) -> str:
    if not isinstance(value, int) or abs(value) > INTEGER_LIMIT:
        raise MalformedError(
            "tuf.metadata.form", where, expected="integers within 2**53", actual=str(value)[:40]
        )
    return str(value)
