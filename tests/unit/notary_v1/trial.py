"""A trial: collect from a server, judge, and say what came out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins, pinned_key
from crosstrust.chain.scheme import Judgement
from crosstrust.chain.want import ReadRole
from crosstrust.evidence.check import Check, Outcome
from crosstrust.schemes.notary_v1 import NotaryV1
from tests.unit.evidence.registered import check_registered
from tests.unit.notary_v1.author import AT, Author
from tests.unit.notary_v1.serving import Server, collect


@dataclass(frozen=True)
class Trial:
    """``rounds`` are the wants of each round."""

    gun: str
    dossier: Dossier
    judgement: Judgement
    rounds: list[list[ReadRole]]

    @property
    def checks(self) -> tuple[Check, ...]:
        return self.judgement.evidence.checks

    @property
    def failed(self) -> list[str]:
        """Code and class of each failed check, as in "tuf.key.id T"."""
        return self._with(Outcome.FAILED)

    @property
    def unknown(self) -> list[str]:
        return self._with(Outcome.UNKNOWN)

    @property
    def tags(self) -> dict[str, str]:
        """The digests that follow from the keys that the user vouches for, by tag."""
        data = self.judgement.trust_data
        pins = data.root_pins if data is not None else {}
        held = self.judgement.evidence.holding(
            pinned_key(self.gun, key) for key, how in pins.items() if how
        )
        found = {c.subject.rpartition(":")[2]: c.value for c in held if c.kind == "tag"}
        return {tag: value.removeprefix("sha256:") for tag, value in found.items()}

    def check(self, code: str, outcome: Outcome = Outcome.FAILED) -> Check:
        """The one check with ``code`` and ``outcome``."""
        (found,) = [c for c in self.checks if c.code == code and c.outcome is outcome]
        return found

    def _with(self, outcome: Outcome) -> list[str]:
        found = (check for check in self.checks if check.outcome is outcome)
        return [f"{c.code} {c.klass.value if c.klass else '-'}" for c in found]


def pin(author: Author) -> Pins:
    """Pins of the author's root keys, by scoped ID."""
    return Pins(root=tuple(key.id for key in author.keys["root"]))


def serve(author: Author, server: Server | None = None) -> Server:
    """A server with the author's files, or ``server`` with them as its next state."""
    used = server or Server(author.gun)
    files = author.files()
    used.publish(files, {author.versions.get("root", 1): files["root"]})
    return used


def run(
    server: Server,
    pins: Pins,
    *,
    at: datetime = AT,
    seen: bytes = b"",
    tags: Sequence[str] | None = None,
    scheme: NotaryV1 | None = None,
) -> Trial:
    """Collect and judge."""
    used = scheme or NotaryV1()
    dossier, rounds = collect(server, pins=pins, seen=seen, scheme=used)
    judgement = used.judge(server.gun, dossier, pins=pins, at=at, seen=seen, tags=tags)
    check_registered(judgement.evidence.checks)
    return Trial(server.gun, dossier, judgement, rounds)


def tried(
    author: Author, change: Callable[[Server], None] | None = None, **options: object
) -> Trial:
    """Serve the author's files, pin the root, collect and judge."""
    server = serve(author)
    if change is not None:
        change(server)
    return run(server, pin(author), **options)  # type: ignore[arg-type]  # those of run
