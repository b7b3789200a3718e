"""Standard output and standard error: written whole, and quiet where the reader has gone."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO


LONGEST_LINE = 4000
_WIDTH = 80
_LEAST_WIDTH = 40


def terminal_width(*, look: bool = True) -> int:
    """Return the columns to fill: of ``COLUMNS``, of the terminal if ``look``, or 80."""
    stated = os.environ.get("COLUMNS", "")
    if stated.isascii() and stated.isdigit():
        return max(int(stated[:4]), _LEAST_WIDTH)
    if look and is_terminal(sys.stdout):
        return max(os.get_terminal_size(sys.stdout.fileno()).columns, _LEAST_WIDTH)
    return _WIDTH


def is_terminal(stream: IO[str] | None) -> bool:
    """Return True if a person sees this stream; False if it was closed or replaced."""
    return stream is not None and not stream.closed and stream.isatty()


def write_out(text: str | bytes) -> None:
    """Write to standard output. A reader that has closed the pipe is no error.

    What the stream cannot encode is escaped; bytes go out as they are. Raises ``StateError``
    where nothing can be written, or the stream was closed from the start.
    """
    if sys.stdout is None:
        raise _not_written("it is closed")
    try:
        if isinstance(text, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(text)
        else:
            sys.stdout.write(encodable(text))
        sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        raise _not_written(error.strerror or type(error).__name__) from error


def write_error(line: str) -> None:
    """Write one line to standard error; what could steer a terminal is shown as "?".

    What is longer than 4000 characters is cut: it came from elsewhere.
    """
    if sys.stderr is None:
        # Closed from the start: there is nobody to tell, and the exit code must still be right.
        return
    cut = line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}..."
    shown = "".join(c if c.isprintable() else "?" for c in cut)
    try:
        sys.stderr.write(f"{shown}\n")
        sys.stderr.flush()
    except OSError:
        # There is nobody left to tell.
        _silence(sys.stderr)


def _not_written(reason: str) -> Exception:
    from crosstrust.errors import StateError

    return StateError(
        "local.output.saved",
        "standard output",
        expected="to be written",
        actual=reason,
        remedy="free some space, or name a file with -o",
    )


def _silence(stream: IO[str]) -> None:
    """Python flushes the stream again at its end, and would complain then."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, stream.fileno())
    os.close(sink)


def encodable(text: str) -> str:
    """Return ``text`` with what standard output cannot write escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
