"""A Notary server in memory, and the loop that asks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crosstrust.chain.answer import Absent, Answer, Gap, Reply
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins
from crosstrust.chain.want import ReadRole, Want
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.digest import Digest
from crosstrust.schemes.notary_v1 import NotaryV1

ORIGIN = "https://notary.test"


def gap(role: str) -> Gap:
    """No answer, as a transport says it."""
    return Gap(Check("notary.available", Outcome.UNKNOWN, role, Class.UNREACHABLE))


@dataclass
class Server:
    """Serves the current files, numbered roots, and every file it ever had by its hash.

    ``failing`` holds the roles, or "root 2", that cannot be reached; ``cached`` is what a cache
    in front of it has, by sha256.
    """

    gun: str
    files: dict[str, bytes] = field(default_factory=dict)
    roots: dict[int, bytes] = field(default_factory=dict)
    stored: dict[tuple[str, str], bytes] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    cached: dict[str, bytes] = field(default_factory=dict)
    requests: list[ReadRole] = field(default_factory=list)

    def publish(self, files: Mapping[str, bytes], roots: Mapping[int, bytes]) -> None:
        self.files = dict(files)
        self.roots |= roots
        for role, raw in files.items():
            self.stored[role, Digest.of(raw).hex] = raw

    def reply(self, want: ReadRole) -> Reply:
        if want.sha256 in self.cached:
            return Answer(self.cached[want.sha256], origin="cache")
        self.requests.append(want)
        name = want.role if want.version is None else f"{want.role} {want.version}"
        if name in self.failing:
            return gap(name)
        raw = self._find(want)
        return Absent(ORIGIN) if raw is None else Answer(raw, origin=ORIGIN)

    def warm(self) -> None:
        """Fill the cache with all that was ever served, and forget the requests."""
        for raw in (*self.stored.values(), *self.roots.values()):
            self.cached[Digest.of(raw).hex] = raw
        self.requests.clear()

    def _find(self, want: ReadRole) -> bytes | None:
        if want.gun != self.gun:
            return None
        if want.version is not None:
            return self.roots.get(want.version)
        if want.sha256 is not None:
            return self.stored.get((want.role, want.sha256))
        return self.files.get(want.role)


def collect(
    server: Server, *, pins: Pins, seen: bytes = b"", scheme: NotaryV1 | None = None
) -> tuple[Dossier, list[list[ReadRole]]]:
    """Ask until nothing more is wanted. Return the dossier and the wants of each round."""
    used = scheme or NotaryV1()
    dossier, rounds = Dossier(), []
    while wants := used.wants(server.gun, dossier, pins=pins, seen=seen):
        assert not [want for want in wants if dossier.asked(want)]
        rounds.append(list(wants))
        assert len(rounds) < 400
        replies: dict[Want, Reply] = {want: server.reply(want) for want in wants}
        dossier = dossier.with_replies(replies)
    return dossier, rounds
