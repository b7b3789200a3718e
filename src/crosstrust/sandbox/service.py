"""The sandbox on loopback: public names, a CA of its own, a proxy, and a log of requests."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from crosstrust.sandbox.authority import LOOPBACK, create_authority
from crosstrust.sandbox.exchange import Play, Request, Response, Site, answer_error
from crosstrust.sandbox.listener import Listener, Seen

_POLL_SECONDS = 0.02

Fault = Callable[[Response], Response]


class Service:
    """Serves ``sites`` by host name over TLS, as a context manager.

    ``sites`` is keyed by "host" or "host/path", the second before the first. Requests to
    localhost itself go to the site named ``local``. Point a client at it with ``environment``.
    """

    def __init__(self, sites: Mapping[str, Site], *, local: str = "") -> None:
        self._sites = dict(sites)
        self._local = local
        self._faults: dict[tuple[str, str], Fault] = {}

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="crosstrust-sandbox-")
        hosts = sorted({name.partition("/")[0] for name in self._sites})
        authority = create_authority(Path(self._folder.name), hosts)
        self.ca_file = authority.ca_file
        self._listener = Listener(self._answer, authority.context)
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(_POLL_SECONDS,), name="crosstrust-sandbox"
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown()
        self._thread.join()
        self._listener.close()
        self._folder.cleanup()

    @property
    def port(self) -> int:
        """The one port: CONNECT proxy, and TLS for localhost."""
        return self._listener.port

    @property
    def url(self) -> str:
        """The address of the site that answers for localhost."""
        return f"https://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make a client, ours or docker's, meet the sandbox."""
        proxy = f"http://{LOOPBACK}:{self.port}"
        # In lower case too, which libcurl prefers: a user's own proxy would lead out of here.
        return {
            **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), proxy),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
            "SSL_CERT_FILE": str(self.ca_file),
        }

    @property
    def requests(self) -> list[Seen]:
        """Every request so far, in the order of its answer."""
        return list(self._listener.seen)

    @property
    def broken(self) -> list[str]:
        """Connections that ended in an error, such as a client that distrusts the CA."""
        return list(self._listener.broken)

    def fail(self, prefix: str, response: Response, *, method: str = "") -> None:
        """Answer every request whose "host/path " starts with ``prefix`` with ``response``.

        With the space at its end a prefix is the whole path. ``method``, where given, narrows it
        to the requests with that method.
        """
        self.distort(prefix, lambda _: response, method=method)

    def distort(self, prefix: str, fault: Fault, *, method: str = "") -> None:
        """Answer such requests with what ``fault`` makes of the honest response."""
        self._faults[method, prefix] = fault

    def break_connections(self, host: str, play: Play) -> None:
        """Let every further connection to ``host`` end like that, before TLS begins."""
        self._listener.connect_faults[host] = play

    def recover(self) -> None:
        """Undo every fault."""
        self._faults.clear()
        self._listener.connect_faults.clear()

    def _answer(self, request: Request) -> Response:
        place = f"{request.host}{request.path} "
        for (method, prefix), fault in self._faults.items():
            if place.startswith(prefix) and method in {"", request.method}:
                return fault(self._honest(request))
        return self._honest(request)

    def _honest(self, request: Request) -> Response:
        site = self._site(request)
        if site is None:
            return answer_error(404, "NAME_UNKNOWN", f"the sandbox has no {request.host}")
        return site.respond(request)

    def _site(self, request: Request) -> Site | None:
        host = self._local if request.host in {"localhost", LOOPBACK} else request.host
        return self._sites.get(f"{host}{request.path}") or self._sites.get(host)
