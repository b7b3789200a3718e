"""A layer's measurement depends on its bytes alone: not on chunks, levels, members or frames."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.chain.answer import Measured
from crosstrust.errors import LimitError, MalformedError
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import UNPACKED_FLAT, UNPACKED_RATIO
from crosstrust.sources.inflate import PART, Compression, inflater_of
from crosstrust.sources.layer import PIECE, LayerMeter
from crosstrust.sources.zstd_frame import BLOCK, FrameHeader, header_size, parse_header

GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
PLAIN = "application/vnd.oci.image.layer.v1.tar"

# Small, and around the sizes at which something is handed over.
EDGES = [0, 1, PART - 1, PART, PART + 1, 2 * PART, 4 * BLOCK, PIECE, 3 * PIECE + 5]


@dataclass(frozen=True)
class Content:
    """``size`` bytes that repeat ``seed``, or that no compressor can shrink."""

    seed: bytes
    size: int
    noise: bool

    @property
    def raw(self) -> bytes:
        if self.noise:
            return hashlib.shake_256(self.seed).digest(self.size)
        return (self.seed * (self.size // len(self.seed) + 1))[: self.size]


contents = st.builds(
    Content,
    st.binary(min_size=1, max_size=40),
    st.one_of(st.sampled_from(EDGES), st.integers(0, 300)),
    st.booleans(),
)
REFUSED = {"image.layer.form", "limit.exceeded"}
cuts = st.lists(st.floats(0, 1, allow_nan=False), max_size=12)


def split(raw: bytes, at: Sequence[float]) -> list[bytes]:
    places = [0, *sorted(int(place * len(raw)) for place in at), len(raw)]
    return [raw[start:end] for start, end in pairwise(places)]


def measure(
    media_type: str,
    raw: bytes,
    at: Sequence[float] = (),
    *,
    flat: int = UNPACKED_FLAT,
    ratio: int = UNPACKED_RATIO,
) -> Measured:
    layer = Descriptor(media_type, Digest.of(raw), len(raw))
    with LayerMeter(layer, unpacked_flat=flat, unpacked_ratio=ratio) as meter:
        for chunk in split(raw, at):
            meter.feed(chunk)
        return meter.finish()


def zstd_of(content: bytes, level: int, *, checksum: bool, sized: bool, block: int) -> bytes:
    made = zstandard.ZstdCompressor(level=level, write_checksum=checksum, write_content_size=sized)
    if sized:
        return made.compress(content)
    sink = io.BytesIO()
    with made.stream_writer(sink, closefd=False) as writer:
        for start in range(0, len(content), block):
            writer.write(content[start : start + block])
            writer.flush(zstandard.FLUSH_BLOCK)
    return sink.getvalue()


@given(contents, st.integers(0, 9), cuts)
def test_gzip_at_any_level_and_in_any_chunks(content: Content, level: int, at: list[float]) -> None:
    raw = gzip.compress(content.raw, level)
    expected = Measured(Digest.of(raw), len(raw), Digest.of(content.raw))
    assert measure(GZIP, raw, at) == expected


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=6), cuts)
def test_gzip_members_unpack_to_their_sum(contents: list[bytes], at: list[float]) -> None:
    raw = b"".join(map(gzip.compress, contents))
    assert measure(GZIP, raw, at).diff_id == Digest.of(b"".join(contents))


texts = st.none() | st.binary(max_size=40).map(lambda text: text.replace(b"\0", b""))


@dataclass(frozen=True)
class Header:
    """The header of a gzip member (RFC 1952, 2.3), with any of its optional fields."""

    extra: bytes | None
    name: bytes | None
    comment: bytes | None
    checksum: bool
    text: bool

    @property
    def raw(self) -> bytes:
        extra, name, comment = self.extra, self.name, self.comment
        flags = self.text | self.checksum << 1 | (extra is not None) << 2
        flags |= (name is not None) << 3 | (comment is not None) << 4
        raw = b"\x1f\x8b\x08" + bytes([flags]) + b"\x01\x02\x03\x04\x02\xff"
        if extra is not None:
            raw += len(extra).to_bytes(2, "little") + extra
        raw += b"".join(text + b"\0" for text in (name, comment) if text is not None)
        return raw + zlib.crc32(raw).to_bytes(4, "little")[:2] if self.checksum else raw


headers = st.builds(
    Header, st.none() | st.binary(max_size=300), texts, texts, st.booleans(), st.booleans()
)


def member_of(header: Header, content: bytes) -> bytes:
    return header.raw + gzip.compress(content)[10:]


def inflate(raw: bytes, at: Sequence[float]) -> bytes:
    """What a stream unpacks to that is cut at these places."""
    inflater = inflater_of(Compression.GZIP, "layer")
    parts = [part for piece in split(raw, at) for part in inflater.feed(piece)]
    inflater.finish()
    return b"".join(parts)


@given(st.lists(st.tuples(headers, st.binary(max_size=40)), min_size=1, max_size=4), cuts)
def test_gzip_members_with_any_header_unpack_wherever_they_are_cut(
    members: list[tuple[Header, bytes]], at: list[float]
) -> None:
    raw = b"".join(member_of(*member) for member in members)
    assert inflate(raw, at) == gzip.decompress(raw) == b"".join(part for _, part in members)


@given(headers, st.data())
def test_a_gzip_header_that_is_cut_off_or_damaged_is_refused(
    header: Header, data: st.DataObject
) -> None:
    raw = member_of(replace(header, checksum=True), b"content")
    size = len(replace(header, checksum=True).raw)
    at = data.draw(st.integers(0, size - 1))
    with pytest.raises(MalformedError) as caught:
        inflate(raw[:at], ())
    assert caught.value.code == "image.layer.form"
    damaged = bytearray(raw)
    damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(MalformedError) as caught:
        inflate(bytes(damaged), ())
    assert caught.value.code == "image.layer.form"


@given(
    st.lists(contents, min_size=1, max_size=3),
    st.integers(-3, 12),
    st.booleans(),
    st.booleans(),
    cuts,
)
def test_zstd_frames_unpack_to_their_sum(
    contents: list[Content],
    level: int,
    checksum: bool,
    sized: bool,
    at: list[float],
) -> None:
    parts = [content.raw for content in contents]
    frames = [zstd_of(part, level, checksum=checksum, sized=sized, block=70_000) for part in parts]
    skippable = b"\x5a\x2a\x4d\x18" + len(parts).to_bytes(4, "little") + bytes(len(parts))
    raw = skippable.join([b"", *frames, b""])
    assert measure(ZSTD, raw, at).diff_id == Digest.of(b"".join(parts))


@given(contents, cuts)
def test_plain_bytes_are_their_own_content(content: Content, at: list[float]) -> None:
    raw = b"./" + content.raw
    assert measure(PLAIN, raw, at) == Measured(Digest.of(raw), len(raw), Digest.of(raw))


@given(st.binary(max_size=2000), st.sampled_from([GZIP, ZSTD]), st.data())
def test_a_truncated_layer_is_refused(content: bytes, media_type: str, data: st.DataObject) -> None:
    raw = packed(media_type, content)
    cut = raw[: data.draw(st.integers(0, len(raw) - 1))]
    with pytest.raises(MalformedError) as caught:
        measure(media_type, cut)
    assert caught.value.code == "image.layer.form"


@given(st.binary(max_size=2000), st.sampled_from([GZIP, ZSTD]), st.binary(min_size=1), cuts)
def test_appended_bytes_are_refused(
    content: bytes, media_type: str, more: bytes, at: list[float]
) -> None:
    with pytest.raises(MalformedError) as caught:
        measure(media_type, packed(media_type, content) + more, at)
    assert caught.value.code == "image.layer.form"


@given(st.binary(min_size=1, max_size=2000), st.sampled_from([GZIP, ZSTD]), st.data())
def test_a_flipped_bit_never_gives_a_false_measurement(
    content: bytes, media_type: str, data: st.DataObject
) -> None:
    raw = bytearray(packed(media_type, content))
    place = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[place // 8] ^= 1 << place % 8
    found = measure_or_code(media_type, bytes(raw))
    # Or it is a bit of a header that says nothing of the content.
    assert found in REFUSED or found == Measured(
        Digest.of(bytes(raw)), len(raw), Digest.of(content)
    )


@given(st.binary(max_size=400), st.sampled_from([GZIP, ZSTD, PLAIN]))
def test_any_bytes_are_measured_or_refused(raw: bytes, media_type: str) -> None:
    found = measure_or_code(media_type, raw)
    assert found in REFUSED or (isinstance(found, Measured) and found.digest == Digest.of(raw))


@given(st.integers(1, 600_000), st.integers(1, 200))
def test_the_limit_is_the_larger_of_flat_and_ratio(flat: int, ratio: int) -> None:
    # Shrinks about ninety times, so that either limit may be the larger one.
    content = hashlib.shake_256(b"seed").digest(3000) + bytes(297_000)
    raw = gzip.compress(content)
    if len(content) <= max(flat, ratio * len(raw)):
        found = measure(GZIP, raw, flat=flat, ratio=ratio)
        assert found.diff_id == Digest.of(content)
    else:
        with pytest.raises(LimitError) as caught:
            measure(GZIP, raw, flat=flat, ratio=ratio)
        assert caught.value.code == "limit.exceeded"


@given(st.integers(0, 255), st.binary(min_size=20, max_size=20))
def test_a_frame_header_is_read_as_the_library_reads_it(descriptor: int, rest: bytes) -> None:
    head = b"\x28\xb5\x2f\xfd" + bytes([descriptor & ~0x08]) + rest
    whole = head[: header_size(head)]
    try:
        theirs = zstandard.get_frame_parameters(head)
    except zstandard.ZstdError:
        # The library reads no window above 2 GiB.
        assert parse_header(whole).window > 1 << 31
        return
    unknown = theirs.content_size == zstandard.CONTENTSIZE_UNKNOWN
    # The library has one number for "not said" and for the largest size.
    largest = (1 << 64) - 1 if whole.endswith(bytes([255] * 8)) else None
    assert parse_header(whole) == FrameHeader(
        zstandard.frame_header_size(head),
        theirs.window_size,
        largest if unknown else theirs.content_size,
        theirs.has_checksum,
        theirs.dict_id != 0,
    )


@given(
    st.binary(max_size=300),
    cuts,
    st.integers(0, 6),
    st.integers(-3, 3),
    st.booleans(),
    cuts,
)
def test_a_frame_holds_as_much_as_it_announces(
    content: bytes, blocks: list[float], empty: int, off: int, checksum: bool, at: list[float]
) -> None:
    """However the content is cut into blocks: empty ones too, the last one among them."""
    announced = max(0, len(content) + off)
    raw = raw_frame([*split(content, blocks), *[b""] * empty], announced, checksum=checksum)
    if announced == len(content):
        assert measure(ZSTD, raw, at).diff_id == Digest.of(content)
    else:
        assert measure_or_code(ZSTD, raw, at) == "image.layer.form"


def raw_frame(blocks: Sequence[bytes], announced: int, *, checksum: bool) -> bytes:
    """Return a frame of raw blocks that says its content has ``announced`` bytes, RFC 8878, 3.1."""
    parts = [
        b"\x28\xb5\x2f\xfd",
        bytes([0x80 | checksum << 2, 0x38]),
        announced.to_bytes(4, "little"),
    ]
    for block in blocks:
        parts += ((len(block) << 3).to_bytes(3, "little"), block)
    parts[-2] = (len(blocks[-1]) << 3 | 1).to_bytes(3, "little")
    if checksum:
        # The library knows the checksum's algorithm; nothing else here does.
        made = zstandard.ZstdCompressor(write_checksum=True).compress(b"".join(blocks))
        parts.append(made[-4:])
    return b"".join(parts)


def measure_or_code(media_type: str, raw: bytes, at: Sequence[float] = ()) -> Measured | str:
    try:
        return measure(media_type, raw, at)
    except MalformedError as error:
        return error.code


def packed(media_type: str, content: bytes) -> bytes:
    if media_type == GZIP:
        return gzip.compress(content)
    return zstd_of(content, 3, checksum=True, sized=True, block=1)
