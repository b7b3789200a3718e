"""One layer on its way from a registry through a meter, and what becomes of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from crosstrust.chain.answer import Absent, Gap, Reply
from crosstrust.errors import MalformedError
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.limits import KIB
from crosstrust.sources.layer import LayerMeter
from crosstrust.sources.refusal import is_html, unexpected
from crosstrust.value import replace

if TYPE_CHECKING:
    from typing import Self

    from crosstrust.chain.want import MeasureLayer
    from crosstrust.sources.remote import Remote
    from crosstrust.sources.request import Request, Response

# Each has two threads and a few MiB of buffers; more would not make two cores faster.
LAYERS_AT_ONCE = 4
# A download may take its time as long as it is not slower than this, in bytes per second; each of
# several at once may have its part of the line.
SLOWEST = 32 * KIB

_CLASSES = {
    "image.layer.form": Class.ATTACK,
    "image.size.match": Class.CONTENT,
    "image.digest.match": Class.CONTENT,
}


class Progress(Protocol):
    """Hears how far each layer has come."""

    def advance(self, name: str, done: int, total: int) -> None:
        """``done`` of ``total`` bytes of the layer ``name``, as served, have come in."""
        ...


class Download:
    """One layer on its way from the registry through a meter."""

    def __init__(self, want: MeasureLayer, remote: Remote, progress: Progress | None) -> None:
        self._want = want
        self._remote = remote
        self._progress = progress
        self._fault: MalformedError | None = None
        self.meter = LayerMeter(want.layer, place_of(want))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.meter.close()

    def request(self) -> Request:
        """Return the GET that streams the layer; the transport resumes it where it is cut."""
        self._advance(0)
        request = self._remote.registry.blob_request(
            self._want.repository,
            self._want.layer.digest,
            # The meter stops at the first byte too many, and knows what that means.
            limit=sys.maxsize,
            sink=self._take,
            on_progress=self._advance,
        )
        timeouts = self._remote.timeouts
        patience = timeouts.whole + self._want.layer.size / SLOWEST
        # The size is what the copy's author says: it buys time only while bytes come in.
        slowest = SLOWEST // LAYERS_AT_ONCE
        return replace(request, timeouts=replace(timeouts, whole=patience, slowest=slowest))

    def reply_from(self, response: Response | Gap) -> Reply:
        """Return what was measured, or what went wrong."""
        if self._fault is not None:
            return failed(self._fault)
        if 0 < self._want.layer.size == self.meter.received:
            # Whatever became of the answer's end: all bytes are here, and their hash decides.
            return self._measured()
        if isinstance(response, Gap):
            return response
        if response.status == 404 and not is_html(response):
            return Absent(response.origin)
        if response.status not in {200, 206}:
            return unexpected(response)
        return self._measured()

    def _measured(self) -> Reply:
        try:
            return self.meter.finish()
        except MalformedError as error:
            return failed(error)

    def _take(self, chunk: bytes) -> None:
        try:
            self.meter.feed(chunk)
        except MalformedError as error:
            # The transport ends this request alone; the reason is kept whole here.
            self._fault = error
            raise

    def _advance(self, done: int) -> None:
        if self._progress is not None:
            layer = self._want.layer
            self._progress.advance(layer.digest.hex[:12], done, layer.size)


def failed(error: MalformedError) -> Gap:
    """Return the failed check that a layer's refusal amounts to."""
    klass = _CLASSES.get(error.code, Class.REMOTE)
    remedy = error.remedy or "do not run this image; report it to the registry's operator"
    return Gap(
        Check(error.code, Outcome.FAILED, error.where, klass, error.expected, error.actual, remedy)
    )


def place_of(want: MeasureLayer) -> str:
    """Return where a layer is, for messages."""
    return f"{want.repository}@{want.layer.digest}"
