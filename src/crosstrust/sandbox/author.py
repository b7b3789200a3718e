"""An author who signs tags as docker and notary do, with every key in memory.

The author holds the keys that a Notary server would hold too (snapshot, timestamp), so that a
whole repository can be written without a server. Dialect, sections 1, 3, 5 and 7.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from crosstrust.chain.pin import Pins
from crosstrust.errors import InputError
from crosstrust.oci.digest import Digest
from crosstrust.sandbox.damage import Damage, Edits
from crosstrust.sandbox.key import SigningKey, generate
from crosstrust.sandbox.metadata import CERTIFIED, Json, bind, bind_all, start_signed, target
from crosstrust.sandbox.publication import Publication
from crosstrust.sandbox.role import (
    RELEASES,
    Assignment,
    delegations,
    list_keys,
    parent,
    write_role,
)

LIFETIMES = {
    "root": timedelta(days=3650),
    "targets": timedelta(days=3 * 365),
    "snapshot": timedelta(days=3 * 365),
    "timestamp": timedelta(days=14),
}

_NO_EDITS = Edits()


class Publisher(Protocol):
    """What an author publishes to."""

    def publish(self, gun: str, publication: Publication) -> object: ...


class Author:
    """One repository's trust metadata and all its keys.

    ``at`` (UTC) is the author's clock: what is signed next runs out at ``at`` plus the role's
    entry in ``lifetimes``. Changes are signed when ``files`` is read, once for all since the
    last time, each changed role with the next version.
    """

    def __init__(
        self,
        gun: str,
        *,
        at: datetime,
        key_type: str = "ecdsa",
        server_key_type: str = "ecdsa",
        root_key: SigningKey | None = None,
    ) -> None:
        self.gun = gun
        self.at = at
        self.key_type = key_type
        self.lifetimes = dict(LIFETIMES)
        self._contents: dict[str, dict[str, Json]] = {"targets": {}}
        self._versions: dict[str, int] = {}
        self._edits: dict[str, Edits] = {}
        self._files: dict[str, bytes] = {}
        self._roots: dict[int, bytes] = {}
        self._former: tuple[SigningKey, ...] = ()
        self._stale = set(CERTIFIED)
        root = root_key or self.new_key(self._root_type)
        self._roles = {
            "root": Assignment((root,)),
            "targets": Assignment((self.new_key(),)),
            "snapshot": Assignment((self.new_key(server_key_type),)),
            "timestamp": Assignment((self.new_key(server_key_type),)),
        }

    # What is there.

    def files(self) -> dict[str, bytes]:
        """Return the current file of every role that has one, as a server serves it."""
        self._write()
        return {
            role: self._served(role, raw)
            for role, raw in self._files.items()
            if not self._edits.get(role, _NO_EDITS).withheld
        }

    def roots(self) -> dict[int, bytes]:
        """Return every root file that was signed, by version, without the edits of serving."""
        self._write()
        return dict(self._roots)

    def publication(self) -> Publication:
        """Return all that a server needs: current files, every root, and names by hash."""
        honest = Publication.honest(self.files(), self._roots)
        served = {
            (role, hashlib.sha256(raw).hexdigest()): honest.files.get(role)
            for role, raw in self._files.items()
        }
        named = {**honest.by_hash, **served}
        latest = {self._versions["root"]: honest.files.get("root")}
        roots = {**self._roots, **latest}
        return Publication(
            honest.files,
            {version: raw for version, raw in roots.items() if raw is not None},
            {name: raw for name, raw in named.items() if raw is not None},
        )

    def keys(self, role: str) -> tuple[SigningKey, ...]:
        """Return the keys listed for ``role``."""
        return self._role(role).keys

    def roles(self) -> tuple[str, ...]:
        """Return the name of every role, with or without a file."""
        return tuple(self._roles)

    def pins(self) -> Pins:
        """Return pins of every key that the repository lists now."""
        signers = {
            name.removeprefix("targets/"): _ids(assignment.keys)
            for name, assignment in self._roles.items()
            if parent(name) == "targets" and name != RELEASES
        }
        known = {one for ids in signers.values() for one in ids}
        released = _ids(self._roles.get(RELEASES, Assignment(())).keys)
        return Pins(
            root=_ids(self.keys("root")),
            repository=_ids(self.keys("targets")),
            signers=signers,
            releases=tuple(one for one in released if one not in known),
        )

    # What the author does.

    def sign(
        self,
        tag: str,
        digest: Digest,
        length: int,
        *,
        roles: Sequence[str] = (),
        custom: object = None,
    ) -> None:
        """Sign ``tag`` as the manifest ``digest`` of ``length`` bytes in ``roles``.

        Without roles as docker does: in every first-level delegation, else in ``targets``.
        """
        for role in roles or self._default_roles():
            self._role(role)
            self._contents.setdefault(role, {})[tag] = target(digest.hex, length, custom)
            self._stale.add(role)

    def revoke(self, tag: str, *, roles: Sequence[str] = ()) -> None:
        """Take ``tag`` out of ``roles``, or out of every role that has it."""
        for role in roles or tuple(self._contents):
            if self._contents.get(role, {}).pop(tag, None) is not None:
                self._stale.add(role)

    def add_signer(
        self, name: str, *, keys: Sequence[SigningKey] = (), paths: Sequence[str] = ("",)
    ) -> None:
        """Add signer ``name`` as docker does: a role of his own, and his keys for releases."""
        own = tuple(keys) or (self.new_key(),)
        self.delegate(f"targets/{name}", keys=own, paths=paths)
        released = self._roles.get(RELEASES, Assignment(()))
        merged = released.keys + tuple(key for key in own if key not in released.keys)
        self.delegate(RELEASES, keys=merged, threshold=released.threshold, paths=released.paths)

    def remove_signer(self, name: str) -> None:
        """Remove signer ``name`` and all that he alone signed; releases goes with the last."""
        gone = self._role(f"targets/{name}").keys
        self.drop_delegation(f"targets/{name}")
        kept = {
            key
            for role, assignment in self._roles.items()
            if parent(role) == "targets" and role != RELEASES
            for key in assignment.keys
        }
        released = self._role(RELEASES)
        left = tuple(key for key in released.keys if key not in gone or key in kept)
        if left:
            self.assign(RELEASES, left, threshold=released.threshold)
        else:
            self.drop_delegation(RELEASES)

    def delegate(
        self,
        role: str,
        *,
        keys: Sequence[SigningKey] = (),
        threshold: int = 1,
        paths: Sequence[str] = ("",),
    ) -> None:
        """Let ``keys`` (a new one if none) sign tags that start with one of ``paths``.

        ``role`` names its place: "targets/alice/ci" is delegated by "targets/alice".
        """
        above = parent(role)
        self._role(above)
        self._roles[role] = Assignment(tuple(keys) or (self.new_key(),), threshold, tuple(paths))
        self._contents.setdefault(above, {})
        self._stale |= {above} | ({role} & self._contents.keys())

    def drop_delegation(self, role: str) -> None:
        """Remove a delegation and everything below it."""
        self._role(role)
        for name in [name for name in self._roles if f"{name}/".startswith(f"{role}/")]:
            del self._roles[name]
            self._contents.pop(name, None)
            self._files.pop(name, None)
        self._stale.add(parent(role))

    def assign(self, role: str, keys: Sequence[SigningKey], *, threshold: int = 1) -> None:
        """Give ``role`` other keys and another threshold, and sign what lists them."""
        now = self._role(role)
        if role == "root":
            self._write()
            self._former = now.keys
        self._roles[role] = Assignment(tuple(keys), threshold, now.paths)
        self._stale.add("root" if role in CERTIFIED else parent(role))
        if role in CERTIFIED or role in self._contents:
            self._stale.add(role)

    def rotate(self, role: str, *, key_type: str = "") -> SigningKey:
        """Replace all keys of ``role`` by one new key, and return it."""
        kind = key_type or (self._root_type if role == "root" else self.key_type)
        key = self.new_key(kind)
        self.assign(role, (key,))
        return key

    def rotate_root(self, *, key_type: str = "") -> SigningKey:
        """Replace the root key; the next root is signed by the old and the new one."""
        return self.rotate("root", key_type=key_type)

    def refresh(self, *roles: str) -> None:
        """Sign ``roles`` again, the timestamp unless told, with dates counted from ``at``."""
        self._stale |= set(roles or ("timestamp",))

    def new_key(self, key_type: str = "") -> SigningKey:
        """Return a new key, not listed anywhere; a certificate has the GUN as its name."""
        return generate(key_type or self.key_type, name=self.gun, at=self.at)

    def damage(self, role: str) -> Damage:
        """Return the damages that can be done to ``role``."""
        self._role(role)
        edits = self._edits.setdefault(role, Edits())
        return Damage(edits, lambda: self._stale.add(role))

    def publish(self, server: Publisher) -> None:
        """Hand the current files, and every root, to ``server`` as its next state."""
        server.publish(self.gun, self.publication())

    # How files are written.

    @property
    def _root_type(self) -> str:
        return "rsa-x509" if self.key_type.startswith("rsa") else "ecdsa-x509"

    def _default_roles(self) -> list[str]:
        first_level = [name for name in self._roles if parent(name) == "targets"]
        return first_level or ["targets"]

    def _served(self, role: str, raw: bytes) -> bytes:
        for change in self._edits.get(role, _NO_EDITS).served:
            raw = change(raw)
        return raw

    def _role(self, role: str) -> Assignment:
        if role not in self._roles:
            raise InputError(
                "sandbox.role.known", role, expected=", ".join(self._roles), actual=role
            )
        return self._roles[role]

    def _write(self) -> None:
        bound = ["root", *self._contents]
        stale = [role for role in bound if role in self._stale or role not in self._files]
        for role in stale:
            self._write_one(role)
        if stale or "snapshot" in self._stale:
            self._write_one("snapshot")
            self._stale.add("timestamp")
        if "timestamp" in self._stale:
            self._write_one("timestamp")
        self._stale.clear()

    def _write_one(self, role: str) -> None:
        version = self._versions.get(role, 0) + 1
        self._versions[role] = version
        lifetime = self.lifetimes.get(role, self.lifetimes["targets"])
        signed = start_signed(role, version, self.at + lifetime) | self._members(role)
        signers = self._role(role).keys
        if role == "root":
            signers += tuple(key for key in self._former if key not in signers)
            self._former = ()
        self._files[role] = write_role(signed, signers, self._edits.get(role, _NO_EDITS))
        if role == "root":
            self._roots[version] = self._files[role]

    def _members(self, role: str) -> Json:
        if role == "root":
            roles = {name: self._roles[name] for name in CERTIFIED}
            return {
                "consistent_snapshot": False,
                "keys": list_keys(roles.values()),
                "roles": {
                    name: {"keyids": each.key_ids, "threshold": each.threshold}
                    for name, each in roles.items()
                },
            }
        if role == "timestamp":
            return {"meta": {"snapshot": bind(self._files["snapshot"])}}
        if role == "snapshot":
            return {"meta": bind_all(self._listed())}
        children = [(name, each) for name, each in self._roles.items() if parent(name) == role]
        return {"delegations": delegations(children), "targets": dict(self._contents[role])}

    def _listed(self) -> dict[str, bytes]:
        unlisted = {role for role, edits in self._edits.items() if edits.unlisted}
        roles = {"root", *self._contents} - unlisted
        return {role: raw for role, raw in self._files.items() if role in roles}


def _ids(keys: Sequence[SigningKey]) -> tuple[str, ...]:
    return tuple(key.scoped for key in keys)
