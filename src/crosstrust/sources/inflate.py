"""Decompression of layers, piece by piece, in bounded memory.

Every piece that comes out is at most ``PART`` bytes (zstd: ``zstd_frame.PART``), whatever goes
in, so that the caller can stop a bomb. All that is here is hashed afterwards: a decompressor
that differs from the one of an engine yields another ``diff_id``, never a false one.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Protocol, cast

from crosstrust.errors import MalformedError
from crosstrust.oci.media_type import layer_compression
from crosstrust.sources.gzip_header import GzipHeader

if TYPE_CHECKING:
    from isal.igzip_lib import IgzipDecompressor

PART = 256 * 1024

# A member may be 20 bytes long, and each one copies what is left of the slice.
_SLICE = 64 * 1024


class Compression(Enum):
    """How a layer's tar archive is packed, in the words of ``oci.media_type``."""

    NONE = ""
    GZIP = "gzip"
    ZSTD = "zstd"


class Inflater(Protocol):
    """Takes a stream in pieces of any size and gives what it unpacks to."""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Unpack ``piece``; take all that comes before the next call. Raises ``MalformedError``."""
        ...

    def finish(self) -> None:
        """Raise ``MalformedError`` (``image.layer.form``) if the stream is not at its end."""
        ...


def declared_compression(media_type: str) -> Compression | None:
    """Return what a layer's media type says, or None if it is not one we can unpack."""
    name = layer_compression(media_type)
    return None if name is None else Compression(name)


def detected_compression(head: bytes) -> Compression:
    """Return what the first four bytes of a layer say, RFC 1952 2.3 and RFC 8878 3.1."""
    if head.startswith(b"\x1f\x8b"):
        return Compression.GZIP
    if head.startswith(b"\x28\xb5\x2f\xfd") or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):
        return Compression.ZSTD
    return Compression.NONE


def inflater_of(compression: Compression, where: str) -> Inflater:
    """Return a new decompressor; ``where`` names the layer in its errors."""
    if compression is Compression.GZIP:
        return GzipInflater(where)
    if compression is Compression.ZSTD:
        from crosstrust.sources.zstd_frame import ZstdInflater

        return ZstdInflater(where)
    return PlainInflater()


class PlainInflater:
    """A tar archive as it is."""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield ``piece``."""
        yield piece

    def finish(self) -> None:
        """Return: any length is complete."""


class GzipInflater:
    """Members of RFC 1952 one after another; nothing may follow the last one."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._member: tuple[GzipHeader, IgzipDecompressor] | None = None
        self._ended = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Unpack ``piece``, part by part."""
        view = memoryview(piece)
        for start in range(0, len(view), _SLICE):
            rest = view[start : start + _SLICE]
            while rest:
                header, member = self._current()
                rest = header.feed(rest)
                if rest:
                    yield from self._parts(member, rest)
                    rest = memoryview(member.unused_data)
                if member.eof:
                    self._member = None
                    self._ended += 1

    def finish(self) -> None:
        """Raise ``MalformedError`` if the last member is not complete."""
        if self._member is not None or not self._ended:
            raise self._malformed("a complete gzip member", "the end of the blob within it")

    def _current(self) -> tuple[GzipHeader, IgzipDecompressor]:
        if self._member is None:
            self._member = GzipHeader(self._where, self._ended + 1), _new_member()
        return self._member

    def _parts(self, member: IgzipDecompressor, rest: memoryview) -> Iterator[bytes]:
        """Unpack until ``rest`` is used up or the member ends."""
        from isal import igzip_lib

        # The stub says that it is an exception, not a class of them.
        refused = cast("type[Exception]", igzip_lib.IsalError)
        data: bytes | memoryview = rest
        while True:
            try:
                part = member.decompress(data, PART)
            except refused as error:
                found = f"{error} in or after member {self._ended + 1}"
                raise self._malformed("gzip members and nothing else", found) from error
            yield part
            data = b""
            if member.eof or member.needs_input:
                return

    def _malformed(self, expected: str, actual: str) -> MalformedError:
        return MalformedError("image.layer.form", self._where, expected=expected, actual=actual)


def _new_member() -> IgzipDecompressor:
    from isal.igzip_lib import DECOMP_GZIP_NO_HDR_VER, IgzipDecompressor

    return IgzipDecompressor(flag=DECOMP_GZIP_NO_HDR_VER)
