"""``crosstrust completion SHELL``: prints a script for the shell to read."""

from __future__ import annotations

import argparse
from importlib import import_module

from crosstrust.cli.command import COMMANDS, USAGE
from crosstrust.cli.console import Console
from crosstrust.cli.exit_code import TRUSTED
from crosstrust.cli.parser import CommandParser, Values, make_parser

_SHELLS = ("bash", "zsh", "fish")


def configure(parser: CommandParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("shell", metavar="SHELL", choices=_SHELLS, help=", ".join(_SHELLS))


def run(values: Values, console: Console) -> int:
    """Print the script; `source <(crosstrust completion bash)` tries it."""
    import shtab

    console.result(shtab.complete(_whole_parser(), shell=values.shell) + "\n")
    return TRUSTED


def _whole_parser() -> argparse.ArgumentParser:
    """All commands in one parser, which only completion needs."""
    whole = argparse.ArgumentParser(prog="crosstrust", usage=USAGE)
    whole.add_argument("--version", action="store_true", help="the version")
    groups = {"": whole.add_subparsers()}
    for name, summary in COMMANDS.items():
        group, _, word = name.rpartition(" ")
        if group not in groups:
            groups[group] = groups[""].add_parser(group, help=f"{group} commands").add_subparsers()
        groups[group].add_parser(
            word, help=summary, parents=[_command_parser(name)], add_help=False
        )
    return whole


def _command_parser(name: str) -> CommandParser:
    import shtab

    parser = make_parser(name)
    import_module(f"crosstrust.cli.{name.replace(' ', '_')}").configure(parser)
    for action in parser.file_options:
        action.complete = shtab.FILE  # type: ignore[attr-defined]  # how shtab is told
    for action, choices in parser.choices:
        action.choices = choices
    return parser
