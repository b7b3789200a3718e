"""``crosstrust key id FILE``: the Notary key ID of a public key or certificate."""

from __future__ import annotations

from crosstrust.cli.console import Console
from crosstrust.cli.exit_code import TRUSTED
from crosstrust.cli.key_file import read_key_file
from crosstrust.cli.parser import CommandParser, Values


def configure(parser: CommandParser) -> None:
    """Add the command's arguments."""
    parser.file_argument("a public key or certificate, PEM or DER")


def run(values: Values, console: Console) -> int:
    """Print the ID; for a certificate also that of the key in it, on a second line."""
    key = read_key_file(values.file)
    if key.scoped == key.canonical:
        console.result(f"{key.scoped}\n")
    else:
        console.result(
            f"{key.scoped}  the certificate, as `docker trust inspect` shows a root key\n"
            f"{key.canonical}  the key in it, which a renewed certificate keeps\n"
        )
    return TRUSTED
