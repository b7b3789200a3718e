"""The header of a gzip member (RFC 1952, 2.3), passed over wherever its bytes are cut.

The library that unpacks loses its place where its input ends within a header.
"""

from __future__ import annotations

import binascii
from collections.abc import Generator

from crosstrust.errors import MalformedError

_MAGIC = b"\x1f\x8b\x08"
# Flags: a checksum of the header, further fields, a name, a comment; the rest is reserved.
_CHECKSUM, _EXTRA, _NAME, _COMMENT, _KNOWN = 0x02, 0x04, 0x08, 0x10, 0x1F
# In place of a length: all up to a zero byte.
_TEXT = 0


class GzipHeader:
    """Takes the bytes of a member until its header is ``complete``; keeps 64 KiB of them at most.

    ``member`` is its number, for errors, which name ``where``.
    """

    def __init__(self, where: str, member: int) -> None:
        self.complete = False
        self._where = where
        self._member = member
        self._crc = 0
        self._kept = bytearray()
        self._fields = self._read()
        self._wanted = next(self._fields)

    def feed(self, data: memoryview) -> memoryview:
        """Return what follows the header in ``data``.

        Raises ``MalformedError``, code ``image.layer.form``.
        """
        while data and not self.complete:
            if self._wanted == _TEXT:
                end = bytes(data).find(0)
                done, piece = end >= 0, data[: end + 1] if end >= 0 else data
            else:
                piece = data[: self._wanted - len(self._kept)]
                self._kept += piece
                done = len(self._kept) == self._wanted
            self._crc = binascii.crc32(piece, self._crc)
            data = data[len(piece) :]
            if done:
                self._go_on()
        return data

    def _go_on(self) -> None:
        field = bytes(self._kept)
        self._kept.clear()
        try:
            self._wanted = self._fields.send(field)
        except StopIteration:
            self.complete = True

    def _read(self) -> Generator[int, bytes, None]:
        """Yield the length of each field, and take it."""
        flags = self._flags((yield 10))
        if flags & _EXTRA and (size := int.from_bytes((yield 2), "little")):
            yield size
        for flag in (_NAME, _COMMENT):
            if flags & flag:
                yield _TEXT
        if flags & _CHECKSUM:
            crc = self._crc & 0xFFFF
            if int.from_bytes((yield 2), "little") != crc:
                found = f"another one in member {self._member}"
                raise self._malformed("the checksum of a gzip header", found)

    def _flags(self, start: bytes) -> int:
        if not start.startswith(_MAGIC):
            found = f"other bytes in or after member {self._member}"
            raise self._malformed("gzip members and nothing else", found)
        if start[3] & ~_KNOWN:
            # RFC 1952, 2.3.1.2, demands it.
            raise self._malformed("a gzip member with known flags", f"flags {start[3]:#04x}")
        return start[3]

    def _malformed(self, expected: str, actual: str) -> MalformedError:
        return MalformedError("image.layer.form", self._where, expected=expected, actual=actual)
