"""Layers: one that is accepted unpacks to what zlib and zstandard say, in bounded memory."""

from __future__ import annotations

import hashlib
import zlib
from functools import partial

import zstandard

from crosstrust.chain.answer import Measured
from crosstrust.errors import CrosstrustError, LimitError, MalformedError
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.sources.inflate import Compression, detected_compression, inflater_of
from crosstrust.sources.layer import LayerMeter
from tests.fuzz.target import Target, outcome

FLAT = 64 * 1024
RATIO = 20
MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar+"
CODES = frozenset({"image.layer.form", "limit.exceeded"})


def check_layer(compression: Compression, raw: bytes) -> None:
    found = outcome(partial(measure, compression, raw))
    most = max(FLAT, RATIO * len(raw))
    if isinstance(found, CrosstrustError):
        assert isinstance(found, MalformedError)
        assert found.code in CODES
        assert isinstance(found, LimitError) == (found.code == "limit.exceeded")
    else:
        content = unpacked(compression, raw, most)
        assert found.size == len(raw)
        assert found.digest.hex == hashlib.sha256(raw).hexdigest()
        assert len(content) <= most
        assert found.diff_id.hex == hashlib.sha256(content).hexdigest()
    check_pieces(compression, raw, found, most)


def measure(compression: Compression, raw: bytes) -> Measured:
    layer = Descriptor(MEDIA_TYPE + compression.value, Digest.of(raw), len(raw))
    with LayerMeter(layer, unpacked_flat=FLAT, unpacked_ratio=RATIO) as meter:
        meter.feed(raw)
        return meter.finish()


def check_pieces(
    compression: Compression, raw: bytes, whole: Measured | CrosstrustError, most: int
) -> None:
    """How the network cuts a blob must not matter."""
    if detected_compression(raw[:4]) is not compression:
        return
    found = outcome(partial(unpack_pieces, compression, raw, most))
    if isinstance(whole, CrosstrustError):
        assert isinstance(found, CrosstrustError)
        assert found.code in CODES
    else:
        assert found == whole.diff_id.hex


def unpack_pieces(compression: Compression, raw: bytes, most: int) -> str:
    inflater = inflater_of(compression, "x")
    digest, size, step = hashlib.sha256(), 0, 1 + len(raw) % 61
    for start in range(0, len(raw), step):
        for part in inflater.feed(raw[start : start + step]):
            digest.update(part)
            size += len(part)
            if size > most:
                raise LimitError("limit.exceeded", "x")
    inflater.finish()
    return digest.hexdigest()


def unpacked(compression: Compression, raw: bytes, most: int) -> bytes:
    """Return at most ``most`` bytes and one of what another library unpacks."""
    if compression is Compression.ZSTD:
        reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
            raw, read_across_frames=True
        )
        return reader.read(most + 1)
    content = b""
    while raw:
        member = zlib.decompressobj(wbits=31)
        content += member.decompress(raw, most + 1 - len(content))
        assert member.eof
        raw = member.unused_data
    return content


GZIP = Target(
    partial(check_layer, Compression.GZIP),
    (b"\x1f\x8b\x08\x00", b"\x1f\x8b\x08\x1f", b"\x00\x00\x00\x00\x00\xff", b"\x03\x00"),
)
ZSTD = Target(
    partial(check_layer, Compression.ZSTD),
    (b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18", b"\x5f\x2a\x4d\x18", b"\x01\x00\x00", b"\x20\x00"),
)
