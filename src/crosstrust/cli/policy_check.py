"""``crosstrust policy check``: reads a policy file and tells its mistakes."""

from __future__ import annotations

import os

from crosstrust.app.option import find_home
from crosstrust.app.place import POLICY_FILE
from crosstrust.app.policy_file import PolicyFile, find_policy
from crosstrust.cli.aside import tell_warnings
from crosstrust.cli.console import Console
from crosstrust.cli.exit_code import TRUSTED
from crosstrust.cli.parser import CommandParser, Values
from crosstrust.errors import InputError
from crosstrust.render.text import plain


def configure(parser: CommandParser) -> None:
    """Add the command's arguments."""
    parser.file_argument(
        "the policy file (default: the one that `verify` would use)", optional=True
    )


def run(values: Values, console: Console) -> int:
    """Print what the policy covers; its warnings go to standard error."""
    found = _find(values.file)
    tell_warnings(found.policy.warnings, console)
    lines = [f"{plain(found.path)}: well-formed, {len(found.policy.images)} [[image]]"]
    for image in found.policy.images:
        keys = "pinned" if image.pins.root else "without root pin"
        lines.append(
            f"  {image.name}  signed by {image.signed_by}, {keys}, {len(image.rules)} rules"
        )
    console.result("\n".join(lines) + "\n")
    return TRUSTED


def _find(named: str | None) -> PolicyFile:
    found = find_policy(named, folder="", environ=os.environ, home=find_home(os.environ))
    if found is None:
        raise InputError(
            "usage.file",
            POLICY_FILE,
            expected="a policy file here or in the configuration directory",
            actual="none",
            remedy="name one, or write one: crosstrust policy init IMAGE --signed-by REPO",
        )
    return found
