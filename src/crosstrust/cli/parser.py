"""A command's arguments, from the command line and, for every long option, the environment.

An option is given by the command line, else by ``CROSSTRUST_<OPTION>``, else it is its default.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from crosstrust.cli.command import COMMANDS
from crosstrust.cli.stream import terminal_width, write_out
from crosstrust.errors import InputError
from crosstrust.value import dataclass

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

# Everything else that we say is English too; argparse would look for translations on each start.
vars(argparse).update(_=str, ngettext=lambda one, many, count: one if count == 1 else many)

Values = argparse.Namespace
Convert = Callable[[str, str], object]

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})
_EPILOG = (
    "Every long option can be set in the environment, as CROSSTRUST_ and its name: --signed-by is "
    "CROSSTRUST_SIGNED_BY. Options that may be repeated take a comma list there."
)


def keep_text(text: str, where: str) -> str:
    """Return ``text`` as it is, if there is any: the conversion of an option that is a text."""
    if not text.strip():
        raise InputError("usage.option", where, expected="a value", actual="an empty text")
    return text


@dataclass(frozen=True, slots=True)
class _Option:
    flag: str
    convert: Convert
    default: object = None
    repeated: bool = False
    switch: bool = False

    @property
    def name(self) -> str:
        return self.flag[2:].replace("-", "_")

    @property
    def variable(self) -> str:
        return f"CROSSTRUST_{self.name.upper()}"

    def value(self, typed: object, environ: Mapping[str, str]) -> object:
        """The converted value, or the default where neither place has one."""
        if typed is not None:
            return typed if self.switch else self._converted(typed, self.flag)
        text = environ.get(self.variable)
        if self.switch:
            return _truth(text or "", self.variable)
        if text is None:
            return [] if self.repeated else self.default
        parts = [part.strip() for part in text.split(",")] if self.repeated else text
        return self._converted(parts, self.variable)

    def _converted(self, typed: object, where: str) -> object:
        if isinstance(typed, list):
            return [self.convert(text, where) for text in typed]
        return self.convert(str(typed), where)


class _Formatter(argparse.HelpFormatter):
    """As wide as the terminal: argparse asks shutil, which loads every kind of compression."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=terminal_width() - 2)


class CommandParser(argparse.ArgumentParser):
    """argparse with environment variables, and errors that are ``InputError``."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(
            prog,
            description=description,
            epilog=_EPILOG,
            allow_abbrev=False,
            formatter_class=_Formatter,
        )
        self.options: list[_Option] = []
        # For completion alone: argparse would check choices before the environment is looked at.
        self.file_options: list[argparse.Action] = []
        self.choices: list[tuple[argparse.Action, Sequence[str]]] = []

    def option(
        self,
        flag: str,
        metavar: str,
        description: str,
        *,
        convert: Convert = keep_text,
        default: object = None,
        repeated: bool = False,
        short: str = "",
        is_file: bool = False,
    ) -> argparse.Action:
        """Add ``--flag METAVAR``; ``convert`` gets the text and where it was given."""
        flags = (short, flag) if short else (flag,)
        action = self.add_argument(
            *flags,
            metavar=metavar,
            help=description.replace("%", "%%"),
            action="append" if repeated else "store",
        )
        self.options.append(_Option(flag, convert, default, repeated))
        if is_file:
            self.file_options.append(action)
        return action

    def file_argument(self, description: str, *, optional: bool = False) -> None:
        """Add ``FILE``, an argument that shells complete with the names of files."""
        action = self.add_argument(
            "file", metavar="FILE", nargs="?" if optional else None, help=description
        )
        self.file_options.append(action)

    def switch(self, flag: str, description: str) -> None:
        """Add ``--flag``, which is False unless it is given."""
        self.add_argument(flag, action="store_const", const=True, help=description)
        self.options.append(_Option(flag, keep_text, switch=True))

    def choice(self, flag: str, description: str, choices: Sequence[str], default: str) -> None:
        """Add ``--flag`` with one of ``choices``."""

        def convert(text: str, where: str) -> str:
            if text not in choices:
                raise InputError(
                    "usage.option", where, expected=" or ".join(choices), actual=repr(text[:80])
                )
            return text

        metavar = "|".join(choices)
        action = self.option(flag, metavar, description, convert=convert, default=default)
        self.choices.append((action, choices))

    def read(self, arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> Values:
        """Return every argument and option by name, converted. Raises ``InputError``."""
        values = self.parse_args(list(arguments))
        for option in self.options:
            found = option.value(getattr(values, option.name), environ)
            setattr(values, option.name, found)
        return values

    def error(self, message: str) -> NoReturn:
        raise InputError(
            "usage.option", self.prog, actual=message, remedy=f"see `{self.prog} --help`"
        )

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Write the help to standard output; a closed pipe is no error."""
        if file is None:
            write_out(self.format_help())
        else:
            super().print_help(file)


def make_parser(command: str) -> CommandParser:
    """Return the parser of a command, with the options that all of them have."""
    summary = COMMANDS[command]
    parser = CommandParser(
        prog=f"crosstrust {command}", description=f"{summary[0].upper()}{summary[1:]}."
    )
    parser.option(
        "--output", "FILE", "write the result there, whole or not at all", short="-o", is_file=True
    )
    parser.switch("--quiet", "no warnings and no progress: only results and errors")
    parser.switch("--verbose", "say on standard error what is being done")
    parser.switch("--debug", "show the traceback of a bug")
    return parser


def _truth(text: str, where: str) -> bool:
    word = text.strip().lower()
    if word not in TRUE_WORDS | _FALSE:
        raise InputError("usage.option", where, expected="1 or 0", actual=repr(text[:80]))
    return word in TRUE_WORDS
