"""A copy that is signed under another tag than its own: replayed, late, or pushed by halves."""

from __future__ import annotations

import pytest

from crosstrust.evidence.check import Check
from crosstrust.evidence.verdict import Verdict
from crosstrust.oci.digest import Digest
from crosstrust.oci.reference import parse_reference
from crosstrust.sandbox.image import DOCKER_LIST, Producer
from tests.unit.chain.world import BOTH, GUN, MIRROR, World, failed, webdis

CODES = {"image.tag.same", "image.tag.current"}


def replayed(tag: str, *others: str, role: str = "targets") -> Verdict:
    """``tag`` of the mirror holds an image that is signed as ``others``."""
    world = World()
    world.sign(world.push_list(GUN, tag, BOTH), tag=tag)
    other = world.push_list(GUN, "other", [webdis("amd64", last=b"o")])
    world.push_list(MIRROR, tag, [webdis("amd64", last=b"o")])
    for name in others:
        world.sign(other, tag=name, role=role)
    return world.ask(f"{MIRROR}:{tag}", signed=f"{GUN}:{tag}")


def finding(verdict: Verdict) -> Check | None:
    found = [check for check in verdict.checks if check.code in CODES]
    assert len(found) < 2
    return found[0] if found else None


@pytest.mark.parametrize(
    ("tag", "others", "said"),
    [
        ("0.1.19", ["0.1.18"], "image.tag.same T"),
        ("0.1.19", ["0.1.20", "latest"], "image.tag.same T"),
        ("0.1", ["0.10.2"], "image.tag.same T"),
        ("0.1.19", ["0.1"], "image.tag.same T"),
        # Another form of one release is no other version.
        ("0.1.19", ["0.1.19-amd64"], "image.tag.same M"),
        ("0.1.19", ["v0.1.19"], "image.tag.same M"),
        ("0.1.19", ["latest"], "image.tag.same M"),
        # Tags that their author moves.
        ("latest", ["0.1.18"], "image.tag.current M"),
        ("0.1", ["0.1.20"], "image.tag.current M"),
        ("v0.1", ["0.1.20"], "image.tag.current M"),
        ("0.1", ["v0.1.20"], "image.tag.current M"),
        ("0.1", ["0.2.1", "0.1.20"], "image.tag.current M"),
    ],
)
def test_what_another_signed_release_under_a_tag_is(tag: str, others: list[str], said: str) -> None:
    verdict = replayed(tag, *others)
    check = finding(verdict)
    assert check is not None
    assert f"{check.code} {check.klass.value if check.klass else ''}" == said
    assert check.where == f"{MIRROR}:{tag}"
    assert check.expected.endswith(f", signed as {tag}")
    assert check.actual.endswith(f", signed as {', '.join(sorted(others))}")
    assert not verdict


def test_of_many_tags_eight_are_named_in_order() -> None:
    check = finding(replayed("0.1.19", *(f"0.2.{number}" for number in range(9, 0, -1))))
    assert check is not None
    names = ", ".join(f"0.2.{number}" for number in range(1, 9))
    assert check.actual.endswith(f"signed as {names}")


def test_what_nobody_released_under_another_tag_is_not_named() -> None:
    assert finding(replayed("0.1.19")) is None
    assert finding(replayed("0.1.19", "0.1.18", role="targets/nicolasff")) is None


def test_two_digests_of_one_tag_are_another_matter() -> None:
    assert failed(replayed("0.1.19", "0.1.19")) == {"signer.agree"}


def test_a_release_in_another_form_that_is_the_signed_image_is_not_named() -> None:
    """The copy serves what another tag holds, and it was found to be the same content."""
    world = World()
    world.sign(world.push_list(GUN, "0.1.19", BOTH), tag="0.1.19")
    other = world.push_list(MIRROR, "0.1.19", BOTH, Producer.ENGINE)
    world.sign(other, tag="0.1.18", length=len(world.manifests[MIRROR, str(other)][0]))
    verdict = world.ask(f"{MIRROR}:0.1.19", signed=f"{GUN}:0.1.19")
    assert verdict
    assert finding(verdict) is None


def test_a_copy_that_could_not_be_read_is_not_named() -> None:
    world = World()
    world.sign(world.push_list(GUN, "0.1.19", BOTH), tag="0.1.19")
    reference = parse_reference(f"{MIRROR}:0.1.19")
    world.push(MIRROR, b"no document", DOCKER_LIST, "0.1.19")
    verdict = world.ask(str(reference), signed=f"{GUN}:0.1.19")
    assert finding(verdict) is None
    assert verdict.digest == Digest.of(b"no document")
