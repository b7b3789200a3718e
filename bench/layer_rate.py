"""How fast a layer is measured, beside isal plus two SHA-256 in one thread, in the same run.

    python bench/layer_rate.py [--size MIB] [--rounds N] [--compression gzip|zstd|none]

The peer holds the layer in memory and reads it in 64 KiB pieces; ours gets chunks of 16 KiB, as
from libcurl. Rates are of the unpacked bytes. The peak of memory is that of a process that
measures and does nothing else; it is taken for the size asked for and for a quarter of it.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import zstandard
from isal import isal_zlib

from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.sources.layer import LayerMeter

MIB = 1 << 20
CHUNK = 16 * 1024
MEDIA_TYPES = {
    "gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
    "zstd": "application/vnd.oci.image.layer.v1.tar+zstd",
    "none": "application/vnd.oci.image.layer.v1.tar",
}


def content(size: int) -> Iterator[bytes]:
    """Blocks of a fixed seed that shrink to about 40 %, as the files of an image do."""
    source = random.Random(20)  # noqa: S311 - the same layer on every run
    words = [source.randbytes(source.randint(2, 14)) for _ in range(4000)]
    left = size
    while left:
        block = b"".join(source.choices(words, k=60_000)) + source.randbytes(60_000)
        yield block[:left]
        left -= len(block[:left])


def write_layer(file: Path, size: int, compression: str) -> None:
    with file.open("wb") as opened:
        if compression == "zstd":
            with zstandard.ZstdCompressor(3).stream_writer(opened, closefd=False) as packer:
                for block in content(size):
                    packer.write(block)
        elif compression == "gzip":
            packing = zlib.compressobj(6, wbits=31)
            opened.writelines(packing.compress(block) for block in content(size))
            opened.write(packing.flush())
        else:
            opened.writelines(content(size))


def peer(raw: bytes, compression: str) -> str:
    packed, unpacked = hashlib.sha256(), hashlib.sha256()
    step = 64 * 1024
    gzip = isal_zlib.decompressobj(31)
    zstd = zstandard.ZstdDecompressor().decompressobj()
    for start in range(0, len(raw), step):
        piece = raw[start : start + step]
        packed.update(piece)
        if compression == "gzip":
            unpacked.update(gzip.decompress(piece))
        elif compression == "zstd":
            unpacked.update(zstd.decompress(piece))
        else:
            unpacked.update(piece)
    return unpacked.hexdigest()


def ours(raw: bytes, compression: str, digest: Digest) -> str:
    layer = Descriptor(MEDIA_TYPES[compression], digest, len(raw))
    with LayerMeter(layer) as meter:
        for start in range(0, len(raw), CHUNK):
            meter.feed(raw[start : start + CHUNK])
        return meter.finish().diff_id.hex


def measure_file(file: Path, compression: str, digest: str) -> None:
    """Measure a layer from disk and print the peak of memory in MiB; for a process of its own."""
    layer = Descriptor(MEDIA_TYPES[compression], Digest.parse(digest), file.stat().st_size)
    with LayerMeter(layer) as meter, file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            meter.feed(chunk)
        meter.finish()
    # Not ru_maxrss: that one starts at what the parent used.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (peak,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    print(f"{int(peak) / 1024:.1f}")


def peak_memory(file: Path, compression: str, digest: Digest) -> str:
    call = [sys.executable, __file__, "--file", str(file), "--digest", str(digest)]
    call += ["--compression", compression]
    return subprocess.run(call, check=True, capture_output=True, text=True).stdout.strip()


def report(size: int, rounds: int, compression: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layer"
        write_layer(file, size // 4, compression)
        small = peak_memory(file, compression, Digest.of(file.read_bytes()))
        write_layer(file, size, compression)
        raw = file.read_bytes()
        digest = Digest.of(raw)
        large = peak_memory(file, compression, digest)
    best = {"peer": float("inf"), "ours": float("inf")}
    for _ in range(rounds):
        start = time.perf_counter()
        expected = peer(raw, compression)
        middle = time.perf_counter()
        assert ours(raw, compression, digest) == expected
        best["peer"] = min(best["peer"], middle - start)
        best["ours"] = min(best["ours"], time.perf_counter() - middle)
    print(f"layer {compression}: {size / 1e6:.0f} MB unpacked, {len(raw) / 1e6:.0f} MB as served")
    print(f"  isal/zstd + 2 x SHA-256, one thread  {size / best['peer'] / 1e6:7.0f} MB/s")
    print(f"  crosstrust LayerMeter                {size / best['ours'] / 1e6:7.0f} MB/s")
    print(f"  ours / peer                          {best['peer'] / best['ours'] * 100:7.0f} %")
    print(f"  peak memory, a quarter and all of it {small} and {large} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=200, help="MB unpacked")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compression", choices=MEDIA_TYPES, default="gzip")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--digest", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.file:
        measure_file(chosen.file, chosen.compression, chosen.digest)
    else:
        report(chosen.size * 1_000_000, chosen.rounds, chosen.compression)


if __name__ == "__main__":
    main()
