"""What is looked at for a trusted verdict, each check by its code, in the order of the chain."""

from __future__ import annotations

import pytest

from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Demand
from crosstrust.evidence.check import Outcome
from crosstrust.evidence.verdict import Verdict
from crosstrust.sandbox.image import Producer
from tests.unit.chain.world import (
    BOTH,
    GUN,
    MIRROR,
    REPOSITORY,
    ROOT,
    SIGNER,
    TAG,
    mirrored,
    release,
    webdis,
)

METADATA = ("tuf.signature.threshold", "tuf.target.present")
BYTES = ("image.digest.match", "tuf.meta.length")
LABELS = ("image.platform.agrees",) * 2
TAGS = ("image.tag.present", "image.tag.stable", "image.tag.stable")


def compared(level: str) -> tuple[str, ...]:
    """Two platforms, each found to be the same at one level."""
    return (
        "image.platform.covered",
        *("image.platform.agrees", level) * 2,
        "image.platform.all",
    )


def passed(verdict: Verdict) -> tuple[str, ...]:
    assert verdict
    assert {check.outcome for check in verdict.checks} == {Outcome.PASSED}
    return tuple(check.code for check in verdict.checks)


def test_a_copy_by_another_serialiser() -> None:
    found = passed(mirrored().ask())
    assert found == (*METADATA, "policy.rule", *BYTES, *compared("image.content.same"), *TAGS)


def test_a_copy_with_the_signed_bytes() -> None:
    world = release()
    world.push_list(MIRROR, TAG, BOTH)
    same = ("image.index.same", *LABELS)
    assert passed(world.ask()) == (*METADATA, "policy.rule", *BYTES, *same, *TAGS)
    # The signed repository itself has one tag to look at again.
    plain = passed(world.ask(f"{GUN}:{TAG}"))
    assert plain == (*METADATA, "policy.rule", *BYTES, *same, *TAGS[:-1])


def test_the_same_manifests_in_another_list() -> None:
    world = release()
    world.push_list(MIRROR, TAG, BOTH[::-1])
    found = passed(world.ask())
    assert found == (*METADATA, "policy.rule", *BYTES, *compared("image.manifest.same"), *TAGS)


def test_recompressed_layers_each_have_a_check() -> None:
    world = release()
    images = [webdis("amd64", level=1), webdis("arm64", level=1, variant="v8")]
    world.push_list(MIRROR, TAG, images, Producer.ENGINE)
    layers = ("image.platform.agrees", *("image.layer.verified",) * 2) * 2
    covered = ("image.platform.covered", *layers, "image.platform.all")
    assert passed(world.ask()) == (*METADATA, "policy.rule", *BYTES, *covered, *TAGS)


def test_a_config_that_is_accepted_alone() -> None:
    world = release()
    images = [webdis("amd64", level=1), webdis("arm64", level=1, variant="v8")]
    world.push_list(MIRROR, TAG, images, Producer.ENGINE)
    demand = Demand(layers=False, accept_config=True)
    same = compared("image.config.same")
    assert passed(world.ask(demand=demand)) == (*METADATA, "policy.rule", *BYTES, *same, *TAGS)


def test_pinned_keys_each_have_a_check() -> None:
    pins = Pins((ROOT,), (REPOSITORY,), {"nicolasff": (SIGNER,)}, (SIGNER,))
    verdict = mirrored().ask(pins=pins)
    same = compared("image.content.same")
    keys = ("key.expected",) * 3
    assert passed(verdict) == (*METADATA, *keys, "policy.rule", *BYTES, *same, *TAGS)
    checked = [check for check in verdict.checks if check.code == "key.expected"]
    assert [(check.where, check.actual) for check in checked] == [
        ("repository", REPOSITORY),
        ("signer/nicolasff", SIGNER),
        ("releases", SIGNER),
    ]


def test_demanded_roles_and_a_demanded_form_each_have_a_check() -> None:
    world = mirrored()
    world.sign(world.scheme.tags[0].digest, role="targets/nicolasff")
    demand = Demand(roles=("repository", "signer/nicolasff"), form="index")
    verdict = world.ask(demand=demand)
    signed = (*METADATA, "tuf.target.present", *("signer.present",) * 2)
    form = ("policy.form.match", *compared("image.content.same"))
    assert passed(verdict) == (*signed, "policy.rule", *BYTES, *form, *TAGS)
    checked = [check for check in verdict.checks if check.code == "signer.present"]
    assert [(check.expected, check.actual) for check in checked] == [
        ("repository", "repository, signer/nicolasff"),
        ("signer/nicolasff", "repository, signer/nicolasff"),
    ]


@pytest.mark.parametrize("form", ["image", "index"])
def test_what_is_compared_has_one_form(form: str) -> None:
    world = mirrored()
    assert bool(world.ask(demand=Demand(form=form))) is (form == "index")


def test_tag_and_digest_of_one_reference_are_compared_once() -> None:
    world = mirrored()
    digest = world.tags[MIRROR, TAG]
    found = passed(world.ask(f"{MIRROR}:{TAG}@{digest}"))
    tags = ("image.tag.present", "reference.tag.digest", "image.tag.stable")
    assert found == (*METADATA, "policy.rule", *BYTES, *compared("image.content.same"), *tags)
