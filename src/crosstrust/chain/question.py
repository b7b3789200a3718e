"""The question: which copy, whose signature, and what the user demands of both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from crosstrust.chain.pin import Pins
from crosstrust.chain.want import ReadManifest, ResolveTag
from crosstrust.oci.reference import Reference
from crosstrust.value import dataclass

if TYPE_CHECKING:
    from crosstrust.oci.platform import Platform


@dataclass(frozen=True, slots=True)
class Demand:
    """What must hold beyond "the pinned author signed this digest under this tag".

    ``roles`` must all have signed: "repository", "releases", "signer/NAME". ``form`` is "image",
    "index" or "" for either. ``platforms`` narrows which signed platforms the copy must have;
    empty: all. ``unsigned``: the policy expects no signature, which never yields trusted.
    ``ruled``: False where the policy has rules and none matches this tag. ``layers``: fetch and
    unpack layers where their digests differ. The last three are opt-ins that weaken.
    """

    roles: tuple[str, ...] = ()
    form: str = ""
    platforms: tuple[Platform, ...] = ()
    unsigned: bool = False
    ruled: bool = True
    layers: bool = True
    accept_config: bool = False
    allow_extra_platforms: bool = False
    allow_name_wildcard: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One image to verify.

    ``subject`` is the copy, with a tag, a digest or both. ``signed`` is the repository whose
    author's signatures count, with the tag that must be signed; it has no tag only where the
    subject is a digest on that same repository. ``at`` is UTC; ``historic`` where the user chose
    it. ``seen`` is the scheme's state from earlier runs (b"" for none). ``demands``: what is
    demanded of each tag, where no tag is named and that of the digest is yet to be found; else
    ``demand`` holds.
    """

    subject: Reference
    signed: Reference
    pins: Pins
    demand: Demand
    at: datetime
    historic: bool = False
    seen: bytes = b""
    demands: Callable[[str], Demand] | None = None

    def demand_for(self, tag: str) -> Demand:
        """Return what must hold of the signed ``tag``."""
        return self.demand if self.demands is None else self.demands(tag)

    @property
    def gun(self) -> str:
        """The repository whose author's signatures count."""
        return self.signed.repository

    @property
    def plain(self) -> bool:
        """True where the signed repository itself is verified, not a copy."""
        return self.subject.repository == self.signed.repository

    @property
    def top(self) -> ResolveTag | ReadManifest:
        """What gives the copy's top document."""
        return top_want(self.subject)

    @property
    def origin(self) -> ResolveTag | None:
        """What gives the author's tag as it stands; None where no copy is compared with it."""
        if self.signed.tag is None or self.plain:
            return None
        return ResolveTag(self.signed.repository, self.signed.tag)

    @property
    def first(self) -> tuple[ResolveTag | ReadManifest, ...]:
        """What to look at first of both sides."""
        return (self.top,) if self.origin is None else (self.top, self.origin)

    @property
    def tags(self) -> tuple[str, ...] | None:
        """The one tag that is asked about; None where any tag of a digest will do."""
        return None if self.signed.tag is None else (self.signed.tag,)


def top_want(reference: Reference) -> ResolveTag | ReadManifest:
    """Return the want that gives a reference's top document: the digest decides over the tag."""
    if reference.digest is not None:
        return ReadManifest(reference.repository, reference.digest)
    return ResolveTag(reference.repository, reference.tag or "latest")
