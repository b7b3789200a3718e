"""Pins: the keys that the user says are the author's.

A root pin anchors trust; every other pin restricts. More pins never mean more trust.
"""

from __future__ import annotations

from collections.abc import Mapping

from crosstrust.evidence.claim import Claim
from crosstrust.value import dataclass, field


@dataclass(frozen=True, slots=True)
class Pins:
    """Key IDs (64 lower-case hex digits, scoped or canonical), by what they are for.

    ``root`` anchors. ``repository`` lists *all* keys allowed for ``targets``, ``signers`` all
    keys of each named signer, ``releases`` further keys allowed for ``targets/releases``;
    empty means "not restricted". ``first_seen``: root pins recorded by an earlier ``--tofu``,
    which count only where the user asked for that again. ``tofu``: accept an unknown root.
    ``name_wildcard``: accept a root certificate for ``prefix/*`` beside one for the GUN itself.
    ``of_prefix``: ``root`` is pinned for all repositories below a prefix, so that not every one
    need have signatures; else a root pin says that this repository has.
    """

    root: tuple[str, ...] = ()
    repository: tuple[str, ...] = ()
    signers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    releases: tuple[str, ...] = ()
    first_seen: tuple[str, ...] = ()
    tofu: bool = False
    name_wildcard: bool = False
    of_prefix: bool = False

    @property
    def anchored(self) -> bool:
        """Return True if some root key can be trusted at all."""
        return bool(self.root) or self.tofu


def pinned_key(gun: str, key_id: str) -> Claim:
    """Return the axiom that the user vouches for a root key of ``gun``."""
    return Claim("pinned-key", gun, key_id)


def signed_tag(gun: str, tag: str, digest: object) -> Claim:
    """Return the claim that the author signed ``digest`` under ``gun:tag``."""
    return Claim("tag", f"{gun}:{tag}", str(digest))
