"""Reasons why there is no answer, as values: what the transport and its peers return."""

from __future__ import annotations

from crosstrust.chain.answer import Gap
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.limits import ERROR_SHOWN

__all__ = ["Gap", "could_not_ask", "misbehaved", "shown"]


def shown(text: str | bytes) -> str:
    """Return foreign text fit for a message: printable, one line, at most 1 KiB."""
    if isinstance(text, bytes):
        text = text[:ERROR_SHOWN].decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text[:ERROR_SHOWN]).split())


def could_not_ask(
    code: str,
    where: str,
    *,
    klass: Class = Class.UNREACHABLE,
    expected: str = "",
    actual: str = "",
    remedy: str = "",
) -> Gap:
    """A gap that leaves the question open: unreachable, or credentials."""
    return Gap(Check(code, Outcome.UNKNOWN, where, klass, expected, actual, remedy))


def misbehaved(
    code: str,
    where: str,
    *,
    expected: str = "",
    actual: str = "",
    remedy: str = "do not retry unchanged; ask the operator of that server",
) -> Gap:
    """A gap because a server broke the protocol or a limit: a failed check of class R."""
    return Gap(Check(code, Outcome.FAILED, where, Class.REMOTE, expected, actual, remedy))
