"""Findings: how a fault becomes a check, with the class that the fault has."""

from __future__ import annotations

from collections.abc import Sequence

from crosstrust.chain.answer import Absent, Gap, Reply
from crosstrust.errors import MalformedError
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.schemes.notary_v1.envelope import Envelope
from crosstrust.schemes.notary_v1.parse import CERTIFIED

# What a server may also do by accident; every other fault in metadata looks like an attack.
_CLASSES = {"limit.exceeded": Class.REMOTE, "notary.answer.form": Class.REMOTE}


def failed(
    code: str,
    where: str,
    *,
    klass: Class | None = None,
    expected: str = "",
    actual: str = "",
    remedy: str = "",
) -> Check:
    """Return a check that contradicts trust; an attack unless the class is given."""
    chosen = klass or _CLASSES.get(code, Class.ATTACK)
    return Check(code, Outcome.FAILED, where, chosen, expected, actual, remedy)


def refused(error: MalformedError, role: str) -> Check:
    """Return the failed check for a role file that cannot be read."""
    where = error.where if error.where.startswith(role) else f"{role}: {error.where}"
    remedy = error.remedy or "do not trust this repository now; the metadata is not what it claims"
    return failed(error.code, where, expected=error.expected, actual=error.actual, remedy=remedy)


def unanswered(reply: Reply | None, role: str) -> Check:
    """Return the check for a role that could not be asked, or was not."""
    if isinstance(reply, Gap):
        return reply.check
    return Check(
        "notary.available",
        Outcome.UNKNOWN,
        role,
        Class.UNREACHABLE,
        "an answer",
        "404" if isinstance(reply, Absent) else "none",
        "try again later",
    )


def form_passed(envelope: Envelope, role: str) -> Check:
    """Return the check for a file that was read.

    It names what nothing in it vouches for (A88), and roles of a root that mean nothing (A68).
    """
    roles = envelope.signed.get("roles")
    foreign = [name for name in roles if name not in CERTIFIED] if isinstance(roles, dict) else []
    said = (("beside what is signed", envelope.unsigned), ("roles that mean nothing", foreign))
    actual = "; ".join(f"{what}: {_listed(names)}" for what, names in said if names)
    return Check.passed("tuf.metadata.form", role, actual=actual)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name[:40] for name in names[:8])
