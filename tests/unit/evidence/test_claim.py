"""Claims: what a stage on the way to one is about."""

from __future__ import annotations

from crosstrust.evidence.check import Check
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import staged


def test_a_stage_is_about_what_it_leads_to() -> None:
    goal = Claim("image", "docker.io/a/b:1 linux/amd64", "sha256:aa")
    checks = [Check.passed("image.tag.stable", "x"), Check.passed("image.tag.present", "x")]
    first, last = staged((Claim("accepted", "x", "y"),), goal, checks)
    assert first.conclusion.kind == "stage"
    assert (first.conclusion.about, last.conclusion.about) == ("image", "image")
    assert Claim("tag", "docker.io/a/b:1", "x").about == "tag"
