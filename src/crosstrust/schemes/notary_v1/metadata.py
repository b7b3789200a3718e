"""The four role types of Notary v1 as values. Dialect, section 1."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crosstrust.oci.digest import Digest
from crosstrust.schemes.notary_v1.key import PublicKey
from crosstrust.value import dataclass, field


@dataclass(frozen=True, slots=True)
class Signing:
    """Who may sign a role: its keys in listed order, and how many of them must."""

    keys: tuple[PublicKey, ...]
    threshold: int


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What a parent says about a role file: ``length`` in bytes, sha256 first among digests."""

    length: int
    digests: tuple[Digest, ...]

    @property
    def sha256(self) -> str:
        """64 hex digits."""
        return self.digests[0].hex


@dataclass(frozen=True, slots=True)
class Root:
    """``signers`` has "root", "timestamp", "snapshot" and "targets"."""

    version: int
    expires: datetime
    signers: Mapping[str, Signing]


@dataclass(frozen=True, slots=True)
class Timestamp:
    """``snapshot`` is the file that the timestamp binds."""

    version: int
    expires: datetime
    snapshot: FileMeta


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``meta`` binds "root", "targets" and each published delegation, by role name."""

    version: int
    expires: datetime
    meta: Mapping[str, FileMeta]

    @property
    def delegations(self) -> tuple[str, ...]:
        """The names of the published delegations, in the order of the file."""
        return tuple(name for name in self.meta if name.startswith("targets/"))


@dataclass(frozen=True, slots=True)
class Target:
    """What a tag stands for: ``length`` in bytes; no digest where there is no usable sha256.

    ``hashes``: the other known hashes of the same bytes, as (algorithm, hex digits).
    """

    digest: Digest | None
    length: int
    hashes: tuple[tuple[str, str], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Delegation:
    """A role that may sign tags which start with one of ``paths``; "" fits every tag."""

    name: str
    signing: Signing
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Targets:
    """``targets`` or a delegation: tags, and the delegations it declares, in file order."""

    version: int
    expires: datetime
    targets: Mapping[str, Target]
    delegations: tuple[Delegation, ...]


Signed = Root | Timestamp | Snapshot | Targets
