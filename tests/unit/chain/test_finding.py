"""What a verdict says beside its decision: nothing that was found is left out or made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosstrust.app.collect import collect, collect_metadata
from crosstrust.chain.judge import axioms
from crosstrust.chain.pin import Pins, pinned_key
from crosstrust.chain.question import Demand, Question
from crosstrust.chain.want import ReadManifest, ResolveTag
from crosstrust.evidence.check import Class, Outcome
from crosstrust.evidence.trust_data import TrustData
from crosstrust.evidence.verdict import Verdict
from crosstrust.oci.digest import Digest
from crosstrust.oci.reference import parse_reference
from crosstrust.sandbox.image import Producer, write_manifest
from tests.unit.chain.world import (
    AT,
    BOTH,
    GUN,
    MIRROR,
    ROOT,
    TAG,
    World,
    mirrored,
    unknown,
    webdis,
)

RECOMPRESSED = (BOTH[0], webdis("arm64", level=1, variant="v8"))


def passed(verdict: Verdict) -> set[str]:
    return {check.code for check in verdict.checks if check.outcome is Outcome.PASSED}


def test_nothing_is_wanted_any_more_once_a_verdict_stands() -> None:
    ruling = mirrored().rule()
    assert ruling.verdict
    assert ruling.wants == ()


def test_signed_bytes_that_could_not_be_read_are_a_gap_of_their_own() -> None:
    world = mirrored()
    signed = Digest.parse(world.tags[GUN, TAG])
    world.broken |= {ResolveTag(GUN, TAG), ReadManifest(GUN, signed)}
    assert "image.digest.match" in unknown(world.ask())


def test_a_demanded_form_that_holds_is_said_to_hold() -> None:
    assert "policy.form.match" in passed(mirrored().ask(demand=Demand(form="index")))
    assert "policy.form.match" not in passed(mirrored().ask())


def test_layers_are_counted_where_the_manifest_was_read() -> None:
    world = mirrored()
    assert [platform.layers for platform in world.ask().platforms] == [2, 2]
    unread = write_manifest(BOTH[0], Producer.ENGINE).digest
    world.broken.add(ReadManifest(MIRROR, unread))
    layers = {platform.digest: platform.layers for platform in world.ask().platforms}
    assert layers.pop(unread) == 0
    assert set(layers.values()) == {2}


def test_layers_of_an_extra_platform_are_counted_too() -> None:
    world = mirrored((*BOTH, webdis("s390x")))
    demand = Demand(allow_extra_platforms=True)
    assert [platform.layers for platform in world.ask(demand=demand).platforms] == [2, 2, 2]
    world.broken.add(ReadManifest(MIRROR, write_manifest(webdis("s390x"), Producer.ENGINE).digest))
    assert sorted(platform.layers for platform in world.ask(demand=demand).platforms) == [0, 2, 2]


def test_recompressed_layers_are_said_to_be_so() -> None:
    verdict = mirrored(RECOMPRESSED).ask()
    assert verdict.platforms[1].reasons == (
        "2 of 2 layers have other digests than the signed ones",
    )


@pytest.mark.parametrize(
    ("tag", "other", "code", "klass"),
    [
        ("0.1.19", "0.1.18", "image.tag.same", Class.ATTACK),
        ("0.1.19", "0.1.19-amd64", "image.tag.same", Class.CONTENT),
        ("0.1", "0.1.18", "image.tag.current", Class.CONTENT),
        ("latest", "0.1.18", "image.tag.current", Class.CONTENT),
    ],
)
def test_a_copy_that_is_another_release_is_told_as_such(
    tag: str, other: str, code: str, klass: Class
) -> None:
    world = World()
    world.sign(world.push_list(GUN, tag, BOTH), tag=tag)
    world.sign(world.push_list(GUN, other, [webdis("amd64", last=b"o")]), tag=other)
    world.push_list(MIRROR, tag, [webdis("amd64", last=b"o")])
    verdict = world.ask(f"{MIRROR}:{tag}", signed=f"{GUN}:{tag}")
    (check,) = [check for check in verdict.failures if check.code == code]
    assert check.klass is klass
    assert other in str(check.actual)


def question(signed: str) -> Question:
    subject = parse_reference(f"{MIRROR}:{TAG}")
    reference = parse_reference(signed, default_tag=None)
    return Question(subject, reference, Pins(), Demand(), AT)


def test_a_release_named_by_tag_asks_for_that_tag_alone() -> None:
    assert question(f"{GUN}:{TAG}").tags == (TAG,)
    assert question(GUN).tags is None


@pytest.mark.parametrize(("historic", "basis"), [(True, "user"), (False, "clock")])
def test_a_verdict_says_whose_time_it_is_for(*, historic: bool, basis: str) -> None:
    world = mirrored()
    reference = parse_reference(f"{GUN}:{TAG}")
    asked = replace(question(f"{GUN}:{TAG}"), historic=historic, pins=Pins(root=(ROOT,)))
    for rule in (collect, collect_metadata):
        verdict = rule(replace(asked, subject=reference), world.scheme, world).verdict
        assert (verdict.basis, verdict.historic, verdict.at) == (basis, historic, AT)


def test_the_user_vouches_for_the_pinned_root_keys_alone() -> None:
    data = TrustData(GUN, (), (), {ROOT: "scoped", "b" * 64: "", "c" * 64: "first seen"})
    vouched = axioms(question(GUN), data)
    assert vouched == frozenset({pinned_key(GUN, ROOT), pinned_key(GUN, "c" * 64)})
    assert axioms(question(GUN), None) == frozenset()
