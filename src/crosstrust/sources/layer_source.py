"""Layers, streamed from their registries and measured: nothing of them is kept but three facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from crosstrust.chain.answer import Gap, Measured, Reply
from crosstrust.chain.want import MeasureLayer, Want
from crosstrust.errors import MalformedError, StateError
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.media_type import is_foreign_layer
from crosstrust.sources.download import LAYERS_AT_ONCE, Download, failed, place_of
from crosstrust.sources.inflate import declared_compression

if TYPE_CHECKING:
    from crosstrust.sources.download import Progress
    from crosstrust.sources.inflate import Compression
    from crosstrust.sources.remote import Remote
    from crosstrust.sources.trust_store import TrustStore


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
                place_of(want),
                expected=f"{layer.size} bytes",
                actual=f"{found.size} bytes",
            )
            return failed(other)
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
                place_of(want),
                Class.POLICY,
                f"at most {self._left} of {self._allowed} bytes left to download",
                f"{needed} bytes of layers whose digests differ from the signed ones",
                "allow more with --max-download SIZE",
            )
        )


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
                place_of(want),
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
                place_of(want),
                Class.REMOTE,
                "a layer of tar, gzip or zstd",
                layer.media_type[:200],
                "ask the publisher to push layers as tar, gzip or zstd",
            )
        )
    return None
