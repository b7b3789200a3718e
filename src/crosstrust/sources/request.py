"""What the transport is asked for, and what a server said."""

from __future__ import annotations

from collections.abc import Callable

from crosstrust.oci.limits import MANIFEST_SIZE
from crosstrust.sources.meter import Meter
from crosstrust.value import dataclass, field


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect; without a single byte; for a request with its tokens and retries.

    ``slowest``: bytes a second; what stays below it for the ``idle`` seconds ends there.
    """

    connect: float = 10.0
    idle: float = 30.0
    whole: float = 600.0
    slowest: int = 1


@dataclass(frozen=True, slots=True)
class Access:
    """What a request may need a token for.

    ``account`` is "host/path" under which credentials are looked up, most specific first
    ("docker.io/nicolas/webdis"); ``scope`` is what to ask for ("repository:nicolas/webdis:pull").
    """

    account: str
    scope: str


@dataclass(frozen=True, slots=True)
class Request:
    """One GET or HEAD. Equal requests are separate requests.

    ``limit``: the longest body in bytes; one more is ``limit.exceeded``. ``sink`` takes the body
    of a good answer (2xx) piece by piece instead of ``Response.body``; after a cut connection
    it goes on where it was. A ``MalformedError`` from the sink ends this request alone.
    ``on_progress`` is told the bytes received so far. ``meter`` counts what good answers to all
    requests of one side come to.
    """

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    limit: int = MANIFEST_SIZE
    access: Access | None = None
    timeouts: Timeouts | None = None
    sink: Callable[[bytes], object] | None = field(default=None, repr=False, compare=False)
    on_progress: Callable[[int], object] | None = field(default=None, repr=False, compare=False)
    meter: Meter | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as served. ``fields`` are (lower-case name, value) in order of arrival.

    ``origin`` is the server that was asked ("https://ghcr.io"), ``address`` the IP address that
    answered ("" behind a proxy). Bodies of errors are cut at ``oci.limits.ERROR_SIZE``.
    """

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes
    origin: str
    url: str
    address: str = ""
    method: str = "GET"

    def header(self, name: str) -> str:
        """Return the value of the first field of that lower-case name, or ""."""
        return next((value for key, value in self.fields if key == name), "")

    def headers(self, name: str) -> tuple[str, ...]:
        """Return every value of that lower-case name."""
        return tuple(value for key, value in self.fields if key == name)

    @property
    def media_type(self) -> str:
        """The declared type without parameters: "application/json"."""
        return self.header("content-type").partition(";")[0].strip()
