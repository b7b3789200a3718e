"""Taps at the seams of pytest and of Python's own library, through which all that tests do passes.

None is at our own code: what crosstrust prints, raises and sends is seen where it arrives.
"""

from __future__ import annotations

import io
import logging
import shutil
import subprocess
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.canaries.search import Search

BODY_LIMIT = 1024 * 1024


class LogTap(logging.Handler):
    """Hears every record of every logger, whatever its level."""

    def __init__(self, search: Search) -> None:
        super().__init__(level=0)
        self._search = search

    def emit(self, record: logging.LogRecord) -> None:
        self._search.note("log", record.name, self.format(record))


def tap(search: Search, patch: pytest.MonkeyPatch) -> None:
    """Let ``search`` note all outputs, errors that are expected, requests and lost folders."""
    _tap_captured(search, patch)
    _tap_processes(search, patch)
    _tap_raised(search, patch)
    _tap_requests(search, patch)
    _tap_removed(search, patch)


def _tap_captured(search: Search, patch: pytest.MonkeyPatch) -> None:
    read = pytest.CaptureFixture.readouterr

    def readouterr(self: pytest.CaptureFixture[Any]) -> Any:
        caught = read(self)
        for text in caught:
            search.note("output", "read by the test", text)
        return caught

    patch.setattr(pytest.CaptureFixture, "readouterr", readouterr)


def _tap_processes(search: Search, patch: pytest.MonkeyPatch) -> None:
    communicate = subprocess.Popen.communicate

    def heard(self: subprocess.Popen[Any], *arguments: Any, **options: Any) -> Any:
        caught = communicate(self, *arguments, **options)
        for text in caught:
            if text:
                search.note("output of a process", str(self.args)[:80], text)
        return caught

    patch.setattr(subprocess.Popen, "communicate", heard)


def _tap_raised(search: Search, patch: pytest.MonkeyPatch) -> None:
    fill = pytest.ExceptionInfo.fill_unfilled

    def filled(self: pytest.ExceptionInfo[Any], raised: Any) -> None:
        fill(self, raised)
        search.note("traceback", type(raised[1]).__name__, shown_error(raised[1]))

    patch.setattr(pytest.ExceptionInfo, "fill_unfilled", filled)


def shown_error(error: BaseException) -> str:
    """What a traceback shows of an error and of those it came from, beside lines of source."""
    lines: list[str] = []
    chain: BaseException | None = error
    while chain is not None:
        lines += [repr(chain), *traceback.format_exception_only(chain)]
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    return "\n".join(lines)


def _tap_removed(search: Search, patch: pytest.MonkeyPatch) -> None:
    """What is removed while a test runs, as temporary folders are, is looked at before."""
    remove: Callable[..., None] = shutil.rmtree

    def rmtree(path: Any, *arguments: Any, **options: Any) -> None:
        # pytest calls so what earlier runs left, whose tests were searched then.
        if isinstance(path, str | Path) and not Path(path).name.startswith("garbage-"):
            search.look_below(Path(path))
        remove(path, *arguments, **options)

    patch.setattr(shutil, "rmtree", rmtree)


class _Again:
    """A stream whose first bytes were read already, and are read again."""

    def __init__(self, first: bytes, rest: Any) -> None:
        self._first = io.BytesIO(first)
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        return self._first.read(size) or bytes(self._rest.read(size))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rest, name)


def _tap_requests(search: Search, patch: pytest.MonkeyPatch) -> None:
    parse = BaseHTTPRequestHandler.parse_request

    def parse_request(self: BaseHTTPRequestHandler) -> bool:
        good = parse(self)
        if good:
            place = _destination(self)
            head = f"{self.command} {self.path}\n{self.headers}".encode("latin-1", "replace")
            search.note("request", f"to {place}", head + _body(self), place=place)
        return good

    patch.setattr(BaseHTTPRequestHandler, "parse_request", parse_request)


def _destination(handler: Any) -> str:
    """The place that a request came to: behind a proxy what CONNECT named, else what Host does."""
    if handler.command == "CONNECT":
        handler.destination = handler.path
        host, port = handler.connection.getsockname()[:2]
        return f"{host}:{port}"
    place = getattr(handler, "destination", "") or handler.headers.get("Host", "")
    return str(place).removesuffix(":443")


def _body(handler: Any) -> bytes:
    """The body of a request, which the handler will read too."""
    length = handler.headers.get("Content-Length", "0")
    if not length.isdecimal() or not 0 < int(length) <= BODY_LIMIT:
        return b""
    body = bytes(handler.rfile.read(int(length)))
    handler.rfile = _Again(body, handler.rfile)
    return body
