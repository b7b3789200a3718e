"""The network of one session: registries, notary servers and layers behind one transport."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from crosstrust.app.clock import now
from crosstrust.app.collect import More
from crosstrust.app.option import Options
from crosstrust.chain.want import MeasureLayer, ReadRole, Want
from crosstrust.evidence.verdict import Notice, Traffic
from crosstrust.sources.endpoint import registry_url
from crosstrust.sources.remote import Remote
from crosstrust.sources.request import Timeouts
from crosstrust.sources.settings import Settings
from crosstrust.sources.transport import Transport
from crosstrust.sources.trust_store import TrustStore
from crosstrust.sources.url import parse_url
from crosstrust.value import replace

if TYPE_CHECKING:
    from crosstrust.sources.layer_source import LayerSource


class Network:
    """Answers every want from the servers that its names stand for, and from no others."""

    def __init__(self, options: Options, store: TrustStore) -> None:
        settings = Settings.from_environment(
            options.environ,
            str(options.home or ""),
            version=options.version,
            plain_http=frozenset(options.plain_http),
            now=now,
        )
        timeouts, realms = _timeouts(options.timeout), _realms(options.realms)
        settings = replace(settings, timeouts=timeouts, realms=realms)
        self._transport = Transport(settings)
        self._remote = Remote(settings, self._transport)
        self._options = options
        self._store = store
        self._layers: LayerSource | None = None

    def pursue(
        self,
        wants: Sequence[Want],
        more: More,
        *,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Answer ``wants`` and what ``more`` returns; layers when all documents are there."""
        # What is asked cold takes so many round trips that two more requests are worth three.
        self._transport.open_early(early=any(_is_cold(want) for want in wants))
        layers: list[MeasureLayer] = []

        def documents(found: Sequence[Want]) -> list[Want]:
            layers.extend(want for want in found if isinstance(want, MeasureLayer))
            return [want for want in found if not isinstance(want, MeasureLayer)]

        left = documents(wants)
        while left or layers:
            if left:
                self._remote.pursue(left, lambda got: documents(more(got)), meanwhile=meanwhile)
            meanwhile, left = None, []
            if layers:
                replies = self._measuring().fetch_all(tuple(layers))
                layers.clear()
                left = documents(more(replies))

    def _measuring(self) -> LayerSource:
        """Return the one source of layers, since what may be downloaded is counted in all."""
        if self._layers is None:
            from crosstrust.sources.layer_source import LayerSource  # few runs need layers

            self._layers = LayerSource(
                self._remote,
                self._store,
                max_download=self._options.max_download,
                progress=self._options.progress,
            )
        return self._layers

    @property
    def traffic(self) -> Traffic:
        """What the session has cost so far."""
        return self._transport.traffic

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the reader should know: hosts without TLS, helpers that failed."""
        troubles = (
            Notice(trouble.code, trouble.where, f"{trouble.actual}: a layer was not remembered")
            for trouble in (self._layers.troubles if self._layers is not None else ())
        )
        return (*self._transport.warnings, *troubles)

    def forget_notices(self) -> None:
        """Let ``notices`` be of what is asked from now on."""
        self._transport.forget_warnings()
        if self._layers is not None:
            self._layers.troubles.clear()

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()


def _timeouts(whole: float) -> Timeouts:
    """No part of a request may take longer than the whole."""
    usual = Timeouts()
    return Timeouts(min(usual.connect, whole), min(usual.idle, whole), whole)


def _realms(pairs: Sequence[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Return the token services by the place that is asked: Docker Hub has another name there."""
    realms: dict[str, frozenset[str]] = {}
    for host, realm in pairs:
        place = registry_url(host, plain_http=frozenset()).place
        further = parse_url(f"https://{realm}", realm).place
        realms[place] = realms.get(place, frozenset()) | {further}
    return realms


def _is_cold(want: Want) -> bool:
    """A root without a version is asked for only where nothing was seen before."""
    return isinstance(want, ReadRole) and want.role == "root" and want.version is None
