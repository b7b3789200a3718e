"""``crosstrust manifest IMAGE``: the bytes as served, their digest, and the tree below."""

from __future__ import annotations

from crosstrust.app.survey import Survey
from crosstrust.cli.aside import tell_warnings
from crosstrust.cli.console import Console
from crosstrust.cli.option import add_network, build_options
from crosstrust.cli.parser import CommandParser, Values
from crosstrust.cli.trouble import absence, tell_troubles, trouble_code
from crosstrust.errors import InputError


def configure(parser: CommandParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("image", metavar="IMAGE", help="any reference that docker takes")
    add_network(parser)
    parser.switch("--raw", "print the bytes exactly as they were served")
    parser.switch("--digest", "print the digest of those bytes")
    parser.choice("--format", "how to show it (default: text)", ("text", "json"), "text")


def run(values: Values, console: Console) -> int:
    """Print what is asked for: 0, 1 if it is absent or damaged, 3 if it could not be asked."""
    from crosstrust.app.image import read_image

    forms = [values.raw, values.digest, values.format != "text"]
    if sum(forms) > 1:
        expected = "one of --raw, --digest and --format json"
        actual = "several"
        raise InputError("usage.option", "crosstrust manifest", expected=expected, actual=actual)
    top = values.raw or values.digest
    options = build_options(values, console)
    found = read_image(values.image, options, depth="top" if top else "manifest")
    side = found.side
    problems = [*side.problems]
    if side.absent:
        problems.append(absence(str(found.reference), found.origin))
    if found.raw is not None and side.digest is not None:
        console.result(_render(found, found.raw, values, console))
    tell_warnings(found.warnings, console)
    tell_troubles(problems)
    return trouble_code(problems, absent=side.absent)


def _render(found: Survey, raw: bytes, values: Values, console: Console) -> str | bytes:
    if values.raw:
        return raw
    if values.digest:
        return f"{found.side.digest}\n"
    from crosstrust.render.manifest import render_manifest, render_manifest_json

    name = str(found.reference)
    if values.format == "json":
        return render_manifest_json(name, found.side, origin=found.origin)
    return render_manifest(name, found.side, console.pen, origin=found.origin)
