"""A copy that is signed under another tag than its own: replayed, late, or pushed by halves."""

from __future__ import annotations

import pytest

from crosstrust.chain.answer import Absent
from crosstrust.chain.question import Demand
from crosstrust.chain.want import Look, ResolveTag
from crosstrust.evidence.check import Check, Class
from crosstrust.evidence.verdict import Verdict
from crosstrust.oci.digest import Digest
from crosstrust.oci.platform import parse_platform
from crosstrust.oci.reference import parse_reference
from crosstrust.sandbox.image import DOCKER_LIST, Image, Producer
from tests.unit.chain.world import BOTH, GUN, MIRROR, World, failed, forged, webdis

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


def twice_signed(*images: Image) -> World:
    """One index, signed as two versions and pushed to the mirror as both."""
    world = World()
    for tag in ("0.1.19", "0.1.20"):
        digest = world.push_list(GUN, tag, images or BOTH)
        world.push_list(MIRROR, tag, images or BOTH)
        world.sign(digest, tag=tag)
    return world


@pytest.mark.parametrize(
    ("demand", "code", "klass"),
    [
        (Demand(platforms=(parse_platform("linux/s390x"),)), "image.platform.present", "P"),
        (Demand(form="image"), "policy.form.match", "P"),
        (Demand(roles=("signer/nicolasff",)), "signer.present", "P"),
    ],
)
def test_the_signed_image_is_never_another_release(demand: Demand, code: str, klass: str) -> None:
    """What is wrong is the demand: one digest under two names is both of them."""
    verdict = twice_signed().ask(f"{MIRROR}:0.1.19", signed=f"{GUN}:0.1.19", demand=demand)
    assert failed(verdict) == {code}
    assert verdict.klass is not None
    assert verdict.klass.value == klass


def test_a_gap_of_the_mirror_is_no_other_release() -> None:
    world = twice_signed()
    del world.blobs[MIRROR, str(Digest.of(BOTH[0].config))]
    verdict = world.ask(f"{MIRROR}:0.1.19", signed=f"{GUN}:0.1.19")
    assert failed(verdict) == {"image.child.present"}


def test_a_config_that_was_accepted_as_enough_makes_no_other_release() -> None:
    world = World()
    world.sign(world.push_list(GUN, "0.1.19", BOTH), tag="0.1.19")
    other = world.push_list(MIRROR, "0.1.19", [forged(image) for image in BOTH], Producer.ENGINE)
    world.sign(other, tag="0.1.18", length=len(world.manifests[MIRROR, str(other)][0]))
    world.moved[MIRROR, "0.1.19"] = f"sha256:{'0' * 64}"
    verdict = world.ask(
        f"{MIRROR}:0.1.19",
        signed=f"{GUN}:0.1.19",
        demand=Demand(layers=False, accept_config=True),
    )
    assert failed(verdict) == {"image.tag.stable"}


def test_a_tag_that_holds_the_digest_beside_it_is_the_release_that_it_holds() -> None:
    world = late()
    digest = world.tags[MIRROR, "0.1.19"] = world.tags[MIRROR, "0.1.20"]
    check = finding(world.ask(f"{MIRROR}:0.1.19@{digest}", signed=f"{GUN}:0.1.19"))
    assert check is not None
    assert (check.code, check.klass) == ("image.tag.same", Class.ATTACK)


def late(tag: str = "0.1.19", other: str = "0.1.20") -> World:
    """Two releases; on both registries each stands under its own tag."""
    world = World()
    for name, last in ((tag, b"x"), (other, b"o")):
        images = [webdis("amd64", last=last)]
        world.sign(world.push_list(GUN, name, images), tag=name)
        world.push_list(MIRROR, name, images)
    return world


@pytest.mark.parametrize("demanded", [True, False])
def test_a_form_of_another_release_that_lacks_a_demanded_platform(*, demanded: bool) -> None:
    """Other bytes of the same content are no other release, whatever else is demanded of them."""
    world = World()
    world.sign(world.push_list(GUN, "0.1.19", BOTH), tag="0.1.19")
    other = world.push_list(MIRROR, "0.1.19", BOTH, Producer.ENGINE)
    world.sign(other, tag="0.1.18", length=len(world.manifests[MIRROR, str(other)][0]))
    demand = Demand(platforms=(parse_platform("linux/s390x"),) if demanded else ())
    verdict = world.ask(f"{MIRROR}:0.1.19", signed=f"{GUN}:0.1.19", demand=demand)
    assert failed(verdict) == ({"image.platform.present"} if demanded else set())


