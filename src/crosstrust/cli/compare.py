"""``crosstrust compare A B``: are these the same image? No signature is looked at."""

from __future__ import annotations

from crosstrust.app.compare import Likeness
from crosstrust.cli.aside import tell_warnings
from crosstrust.cli.console import Console
from crosstrust.cli.exit_code import REJECTED, TRUSTED, UNDECIDED
from crosstrust.cli.option import add_layers, add_network, add_platform, build_options
from crosstrust.cli.parser import CommandParser, Values
from crosstrust.cli.trouble import absence, tell_troubles


def configure(parser: CommandParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("first", metavar="A", help="any reference that docker takes")
    parser.add_argument("second", metavar="B", help="the same")
    add_platform(parser, "B must have these platforms alone; may be repeated")
    add_layers(parser)
    add_network(parser)
    parser.choice("--format", "how to show it (default: text)", ("text", "json"), "text")


def run(values: Values, console: Console) -> int:
    """Print the comparison: 0 same content or more, 1 different, 3 could not tell."""
    from crosstrust.app.compare import compare_images
    from crosstrust.cli.progress import draw_progress

    options = build_options(values, console)
    with draw_progress(console, options) as drawn:
        found = compare_images(values.first, values.second, drawn)
    tell_warnings(found.warnings, console)
    absent = [survey for survey in (found.first, found.second) if survey.side.absent]
    if absent and values.format == "text":
        tell_troubles(absence(str(survey.reference), survey.origin) for survey in absent)
        return REJECTED
    console.result(_render(found, values.format, console))
    return {True: TRUSTED, False: REJECTED, None: UNDECIDED}[found.same]


def _render(found: Likeness, form: str, console: Console) -> str:
    from crosstrust.render.likeness import render_likeness, render_likeness_json

    names = str(found.first.reference), str(found.second.reference)
    if form == "json":
        return render_likeness_json(names, found.platforms, found.checks, same=found.same)
    return render_likeness(names, found.platforms, found.checks, console.pen, same=found.same)
