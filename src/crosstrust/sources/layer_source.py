"""Layers, streamed from their registries and measured: nothing of them is kept but three facts."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

from crosstrust.chain.answer import Absent, Gap, Measured, Reply
from crosstrust.chain.want import MeasureLayer, Want
from crosstrust.errors import MalformedError, StateError
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.limits import KIB
from crosstrust.oci.media_type import is_foreign_layer
from crosstrust.sources.inflate import declared_compression
from crosstrust.sources.layer import LayerMeter
from crosstrust.sources.refusal import is_html, unexpected
from crosstrust.value import replace

if TYPE_CHECKING:
    from typing import Self

    from crosstrust.sources.inflate import Compression
    from crosstrust.sources.remote import Remote
    from crosstrust.sources.request import Request, Response
    from crosstrust.sources.trust_store import TrustStore

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


class LayerSource:
    """Answers ``MeasureLayer``: from what this machine measured before, else by streaming.

    ``max_download``: bytes of layers, as served, that may be fetched in all. ``troubles``: why
    measurements could not be remembered; they change no answer.
    """

    def __init__(
        self,
        remote: Remote,
        store: TrustStore,
        *,
        max_download: int,
        progress: Progress | None = None,
    ) -> None:
        self._remote = remote
        self._store = store
        self._allowed = max_download
        self._left = max_download
        self._progress = progress
        self.troubles: list[StateError] = []

    def serves(self, want: Want) -> bool:
        """Return True for layers."""
        return isinstance(want, MeasureLayer)

    def fetch_all(self, wants: Sequence[Want]) -> Mapping[Want, Reply]:
        """Return what was measured of each layer, or why it was not.

        Layers that need more than is left of ``max_download`` are not fetched at all: a part
        of them would not decide anything. What is said beside the bytes of a layer, such as
        annotations, does not make it another one.
        """
        asked = [want for want in wants if isinstance(want, MeasureLayer)]
        first: dict[tuple[object, ...], MeasureLayer] = {}
        for want in asked:
            first.setdefault(_bytes_of(want), want)
        replies = self._fetch(list(first.values()))
        return {want: replies[first[_bytes_of(want)]] for want in asked}

    def _fetch(self, asked: Sequence[MeasureLayer]) -> dict[Want, Reply]:
        replies: dict[Want, Reply] = {}
        for want in asked:
            known = _refused(want) or self._remembered(want)
            if known is not None:
                replies[want] = known
        left = sorted((w for w in asked if w not in replies), key=lambda w: -w.layer.size)
        needed = sum(want.layer.size for want in left)
        if needed > self._left:
            return replies | {want: self._too_much(want, needed) for want in left}
        self._left -= needed
        for start in range(0, len(left), LAYERS_AT_ONCE):
            replies |= self._measure(left[start : start + LAYERS_AT_ONCE])
        return replies

    def _remembered(self, want: MeasureLayer) -> Reply | None:
        layer = want.layer
        try:
            found = self._store.measured(layer.digest, declared_compression(layer.media_type))
        except StateError as error:
            # What was measured can be measured again.
            self._note(error)
            return None
        if found is not None and found.size != layer.size:
            other = MalformedError(
                "image.size.match",
                _place(want),
                expected=f"{layer.size} bytes",
                actual=f"{found.size} bytes",
            )
            return _failed(other)
        return found

    def _measure(self, wants: Sequence[MeasureLayer]) -> dict[Want, Reply]:
        """Stream a few layers at once and remember what was measured."""
        with ExitStack() as stack:
            downloads = [
                stack.enter_context(Download(want, self._remote, self._progress)) for want in wants
            ]
            responses = self._remote.transport.fetch_all([d.request() for d in downloads])
            pairs = list(zip(downloads, responses, strict=True))
            replies = [download.reply_from(response) for download, response in pairs]
        found = [
            (reply, download.meter.compression)
            for download, reply in zip(downloads, replies, strict=True)
            if isinstance(reply, Measured)
        ]
        if found:
            self._remember(found)
        return dict(zip(wants, replies, strict=True))

    def _remember(self, found: Sequence[tuple[Measured, Compression]]) -> None:
        try:
            trouble = self._store.record_measured(found)
        except StateError as error:
            trouble = error
        if trouble is not None:
            self._note(trouble)

    def _note(self, trouble: StateError) -> None:
        if str(trouble) not in map(str, self.troubles):
            self.troubles.append(trouble)

    def _too_much(self, want: MeasureLayer, needed: int) -> Gap:
        return Gap(
            Check(
                "image.layer.verified",
                Outcome.UNKNOWN,
                _place(want),
                Class.POLICY,
                f"at most {self._left} of {self._allowed} bytes left to download",
                f"{needed} bytes of layers whose digests differ from the signed ones",
                "allow more with --max-download SIZE",
            )
        )


class Download:
    """One layer on its way from the registry through a meter."""

    def __init__(self, want: MeasureLayer, remote: Remote, progress: Progress | None) -> None:
        self._want = want
        self._remote = remote
        self._progress = progress
        self._fault: MalformedError | None = None
        self.meter = LayerMeter(want.layer, _place(want))

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
            return _failed(self._fault)
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
            return _failed(error)

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


def _bytes_of(want: MeasureLayer) -> tuple[object, ...]:
    layer = want.layer
    return want.repository, layer.digest, layer.size, layer.media_type, layer.urls


def _refused(want: MeasureLayer) -> Gap | None:
    """Return why a layer is not fetched whatever the registry serves, or None."""
    layer = want.layer
    if layer.urls or is_foreign_layer(layer.media_type):
        return Gap(
            Check(
                "image.layer.foreign",
                Outcome.FAILED,
                _place(want),
                Class.CONTENT,
                "a layer that the registry itself holds",
                layer.media_type + "".join(f" {url[:200]}" for url in layer.urls[:1]),
                "push the image again without foreign layers",
            )
        )
    if declared_compression(layer.media_type) is None:
        return Gap(
            Check(
                "image.layer.media_type",
                Outcome.UNKNOWN,
                _place(want),
                Class.REMOTE,
                "a layer of tar, gzip or zstd",
                layer.media_type[:200],
                "ask the publisher to push layers as tar, gzip or zstd",
            )
        )
    return None


def _failed(error: MalformedError) -> Gap:
    klass = _CLASSES.get(error.code, Class.REMOTE)
    remedy = error.remedy or "do not run this image; report it to the registry's operator"
    return Gap(
        Check(error.code, Outcome.FAILED, error.where, klass, error.expected, error.actual, remedy)
    )


def _place(want: MeasureLayer) -> str:
    return f"{want.repository}@{want.layer.digest}"
