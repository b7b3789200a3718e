"""One layer, fed by hand: bombs, memory, damage, and what is said about it."""

from __future__ import annotations

import gzip
import io
import threading
import tracemalloc
import zlib

import pytest
import zstandard

from crosstrust.chain.answer import Measured
from crosstrust.errors import LimitError, MalformedError, StateError
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.sources import inflate
from crosstrust.sources.layer import THREADED_FROM, LayerMeter
from crosstrust.sources.zstd_frame import WINDOW_LIMIT

GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
PLAIN = "application/vnd.docker.image.rootfs.diff.tar"
MIB = 1 << 20
TAR = b"./file\0" + b"content of a file\n" * 4000


def frame(raw: bytes, level: int = 3) -> bytes:
    return zstandard.ZstdCompressor(level=level, write_checksum=True).compress(raw)


def layer_of(raw: bytes, media_type: str, algorithm: str = "sha256") -> Descriptor:
    return Descriptor(media_type, Digest.of(raw, algorithm), len(raw))


def measure(raw: bytes, media_type: str = GZIP) -> Measured:
    with LayerMeter(layer_of(raw, media_type)) as meter:
        for start in range(0, len(raw), 16_384):
            meter.feed(raw[start : start + 16_384])
        return meter.finish()


def refusal(raw: bytes, media_type: str = GZIP) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        measure(raw, media_type)
    assert caught.value.where == f"layer {Digest.of(raw)}"
    return caught.value


@pytest.mark.parametrize("media_type", [GZIP, ZSTD])
def test_an_empty_layer_is_complete(media_type: str) -> None:
    raw = gzip.compress(b"") if media_type == GZIP else frame(b"")
    assert measure(raw, media_type).diff_id == Digest.of(b"")


def test_no_bytes_at_all_are_a_plain_layer_only() -> None:
    assert measure(b"", PLAIN).diff_id == Digest.of(b"")
    for media_type in (GZIP, ZSTD):
        assert refusal(b"", media_type).code == "image.layer.form"


@pytest.mark.parametrize("media_type", [GZIP, ZSTD, PLAIN])
@pytest.mark.parametrize("packed", [GZIP, ZSTD, PLAIN])
def test_magic_and_media_type_must_agree(media_type: str, packed: str) -> None:
    raw = {GZIP: gzip.compress(TAR), ZSTD: frame(TAR), PLAIN: TAR}[packed]
    if media_type == packed:
        expected = Digest.of(TAR)
        assert measure(raw, media_type).diff_id == expected
    else:
        error = refusal(raw, media_type)
        assert error.code == "image.layer.form"
        assert media_type in error.expected


def test_a_kind_of_layer_that_cannot_be_unpacked_is_said_at_once() -> None:
    with pytest.raises(MalformedError) as caught:
        LayerMeter(layer_of(TAR, "application/vnd.oci.image.layer.v1.tar+lz4"))
    assert caught.value.code == "image.layer.media_type"


def test_a_blob_named_by_sha512_is_measured() -> None:
    raw = gzip.compress(TAR)
    with LayerMeter(layer_of(raw, GZIP, "sha512")) as meter:
        meter.feed(raw)
        assert meter.received == len(raw)
        found = meter.finish()
    assert found == Measured(Digest.of(raw, "sha512"), len(raw), Digest.of(TAR))


@pytest.mark.parametrize(
    ("flags", "extra"),
    [(4, b"\x04\x00abcd"), (8, b"name\0"), (16, b"comment\0"), (28, b"\x01\x00xn\0c\0")],
)
def test_the_optional_fields_of_a_gzip_header_are_passed_over(flags: int, extra: bytes) -> None:
    packing = zlib.compressobj(6, wbits=-15)
    body = packing.compress(TAR) + packing.flush()
    trailer = zlib.crc32(TAR).to_bytes(4, "little") + len(TAR).to_bytes(4, "little")
    raw = b"\x1f\x8b\x08" + bytes([flags]) + bytes(6) + extra + body + trailer
    assert gzip.decompress(raw) == TAR
    assert measure(raw).diff_id == Digest.of(TAR)


def test_a_wrong_checksum_of_a_gzip_header_is_refused() -> None:
    raw = bytearray(gzip.compress(TAR, mtime=0))
    raw[3], raw[10:10] = 2, b"\0\0"
    with pytest.raises(zlib.error, match="header crc mismatch"):
        zlib.decompress(raw, wbits=31)
    error = refusal(bytes(raw))
    assert (error.code, error.expected) == ("image.layer.form", "the checksum of a gzip header")


def test_a_name_without_end_takes_no_memory() -> None:
    inflater = inflate.inflater_of(inflate.Compression.GZIP, "layer")
    assert list(inflater.feed(b"\x1f\x8b\x08\x08" + bytes(6))) == []
    piece = b"n" * MIB
    tracemalloc.start()
    for _ in range(64):
        assert list(inflater.feed(piece)) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MIB
    with pytest.raises(MalformedError):
        inflater.finish()


