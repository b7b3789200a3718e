"""One HTTP exchange on a libcurl handle: what arrives, and how it ends."""

from __future__ import annotations

from typing import Any

from crosstrust.errors import LimitError, MalformedError
from crosstrust.evidence.check import Class
from crosstrust.oci.limits import ERROR_SIZE
from crosstrust.sources.address import is_reserved
from crosstrust.sources.curl import pycurl
from crosstrust.sources.gap import could_not_ask, misbehaved, shown
from crosstrust.sources.head import FIELD_COUNT, HEAD_SIZE, Head, parse_head
from crosstrust.sources.redact import redact
from crosstrust.sources.request import Response
from crosstrust.sources.task import Broken, Hop

# CURLE_HTTP2_STREAM and CURLE_TOO_LARGE, which pycurl does not name
_HTTP2_STREAM = 92
_TOO_LARGE = 100
_UNREACHED = frozenset({
    pycurl.E_COULDNT_CONNECT,
    pycurl.E_COULDNT_RESOLVE_HOST,
    pycurl.E_COULDNT_RESOLVE_PROXY,
    pycurl.E_GOT_NOTHING,
    pycurl.E_SEND_ERROR,
    pycurl.E_RECV_ERROR,
    pycurl.E_HTTP2,
    _HTTP2_STREAM,
})  # fmt: skip
_TLS = frozenset({
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CIPHER,
    pycurl.E_SSL_ISSUER_ERROR,
    pycurl.E_SSL_INVALIDCERTSTATUS,
})  # fmt: skip
# Files of ours that cannot be used; for a key, releases of libcurl differ.
_KEY = "give certs.d a client certificate with a key of its own that has no password"
_FILES = {
    pycurl.E_SSL_CERTPROBLEM: _KEY,
    pycurl.E_BAD_FUNCTION_ARGUMENT: _KEY,
    pycurl.E_SSL_CACERT_BADFILE: "correct SSL_CERT_FILE, SSL_CERT_DIR or certs.d",
}
_ODD = frozenset({
    pycurl.E_FTP_WEIRD_SERVER_REPLY,  # for HTTP too
    pycurl.E_UNSUPPORTED_PROTOCOL,
    pycurl.E_BAD_CONTENT_ENCODING,
    _TOO_LARGE,
})  # fmt: skip


