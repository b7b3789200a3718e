"""``crosstrust image IMAGE``: what ``docker image inspect`` shows, from the registry."""

from __future__ import annotations

from collections.abc import Sequence

from crosstrust.chain.side import Member, Side
from crosstrust.cli.aside import tell_warnings
from crosstrust.cli.console import Console
from crosstrust.cli.exit_code import REJECTED
from crosstrust.cli.option import add_network, add_platform, build_options
from crosstrust.cli.parser import CommandParser, Values
from crosstrust.cli.trouble import absence, tell_troubles, trouble_code
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.platform import Platform


def configure(parser: CommandParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("image", metavar="IMAGE", help="any reference that docker takes")
    add_platform(parser, "show these platforms alone, such as linux/amd64; may be repeated")
    add_network(parser)
    parser.choice("--format", "how to show it (default: text)", ("text", "json"), "text")


def run(values: Values, console: Console) -> int:
    """Print the images: 0, 1 if one is absent or damaged, 3 if it could not be asked."""
    from crosstrust.app.image import read_image
    from crosstrust.render.image import render_image, render_image_json

    options = build_options(values, console)
    found = read_image(values.image, options)
    side, name = found.side, str(found.reference)
    problems = [*side.problems]
    if side.absent:
        problems.append(absence(name, found.origin))
    members = [member for member in side.members if _wanted(member, options.platforms)]
    if members:
        render = render_image_json if values.format == "json" else render_image
        console.result(render(name, side, members))
    lacking = tuple(each for each in options.platforms if not _offered(side, each))
    if lacking and side.members and side.complete:
        problems.append(_not_offered(name, side.members, lacking))
    tell_warnings(found.warnings, console)
    tell_troubles(problems)
    code = trouble_code(problems, absent=side.absent)
    return code if members or code else REJECTED


def _not_offered(name: str, members: Sequence[Member], wanted: tuple[Platform, ...]) -> Check:
    return Check(
        "image.platform.present",
        Outcome.FAILED,
        name,
        Class.POLICY,
        " or ".join(map(str, wanted)),
        ", ".join(member.name for member in members),
        "name a platform that the image has",
    )


def _wanted(member: Member, platforms: tuple[Platform, ...]) -> bool:
    found = member.platform
    return not platforms or (found is not None and any(map(found.matches, platforms)))


def _offered(side: Side, wanted: Platform) -> bool:
    return any(_wanted(member, (wanted,)) for member in side.members)
