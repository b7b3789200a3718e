"""The books of one author: who may sign each role, what it says, and its signed files.

Dialect, sections 1 and 3. What to write into them is the author's business (``author.py``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from crosstrust.errors import InputError
from crosstrust.sandbox.damage import Edits
from crosstrust.sandbox.key import SigningKey
from crosstrust.sandbox.metadata import CERTIFIED, Json, bind, bind_all, start_signed
from crosstrust.sandbox.role import Assignment, delegations, list_keys, parent, write_role
from crosstrust.value import dataclass, field

LIFETIMES = {
    "root": timedelta(days=3650),
    "targets": timedelta(days=3 * 365),
    "snapshot": timedelta(days=3 * 365),
    "timestamp": timedelta(days=14),
}

_NO_EDITS = Edits()


@dataclass(slots=True)
class Ledger:
    """Roles with their keys, targets by role, and the files that were signed of them.

    ``stale``: the roles that must be signed again. ``former``: root keys that sign the next root
    beside the new ones. ``roots``: every root file by version.
    """

    roles: dict[str, Assignment]
    lifetimes: dict[str, timedelta] = field(default_factory=lambda: dict(LIFETIMES))
    contents: dict[str, dict[str, Json]] = field(default_factory=lambda: {"targets": {}})
    versions: dict[str, int] = field(default_factory=dict)
    edits: dict[str, Edits] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    roots: dict[int, bytes] = field(default_factory=dict)
    former: tuple[SigningKey, ...] = ()
    stale: set[str] = field(default_factory=lambda: set(CERTIFIED))

    def role(self, name: str) -> Assignment:
        """Return who signs ``name``. Raises ``InputError`` where there is no such role."""
        if name not in self.roles:
            raise InputError(
                "sandbox.role.known", name, expected=", ".join(self.roles), actual=name
            )
        return self.roles[name]

    def served(self) -> dict[str, bytes]:
        """Return the current files as a server serves them: edited, some withheld."""
        return {
            role: _changed(raw, self.edits.get(role, _NO_EDITS))
            for role, raw in self.files.items()
            if not self.edits.get(role, _NO_EDITS).withheld
        }

    def write(self, at: datetime) -> None:
        """Sign what is stale, each role with its next version and dates counted from ``at``."""
        bound = ["root", *self.contents]
        stale = [role for role in bound if role in self.stale or role not in self.files]
        for role in stale:
            self._write_one(role, at)
        if stale or "snapshot" in self.stale:
            self._write_one("snapshot", at)
            self.stale.add("timestamp")
        if "timestamp" in self.stale:
            self._write_one("timestamp", at)
        self.stale.clear()

    def _write_one(self, role: str, at: datetime) -> None:
        version = self.versions.get(role, 0) + 1
        self.versions[role] = version
        lifetime = self.lifetimes.get(role, self.lifetimes["targets"])
        signed = start_signed(role, version, at + lifetime) | self._members(role)
        signers = self.role(role).keys
        if role == "root":
            signers += tuple(key for key in self.former if key not in signers)
            self.former = ()
        self.files[role] = write_role(signed, signers, self.edits.get(role, _NO_EDITS))
        if role == "root":
            self.roots[version] = self.files[role]

    def _members(self, role: str) -> Json:
        if role == "root":
            roles = {name: self.roles[name] for name in CERTIFIED}
            return {
                "consistent_snapshot": False,
                "keys": list_keys(roles.values()),
                "roles": {
                    name: {"keyids": each.key_ids, "threshold": each.threshold}
                    for name, each in roles.items()
                },
            }
        if role == "timestamp":
            return {"meta": {"snapshot": bind(self.files["snapshot"])}}
        if role == "snapshot":
            return {"meta": bind_all(self._listed())}
        children = [(name, each) for name, each in self.roles.items() if parent(name) == role]
        return {"delegations": delegations(children), "targets": dict(self.contents[role])}

    def _listed(self) -> dict[str, bytes]:
        unlisted = {role for role, edits in self.edits.items() if edits.unlisted}
        roles = {"root", *self.contents} - unlisted
        return {role: raw for role, raw in self.files.items() if role in roles}


def _changed(raw: bytes, edits: Edits) -> bytes:
    for change in edits.served:
        raw = change(raw)
    return raw