@pytest.mark.parametrize("flag", [0x20, 0x40, 0x80])
@pytest.mark.parametrize("before", [b"", gzip.compress(b"x", mtime=0)])
def test_reserved_flags_of_a_gzip_header_are_refused(flag: int, before: bytes) -> None:
    raw = bytearray(before + gzip.compress(TAR))
    raw[len(before) + 3] |= flag
    with pytest.raises(zlib.error):
        zlib.decompress(raw[len(before) :], wbits=31)
    error = refusal(bytes(raw))
    assert (error.code, error.actual) == ("image.layer.form", f"flags {flag:#04x}")


@pytest.mark.parametrize("place", [-8, -1])
def test_a_wrong_checksum_or_length_of_a_member_is_refused(place: int) -> None:
    raw = bytearray(gzip.compress(TAR))
    raw[place] ^= 1
    assert refusal(bytes(raw)).code == "image.layer.form"


def test_a_wrong_checksum_of_a_frame_is_refused() -> None:
    raw = bytearray(frame(TAR))
    raw[-1] ^= 1
    assert refusal(bytes(raw), ZSTD).code == "image.layer.form"


@pytest.mark.parametrize("more", [b"\0", b"\0" * 512, b"\x1f", b"\x1f\x8b", b"garbage"])
@pytest.mark.parametrize("media_type", [GZIP, ZSTD])
def test_nothing_may_follow(media_type: str, more: bytes) -> None:
    raw = gzip.compress(TAR) if media_type == GZIP else frame(TAR)
    assert refusal(raw + more, media_type).code == "image.layer.form"


def test_skippable_frames_alone_are_no_layer() -> None:
    raw = b"\x50\x2a\x4d\x18" + (300_000).to_bytes(4, "little") + bytes(300_000)
    assert refusal(raw, ZSTD).code == "image.layer.form"
    assert measure(raw + frame(TAR) + raw, ZSTD).diff_id == Digest.of(TAR)
    assert refusal(raw + frame(TAR) + raw[:-1], ZSTD).code == "image.layer.form"


def test_a_frame_with_a_dictionary_is_refused() -> None:
    raw = b"\x28\xb5\x2f\xfd\x21\x07\x05" + b"\x29\x00\x00hello"
    assert "dictionary" in refusal(raw, ZSTD).expected


@pytest.mark.parametrize("kind_and_size", [(3, 10), (0, 128 * 1024 + 1), (2, 1 << 20)])
def test_a_block_of_no_kind_or_too_large_is_refused(kind_and_size: tuple[int, int]) -> None:
    kind, size = kind_and_size
    raw = b"\x28\xb5\x2f\xfd\x00\x58" + (size << 3 | kind << 1).to_bytes(3, "little") + bytes(size)
    error = refusal(raw, ZSTD)
    assert error.code == "image.layer.form"
    assert "block header" in error.actual


@pytest.mark.parametrize("kept", [4, 5, 9])
def test_a_second_frame_that_is_cut_off_is_refused(kept: int) -> None:
    error = refusal(frame(TAR) + frame(TAR)[:kept], ZSTD)
    assert error.code == "image.layer.form"


@pytest.mark.parametrize("blocks", [1, 4, 5])
def test_a_frame_that_ends_behind_a_block_is_refused(blocks: int) -> None:
    raw = zstd_bomb(blocks)
    assert measure(raw, ZSTD).diff_id == Digest.of(b"x" * 128 * 1024 * blocks)
    assert refusal(frame(TAR) + raw[:-3], ZSTD).code == "image.layer.form"


def test_a_frame_that_needs_too_large_a_window_is_refused() -> None:
    # Exponent 18 is 256 MiB; 17 is what levels up to 22 need.
    raw = b"\x28\xb5\x2f\xfd\x00" + bytes([18 << 3]) + b"\x01\x00\x00"
    smaller = b"\x28\xb5\x2f\xfd\x00" + bytes([17 << 3]) + b"\x01\x00\x00"
    assert measure(smaller, ZSTD).diff_id == Digest.of(b"")
    error = refusal(raw, ZSTD)
    assert isinstance(error, LimitError)
    assert error.code == "limit.exceeded"
    assert str(2 * WINDOW_LIMIT) in error.actual


def test_more_than_promised_is_refused_at_once() -> None:
    raw = gzip.compress(TAR)
    with LayerMeter(layer_of(raw, GZIP)) as meter:
        meter.feed(raw)
        with pytest.raises(MalformedError) as caught:
            meter.feed(b"x")
    assert caught.value.code == "image.size.match"


def test_less_than_promised_is_refused_at_the_end() -> None:
    raw = gzip.compress(TAR)
    with LayerMeter(Descriptor(GZIP, Digest.of(raw), len(raw) + 1)) as meter:
        meter.feed(raw)
        with pytest.raises(MalformedError) as caught:
            meter.finish()
    assert caught.value.code == "image.size.match"


