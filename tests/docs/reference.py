"""The parts of the reference that are written by the program itself.

A page holds each one between two comments: ``<!-- NAME: written by tests/docs -->`` and
``<!-- end -->``.
"""

import argparse
import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.resources import files
from textwrap import wrap
from typing import Any

from crosstrust.cli.command import COMMANDS
from crosstrust.cli.parser import CommandParser, make_parser
from crosstrust.evidence.codes import CODES

_PART = re.compile(
    r"(<!-- (?P<name>[a-z-]+): written by tests/docs -->\n)(?P<text>.*?)(<!-- end -->)", re.DOTALL
)
_COMMON = ("output", "quiet", "verbose", "debug")
_Schema = dict[str, Any]


def corrected(text: str) -> str:
    """``text`` with each of its parts as the program writes it now."""
    return _PART.sub(lambda part: f"{part[1]}{PARTS[part['name']]()}{part[4]}", text)


def part_names(text: str) -> list[str]:
    """Which parts a page has."""
    return [part["name"] for part in _PART.finditer(text)]


def write_commands() -> str:
    """Every command with its arguments and options."""
    sections = (_command(name, _parser(name)) for name in COMMANDS)
    return "\n" + "\n".join("\n".join(lines) + "\n" for lines in sections)


def write_common_options() -> str:
    """The options that every command has."""
    parser = _parser("key id")
    return "\n" + "\n".join(_table(parser, common=True)) + "\n\n"


def write_codes() -> str:
    """Every code of a check."""
    rows = (
        f"| `{name}` | {' '.join(code.classes)} | {code.title} | {code.remedy} |"
        for name, code in CODES.items()
    )
    head = (
        "| code | class | what is checked | where it does not pass |",
        "| --- | --- | --- | --- |",
    )
    return "\n" + "\n".join((*head, *map(_plain, rows))) + "\n\n"


def write_verdict() -> str:
    """Every member of a verdict."""
    schema = _schema("verdict-v1")
    rows = _members(schema, schema, "")
    head = ("| member | type | meaning |", "| --- | --- | --- |")
    return "\n" + "\n".join((*head, *rows)) + "\n\n"


def schema_keys(name: str) -> set[str]:
    """Every member that a schema of the package names."""
    return set(_names(_schema(name)))


PARTS: dict[str, Callable[[], str]] = {
    "commands": write_commands,
    "common-options": write_common_options,
    "codes": write_codes,
    "verdict": write_verdict,
}


def _parser(name: str) -> CommandParser:
    parser = make_parser(name)
    import_module(f"crosstrust.cli.{name.replace(' ', '_')}").configure(parser)
    return parser


def _command(name: str, parser: CommandParser) -> Iterator[str]:
    arguments = [action for action in parser._actions if not action.option_strings]
    yield f"### crosstrust {name}"
    yield ""
    yield " ".join((f"`crosstrust {name}", "[OPTIONS]", *map(_argument, arguments))) + "`"
    yield ""
    yield f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}."
    for action in arguments:
        yield ""
        yield from wrap(f"- `{action.metavar}`: {action.help}", 80, subsequent_indent="  ")
    rows = list(_table(parser, common=False))
    if rows:
        yield ""
        yield from rows


def _argument(action: argparse.Action) -> str:
    shown = str(action.metavar)
    return {"+": f"{shown}...", "?": f"[{shown}]"}.get(str(action.nargs), shown)


def _table(parser: CommandParser, *, common: bool) -> Iterator[str]:
    actions = {action.dest: action for action in parser._actions}
    chosen = [option for option in parser.options if (option.name in _COMMON) is common]
    if not chosen:
        return
    yield "| option | meaning | environment |"
    yield "| --- | --- | --- |"
    for option in chosen:
        action = actions[option.name]
        flags = ", ".join(action.option_strings)
        value = f" {action.metavar}" if action.metavar else ""
        shown = f"{flags}{value}".replace("|", "\\|")
        yield f"| `{shown}` | {_plain(action.help or '')} | `{option.variable}` |"


def _plain(text: str) -> str:
    """``text`` so that Markdown shows it as it is."""
    return text.replace("%%", "%").replace("*", "\\*").replace("<", "&lt;")


def _schema(name: str) -> _Schema:
    text = (files("crosstrust") / "schema" / f"{name}.schema.json").read_text(encoding="utf-8")
    found: _Schema = json.loads(text)
    return found


def _names(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for value in node.values():
            yield from _names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _names(value)


def _members(whole: _Schema, node: _Schema, path: str) -> Iterator[str]:
    for key, value in node.get("properties", {}).items():
        place = f"{path}.{key}" if path else key
        resolved = {**_resolved(whole, value), **value}
        meaning = _plain(str(resolved.get("description", ""))).replace("|", "\\|")
        yield f"| `{place}` | {_type(whole, resolved)} | {meaning} |"
        if not _is_known(value) or not path:
            yield from _below(whole, resolved, place)


def _below(whole: _Schema, node: _Schema, path: str) -> Iterator[str]:
    for inner in (node, *node.get("oneOf", ())):
        resolved = _resolved(whole, inner)
        yield from _members(whole, resolved, path)
        if isinstance(resolved.get("items"), dict):
            yield from _members(whole, _resolved(whole, resolved["items"]), f"{path}[]")


def _is_known(value: _Schema) -> bool:
    """Members of ``time`` and ``digest`` and the like are not told again."""
    return "$ref" in value


def _resolved(whole: _Schema, node: _Schema) -> _Schema:
    reference = node.get("$ref")
    if reference is None:
        return node
    found: _Schema = whole["$defs"][str(reference).rpartition("/")[2]]
    return found


def _type(whole: _Schema, node: _Schema) -> str:
    if "const" in node:
        return f'`"{node["const"]}"`'
    if "oneOf" in node:
        either = (_resolved(whole, inner) for inner in reversed(node["oneOf"]))
        return " or ".join(_type(whole, inner) for inner in either)
    if "enum" in node:
        return "text" if None not in node["enum"] else "text or null"
    found = node.get("type", "")
    kinds = found if isinstance(found, list) else [found]
    words = {"string": "text", "array": "list", "integer": "number"}
    return " or ".join(words.get(str(kind), str(kind)) for kind in kinds)
