"""What ``inspect`` found: the trust data of a repository, and which tag or digest was asked for."""

from __future__ import annotations

from crosstrust.evidence.trust_data import Key, Role, SignedTag, TrustData
from crosstrust.evidence.verdict import Verdict
from crosstrust.oci.digest import Digest
from crosstrust.render.docker import RELEASED_IN
from crosstrust.render.text import natural_key
from crosstrust.value import dataclass

_RELEASES = "targets/releases"


@dataclass(frozen=True, slots=True)
class Inspection:
    """``verdict`` is on the trust data alone: its chain, time, keys and checks.

    Without ``tag`` and ``digest`` the whole repository is shown.
    """

    verdict: Verdict
    tag: str | None = None
    digest: Digest | None = None

    @property
    def data(self) -> TrustData:
        """The trust data, empty where none could be read."""
        return self.verdict.trust_data or TrustData(self.verdict.signed_by, (), (), {})


@dataclass(frozen=True, slots=True)
class TagRow:
    """One digest under one tag, with every role that states it. ``length`` in bytes."""

    tag: str
    digest: Digest | None
    length: int
    roles: tuple[str, ...]

    @property
    def released(self) -> bool:
        """True where a role that docker accepts states it."""
        return not RELEASED_IN.isdisjoint(self.roles)


def tag_rows(inspection: Inspection) -> list[TagRow]:
    """Return the tags asked for in natural order, each digest and length once."""
    found: dict[tuple[str, Digest | None, int], list[str]] = {}
    for entry in inspection.data.tags:
        if _asked(inspection, entry):
            found.setdefault((entry.tag, entry.digest, entry.length), []).append(entry.role)
    rows = [TagRow(*row, tuple(roles)) for row, roles in found.items()]
    return sorted(rows, key=lambda row: natural_key(row.tag))


def _asked(inspection: Inspection, entry: SignedTag) -> bool:
    if inspection.tag is not None and entry.tag != inspection.tag:
        return False
    return inspection.digest is None or entry.digest == inspection.digest


def only_in_releases(data: TrustData, role: Role, key: Key) -> bool:
    """Return True for a key that releases tags and belongs to no named signer.

    Docker shows such a key nowhere, so that every ID on its screen can be an expected one.
    """
    named = {k.canonical for r in data.roles if r.name != _RELEASES for k in r.keys}
    return role.name == _RELEASES and key.canonical not in named


def how_pinned(verdict: Verdict, role: Role, key: Key) -> str:
    """Return how the key was pinned for its role: "scoped", "canonical", "first seen" or ""."""
    names = {"root": "root", "targets": "repository", _RELEASES: "releases"}
    name = names.get(role.name) or role.name.replace("targets/", "signer/", 1)
    uses = (use for use in verdict.keys if use.role == name and use.scoped == key.scoped)
    return next((use.pinned for use in uses), "")
