"""The commands by name, and the help that lists them: text alone, so that it is there at once.

The command "policy init" is the module ``crosstrust.cli.policy_init``, which has
``configure(parser)`` and ``run(values, console) -> int``.
"""

from __future__ import annotations

COMMANDS = {
    "verify": "prove that images are what their author signed",
    "inspect": "trust data: who may sign, and who signed what",
    "manifest": "the bytes as served, their digest, and the tree below",
    "image": "what `docker image inspect` shows, from the registry",
    "compare": "are two images the same? to which level, and why not",
    "policy init": "write a policy from what is seen, to be checked",
    "policy check": "read a policy file and tell its mistakes",
    "key id": "the Notary key ID of a public key or certificate",
    "demo": "the whole story on this machine, without a network",
    "completion": "a script that completes commands and options in a shell",
}

_WIDTH = 14

USAGE = "usage: crosstrust COMMAND [ARGUMENTS]"


def render_commands(group: str = "") -> str:
    """Return one line for each command, or for those of a group such as "policy"."""
    return "".join(
        f"  {name:<{_WIDTH}}{summary}\n"
        for name, summary in COMMANDS.items()
        if name.startswith(group)
    )


def render_help() -> str:
    """Return what ``crosstrust --help`` prints."""
    return (
        f"{USAGE}\n\n"
        "Proves that a container image on one registry is the one its author signed\n"
        "on another.\n\n"
        f"commands:\n{render_commands()}\n"
        "options:\n"
        "  -h, --help    this text; `crosstrust COMMAND --help` for one command\n"
        "  --version     the version\n\n"
        "exit codes: 0 trusted, 1 rejected, 2 wrong usage, 3 undecided, 4 a bug of ours\n"
        "Every long option can be set in the environment: --signed-by is\n"
        "CROSSTRUST_SIGNED_BY.\n"
    )


def find_command(arguments: list[str]) -> tuple[str, list[str]]:
    """Return the command that the first words name, and the words after it.

    The command is "" where there is none of that name.
    """
    for words in (2, 1):
        name = " ".join(arguments[:words])
        if len(arguments) >= words and name in COMMANDS:
            return name, arguments[words:]
    return "", arguments


def is_group(word: str) -> bool:
    """Return True for the first word of commands of two words, such as "policy"."""
    return any(name.startswith(f"{word} ") for name in COMMANDS)
