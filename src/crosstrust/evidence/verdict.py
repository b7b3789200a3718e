"""The verdict: the one result that renderers, callers and services consume."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from crosstrust.errors import CrosstrustError
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.graph import Evidence
from crosstrust.evidence.trust_data import TrustData
from crosstrust.oci.digest import Digest
from crosstrust.value import dataclass

# Of what keeps a verdict undecided, the cause that the user can mend comes before what follows
# from it: without credentials the content could not be reached either.
_GRAVEST_FIRST = (
    *(Class.ATTACK, Class.UNSIGNED, Class.STALE, Class.CONTENT, Class.POLICY, Class.REMOTE),
    *(Class.LOCAL, Class.CREDENTIALS, Class.UNREACHABLE, Class.USAGE),
)


class Decision(Enum):
    """The three outcomes. UNDECIDED: something could not be looked at; do not run the image."""

    TRUSTED = "trusted"
    REJECTED = "rejected"
    UNDECIDED = "undecided"


class Level(Enum):
    """How far a platform of the copy was proved to be the signed one, strongest first."""

    INDEX = "image.index.same"  # the same index bytes
    MANIFEST = "image.manifest.same"  # the same manifest bytes
    CONTENT = "image.content.same"  # the same config and the same ordered layer digests
    DIFF_IDS = "image.layer.verified"  # the same config; layers unpacked, each fits its diff_id
    CONFIG = "image.config.same"  # the same config only; layers not looked at
    NONE = ""  # not the same image, or not known to be


@dataclass(frozen=True, slots=True)
class PlatformResult:
    """One platform of the copy beside the signed one.

    ``digest`` and ``signed_digest`` are manifest digests (None: absent on that side);
    ``layers`` counts the copy's layers, ``fetched`` those that were downloaded and unpacked.
    ``reasons`` says why the level is not higher, one sentence each. ``asked``: False for a
    signed platform that the copy lacks and the user did not ask for.
    """

    platform: str
    level: Level
    digest: Digest | None
    signed_digest: Digest | None
    config: Digest | None = None
    layers: int = 0
    fetched: int = 0
    reasons: tuple[str, ...] = ()
    asked: bool = True


@dataclass(frozen=True, slots=True)
class SignedBy:
    """The signature that counts: which tag, which digest and length, by which roles."""

    tag: str
    digest: Digest
    length: int
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PinUse:
    """A key that the chain used and how it came to be allowed.

    ``role``: "root", "repository", "releases" or "signer/NAME". ``pinned``: "scoped",
    "canonical", "first seen", or "" (allowed without a pin of its own).
    """

    role: str
    scoped: str
    canonical: str
    pinned: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader should know that changes no decision."""

    code: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class ProxyUse:
    """How many requests went through ``proxy``, an URL without user and password."""

    proxy: str
    count: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the verification cost: requests, bytes received, wall-clock seconds.

    ``proxies``: those that stood between, in the order of their first use.
    """

    count: int = 0
    bytes: int = 0
    seconds: float = 0.0
    proxies: tuple[ProxyUse, ...] = ()

    def since(self, before: Traffic, *, seconds: float) -> Traffic:
        """Return what came after ``before``, an earlier state of the same count."""
        known = {use.proxy: use.count for use in before.proxies}
        uses = (ProxyUse(u.proxy, u.count - known.get(u.proxy, 0)) for u in self.proxies)
        used = tuple(use for use in uses if use.count)
        return Traffic(self.count - before.count, self.bytes - before.bytes, seconds, used)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one question, with everything it rests on.

    ``subject`` and ``signed_by`` are canonical references as text. ``digest`` is what the
    subject resolved to; run ``pinned``, not the tag. ``at`` is UTC; ``basis`` is "clock" or
    "user". ``freshness``: "fresh", "cached", "first-seen" or "unknown". ``asked``: the platforms
    that the copy must have by the policy or the call; empty: all that were signed.
    """

    subject: str
    signed_by: str
    decision: Decision
    digest: Digest | None
    pinned: str
    at: datetime
    basis: str
    freshness: str
    evidence: Evidence
    historic: bool = False
    signed: SignedBy | None = None
    keys: tuple[PinUse, ...] = ()
    platforms: tuple[PlatformResult, ...] = ()
    asked: tuple[str, ...] = ()
    warnings: tuple[Notice, ...] = ()
    trust_data: TrustData | None = None
    traffic: Traffic = Traffic()

    def __bool__(self) -> bool:
        """Return True for TRUSTED alone, so that ``if verdict`` fails closed."""
        return self.decision is Decision.TRUSTED

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every check that was made, in order."""
        return self.evidence.checks

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that contradict trust."""
        return tuple(c for c in self.checks if c.outcome is Outcome.FAILED)

    @property
    def gaps(self) -> tuple[Check, ...]:
        """The checks that could not be made."""
        return tuple(c for c in self.checks if c.outcome is Outcome.UNKNOWN)

    @property
    def klass(self) -> Class | None:
        """The class of the gravest check that did not pass; None when trusted."""
        if self:
            return None
        graver = self.failures or self.gaps
        found = {c.klass for c in graver}
        return next((k for k in _GRAVEST_FIRST if k in found), None)

    def require(self) -> str:
        """Return the reference by digest that may be run, or raise ``NotTrustedError``."""
        if self and self.digest is not None:
            return self.pinned
        raise NotTrustedError(self)


class NotTrustedError(CrosstrustError):
    """The verdict is not TRUSTED; it is attached as ``verdict``."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(
            "verdict.trusted",
            verdict.subject,
            expected="trusted",
            actual=verdict.decision.value,
            remedy="do not run this image; read the verdict's checks",
        )
