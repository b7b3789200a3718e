from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crosstrust.evidence.verdict import Decision, Level
from crosstrust.sandbox import Release, Sandbox
from crosstrust.sandbox.story import ATTACKS, COPY, Attack, play_attack, play_honest


def test_the_honest_copy_is_trusted_for_its_content(tmp_path: Path) -> None:
    pins, verdict = play_honest(tmp_path)
    assert verdict.decision is Decision.TRUSTED
    assert [(one.platform, one.level) for one in verdict.platforms] == [
        ("linux/amd64", Level.CONTENT),
        ("linux/arm64/v8", Level.CONTENT),
    ]
    assert [use.scoped for use in verdict.keys if use.role == "root"] == list(pins.root)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.title)
def test_each_attack_is_caught_for_what_it_is(attack: Attack, tmp_path: Path) -> None:
    scene = play_attack(attack, tmp_path)
    codes = {check.code for check in scene.verdict.failures}
    # The signer has published nothing: whether that is why the tag is unsigned, nobody can say.
    assert codes - {"tuf.delegation.published"} == {attack.code}
    assert scene.caught


def do_nothing(_sandbox: Sandbox, _release: Release) -> str:
    return "nothing was done"


def move_tag(sandbox: Sandbox, release: Release) -> str:
    sandbox.registries["public.ecr.aws"].remove_tag(sandbox.repository, release.tag)
    return "the mirror lost its tag"


@pytest.mark.parametrize("attempt", [do_nothing, move_tag])
def test_what_is_not_the_attack_is_not_called_caught(
    attempt: Callable[[Sandbox, Release], str], tmp_path: Path
) -> None:
    attack = Attack("Another", COPY, "image.platform.extra", attempt)
    assert not play_attack(attack, tmp_path).caught
