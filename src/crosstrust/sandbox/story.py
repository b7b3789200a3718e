"""The demonstration: an honest release verified, then attacked in five ways, on loopback.

Every verdict comes from ``app.verify`` over real connections, as the command's own does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crosstrust.app.clock import now
from crosstrust.app.option import Options
from crosstrust.app.verify import verify
from crosstrust.chain.pin import Pins
from crosstrust.evidence.verdict import Decision, Verdict
from crosstrust.sandbox.release import (
    NEXT_TAG,
    TAG,
    Release,
    add_platform,
    publish_release,
    reserialise_list,
    revoke_tag,
    roll_back_notary,
    swap_layer,
)
from crosstrust.sandbox.sandbox import MIRROR, ORIGIN, REPOSITORY, Sandbox
from crosstrust.sandbox.service import Service
from crosstrust.value import dataclass

SIGNED = f"{ORIGIN}/{REPOSITORY}:{TAG}"
COPY = f"{MIRROR}/{REPOSITORY}:{TAG}"


@dataclass(frozen=True, slots=True)
class Attack:
    """``image`` is what the user verifies, ``code`` the check that must fail.

    ``warm``: the user has verified the release before, when the server had a newer state.
    """

    title: str
    image: str
    code: str
    attempt: Callable[[Sandbox, Release], str]
    warm: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """An attack that was carried out: what was done, and the verdict afterwards."""

    attack: Attack
    said: str
    verdict: Verdict

    @property
    def caught(self) -> bool:
        """True if the image was rejected for what was done to it."""
        failed = {check.code for check in self.verdict.failures}
        return self.verdict.decision is Decision.REJECTED and self.attack.code in failed


ATTACKS = (
    Attack("A foreign layer", COPY, "image.layer.diff_id", swap_layer),
    Attack("A list in other bytes", SIGNED, "image.tag.signed", reserialise_list),
    Attack("An extra platform", COPY, "image.platform.extra", add_platform),
    Attack("A revoked tag", COPY, "tuf.target.present", revoke_tag),
    Attack("A server that went back", COPY, "tuf.version.rollback", roll_back_notary, warm=True),
)


def play_honest(folder: Path) -> tuple[Pins, Verdict]:
    """Return the author's root key, and the verdict on the untouched mirror.

    ``folder`` must be empty; the user's cache and trust store are made in it.
    """
    with _stage(folder) as stage:
        return stage.pins, stage.verify(COPY)


def play_attack(attack: Attack, folder: Path) -> Scene:
    """Return the verdict after ``attack`` on a fresh release; ``folder`` must be empty."""
    with _stage(folder) as stage:
        if attack.warm:
            publish_release(stage.sandbox, NEXT_TAG)
            stage.verify(attack.image)
        said = attack.attempt(stage.sandbox, stage.release)
        return Scene(attack, said, stage.verify(attack.image))


@dataclass(frozen=True, slots=True)
class _Stage:
    sandbox: Sandbox
    release: Release
    service: Service
    folder: Path

    @property
    def pins(self) -> Pins:
        """The root key alone: what the story's command line shows is all there is."""
        return Pins(root=self.sandbox.author.pins().root)

    def verify(self, image: str) -> Verdict:
        options = Options(
            environ=self.service.environment,
            home=self.folder,
            signed_by=self.sandbox.origin,
            pins=self.pins,
        )
        return verify(image, options)[0]


@contextmanager
def _stage(folder: Path) -> Iterator[_Stage]:
    sandbox = Sandbox(at=now())
    release = publish_release(sandbox)
    with sandbox.serve() as service:
        yield _Stage(sandbox, release, service, folder)
