"""Options from the command line and the environment."""

from collections.abc import Mapping

import pytest

from crosstrust.cli.convert import parse_size
from crosstrust.cli.option import add_content, add_network, add_signed_by, add_trust
from crosstrust.cli.parser import CommandParser, Values, make_parser
from crosstrust.errors import InputError


def parser() -> CommandParser:
    found = make_parser("verify")
    found.option("--max-size", "SIZE", "how much", convert=parse_size, default=7)
    found.option("--host", "HOST", "whom", repeated=True)
    found.switch("--no-layers", "not")
    found.choice("--format", "how", ("tree", "json"), "tree")
    return found


def read(*arguments: str, environ: Mapping[str, str] | None = None) -> Values:
    return parser().read(arguments, environ or {})


def test_the_defaults_stand_where_nothing_is_given() -> None:
    values = read()
    assert (values.max_size, values.host, values.no_layers, values.format) == (7, [], False, "tree")
    assert (values.output, values.quiet, values.verbose, values.debug) == (
        None,
        False,
        False,
        False,
    )


def test_the_command_line_is_converted() -> None:
    values = read(
        *("--max-size", "1kB", "--host=a", "--host", "b,c", "--no-layers", "--format", "json"),
        *("-o", "x", "--quiet"),
    )
    assert (values.max_size, values.host, values.no_layers) == (1000, ["a", "b,c"], True)
    assert (values.format, values.output, values.quiet) == ("json", "x", True)


def test_the_environment_is_converted_alike() -> None:
    environ = {
        "CROSSTRUST_MAX_SIZE": "2KiB",
        "CROSSTRUST_HOST": "a, b",
        "CROSSTRUST_NO_LAYERS": "yes",
        "CROSSTRUST_FORMAT": "json",
        "CROSSTRUST_OUTPUT": "y",
        "CROSSTRUST_VERBOSE": "0",
    }
    values = read(environ=environ)
    assert (values.max_size, values.host, values.no_layers) == (2048, ["a", "b"], True)
    assert (values.format, values.output, values.verbose) == ("json", "y", False)


def test_the_command_line_comes_before_the_environment() -> None:
    environ = {"CROSSTRUST_MAX_SIZE": "nonsense", "CROSSTRUST_HOST": "a"}
    values = read("--max-size", "5", "--host", "b", environ=environ)
    assert (values.max_size, values.host) == (5, ["b"])


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (["--max-size", "x"], "--max-size"),
        (["--host", ""], "--host"),
        (["--format", "xml"], "--format"),
        (["--form", "json"], "crosstrust verify"),
        (["--no-layers=1"], "crosstrust verify"),
        (["--max-size"], "crosstrust verify"),
        (["x", "y"], "crosstrust verify"),
    ],
)
def test_a_wrong_argument_is_told(arguments: list[str], where: str) -> None:
    with pytest.raises(InputError) as caught:
        read(*arguments)
    assert (caught.value.code, caught.value.where) == ("usage.option", where)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CROSSTRUST_MAX_SIZE", "x"),
        ("CROSSTRUST_HOST", "a,,b"),
        ("CROSSTRUST_NO_LAYERS", "maybe"),
        ("CROSSTRUST_FORMAT", "xml"),
        ("CROSSTRUST_OUTPUT", ""),
    ],
)
def test_a_wrong_variable_is_told_by_its_name(name: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read(environ={name: text})
    assert (caught.value.code, caught.value.where) == ("usage.option", name)


def test_every_long_option_of_the_commands_has_a_variable() -> None:
    whole = make_parser("verify")
    for add in (add_signed_by, add_trust, add_content, add_network):
        add(whole)
    flags = {flag for action in whole._actions for flag in action.option_strings}
    long = {flag for flag in flags if flag.startswith("--")} - {"--help"}
    assert {option.flag for option in whole.options} == long
    assert {option.variable for option in whole.options} == {
        "CROSSTRUST_" + flag[2:].upper().replace("-", "_") for flag in long
    }