@pytest.mark.parametrize("repository", [GUN, MIRROR])
@pytest.mark.parametrize("held", ["0.1.19", "gone", "unseen"])
def test_a_reference_that_contradicts_itself_is_no_attack_of_the_copy(
    repository: str, held: str
) -> None:
    """C10: the tag is fine, the digest is fine, only they are not one image."""
    world = late()
    digest = world.tags[repository, "0.1.20"]
    last = ResolveTag(repository, "0.1.19", Look.LAST)
    if held == "gone":
        world.replies[last] = Absent()
    elif held == "unseen":
        world.broken.add(last)
    verdict = world.ask(f"{repository}:0.1.19@{digest}", signed=f"{GUN}:0.1.19")
    found = failed(verdict)
    assert "image.tag.signed" not in found
    if held != "unseen":
        assert not found & CODES
        assert "reference.tag.digest" in found
    elif repository == GUN:
        assert "reference.tag.digest" in found


def test_a_tag_that_holds_the_unsigned_digest_beside_it_is_told() -> None:
    world = late()
    digest = world.push_list(GUN, "0.1.19", [webdis("amd64", last=b"new")])
    verdict = world.ask(f"{GUN}:0.1.19@{digest}", signed=f"{GUN}:0.1.19")
    assert "image.tag.signed" in failed(verdict)
    assert "reference.tag.digest" not in failed(verdict)


@pytest.mark.parametrize("repository", [GUN, MIRROR])
@pytest.mark.parametrize("name", [":0.1.20", "@"])
def test_another_release_that_was_asked_for_by_name_is_no_attack(
    repository: str, name: str
) -> None:
    world = late()
    subject = f"{repository}{name}"
    if name == "@":
        subject += world.tags[repository, "0.1.20"]
    verdict = world.ask(subject, signed=f"{GUN}:0.1.19")
    check = finding(verdict)
    assert check is not None
    assert (check.code, check.klass) == ("image.tag.same", Class.CONTENT)
    assert warned(verdict) == []
    assert check.remedy == (
        "this is 0.1.20, as it was named, and 0.1.19 was asked for: name one release"
    )
    assert verdict.klass is Class.CONTENT
    assert not any("run the signed digest" in found.remedy for found in verdict.failures)


def warned(verdict: Verdict) -> list[str]:
    return [notice.text for notice in verdict.warnings if notice.code == "image.tag.same"]


@pytest.mark.parametrize(
    ("tag", "signed", "said"),
    [("0.1.20", "0.1.19", True), ("0.1.20", "0.1.20", False), ("stable", "0.1.19", False)],
)
def test_a_copy_with_the_tag_of_another_release_than_was_asked_for(
    tag: str, signed: str, *, said: bool
) -> None:
    """Other bytes than any signed ones, so that no release can be named; but the tag can."""
    world = late()
    world.push_list(MIRROR, tag, [webdis("amd64", last=b"?")], Producer.ENGINE)
    verdict = world.ask(f"{MIRROR}:{tag}", signed=f"{GUN}:{signed}")
    assert "image.config.same" in failed(verdict)
    text = "0.1.19 was asked for; 0.1.20, the copy's own tag, is signed as another release"
    assert warned(verdict) == ([text] if said else [])


def test_a_copy_that_is_what_was_asked_for_may_have_any_tag() -> None:
    world = late()
    world.push_list(MIRROR, "0.1.20", [webdis("amd64", last=b"x")], Producer.ENGINE)
    verdict = world.ask(f"{MIRROR}:0.1.20", signed=f"{GUN}:0.1.19")
    assert verdict
    assert warned(verdict) == []
    twice = twice_signed()
    twice.push_list(MIRROR, "0.1.20", [webdis("amd64", last=b"?")])
    assert warned(twice.ask(f"{MIRROR}:0.1.20", signed=f"{GUN}:0.1.19")) == []


def test_a_renamed_copy_of_another_release_is_named_by_its_own_tag() -> None:
    world = late()
    world.tags[MIRROR, "stable"] = world.tags[MIRROR, "0.1.20"]
    check = finding(world.ask(f"{MIRROR}:stable", signed=f"{GUN}:0.1.19"))
    assert check is not None
    assert (check.code, check.klass) == ("image.tag.same", Class.ATTACK)
    assert check.remedy == (
        "this is 0.1.20 under the name stable: do not run it; ask who pushed it"
    )


def test_a_copy_that_could_not_be_read_is_not_named() -> None:
    world = World()
    world.sign(world.push_list(GUN, "0.1.19", BOTH), tag="0.1.19")
    reference = parse_reference(f"{MIRROR}:0.1.19")
    world.push(MIRROR, b"no document", DOCKER_LIST, "0.1.19")
    verdict = world.ask(str(reference), signed=f"{GUN}:0.1.19")
    assert finding(verdict) is None
    assert verdict.digest == Digest.of(b"no document")
