"""The exchanges that libcurl has under way: how they start, how they end, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from crosstrust.evidence.verdict import ProxyUse
from crosstrust.sources.connection import Connection, Connector
from crosstrust.sources.curl import pycurl
from crosstrust.sources.proxy import shown_proxy
from crosstrust.sources.wire import Transfer
from crosstrust.value import dataclass

if TYPE_CHECKING:
    from crosstrust.sources.request import Response
    from crosstrust.sources.settings import Settings
    from crosstrust.sources.task import Broken, Hop, Task

_TOTAL_CONNECTIONS = 256
# While libcurl resolves a name there is no socket to wait for.
_BLIND_SELECT = 0.002


@dataclass(frozen=True, slots=True)
class Landing:
    """A transfer that is over, and whose it was.

    ``opened``: connections made for it; ``closed``: its connection was lost; ``multiplexed``:
    the server agreed to HTTP/2.
    """

    transfer: Transfer
    owner: Task[Any]
    reply: Response | Broken
    opened: int
    closed: bool
    multiplexed: bool


class Flights:
    """Transfers on one multi handle. Connections live until ``close``.

    ``requests`` and ``bytes`` (heads included) count all that was sent and received.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self.requests = 0
        self.bytes = 0
        self._settings = settings
        self._monotonic = monotonic
        self._sleep = sleep
        self._connector = Connector(settings)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, _TOTAL_CONNECTIONS)
        self._multi.setopt(pycurl.M_MAXCONNECTS, _TOTAL_CONNECTIONS)
        self._idle: list[Any] = []
        self._flying: dict[Any, tuple[Transfer, Task[Any]]] = {}
        self._proxies: dict[str, int] = {}

    @property
    def proxies(self) -> tuple[ProxyUse, ...]:
        """Each proxy that was used, without its password, and for how many requests."""
        return tuple(ProxyUse(proxy, count) for proxy, count in self._proxies.items())

    def launch(self, transfer: Transfer, owner: Task[Any], *, multiplexed: bool) -> None:
        """Start ``transfer``; ``multiplexed``: wait for a connection that others share."""
        connection = self._connector.connection(transfer.hop.url)
        if connection.proxy:
            shown = shown_proxy(connection.proxy)
            self._proxies[shown] = self._proxies.get(shown, 0) + 1
        handle = self._idle.pop() if self._idle else pycurl.Curl()
        _prepare(handle, transfer, connection, multiplexed=multiplexed)
        self._limit_time(handle, transfer.hop)
        handle.setopt(pycurl.USERAGENT, self._settings.user_agent)
        self.requests += 1
        # In this order: whatever interrupts us, what is called flying can be taken back.
        self._multi.add_handle(handle)
        self._flying[handle] = transfer, owner
        if transfer.reusing:
            # Else libcurl may give the open connection to one that came later.
            self._multi.perform()

    def _limit_time(self, handle: Any, hop: Hop) -> None:
        left = max(0.001, hop.deadline.at - self._monotonic())
        handle.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, int(hop.timeouts.connect * 1000)))
        handle.setopt(pycurl.TIMEOUT_MS, max(1, int(left * 1000)))
        # Too slow for that long: covers the first byte and every gap after.
        handle.setopt(pycurl.LOW_SPEED_LIMIT, hop.timeouts.slowest)
        handle.setopt(pycurl.LOW_SPEED_TIME, max(1, round(hop.timeouts.idle)))

    def step(self) -> Iterator[Landing]:
        """Move all on without waiting; yield those that are complete, broken or decided."""
        self._multi.perform()
        for handle, (transfer, _) in list(self._flying.items()):
            if transfer.take():
                yield self._land(handle, 0, "", cut=True)
        more = True
        while more:
            more_left, good, bad = self._multi.info_read()
            ended = [(handle, 0, "") for handle in good] + bad
            for handle, errno, message in ended:
                if handle in self._flying:
                    yield self._land(handle, errno, message)
            more = bool(more_left)

    def _land(self, handle: Any, errno: int, message: str, *, cut: bool = False) -> Landing:
        transfer, owner = self._flying.pop(handle)
        reply = transfer.finish(handle, errno, message)
        self.bytes += transfer.size + handle.getinfo(pycurl.HEADER_SIZE)
        landing = Landing(
            transfer,
            owner,
            reply,
            opened=handle.getinfo(pycurl.NUM_CONNECTS),
            closed=cut or bool(errno),
            multiplexed=handle.getinfo(pycurl.INFO_HTTP_VERSION) == pycurl.CURL_HTTP_VERSION_2_0,
        )
        self._multi.remove_handle(handle)
        self._idle.append(handle)
        return landing

    def wait(self, seconds: float) -> None:
        """Wait until something may have arrived, at most ``seconds``."""
        curls = self._multi.timeout()
        if curls >= 0:
            seconds = min(seconds, curls / 1000)
        if seconds > 0 and self._multi.select(seconds) < 0:
            self._sleep(min(seconds, _BLIND_SELECT))

    def abandon(self) -> None:
        """Drop what is still under way."""
        for handle in self._flying:
            self._multi.remove_handle(handle)
            handle.close()
        self._flying.clear()

    def close(self) -> None:
        """Close every connection."""
        for handle in self._idle:
            handle.close()
        self._idle.clear()
        self._multi.close()


