"""What came back for a want: bytes and claims, "there is none", or a gap."""

from __future__ import annotations

from datetime import datetime

from crosstrust.evidence.check import Check
from crosstrust.oci.digest import Digest
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes as served, and what the server claimed about them. Nothing here is verified.

    ``media_type`` and ``declared_digest`` are header values ("" where absent). ``origin`` is
    who answered ("https://registry-1.docker.io", "cache"); ``at`` is when, UTC. A LAST look at
    a tag may have empty ``raw`` and a ``declared_digest``.
    """

    raw: bytes
    media_type: str = ""
    declared_digest: str = ""
    origin: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What this machine measured of a layer by streaming it: three facts, not claims.

    ``digest`` and ``size`` (bytes) are of the blob as served, ``diff_id`` of what it unpacks to.
    """

    digest: Digest
    size: int
    diff_id: Digest


@dataclass(frozen=True, slots=True)
class Absent:
    """The server said plainly that there is none (404). ``origin`` is who said so."""

    origin: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """No answer. The check says why: UNKNOWN (unreachable, credentials) or FAILED (class R)."""

    check: Check


Reply = Answer | Measured | Absent | Gap
