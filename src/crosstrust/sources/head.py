"""The head of an HTTP answer: status line and fields, strictly read."""

from __future__ import annotations

from collections.abc import Sequence

from crosstrust.errors import LimitError, MalformedError
from crosstrust.value import dataclass

HEAD_SIZE = 64 * 1024
FIELD_COUNT = 256
FIELD_SIZE = 16 * 1024

_CODE = "http.answer.form"
_NAME = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
_CONTROL = frozenset(map(chr, range(32))) - {"\t"} | {"\x7f"}


@dataclass(frozen=True, slots=True)
class Head:
    """``status`` and the (lower-case name, value) fields; ``length`` as declared, or None."""

    status: int
    fields: tuple[tuple[str, str], ...]
    length: int | None


def parse_head(lines: Sequence[bytes], where: str) -> Head:
    """Return the head that ``lines`` (as they arrived, trailers and earlier heads included) hold.

    The last head counts: those before it are interim answers (1xx). Raises ``MalformedError``
    (``http.answer.form``) for folded or odd lines and lengths that disagree, and
    ``LimitError`` where there is too much of it.
    """
    if sum(map(len, lines)) > HEAD_SIZE or len(lines) > FIELD_COUNT:
        raise LimitError(_CODE, where, expected=f"a head of at most {HEAD_SIZE} bytes")
    start = max((n for n, line in enumerate(lines) if line.startswith(b"HTTP/")), default=-1)
    if start < 0:
        raise MalformedError(_CODE, where, expected="a status line", actual="none")
    fields: list[tuple[str, str]] = []
    for line in lines[start + 1 :]:
        text = line.decode("latin-1").rstrip("\r\n")
        if not text:
            break
        fields.append(_parse_field(text, where))
    return Head(_parse_status(lines[start], where), tuple(fields), _declared_length(fields, where))


def _parse_status(line: bytes, where: str) -> int:
    parts = line.split(maxsplit=2)
    if len(parts) < 2 or len(parts[1]) != 3 or not parts[1].isdigit():
        raise MalformedError(_CODE, where, expected="a status of three digits")
    return int(parts[1])


def _parse_field(text: str, where: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    name = name.lower()
    if not colon or not name or not _NAME.issuperset(name):
        raise MalformedError(_CODE, where, expected="NAME: VALUE", actual=ascii(text[:40])[1:-1])
    value = value.strip(" \t")
    if len(value) > FIELD_SIZE:
        raise LimitError(_CODE, where, expected=f"{name} of at most {FIELD_SIZE} bytes")
    if not _CONTROL.isdisjoint(value):
        raise MalformedError(_CODE, where, expected=f"{name} without control characters")
    return name, value


def _declared_length(fields: Sequence[tuple[str, str]], where: str) -> int | None:
    """RFC 9112, 6.3: one length, or several that agree; none beside a transfer coding."""
    lengths = {value for name, value in fields if name == "content-length"}
    if not lengths:
        return None
    text = lengths.pop()
    if lengths or not text.isascii() or not text.isdigit() or len(text) > 18:
        raise MalformedError(_CODE, where, expected="one content-length, a number")
    if any(name == "transfer-encoding" for name, _ in fields):
        raise MalformedError(_CODE, where, expected="content-length or transfer-encoding, not both")
    return int(text)