def _prepare(handle: Any, transfer: Transfer, connection: Connection, *, multiplexed: bool) -> None:
    """Set every option of ``handle`` for ``transfer``; nothing is left from its last use."""
    hop = transfer.hop
    transfer.proxied = bool(connection.proxy)
    handle.reset()
    _set_request(handle, hop)
    connection.apply(handle)
    for option, value in (
        (pycurl.NOSIGNAL, 1),
        (pycurl.FOLLOWLOCATION, 0),
        (pycurl.PATH_AS_IS, 1),
        (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS),
        (pycurl.PIPEWAIT, int(multiplexed)),
        (pycurl.TCP_NODELAY, 1),
        (pycurl.HEADERFUNCTION, transfer.lines.append),
        (pycurl.WRITEFUNCTION, transfer.chunks.append),
    ):
        handle.setopt(option, value)
    if hop.stream is not None:
        handle.setopt(pycurl.BUFFERSIZE, 256 * 1024)
    if hop.wary:
        handle.setopt(pycurl.VERBOSE, 1)
        handle.setopt(pycurl.DEBUGFUNCTION, transfer.overhear)
    if hop.guarded and not connection.proxy:
        handle.setopt(pycurl.OPENSOCKETFUNCTION, _guarded_socket(transfer))
        handle.setopt(pycurl.PREREQFUNCTION, _guarded_reuse(transfer))


def _set_request(handle: Any, hop: Hop) -> None:
    fields = [*hop.fields, ("Accept-Encoding", "identity")]
    handle.setopt(pycurl.URL, str(hop.url))
    protocol = pycurl.PROTO_HTTPS if hop.url.scheme == "https" else pycurl.PROTO_HTTP
    handle.setopt(pycurl.PROTOCOLS, protocol)
    if hop.method == "HEAD":
        handle.setopt(pycurl.NOBODY, 1)
    elif hop.body is not None:
        handle.setopt(pycurl.POSTFIELDS, hop.body)
        fields.append(("Expect", ""))
    handle.setopt(pycurl.HTTPHEADER, [f"{n}: {v}" if v else f"{n}:" for n, v in fields])


def _guarded_socket(transfer: Transfer) -> Any:
    import socket  # start-up time: only redirects and foreign realms are guarded

    def open_socket(_purpose: int, address: Any) -> Any:
        family, kind, protocol, place = address
        if not transfer.allow(str(place[0])):
            return pycurl.SOCKET_BAD
        return socket.socket(family, kind, protocol)

    return open_socket


def _guarded_reuse(transfer: Transfer) -> Any:
    def before_request(remote: str, _local: str, _port: int, _own_port: int) -> int:
        answer = pycurl.PREREQFUNC_OK if transfer.allow(remote) else pycurl.PREREQFUNC_ABORT
        return int(answer)

    return before_request
