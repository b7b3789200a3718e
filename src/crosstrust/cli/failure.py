"""What went wrong, as one line on standard error and an exit code.

A bug of ours also leaves a report: where it happened, and nothing of what was being looked at.
"""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Mapping, Sequence

from crosstrust.cli.command import find_command
from crosstrust.cli.exit_code import BUG, REJECTED, UNDECIDED, USAGE
from crosstrust.cli.stream import write_error
from crosstrust.errors import (
    CrosstrustError,
    InputError,
    MalformedError,
    StateError,
)

_CODES = (
    (InputError, USAGE),
    (StateError, UNDECIDED),
    (MalformedError, REJECTED),
)


_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN})


def tell_failure(error: Exception, arguments: Sequence[str]) -> int:
    """Tell ``error`` on standard error and return the exit code for it."""
    if isinstance(error, CrosstrustError):
        from crosstrust.cli.trouble import told

        write_error(f"crosstrust: {told(error)}")
        return next((code for kind, code in _CODES if isinstance(error, kind)), BUG)
    if _is_exhausted(error):
        return tell_failure(_exhausted(error), arguments)
    return _tell_bug(error, arguments)


def _is_exhausted(error: BaseException) -> bool:
    """Return True where this process ran out of what the system lets it have: no bug of ours."""
    return isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno in _EXHAUSTED
    )


def _exhausted(error: Exception) -> StateError:
    reason = error.strerror if isinstance(error, OSError) else ""
    return StateError(
        "local.process.limit",
        "crosstrust",
        expected="open files, threads and memory enough",
        actual=reason or "no memory left",
    )


def _tell_bug(error: Exception, arguments: Sequence[str]) -> int:
    if "--debug" in arguments or _is_on(os.environ.get("CROSSTRUST_DEBUG", "")):
        for line in "".join(traceback.format_exception(error)).splitlines():
            write_error(line)
    report = render_report(error, arguments)
    try:
        place = f"a report is in {save_report(report, os.environ)}"
    except (OSError, StateError) as trouble:
        reason = trouble.strerror if isinstance(trouble, OSError) else trouble.actual
        place = f"a report could not be saved ({reason}); --debug shows the traceback"
    write_error(f"crosstrust: this is a bug of crosstrust ({type(error).__name__}); {place}")
    return BUG


def _is_on(text: str) -> bool:
    from crosstrust.cli.parser import TRUE_WORDS

    return text.strip().lower() in TRUE_WORDS


def render_report(error: Exception, arguments: Sequence[str]) -> str:
    """Return what helps to find the bug: versions, command, and the places in the code.

    No values: not the exception's text, no arguments but the names of options, no variables. So
    the report can be published as it is.
    """
    import platform
    import sys

    from crosstrust import __version__

    command, rest = find_command(list(arguments))
    options = [word.partition("=")[0] for word in rest if word.startswith("--")]
    lines = [
        f"crosstrust {__version__}",
        f"python {sys.version.split()[0]} on {platform.system()} {platform.machine()}",
        f"command {command} {' '.join(options)}".rstrip(),
    ]
    lines += _places(error)
    return "\n".join(lines) + "\n"


def _places(error: BaseException) -> list[str]:
    """The exception and its causes, each with its frames, innermost last."""
    lines = [f"{type(error).__module__}.{type(error).__name__}"]
    for frame in traceback.extract_tb(error.__traceback__):
        file = "/".join(frame.filename.split(os.sep)[-3:])
        lines.append(f"  {file}:{frame.lineno} {frame.name}")
    cause = error.__cause__ or error.__context__
    return [*lines, "from", *_places(cause)] if cause is not None else lines


def save_report(report: str, environ: Mapping[str, str]) -> str:
    """Write the report into the state directory, readable by this user only; where it is."""
    from crosstrust.app.clock import now
    from crosstrust.app.option import find_home
    from crosstrust.app.place import find_places
    from crosstrust.sources.atomic_file import make_directory

    state = find_places(environ, find_home(environ), cache=False).state
    folder = os.path.join(state, "reports")
    # Whoever writes first makes the state's folder, which the trust store refuses to share.
    for each in (state, folder):
        make_directory(each)
    file = os.path.join(folder, f"{now():%Y%m%dT%H%M%S}-{os.getpid()}.txt")
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(report)
    except OSError:
        os.unlink(file)
        raise
    return file
