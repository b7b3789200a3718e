"""Who may sign a role, and how a role's file comes to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crosstrust.sandbox.damage import Edits
from crosstrust.sandbox.key import SigningKey
from crosstrust.sandbox.metadata import Json, canonical, envelope, signature
from crosstrust.value import dataclass

RELEASES = "targets/releases"


@dataclass(frozen=True, slots=True)
class Assignment:
    """The keys of a role, how many must sign, and for a delegation the tags' prefixes."""

    keys: tuple[SigningKey, ...]
    threshold: int = 1
    paths: tuple[str, ...] = ("",)

    @property
    def key_ids(self) -> list[str]:
        return [key.scoped for key in self.keys]


def parent(role: str) -> str:
    """Return the role that delegates to ``role``."""
    return role.rpartition("/")[0]


def delegations(roles: Iterable[tuple[str, Assignment]]) -> Json:
    """Return the ``delegations`` member for the child roles given, in their order."""
    listed = list(roles)
    return {
        "keys": list_keys(assignment for _, assignment in listed),
        "roles": [
            {
                "keyids": assignment.key_ids,
                "name": name,
                "paths": list(assignment.paths),
                "threshold": assignment.threshold,
            }
            for name, assignment in listed
        ],
    }


def list_keys(assignments: Iterable[Assignment]) -> Json:
    """Return every key once, by its scoped ID."""
    return {key.scoped: key.listed for each in assignments for key in each.keys}


def write_role(signed: Json, signers: Sequence[SigningKey], edits: Edits) -> bytes:
    """Return the file of a role: edited, signed by ``signers`` unless the edits say others."""
    for change in edits.signed:
        change(signed)
    message = canonical(signed)
    keys = edits.signers if edits.signers is not None else signers
    signatures = [signature(key.scoped, key.method, key.sign(message)) for key in keys]
    for change_signatures in edits.signatures:
        signatures = change_signatures(signatures)
    raw = envelope(message, signatures)
    for rewrite in edits.bound:
        raw = rewrite(raw)
    return raw
