"""The entry point: finds the command, runs it, and turns what goes wrong into an exit code.

Only the command's own module is imported, and none for the help: keep this file's imports so.
"""

from __future__ import annotations

import sys

from crosstrust.cli.command import USAGE, find_command, is_group, render_commands, render_help

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_GARBAGE = 200_000
_HELP = frozenset({"-h", "--help"})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that ``argv`` (default: the process's arguments) names; the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        from crosstrust.cli.exit_code import INTERRUPTED

        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the one place: a bug of ours must not be a traceback
        from crosstrust.cli.failure import tell_failure

        return tell_failure(error, arguments)


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:], "--help"]
    first = arguments[0] if arguments else ""
    if first in _HELP:
        return _print(render_help())
    if first == "--version":
        from crosstrust import __version__

        return _print(f"crosstrust {__version__}\n")
    command, rest = find_command(arguments)
    if command:
        return _run_command(command, rest)
    if is_group(first) and (arguments[1:2] == [] or arguments[1] in _HELP):
        return _print(f"{USAGE}\n\ncommands:\n{render_commands(first)}")
    raise _unknown(arguments)


def _run_command(command: str, rest: list[str]) -> int:
    import gc
    from importlib import import_module

    # A command ends before there is garbage worth looking for: a tenth of its time otherwise.
    gc.set_threshold(_GARBAGE)
    from crosstrust.cli.console import open_console
    from crosstrust.cli.parser import make_parser

    module = import_module(f"crosstrust.cli.{command.replace(' ', '_')}")
    parser = make_parser(command)
    module.configure(parser)
    try:
        values = parser.read(rest)
    except SystemExit:
        # argparse has printed the command's help.
        return 0
    code: int = module.run(values, open_console(values))
    return code


def _print(text: str) -> int:
    from crosstrust.cli.stream import write_out

    write_out(text)
    return 0


def _unknown(arguments: list[str]) -> Exception:
    from difflib import get_close_matches

    from crosstrust.cli.command import COMMANDS
    from crosstrust.errors import InputError

    typed = " ".join(arguments[: 2 if arguments and is_group(arguments[0]) else 1])
    near = get_close_matches(typed, COMMANDS, n=1)
    remedy = f"did you mean `{near[0]}`?" if near else "`crosstrust --help` lists the commands"
    return InputError(
        "usage.command",
        "crosstrust",
        expected="a command",
        actual=repr(typed[:80]) if typed else "none",
        remedy=remedy,
    )
