"""What the author's metadata says: keys, signers and signed tags, as judged.

Renderers and ``inspect`` read this; it repeats conclusions and draws none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crosstrust.oci.digest import Digest
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """A public key as a role lists it.

    ``scoped`` is the Notary key ID of the key object as listed (for a certificate: of the
    certificate); ``canonical`` that of the bare key. Both are 64 hex digits.
    """

    scoped: str
    canonical: str
    keytype: str


@dataclass(frozen=True, slots=True)
class Role:
    """One verified role file, or a delegation that is declared but not published.

    ``name``: "root", "timestamp", "snapshot", "targets", "targets/releases", ...
    ``keys``: all keys listed for the role; ``signed_by``: the canonical IDs of those with a
    valid signature. ``version`` 0 and ``expires`` None: declared, no file published.
    ``sha256`` is the hex digest of the file as served; ``size`` its length in bytes.
    """

    name: str
    keys: tuple[Key, ...]
    threshold: int
    signed_by: tuple[str, ...]
    version: int
    expires: datetime | None
    sha256: str
    size: int
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedTag:
    """One tag in one role: the manifest's digest and its length in bytes.

    ``digest`` is None where the entry has no sha256 (docker prints an empty digest then).
    ``hashes`` are what else was signed of the same bytes, as (algorithm, hex digits).
    """

    tag: str
    digest: Digest | None
    length: int
    role: str
    hashes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TrustData:
    """All that a scheme read of one repository, in the order of the metadata.

    ``roles`` holds root, timestamp, snapshot, targets, then delegations breadth-first.
    ``tags`` holds every (tag, role) entry that the role's paths allow.
    ``root_pins`` maps the scoped ID of each root key to how it was pinned: "scoped",
    "canonical", "first seen", or "" where it was not.
    """

    gun: str
    roles: tuple[Role, ...]
    tags: tuple[SignedTag, ...]
    root_pins: Mapping[str, str]

    def role(self, name: str) -> Role | None:
        """Return the role of that name, or None."""
        return next((role for role in self.roles if role.name == name), None)
