"""``crosstrust inspect``: the trust data of repositories, verified as ``verify`` verifies it."""

from __future__ import annotations

from crosstrust.cli.aside import tell_asides
from crosstrust.cli.console import Console
from crosstrust.cli.exit_code import exit_code, worst
from crosstrust.cli.option import add_network, add_trust, build_options
from crosstrust.cli.parser import CommandParser, Values
from crosstrust.cli.trouble import tell_troubles
from crosstrust.evidence.check import Class
from crosstrust.evidence.trust_data import TrustData
from crosstrust.oci.reference import parse_reference
from crosstrust.render.inspection import Inspection

# They have no words for a warning, or for when they hold.
_DOCKER = ("docker", "docker-pretty")
_FORMATS = ("table", "json", *_DOCKER)


def configure(parser: CommandParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "images",
        metavar="REPO[:TAG]",
        nargs="+",
        help="a signed repository, or a copy that the policy names; with a tag or a digest, "
        "what was signed under it",
    )
    add_trust(parser)
    add_network(parser)
    parser.choice(
        "--format",
        "docker and docker-pretty print what `docker trust inspect` prints (default: table)",
        _FORMATS,
        "table",
    )


def run(values: Values, console: Console) -> int:
    """Show what was signed by whom: 0 where the chain holds and the tag, if named, is signed."""
    from crosstrust.app.inspect import inspect

    options = build_options(values, console)
    references = [parse_reference(image, default_tag=None) for image in values.images]
    # Docker knows no copies: it looks for trust data where the name points.
    own = values.format in _DOCKER
    verdicts = inspect(values.images, options, own=own)
    found = [
        Inspection(verdict, reference.tag, reference.digest)
        for verdict, reference in zip(verdicts, references, strict=True)
    ]
    console.result(_render(values.images, found, values.format, console))
    if values.format in _DOCKER:
        tell_asides(verdicts, console)
        tell_troubles(check for verdict in verdicts for check in (*verdict.failures, *verdict.gaps))
    return worst(exit_code(verdict.decision) for verdict in verdicts)


def _render(names: list[str], found: list[Inspection], form: str, console: Console) -> str:
    if form == "json":
        from crosstrust import __version__
        from crosstrust.render.inspect_json import render_inspect_json

        return render_inspect_json(found, version=__version__)
    if form == "table":
        from crosstrust.render.table import render_table

        return "\n".join(
            render_table(i, color=console.color, width=console.width, unicode=console.unicode)
            for i in found
        )
    return _render_docker(names, found, form)


def _render_docker(names: list[str], found: list[Inspection], form: str) -> str:
    from crosstrust.render.docker import render_docker_json, render_docker_pretty

    shown: list[tuple[str, TrustData, str | None]] = []
    for name, inspection in zip(names, found, strict=True):
        if _holds(inspection):
            # Docker drops the tag of a reference that has a digest, and then ignores the digest.
            tag = inspection.tag if inspection.digest is None else None
            shown.append((name, inspection.data, tag))
    return render_docker_json(shown) if form == "docker" else render_docker_pretty(shown)


def _holds(inspection: Inspection) -> bool:
    """Docker's forms cannot say "undecided": they show what is proved.

    That may be "not signed", two digests under one tag, of which docker shows both, or another
    digest under the tag than the one asked about, or one that cannot be compared, which docker
    ignores.
    """
    verdict = inspection.verdict
    shown = all(
        check.klass is Class.UNSIGNED or check.code in {"signer.agree", "reference.tag.digest"}
        for check in verdict.failures
    )
    looked_at = all(gap.klass is Class.USAGE for gap in verdict.gaps)
    return bool(verdict) or (verdict.trust_data is not None and shown and looked_at)