class Transfer:
    """A hop under way. ``flight.py`` calls ``take`` after each step of libcurl.

    ``since``: when it was queued, on the monotonic clock.
    """

    def __init__(self, hop: Hop) -> None:
        self.hop = hop
        self.lines: list[bytes] = []
        self.chunks: list[bytes] = []
        self.body = bytearray()
        self.size = 0
        self.head: Head | None = None
        self.reply: Response | Broken | None = None
        self.blocked = ""
        self.plain = False
        self.proxied = False
        self.reusing = False
        self.since = 0.0
        self._skip = 0

    def take(self) -> bool:
        """Look at what arrived. True: the exchange is decided, stop reading."""
        if self.reply is None and (self.chunks or len(self.lines) > FIELD_COUNT):
            try:
                self._take_head()
                self._take_body()
            except MalformedError as error:
                self.reply = Broken(
                    misbehaved(
                        error.code, error.where, expected=error.expected, actual=error.actual
                    )
                )
        return self.reply is not None

    def finish(self, handle: Any, errno: int, message: str) -> Response | Broken:
        """Return what came of it, ``errno`` being libcurl's (0: complete)."""
        if self.reply is None and errno == 0:
            try:
                self._take_head()
                self._take_body()
            except MalformedError as error:
                return Broken(misbehaved(error.code, error.where, expected=error.expected))
        if isinstance(self.reply, Broken):
            return self.reply
        if self.reply is None and errno:
            return self._broken(handle, errno, message)
        # Behind a proxy this would be the proxy's address, which says nothing of the server.
        return self._response("" if self.proxied else handle.getinfo(pycurl.PRIMARY_IP) or "")

    def allow(self, address: str) -> bool:
        """Return whether this exchange may use the given IP address; remember if not."""
        if self.hop.guarded and is_reserved(address):
            self.blocked = address
            return False
        return True

    def overhear(self, kind: int, data: bytes) -> None:
        """Take what libcurl shows of a connection: the start of an answer, or page, without TLS."""
        if kind == pycurl.INFOTYPE_SSL_DATA_IN and data.startswith((b"HTTP/", b"<")):
            self.plain = True

    def _take_head(self) -> None:
        where = self.hop.url.shown
        if self.head is not None:
            return
        if sum(map(len, self.lines)) > HEAD_SIZE:
            raise LimitError("http.answer.form", where, expected=f"a head of {HEAD_SIZE} bytes")
        head = self.head = parse_head(self.lines, where)
        stream = self.hop.stream
        if stream is not None and stream.passed and self._good:
            self._skip = 0 if self._continues(head, stream.passed) else stream.passed
        if self._good and self.hop.method != "HEAD" and (head.length or 0) > self.hop.limit:
            raise self._too_long()

    def _continues(self, head: Head, passed: int) -> bool:
        if head.status != 206:
            return False
        given = next((v for n, v in head.fields if n == "content-range"), "")
        if not given.replace("bytes=", "bytes ").startswith(f"bytes {passed}-"):
            raise MalformedError(
                "http.answer.form", self.hop.url.shown, expected=f"the rest from byte {passed}"
            )
        return True

    def _take_body(self) -> None:
        chunks, self.chunks[:] = self.chunks[:], []
        for chunk in chunks:
            self.size += len(chunk)
            if not self._good:
                self.body += chunk[: ERROR_SIZE - len(self.body)]
            elif self.hop.stream is not None:
                self._pass_on(chunk)
            elif self.size > self.hop.limit:
                raise self._too_long()
            else:
                self._count(chunk)
                self.body += chunk
        if chunks and self._good and self.hop.on_progress is not None:
            stream = self.hop.stream
            self.hop.on_progress(stream.passed if stream is not None else self.size)
        if not self._good and self.size > ERROR_SIZE:
            self.reply = self._response("")

    def _count(self, chunk: bytes) -> None:
        if self.hop.meter is not None:
            self.hop.meter.take(len(chunk))

    def _pass_on(self, chunk: bytes) -> None:
        stream = self.hop.stream
        if stream is None:
            return
        skipped = min(self._skip, len(chunk))
        self._skip -= skipped
        if chunk := chunk[skipped:]:
            if stream.passed + len(chunk) > self.hop.limit:
                raise self._too_long()
            stream.sink(chunk)
            stream.passed += len(chunk)

    @property
    def _good(self) -> bool:
        return self.head is not None and 200 <= self.head.status < 300

    def _too_long(self) -> LimitError:
        return LimitError(
            "limit.exceeded", self.hop.url.shown, expected=f"at most {self.hop.limit} bytes"
        )

    def _response(self, address: str) -> Response:
        head = self.head or Head(0, (), None)
        url = self.hop.url
        body = bytes(self.body)
        return Response(
            head.status,
            head.fields,
            body if self._good else redact(body, self.hop),
            url.origin,
            url.shown,
            address,
            self.hop.method,
        )

    def _broken(self, handle: Any, errno: int, message: str) -> Broken:
        """Say what libcurl's error number means; its text is shown, never matched."""
        where, actual = self.hop.url.shown, shown(message)
        if self.blocked:
            return Broken(
                misbehaved(
                    "http.address.blocked", where, expected="a public address", actual=self.blocked
                )
            )
        if errno in _ODD:
            return Broken(misbehaved("http.answer.form", where, actual=actual))
        if errno in _FILES:
            code, klass, remedy = "http.tls.authorities", Class.LOCAL, _FILES[errno]
            return Broken(could_not_ask(code, where, klass=klass, actual=actual, remedy=remedy))
        if errno in _TLS:
            return self._without_tls(errno, actual)
        if self.proxied and handle.getinfo(pycurl.HTTP_CONNECTCODE) == 407:
            remedy = "the proxy wants a user: write http://USER:PASSWORD@HOST:PORT in its variable"
            return Broken(could_not_ask("http.available", where, actual=actual, remedy=remedy))
        code, again = "http.available", errno in _UNREACHED
        if errno == pycurl.E_PARTIAL_FILE or (self.head is not None and errno in _UNREACHED):
            code, again = "http.body.complete", True
        elif errno == pycurl.E_OPERATION_TIMEDOUT:
            # A packet that was lost while connecting may have been the only one.
            code, again = "http.timeout", not handle.getinfo(pycurl.CONNECT_TIME)
        remedy = "check name, network and proxy, then try again"
        return Broken(could_not_ask(code, where, actual=actual, remedy=remedy), again)

    def _without_tls(self, errno: int, actual: str) -> Broken:
        """Say why there is no connection by TLS."""
        where = self.hop.url.shown
        if self.plain and not self.proxied:
            remedy = f"name it with --plain-http {self.hop.url.place} if it has no TLS; else "
            remedy += "see whether a login page stands between"
            return Broken(
                could_not_ask(
                    "http.tls.required", where, expected="TLS", actual="plain HTTP", remedy=remedy
                )
            )
        if errno == pycurl.E_SSL_CONNECT_ERROR:
            remedy = "see whether it speaks TLS 1.2; if it has none, name it with --plain-http"
            return Broken(
                could_not_ask("http.tls.valid", where, actual=actual, remedy=remedy), True
            )
        remedy = "check the certificate; a private authority goes into SSL_CERT_FILE or certs.d"
        return Broken(could_not_ask("http.tls.valid", where, actual=actual, remedy=remedy))
