"""What is remembered from one request to the next: tokens, challenges met, credentials."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from crosstrust.evidence.verdict import Notice
from crosstrust.sources.address import is_reserved, names_reserved
from crosstrust.sources.endpoint import TokenService, known_service
from crosstrust.sources.keyring import Keyring

if TYPE_CHECKING:
    from crosstrust.sources.request import Response
    from crosstrust.sources.settings import Settings
    from crosstrust.sources.task import Task
    from crosstrust.sources.token import Token, TokenKey
    from crosstrust.sources.url import Url


class Basic:
    """The mark that a server asked for Basic authentication."""


class Session:
    """Lives as long as its transport; nothing of it is ever written to a file.

    ``modes``: how each origin wants us to authenticate. ``contacted``: origins to which a
    connection was opened. ``addresses``: from which IP address each origin answered. ``early``:
    open connections while tokens are fetched. ``warnings``: what the reader of a report should
    know; ``budgets``: as well, the last of each origin that has few requests left.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.warnings: dict[Notice, None] = {}
        self.keyring = Keyring(settings, self.note)
        self.tokens: dict[TokenKey, Token] = {}
        self.token_tasks: dict[TokenKey, Task[object]] = {}
        self.modes: dict[str, TokenService | Basic] = {}
        self.contacted: set[str] = set()
        self.addresses: dict[str, str] = {}
        self.budgets: dict[str, Notice] = {}
        self.early = settings.ping

    def note(self, remark: Notice) -> None:
        """Keep a warning, once."""
        self.warnings.setdefault(remark)

    def hear(self, response: Response) -> None:
        """Remember what an answer says of its server: its address, and what it still allows."""
        if response.address:
            self.addresses[response.origin] = response.address
        if response.header("ratelimit-remaining"):
            from crosstrust.sources.budget import low_budget  # start-up time: Docker Hub alone

            low = low_budget(response)
            if low is not None:
                self.budgets[response.origin] = low

    def mode(self, url: Url) -> TokenService | Basic | None:
        """Return how the server at ``url`` wants us to authenticate, as far as is known."""
        return self.modes.get(url.origin) or known_service(url)

    def is_public(self, url: Url) -> bool:
        """Return False if the server at ``url`` is on this machine or in a private network.

        A name says so itself, or the address from which it has answered does. Behind a proxy
        that is not known, and the server counts as a public one.
        """
        address = self.addresses.get(url.origin, "")
        return not (names_reserved(url.host) or (address and is_reserved(address)))

    def jitter(self) -> float:
        """Return a random number from 0 to 1."""
        if self.settings.jitter is not None:
            return self.settings.jitter()
        import random  # start-up time: only a further try needs it

        return random.random()  # noqa: S311 - spreads retries; guards nothing

    def now(self) -> datetime | None:
        """Return the time (UTC), where the settings have a clock."""
        return self.settings.now() if self.settings.now is not None else None

    def forget_unfinished(self) -> None:
        """Drop token requests that were left behind when a round ended."""
        self.token_tasks.clear()
        self.keyring.forget_unfinished()

    @staticmethod
    def sleep(seconds: float) -> None:
        """Let ``seconds`` pass."""
        time.sleep(seconds)

    @staticmethod
    def monotonic() -> float:
        """Return seconds on a clock that only counts forward."""
        return time.monotonic()
