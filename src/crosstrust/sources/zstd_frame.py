"""Zstandard frames, RFC 8878, block by block.

The library unpacks all that it is given at once, and four bytes may unpack to 128 KiB. So the
frames are walked here and handed over a few blocks at a time. The walk also sees what the
library does not tell: where a frame ends, what follows it, and how much memory it asks for.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from crosstrust.errors import LimitError, MalformedError
from crosstrust.oci.limits import KIB, MIB
from crosstrust.value import dataclass

if TYPE_CHECKING:
    from zstandard import ZstdDecompressionObj

BLOCK = 128 * KIB
BLOCKS_AT_ONCE = 4
PART = BLOCK * BLOCKS_AT_ONCE
# What the zstd command accepts without being told to; levels up to 22 stay within it.
WINDOW_LIMIT = 128 * MIB

_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"
_DICTIONARY_ID = (0, 1, 2, 4)
_CONTENT_SIZE = (0, 2, 4, 8)
_RLE, _RESERVED = 1, 3


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """Sizes in bytes; ``content``: what the frame unpacks to, None where it does not say.

    ``checksum``: four bytes follow the last block.
    """

    size: int
    window: int
    content: int | None
    checksum: bool
    dictionary: bool


def header_size(head: bytes) -> int:
    """Return the length of the frame header that starts ``head`` (5 bytes or more), 3.1.1.1."""
    descriptor = head[4]
    single = descriptor >> 5 & 1
    content = _CONTENT_SIZE[descriptor >> 6] or single
    return 6 - single + _DICTIONARY_ID[descriptor & 3] + content


def parse_header(head: bytes) -> FrameHeader:
    """Return what a whole frame header says, RFC 8878 3.1.1.1."""
    descriptor, size = head[4], header_size(head)
    single = descriptor >> 5 & 1
    start = 6 - single
    content_at = start + _DICTIONARY_ID[descriptor & 3]
    content = _content_size(head[content_at:size])
    if single:
        window = content or 0
    else:
        base = 1 << (10 + (head[5] >> 3))
        window = base + base // 8 * (head[5] & 7)
    dictionary = any(head[start:content_at])
    return FrameHeader(size, window, content, bool(descriptor >> 2 & 1), dictionary)


def _content_size(field: bytes) -> int | None:
    """Return the frame content size, 3.1.1.1.4: two bytes count from 256 on."""
    if not field:
        return None
    return int.from_bytes(field, "little") + (256 if len(field) == 2 else 0)


class ZstdInflater:
    """Frames one after another, skippable ones among them; nothing else may follow."""

    def __init__(self, where: str) -> None:
        from zstandard import ZstdDecompressor

        self._where = where
        self._library = ZstdDecompressor(max_window_size=WINDOW_LIMIT)
        self._held = bytearray()
        self._parts: list[bytes] = []
        self._frames = 0
        self._unpacked = 0
        self._between = True
        self._walk = self._walk_frames()
        self._need = next(self._walk)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Unpack ``piece``, a few blocks at a time."""
        self._held += piece
        position = 0
        while len(self._held) - position >= self._need:
            end = position + self._need
            self._need = self._walk.send(bytes(self._held[position:end]))
            position = end
            yield from self._parts
            self._parts.clear()
        del self._held[:position]

    def finish(self) -> None:
        """Raise ``MalformedError`` if the last frame is not complete or there is none."""
        if not self._between or self._held or not self._frames:
            raise self._malformed("a complete zstd frame", "the end of the blob within it")

    def _walk_frames(self) -> Generator[int, bytes, None]:
        """Yield how many bytes to send next, for ever."""
        while True:
            self._between = True
            magic = yield 4
            self._between = False
            if magic[1:] == _SKIPPABLE and magic[0] >> 4 == 5:
                yield from _skip(int.from_bytes((yield 4), "little"))
            elif magic == _MAGIC:
                yield from self._walk_frame(magic)
                self._frames += 1
            else:
                raise self._malformed("zstd frames and nothing else", f"bytes {magic.hex()}")

    def _walk_frame(self, magic: bytes) -> Generator[int, bytes, None]:
        head = magic + (yield 1)
        head += yield header_size(head) - len(head)
        header = self._accept(parse_header(head))
        frame = self._library.decompressobj()
        before, batch = self._unpacked, [head]
        last = False
        while not last:
            prefix = yield 3
            last, size = self._block(int.from_bytes(prefix, "little"))
            batch += (prefix, (yield size))
            if len(batch) > 2 * BLOCKS_AT_ONCE:
                self._unpack(frame, batch)
                batch = []
        if header.checksum:
            batch.append((yield 4))
        if batch:
            self._unpack(frame, batch)
        if not frame.eof:
            raise self._malformed("a frame that ends with its last block", "an open frame")
        self._check_content(header.content, self._unpacked - before)

    def _accept(self, header: FrameHeader) -> FrameHeader:
        if header.window > WINDOW_LIMIT:
            raise LimitError(
                "limit.exceeded",
                self._where,
                expected=f"a zstd window of at most {WINDOW_LIMIT} bytes",
                actual=str(header.window),
            )
        if header.dictionary:
            raise self._malformed("a zstd frame without a dictionary", "a dictionary ID")
        return header

    def _check_content(self, announced: int | None, found: int) -> None:
        """The library leaves this out where the last block is empty and comes by itself."""
        if announced is not None and announced != found:
            raise self._malformed(f"the {announced} bytes that the frame announces", str(found))

    def _block(self, prefix: int) -> tuple[bool, int]:
        """Return whether the block is the frame's last, and its length, RFC 8878 3.1.1.2."""
        kind, size = prefix >> 1 & 3, prefix >> 3
        if kind == _RESERVED or size > BLOCK:
            raise self._malformed("a zstd block of 128 KiB or less", f"block header {prefix:06x}")
        return bool(prefix & 1), 1 if kind == _RLE else size

    def _unpack(self, frame: ZstdDecompressionObj, batch: list[bytes]) -> None:
        from zstandard import ZstdError

        try:
            part = frame.decompress(b"".join(batch))
        except ZstdError as error:
            raise self._malformed("valid zstd blocks", str(error)) from error
        if part:
            self._unpacked += len(part)
            self._parts.append(part)

    def _malformed(self, expected: str, actual: str) -> MalformedError:
        return MalformedError("image.layer.form", self._where, expected=expected, actual=actual)


def _skip(size: int) -> Generator[int, bytes, None]:
    while size:
        step = min(size, BLOCK)
        yield step
        size -= step
