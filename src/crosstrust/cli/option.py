"""The options that several commands share, and what the use cases make of them."""

from __future__ import annotations

import os
from itertools import chain

from crosstrust.app.option import DOWNLOAD_LIMIT, Options, find_home
from crosstrust.app.option_check import parse_host
from crosstrust.app.policy_file import find_policy
from crosstrust.chain.key_pin import parse_pins
from crosstrust.cli.aside import tell_warnings
from crosstrust.cli.console import Console
from crosstrust.cli.convert import (
    parse_moment,
    parse_platforms,
    parse_realm,
    parse_seconds,
    parse_size,
)
from crosstrust.cli.key_file import read_key_file
from crosstrust.cli.parser import CommandParser, Values
from crosstrust.oci.limits import GIB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from crosstrust.chain.policy import Policy

_TIMEOUT = 600.0


def add_trust(parser: CommandParser) -> None:
    """Add whose keys count, and when."""
    parser.option("--policy", "FILE", "the policy file (default: crosstrust.toml)", is_file=True)
    parser.option(
        "--pin",
        "ROLE=KEY",
        "a key of the author: root=, repository=, releases= or signer/NAME= with 64 hex digits "
        "or @FILE; may be repeated",
        repeated=True,
    )
    parser.switch("--tofu", "trust the root key that is seen first, and record it")
    parser.option(
        "--at",
        "TIME",
        "judge as of then: 2026-05-09T07:30:00Z, or a date",
        convert=parse_moment,
    )


def add_signed_by(parser: CommandParser) -> None:
    """Add whose signature counts."""
    parser.option(
        "--signed-by",
        "REPO[:TAG]",
        "the repository whose author's signatures count (default: the policy's, else the image's "
        "own), and the tag that must be signed (default: the image's own)",
    )


def add_platform(parser: CommandParser, description: str) -> None:
    """Add which platforms count."""
    parser.option("--platform", "P", description, convert=parse_platforms, repeated=True)


def add_layers(parser: CommandParser) -> None:
    """Add how much is fetched to compare layers."""
    parser.switch("--no-layers", "do not fetch layers; what that leaves unproved is undecided")
    parser.option(
        "--max-download",
        "SIZE",
        f"fetch no more layers than this (default: {DOWNLOAD_LIMIT // GIB}GiB)",
        convert=parse_size,
        default=DOWNLOAD_LIMIT,
    )


def add_content(parser: CommandParser) -> None:
    """Add how far images are compared."""
    add_platform(
        parser,
        "the platforms that the copy must have, such as linux/amd64,linux/arm64; may be repeated",
    )
    add_layers(parser)
    parser.choice("--accept", "accept equal configs without a look at the layers", ["config"], "")
    parser.switch("--allow-extra-platforms", "accept platforms that the author did not sign")


def add_network(parser: CommandParser) -> None:
    """Add how servers are asked."""
    parser.switch("--offline", "ask nobody: judge from the cache, and say how old it is")
    parser.switch("--no-cache", "do not use the cache")
    parser.option(
        "--plain-http",
        "HOST",
        "ask this host without TLS; may be repeated",
        convert=parse_host,
        repeated=True,
    )
    parser.option(
        "--realm",
        "HOST=HOST",
        "send the credentials of the first host to the token service on the second too; may be "
        "repeated",
        convert=parse_realm,
        repeated=True,
    )
    parser.option(
        "--timeout",
        "SECONDS",
        f"for one request (default: {_TIMEOUT:.0f})",
        convert=parse_seconds,
        default=_TIMEOUT,
    )


def build_options(values: Values, console: Console) -> Options:
    """Return what ``values`` ask for; an option that the command does not have is its default.

    Reads the policy file and key files. Raises ``InputError`` or ``StateError``.
    """
    given = vars(values)
    return Options(
        signed_by=given.get("signed_by"),
        policy=_policy(values, console) if "policy" in given else None,
        pins=parse_pins(given.get("pin", []), _key_id),
        tofu=given.get("tofu", False),
        platforms=tuple(chain.from_iterable(given.get("platform", []))),
        at=given.get("at"),
        layers=not given.get("no_layers", False),
        max_download=given.get("max_download", DOWNLOAD_LIMIT),
        offline=given.get("offline", False),
        cache=not given.get("no_cache", False),
        accept_config=given.get("accept") == "config",
        allow_extra_platforms=given.get("allow_extra_platforms", False),
        plain_http=tuple(given.get("plain_http", [])),
        realms=tuple(given.get("realm", [])),
        timeout=given.get("timeout", _TIMEOUT),
        narrate=_narrator(console),
    )


def _narrator(console: Console) -> Callable[[str], None] | None:
    if not console.verbose:
        return None
    return lambda line: console.detail(f"crosstrust: {line}")


def _policy(values: Values, console: Console) -> Policy | None:
    found = find_policy(values.policy, folder="", environ=os.environ, home=find_home(os.environ))
    if found is None:
        console.detail("crosstrust: no policy file")
        return None
    console.detail(f"crosstrust: policy {os.path.realpath(found.path)}")
    tell_warnings(found.policy.warnings, console)
    return found.policy


def _key_id(name: str) -> str:
    # For a certificate: that very certificate, as root metadata names it.
    return read_key_file(name).scoped
