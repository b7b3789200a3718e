"""``crosstrust verify``: are these images what their author signed?"""

from __future__ import annotations

from importlib import import_module

from crosstrust.cli.console import Console
from crosstrust.cli.exit_code import exit_code, worst
from crosstrust.cli.option import (
    add_content,
    add_network,
    add_signed_by,
    add_trust,
    build_options,
)
from crosstrust.cli.parser import CommandParser, Values
from crosstrust.evidence.verdict import Verdict
from crosstrust.value import replace

_FORMATS = ("tree", "json", "jsonl", "digest")
_RENDERER = (
    "crosstrust.render.text",
    "crosstrust.evidence.codes",
    "crosstrust.render.link",
    "crosstrust.render.tree",
)


def configure(parser: CommandParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "images", metavar="IMAGE", nargs="+", help="any reference that docker takes"
    )
    add_signed_by(parser)
    add_trust(parser)
    add_content(parser)
    add_network(parser)
    parser.choice("--format", "how to show the verdicts (default: tree)", _FORMATS, "tree")


def run(values: Values, console: Console) -> int:
    """Verify every image, show the verdicts, and return the gravest one's exit code."""
    from crosstrust.app.verify import verify
    from crosstrust.cli.progress import draw_progress

    renderer = iter(_RENDERER)

    def import_renderer() -> bool:
        """Most people look at the tree; there is time to import it while servers answer."""
        name = next(renderer, "")
        if name:
            import_module(name)
        return bool(name)

    options = replace(build_options(values, console), meanwhile=import_renderer)
    with draw_progress(console, options) as drawn:
        verdicts = list(verify(values.images, drawn))
    console.result(render(verdicts, values.format, console))
    if values.format == "digest":
        # This form has no words: not for why an image is missing, not for when it holds.
        from crosstrust.cli.aside import tell_asides
        from crosstrust.cli.trouble import tell_troubles

        tell_asides(verdicts, console)
        tell_troubles(check for verdict in verdicts for check in verdict.failures or verdict.gaps)
    return worst(exit_code(verdict.decision) for verdict in verdicts)


def render(verdicts: list[Verdict], form: str, console: Console) -> str:
    """Return the verdicts in the form that was asked for."""
    from crosstrust import __version__

    if form == "digest":
        return "".join(f"{verdict.pinned}\n" for verdict in verdicts if verdict)
    if form == "tree":
        from crosstrust.render.tree import render_tree

        return "\n".join(
            render_tree(v, color=console.color, width=console.width, unicode=console.unicode)
            for v in verdicts
        )
    from crosstrust.render.json import render_json, render_jsonl

    if form == "json":
        return render_json(verdicts, version=__version__)
    return "".join(render_jsonl(verdict, version=__version__) for verdict in verdicts)
