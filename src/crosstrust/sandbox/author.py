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
from crosstrust.oci.digest import Digest
from crosstrust.sandbox.damage import Damage, Edits
from crosstrust.sandbox.key import SigningKey, generate
from crosstrust.sandbox.ledger import Ledger
from crosstrust.sandbox.metadata import CERTIFIED, target
from crosstrust.sandbox.publication import Publication
from crosstrust.sandbox.role import (
    RELEASES,
    Assignment,
    parent,
)


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
        root = root_key or self.new_key(self._root_type)
        self._ledger = Ledger(
            {
                "root": Assignment((root,)),
                "targets": Assignment((self.new_key(),)),
                "snapshot": Assignment((self.new_key(server_key_type),)),
                "timestamp": Assignment((self.new_key(server_key_type),)),
            }
        )

    @property
    def lifetimes(self) -> dict[str, timedelta]:
        """How long what is signed next will hold, by role; a delegation holds as targets do."""
        return self._ledger.lifetimes

    # What is there.

    def files(self) -> dict[str, bytes]:
        """Return the current file of every role that has one, as a server serves it."""
        self._write()
        return self._ledger.served()

    def roots(self) -> dict[int, bytes]:
        """Return every root file that was signed, by version, without the edits of serving."""
        self._write()
        return dict(self._ledger.roots)

    def publication(self) -> Publication:
        """Return all that a server needs: current files, every root, and names by hash."""
        honest = Publication.honest(self.files(), self._ledger.roots)
        served = {
            (role, hashlib.sha256(raw).hexdigest()): honest.files.get(role)
            for role, raw in self._ledger.files.items()
        }
        named = {**honest.by_hash, **served}
        latest = {self._ledger.versions["root"]: honest.files.get("root")}
        roots = {**self._ledger.roots, **latest}
        return Publication(
            honest.files,
            {version: raw for version, raw in roots.items() if raw is not None},
            {name: raw for name, raw in named.items() if raw is not None},
        )

    def keys(self, role: str) -> tuple[SigningKey, ...]:
        """Return the keys listed for ``role``."""
        return self._ledger.role(role).keys

    def roles(self) -> tuple[str, ...]:
        """Return the name of every role, with or without a file."""
        return tuple(self._ledger.roles)

    def pins(self) -> Pins:
        """Return pins of every key that the repository lists now."""
        signers = {
            name.removeprefix("targets/"): _ids(assignment.keys)
            for name, assignment in self._ledger.roles.items()
            if parent(name) == "targets" and name != RELEASES
        }
        known = {one for ids in signers.values() for one in ids}
        released = _ids(self._ledger.roles.get(RELEASES, Assignment(())).keys)
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
            self._ledger.role(role)
            self._ledger.contents.setdefault(role, {})[tag] = target(digest.hex, length, custom)
            self._ledger.stale.add(role)

    def revoke(self, tag: str, *, roles: Sequence[str] = ()) -> None:
        """Take ``tag`` out of ``roles``, or out of every role that has it."""
        for role in roles or tuple(self._ledger.contents):
            if self._ledger.contents.get(role, {}).pop(tag, None) is not None:
                self._ledger.stale.add(role)

    def add_signer(
        self, name: str, *, keys: Sequence[SigningKey] = (), paths: Sequence[str] = ("",)
    ) -> None:
        """Add signer ``name`` as docker does: a role of his own, and his keys for releases."""
        own = tuple(keys) or (self.new_key(),)
        self.delegate(f"targets/{name}", keys=own, paths=paths)
        released = self._ledger.roles.get(RELEASES, Assignment(()))
        merged = released.keys + tuple(key for key in own if key not in released.keys)
        self.delegate(RELEASES, keys=merged, threshold=released.threshold, paths=released.paths)

    def remove_signer(self, name: str) -> None:
        """Remove signer ``name`` and all that he alone signed; releases goes with the last."""
        gone = self._ledger.role(f"targets/{name}").keys
        self.drop_delegation(f"targets/{name}")
        kept = {
            key
            for role, assignment in self._ledger.roles.items()
            if parent(role) == "targets" and role != RELEASES
            for key in assignment.keys
        }
        released = self._ledger.role(RELEASES)
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
        self._ledger.role(above)
        self._ledger.roles[role] = Assignment(
            tuple(keys) or (self.new_key(),), threshold, tuple(paths)
        )
        self._ledger.contents.setdefault(above, {})
        self._ledger.stale |= {above} | ({role} & self._ledger.contents.keys())

    def drop_delegation(self, role: str) -> None:
        """Remove a delegation and everything below it."""
        self._ledger.role(role)
        for name in [name for name in self._ledger.roles if f"{name}/".startswith(f"{role}/")]:
            del self._ledger.roles[name]
            self._ledger.contents.pop(name, None)
            self._ledger.files.pop(name, None)
        self._ledger.stale.add(parent(role))

    def assign(self, role: str, keys: Sequence[SigningKey], *, threshold: int = 1) -> None:
        """Give ``role`` other keys and another threshold, and sign what lists them."""
        now = self._ledger.role(role)
        if role == "root":
            self._write()
            self._ledger.former = now.keys
        self._ledger.roles[role] = Assignment(tuple(keys), threshold, now.paths)
        self._ledger.stale.add("root" if role in CERTIFIED else parent(role))
        if role in CERTIFIED or role in self._ledger.contents:
            self._ledger.stale.add(role)

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
        self._ledger.stale |= set(roles or ("timestamp",))

    def new_key(self, key_type: str = "") -> SigningKey:
        """Return a new key, not listed anywhere; a certificate has the GUN as its name."""
        return generate(key_type or self.key_type, name=self.gun, at=self.at)

    def damage(self, role: str) -> Damage:
        """Return the damages that can be done to ``role``."""
        self._ledger.role(role)
        edits = self._ledger.edits.setdefault(role, Edits())
        return Damage(edits, lambda: self._ledger.stale.add(role))

    def publish(self, server: Publisher) -> None:
        """Hand the current files, and every root, to ``server`` as its next state."""
        server.publish(self.gun, self.publication())

    # How it comes to be.

    def _write(self) -> None:
        self._ledger.write(self.at)

    @property
    def _root_type(self) -> str:
        return "rsa-x509" if self.key_type.startswith("rsa") else "ecdsa-x509"

    def _default_roles(self) -> list[str]:
        first_level = [name for name in self._ledger.roles if parent(name) == "targets"]
        return first_level or ["targets"]


def _ids(keys: Sequence[SigningKey]) -> tuple[str, ...]:
    return tuple(key.scoped for key in keys)
