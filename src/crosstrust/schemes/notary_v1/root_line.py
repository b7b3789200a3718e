"""The line of roots in a dossier: where trust starts, and what follows from there.

It is read the same way by ``wants``, which fills its gaps, and by the judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from crosstrust.chain.answer import Answer, Reply
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins
from crosstrust.chain.want import ReadRole
from crosstrust.errors import MalformedError
from crosstrust.oci import limits
from crosstrust.oci.digest import Digest
from crosstrust.schemes.notary_v1.envelope import Envelope, parse_envelope
from crosstrust.schemes.notary_v1.metadata import Root
from crosstrust.schemes.notary_v1.parse import parse_root
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class RootFile:
    """A root as served: read, or the reason why it cannot be."""

    raw: bytes
    read: tuple[Envelope, Root] | MalformedError

    @property
    def sha256(self) -> str:
        """The hex digest of the file."""
        return Digest.of(self.raw).hex

    @property
    def version(self) -> int:
        """The version that the file states; 0 for one that cannot be read."""
        return 0 if isinstance(self.read, MalformedError) else self.read[1].version

    def lists(self, ids: Iterable[str]) -> bool:
        """Return True if a key of its root role has one of ``ids``."""
        if isinstance(self.read, MalformedError):
            return False
        listed = {
            one
            for key in self.read[1].signers["root"].keys
            for one in (key.listed.scoped, key.listed.canonical)
        }
        return not listed.isdisjoint(ids)


@dataclass(frozen=True, slots=True)
class RootLine:
    """Roots by the version under which they were served; 0 is one that cannot be read.

    ``replies`` holds the replies by version where no file came; ``current`` the reply to "the
    root as it is now", None if that was not asked. ``anchor`` is the version where trust starts:
    the oldest root at hand that lists a pinned key, else the oldest. 0: there is no root.
    """

    files: Mapping[int, RootFile]
    replies: Mapping[int, Reply]
    current: Reply | None
    anchor: int
    pinned: bool

    @property
    def top(self) -> int:
        """The last version that can be reached from the anchor over sound files."""
        version = self.anchor
        while (after := self.files.get(version + 1)) and after.version == version + 1:
            version += 1
        return version


def pinned_ids(pins: Pins) -> tuple[str, ...]:
    """Return the IDs that may anchor: the user's; else, only with tofu, those of the first time."""
    if pins.root:
        return pins.root
    return pins.first_seen if pins.tofu else ()


@lru_cache(maxsize=2 * limits.ROOT_ROTATIONS)
def read_root(raw: bytes) -> RootFile:
    """Return the root file ``raw``, read as far as it can be."""
    try:
        envelope = parse_envelope(raw, "root")
        return RootFile(raw, (envelope, parse_root(envelope.signed)))
    except MalformedError as error:
        return RootFile(raw, error)


def read_root_line(gun: str, dossier: Dossier, pins: Pins) -> RootLine:
    """Return the line of roots of ``gun`` as far as ``dossier`` has it."""
    files: dict[int, RootFile] = {}
    replies: dict[int, Reply] = {}
    for want, reply in dossier.replies.items():
        if isinstance(want, ReadRole) and (want.gun, want.role) == (gun, "root"):
            if want.version is None:
                continue
            if isinstance(reply, Answer):
                files[want.version] = read_root(reply.raw)
            else:
                replies[want.version] = reply
    current = dossier.replies.get(ReadRole(gun, "root"))
    if isinstance(current, Answer):
        found = read_root(current.raw)
        if found.version or not files:
            files[found.version] = found
    ids = pinned_ids(pins)
    versions = sorted(version for version in files if version)
    matching = [version for version in versions if files[version].lists(ids)]
    anchor = (matching or versions or [0])[0]
    return RootLine(files, replies, current, anchor, bool(matching))
