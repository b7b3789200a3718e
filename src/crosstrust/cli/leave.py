"""The process of a command, from its start to its exit code."""

from __future__ import annotations

import atexit
import os
import sys

from crosstrust.cli.main import main

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def run() -> NoReturn:
    """Run the command that the process's arguments name, and leave with its exit code.

    Python would take every module apart first, for a tenth of a command's time. Everything that
    a command opens is closed by then; what others registered for the end is run here.
    """
    code = main()
    atexit._run_exitfuncs()  # noqa: SLF001 - since Python 2, and nothing public does it
    for stream in (sys.stdout, sys.stderr):
        # Whatever was written was also flushed, or nobody is left to read it: see ``stream``.
        if stream is not None and not stream.closed:
            stream.flush()
    os._exit(code)
