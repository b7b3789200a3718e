"""A user at a desk: places of their own, a sandbox for a world, and what they ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosstrust.app.clock import now
from crosstrust.app.option import Options
from crosstrust.app.session import Session, open_session
from crosstrust.chain.pin import Pins
from crosstrust.chain.policy import Policy, parse_policy
from crosstrust.chain.question import Question
from crosstrust.chain.want import Want
from crosstrust.evidence.verdict import Verdict
from crosstrust.sandbox import Release, Sandbox, publish_release
from crosstrust.sandbox.door import MemoryDoor
from crosstrust.sandbox.release import TAG
from tests.canaries.planted import planted

ORIGIN = "docker.io/nicolas/webdis"
MIRROR = "public.ecr.aws/nicolas/webdis"
COPY = f"{MIRROR}:{TAG}"
SIGNED = f"{ORIGIN}:{TAG}"
OTHER = "ab" * 32


def places(folder: Path) -> dict[str, str]:
    """An environment in which everything of the user is below ``folder``."""
    return {
        "HOME": str(folder / "home"),
        "DOCKER_CONFIG": str(folder / "docker"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        **planted(),
    }


def options(folder: Path, environ: Mapping[str, str] | None = None, **chosen: Any) -> Options:
    """Options of a user whose files are below ``folder``."""
    found = {**places(folder), **(environ or {})}
    return Options(environ=found, home=Path(found["HOME"]), **chosen)


@dataclass(slots=True)
class Desk:
    """Each ``ask`` is a session of its own, as each run of the command is."""

    folder: Path
    sandbox: Sandbox
    release: Release
    door: MemoryDoor = field(init=False)

    def __post_init__(self) -> None:
        self.door = MemoryDoor(self.sandbox)

    @property
    def root(self) -> Pins:
        """The author's root key alone."""
        return Pins(root=self.sandbox.author.pins().root)

    @property
    def state(self) -> Path:
        return self.folder / "state" / "crosstrust"

    @property
    def cache(self) -> Path:
        return self.folder / "cache" / "crosstrust"

    def options(self, **chosen: Any) -> Options:
        """The author's root key pinned, the origin's signatures counting, unless told."""
        return options(self.folder, **{"signed_by": ORIGIN, "pins": self.root, **chosen})

    def ask(self, image: str = COPY, **chosen: Any) -> Verdict:
        """The verdict of a new session; ``door`` then knows what was asked in it."""
        (verdict,) = self.ask_all(image, **chosen)
        return verdict

    def ask_all(self, *images: str, **chosen: Any) -> list[Verdict]:
        unreachable = self.door.source.unreachable
        self.door = MemoryDoor(self.sandbox)
        self.door.source.unreachable = unreachable
        with open_session(self.options(**chosen), door=self.door) as session:
            questions = [session.question(image) for image in images]
            return [session.answer(question) for question in questions]

    def question(self, image: str = COPY, **chosen: Any) -> Question:
        """What would be asked."""
        with open_session(self.options(**chosen), door=self.door) as session:
            return session.question(image)

    def session(self, **chosen: Any) -> Session:
        """A session that stays open: a memory door has nothing to close."""
        with open_session(self.options(**chosen), door=self.door) as session:
            return session

    @property
    def asked(self) -> list[Want]:
        """What the last session asked of the world."""
        return self.door.asked

    def unplug(self, *hosts: str) -> None:
        """Take hosts off the network: all of them, unless told."""
        everyone = ("docker.io", "notary.docker.io", "public.ecr.aws")
        self.door.source.unreachable = set(hosts or everyone)


def open_desk(folder: Path) -> Desk:
    """A desk in a world with one release, signed now."""
    sandbox = Sandbox(at=now())
    return Desk(folder, sandbox, publish_release(sandbox))


def policy(text: str) -> Policy:
    return parse_policy(text, "crosstrust.toml")


def webdis_policy(root: str, *more: str, name: str = MIRROR, signed_by: str = ORIGIN) -> Policy:
    """One image, its root key, and further lines of TOML."""
    lines = ["[[image]]", f'name = "{name}"', f'signed-by = "{signed_by}"']
    return policy("\n".join([*lines, f'keys.root = ["{root}"]', *more, ""]))


def failed(verdict: Verdict) -> set[str]:
    return {check.code for check in verdict.failures}


def unknown(verdict: Verdict) -> set[str]:
    return {check.code for check in verdict.gaps}


def warned(verdict: Verdict) -> dict[str, str]:
    """The text of each warning by its code."""
    return {notice.code: notice.text for notice in verdict.warnings}