@pytest.mark.parametrize("place", [0, 5, 100, -1])
def test_other_bytes_are_other_bytes_whatever_they_unpack_to(place: int) -> None:
    raw = gzip.compress(TAR)
    other = bytearray(raw)
    other[place] ^= 1
    with LayerMeter(layer_of(raw, GZIP)) as meter:
        meter.feed(bytes(other))
        with pytest.raises(MalformedError) as caught:
            meter.finish()
    assert caught.value.code == "image.digest.match"


def zstd_bomb(blocks: int) -> bytes:
    """Blocks of four bytes that each unpack to 128 KiB."""
    head = b"\x28\xb5\x2f\xfd\x00\x58"
    block = ((128 * 1024) << 3 | 1 << 1).to_bytes(3, "little") + b"x"
    return head + block * blocks + b"\x01\x00\x00"


def feed_until_refused(meter: LayerMeter, chunk: bytes, times: int) -> int:
    for count in range(times):
        try:
            meter.feed(chunk)
        except LimitError as error:
            assert (error.code, bool(error.remedy)) == ("limit.exceeded", True)  # noqa: PT017 - the count is asked for
            return count
    return times


def test_a_gzip_bomb_is_stopped_early() -> None:
    member = gzip.compress(bytes(8 * MIB))
    layer = Descriptor(GZIP, Digest.of(b""), 1 << 40)
    with LayerMeter(layer, unpacked_flat=32 * MIB) as meter:
        # 800 GiB; a few pieces of 256 KiB may be waiting when the first one is refused.
        assert feed_until_refused(meter, member, 100_000) < 10 * 256 * 1024 / len(member)


def finish_refused(meter: LayerMeter, raw: bytes) -> str:
    with pytest.raises(LimitError) as caught:
        meter.finish()
    assert len(raw) == meter.received
    return caught.value.code


@pytest.mark.parametrize("size", [40_000, 3 * MIB])
def test_a_zstd_bomb_is_stopped_within_little_memory(size: int) -> None:
    raw = zstd_bomb(size // 4)
    layer = layer_of(raw, ZSTD)
    tracemalloc.start()
    with LayerMeter(layer, unpacked_flat=64 * MIB) as meter:
        meter.feed(raw)
        assert finish_refused(meter, raw) == "limit.exceeded"
        _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MIB + 3 * size


def test_memory_does_not_grow_with_the_layer() -> None:
    packing = zlib.compressobj(1, wbits=31)
    chunks = [packing.compress(TAR) for _ in range(1500)]
    raw = b"".join([*chunks, packing.flush()])
    layer = layer_of(raw, GZIP)
    tracemalloc.start()
    with LayerMeter(layer) as meter:
        for start in range(0, len(raw), 16_384):
            meter.feed(raw[start : start + 16_384])
        found = meter.finish()
        _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(TAR) * 1500 > 100 * MIB
    assert peak < 8 * MIB
    assert found.diff_id == Digest.of(TAR * 1500)


def test_many_tiny_members_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflate, "_SLICE", 1000)
    raw = gzip.compress(b"x", mtime=0) * 3000
    assert measure(raw).diff_id == Digest.of(b"x" * 3000)


@pytest.mark.parametrize("media_type", [GZIP, ZSTD])
def test_a_large_damaged_layer_is_read_to_its_end_to_say_what_is_wrong(media_type: str) -> None:
    good = gzip.compress(bytes(range(256)) * 20_000, 0) if media_type == GZIP else big_frame()
    bad = bytearray(good)
    bad[1000:1100] = bytes(100)
    assert refusal(bytes(bad), media_type).code == "image.layer.form"
    with LayerMeter(layer_of(good, media_type)) as meter:
        meter.feed(bytes(bad))
        with pytest.raises(MalformedError) as caught:
            meter.finish()
    assert caught.value.code == "image.digest.match"


def big_frame() -> bytes:
    sink = io.BytesIO()
    with zstandard.ZstdCompressor(write_checksum=True).stream_writer(sink, closefd=False) as writer:
        for number in range(100_000):
            writer.write(b"%d and %d\n" % (number * 7919, number * number * 31))
    raw = sink.getvalue()
    return raw + frame(TAR) * (MIB // len(frame(TAR)) + 1)


def test_closing_in_the_middle_ends_the_threads() -> None:
    raw = gzip.compress(bytes(40 * MIB), 0)
    with LayerMeter(layer_of(raw, GZIP)) as meter:
        meter.feed(raw[: 20 * MIB])
        assert [thread for thread in threading.enumerate() if thread.name.startswith("layer")]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("layer")]


def test_a_thread_that_is_not_to_be_had_is_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may allow so few that none is left."""
    raw = bytes(THREADED_FROM)

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(StateError) as caught:
        measure(raw, PLAIN)
    assert caught.value.code == "local.process.limit"
