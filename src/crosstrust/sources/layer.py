"""What a layer is, measured while it streams by: digest, size, and digest of what it unpacks to.

Nothing is written to disk, and memory does not grow with the layer. A large layer is unpacked
and hashed in two threads beside the one that receives it; all of them release the interpreter.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from crosstrust.chain.answer import Measured
from crosstrust.errors import LimitError, MalformedError
from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import KIB, MIB, UNPACKED_FLAT, UNPACKED_RATIO
from crosstrust.sources.inflate import declared_compression, detected_compression, inflater_of

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from crosstrust.oci.descriptor import Descriptor
    from crosstrust.sources.inflate import Compression
    from crosstrust.sources.lane import Lane

# Chunks of the network are gathered to this size: handing over costs more than hashing 16 KiB.
PIECE = 256 * KIB
# Below this, starting threads costs more than they save.
THREADED_FROM = 1 * MIB


class LayerMeter:
    """Measures one layer that is fed in chunks of any size.

    It may unpack to ``unpacked_flat`` bytes, or ``unpacked_ratio`` times what has come in where
    that is more. Use it in a ``with`` block, or call ``close``, so that its threads end.
    Errors name ``where``:

    - ``image.layer.media_type``: not one that can be unpacked (by the constructor)
    - ``image.size.match``: more bytes than the descriptor says (at once), or fewer (at the end)
    - ``image.digest.match``: other bytes
    - ``image.layer.form``: the right bytes, but not packed as the media type says, cut off, or
      with something behind them
    - ``limit.exceeded``: unpacks to too much, or needs too much memory for it (soon)
    """

    def __init__(
        self,
        layer: Descriptor,
        where: str = "",
        *,
        unpacked_flat: int = UNPACKED_FLAT,
        unpacked_ratio: int = UNPACKED_RATIO,
    ) -> None:
        self._layer = layer
        self._where = where or f"layer {layer.digest}"
        self._flat = unpacked_flat
        self._ratio = unpacked_ratio
        declared = declared_compression(layer.media_type)
        if declared is None:
            raise self._malformed("image.layer.media_type", "a layer's", layer.media_type[:160])
        self._declared = declared
        self._received = 0
        self._gathered = bytearray()
        self._packed_hash = hashlib.new(layer.digest.algorithm)
        self._packed = 0
        self._unpacked_hash = hashlib.sha256()
        self._unpacked = 0
        self._inflater = inflater_of(declared, self._where)
        self._fault: MalformedError | None = None
        self._lanes: tuple[Lane, Lane] | None = None
        self._closed = False

    @property
    def compression(self) -> Compression:
        """How the layer is packed: what its media type says, and its bytes too once finished."""
        return self._declared

    @property
    def received(self) -> int:
        """Bytes fed so far: where a download that was cut off goes on."""
        return self._received

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the blob."""
        self._received += len(chunk)
        if self._received > self._layer.size:
            raise self._malformed("image.size.match", f"{self._layer.size} bytes", "more")
        self._gathered += chunk
        if len(self._gathered) >= PIECE:
            self._hand_over()

    def finish(self) -> Measured:
        """Return what was measured, once the whole blob was fed."""
        layer = self._layer
        self._hand_over()
        for lane in self._lanes or ():
            lane.drain()
        if self._received != layer.size:
            raise self._malformed(
                "image.size.match", f"{layer.size} bytes", f"{self._received} bytes"
            )
        digest = Digest(layer.digest.algorithm, self._packed_hash.hexdigest())
        if digest != layer.digest:
            raise self._malformed("image.digest.match", str(layer.digest), str(digest))
        if self._fault is not None:
            raise self._fault
        self._inflater.finish()
        return Measured(digest, layer.size, Digest("sha256", self._unpacked_hash.hexdigest()))

    def close(self) -> None:
        """End the threads, finished or not."""
        self._closed = True
        for lane in self._lanes or ():
            lane.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _hand_over(self) -> None:
        piece = bytes(self._gathered)
        self._gathered.clear()
        if self._lanes is None and self._layer.size >= THREADED_FROM:
            from crosstrust.sources.lane import Lane

            self._lanes = Lane(self._take), Lane(self._unpacked_hash.update)
        if self._lanes is None:
            self._take(piece)
        else:
            self._lanes[0].put(piece)

    def _take(self, piece: bytes) -> None:
        """Hash and unpack the next piece of the blob.

        A blob that cannot be unpacked is hashed to its end all the same: whether it is the
        right one decides what is wrong. One that unpacks to too much is not waited for.
        """
        self._packed_hash.update(piece)
        self._packed += len(piece)
        if self._fault is not None:
            return
        try:
            self._unpack(piece)
        except MalformedError as error:
            self._fault = error
            if isinstance(error, LimitError):
                raise

    def _unpack(self, piece: bytes) -> None:
        if self._packed == len(piece):
            self._check_head(piece[:4])
        allowed = max(self._flat, self._ratio * self._packed)
        for part in self._inflater.feed(piece):
            if self._closed:
                return
            self._unpacked += len(part)
            if self._unpacked > allowed:
                raise LimitError(
                    "limit.exceeded",
                    self._where,
                    expected=f"at most {allowed} bytes unpacked from {self._packed}",
                    actual="more",
                    remedy="do not pull this image: it may fill the disk",
                )
            if self._lanes is None:
                self._unpacked_hash.update(part)
            else:
                self._lanes[1].put(part)

    def _check_head(self, head: bytes) -> None:
        found = detected_compression(head)
        if found is not self._declared:
            raise self._malformed(
                "image.layer.form",
                f"{self._declared.name.lower()} compression ({self._layer.media_type})",
                f"{found.name.lower()} compression",
            )

    def _malformed(self, code: str, expected: str, actual: str) -> MalformedError:
        return MalformedError(code, self._where, expected=expected, actual=actual)
