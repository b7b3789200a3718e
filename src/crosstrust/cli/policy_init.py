"""``crosstrust policy init``: writes a policy from what is seen, for the user to check."""

from __future__ import annotations

from crosstrust.cli.aside import tell_warnings
from crosstrust.cli.console import Console
from crosstrust.cli.exit_code import REJECTED, TRUSTED, UNDECIDED
from crosstrust.cli.option import add_network, build_options
from crosstrust.cli.parser import CommandParser, Values
from crosstrust.cli.trouble import tell_troubles


def configure(parser: CommandParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("image", metavar="IMAGE", help="the repository that will be verified")
    parser.option(
        "--signed-by",
        "REPO",
        "the repository whose author's signatures count (default: the image's own)",
    )
    add_network(parser)


def run(values: Values, console: Console) -> int:
    """Print the policy: 0, 1 if what was seen does not hold together, 3 if it was not seen."""
    from crosstrust.app.policy_init import propose_policy

    proposal = propose_policy(values.image, build_options(values, console))
    verdict = proposal.verdict
    tell_warnings(verdict.warnings, console)
    if not proposal.text:
        tell_troubles(verdict.failures or verdict.gaps)
        return REJECTED if verdict.failures else UNDECIDED
    console.result(proposal.text)
    console.note(
        "crosstrust: compare these keys with what the author publishes before you use them"
    )
    return TRUSTED
