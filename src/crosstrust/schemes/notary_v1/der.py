"""DER, the form of keys and certificates, read strictly. X.690, sections 8, 10 and 11.

One value has one encoding: lengths are definite and as short as can be, and nothing follows the
last element. A reader sees one level and goes into another only where it is told to, so that no
input makes it go deep.
"""

from __future__ import annotations

from datetime import UTC, datetime

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OID = 0x06
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31

# As in the parser of cryptography.
_OID_BYTES = 63


class DerError(ValueError):
    """Bytes are not DER, or not the element that must stand here."""


def explicit(number: int) -> int:
    """Return the tag of a context-specific element that holds others."""
    return 0xA0 | number


class Reader:
    """The elements of ``raw``, one after the other. Every method raises ``DerError``."""

    __slots__ = ("_position", "_raw")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._position = 0

    @property
    def more(self) -> bool:
        """Whether there are elements left."""
        return self._position < len(self._raw)

    def finish(self) -> None:
        """Refuse whatever is left."""
        if self.more:
            raise DerError("more than there should be")

    def at(self, tag: int) -> bool:
        """Return True if the next element has ``tag``."""
        return self.more and self._raw[self._position] == tag

    def element(self) -> tuple[int, bytes]:
        """Return the tag of the next element and what it contains."""
        raw, start = self._raw, self._position
        if len(raw) < start + 2:
            raise DerError("cut short")
        tag, length, start = raw[start], raw[start + 1], start + 2
        if tag & 0x1F == 0x1F:
            raise DerError("a tag of several bytes")
        if length >= 0x80:
            count = length & 0x7F
            length = _long_length(raw[start : start + count])
            start += count
        end = start + length
        if end > len(raw):
            raise DerError("cut short")
        self._position = end
        return tag, raw[start:end]

    def read(self, tag: int) -> bytes:
        """Return what the next element contains, which must have ``tag``."""
        if not self.at(tag):
            raise DerError("another element")
        return self.element()[1]

    def inside(self, tag: int = SEQUENCE) -> Reader:
        """Return a reader of what the next element contains, which must have ``tag``."""
        return Reader(self.read(tag))

    def whole(self) -> bytes:
        """Return the next element with its tag and length."""
        start = self._position
        self.element()
        return self._raw[start : self._position]

    def oid(self) -> bytes:
        """Return an object identifier as it is encoded, without tag and length."""
        found = self.read(OID)
        between_arcs = True
        for byte in found:
            if between_arcs and byte == 0x80:
                raise DerError("an arc that begins with zeros")
            between_arcs = byte < 0x80
        if not between_arcs or not 0 < len(found) <= _OID_BYTES:
            raise DerError("no object identifier")
        return found

    def integer(self) -> int:
        """Return an INTEGER."""
        found = self.read(INTEGER)
        number = int.from_bytes(found, "big", signed=True)
        # One bit more than the number has is for the sign.
        if len(found) != (number if number >= 0 else ~number).bit_length() // 8 + 1:
            raise DerError("no integer, or too long")
        return number

    def default_false(self) -> bool:
        """Return a BOOLEAN DEFAULT FALSE, which is written only where it is true."""
        if not self.at(BOOLEAN):
            return False
        if self.read(BOOLEAN) != b"\xff":
            raise DerError("no boolean, or the default")
        return True

    def whole_bytes(self) -> bytes:
        """Return a BIT STRING of whole bytes."""
        found = self.read(BIT_STRING)
        if found[:1] != b"\x00":
            raise DerError("bits that fill no bytes")
        return found[1:]

    def time(self) -> datetime:
        """Return a UTCTime or GeneralizedTime as RFC 5280, 4.1.2.5, has it: seconds and Z."""
        tag, written = self.element()
        digits = written[:-1]
        if written[-1:] != b"Z" or not digits.isdigit():
            raise DerError("no time in UTC")
        if tag == UTC_TIME and len(digits) == 12:
            digits = (b"19" if digits >= b"5" else b"20") + digits
        elif tag != GENERALIZED_TIME or len(digits) != 14:
            raise DerError("no time")
        month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(4, 14, 2))
        try:
            return datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=UTC)
        except ValueError as error:
            raise DerError("a time that does not exist") from error


def _long_length(encoded: bytes) -> int:
    length = int.from_bytes(encoded, "big")
    # No bytes at all would be an indefinite length; where some are cut off, the content is too.
    if length < 0x80 or encoded[0] == 0:
        raise DerError("no definite length, or one written too long")
    return length
