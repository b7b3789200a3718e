"""Whose signature it is: pins that restrict, roles that a rule demands, tags nobody released."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosstrust.chain.authority import pin_name, role_name
from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Demand
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.trust_data import Key
from crosstrust.evidence.verdict import Decision
from crosstrust.oci.digest import Digest
from tests.unit.chain.world import (
    BOTH,
    GUN,
    MIRROR,
    REPOSITORY,
    ROOT,
    SIGNER,
    TAG,
    World,
    failed,
    mirrored,
    release,
    role,
    unknown,
)

OTHER = "e" * 64


def test_without_a_root_pin_nothing_follows() -> None:
    verdict = mirrored().ask(pins=Pins())
    assert verdict.decision is Decision.UNDECIDED
    assert not verdict.pinned.startswith("trusted")
    assert verdict.klass is None


def test_metadata_that_cannot_be_read_is_undecided() -> None:
    world = mirrored()
    world.scheme.readable = False
    verdict = world.ask()
    assert verdict.decision is Decision.UNDECIDED
    assert verdict.signed is None
    assert verdict.keys == ()


@pytest.mark.parametrize(
    "pins",
    [
        Pins((ROOT,), (REPOSITORY,)),
        Pins((ROOT,), (), {"nicolasff": (SIGNER,)}),
        Pins((ROOT,), (), {}, (SIGNER,)),
        Pins((ROOT,), (REPOSITORY,), {"nicolasff": (SIGNER,)}, (SIGNER,)),
    ],
)
def test_all_keys_pinned_and_all_pins_used(pins: Pins) -> None:
    verdict = mirrored().ask(pins=pins)
    assert verdict.decision is Decision.TRUSTED
    assert {use.role for use in verdict.keys} == {
        "root",
        "repository",
        "signer/nicolasff",
        "releases",
    }
    assert any(use.pinned == "canonical" for use in verdict.keys)


@pytest.mark.parametrize(
    ("pins", "codes"),
    [
        (Pins((ROOT,), (OTHER,)), {"key.expected", "pin.match"}),
        (Pins((ROOT,), (REPOSITORY, OTHER)), {"pin.match"}),
        (Pins((ROOT,), (), {"nicolasff": (OTHER,)}), {"key.expected", "pin.match"}),
        (Pins((ROOT,), (), {"nobody": (SIGNER,)}), {"pin.match"}),
        (Pins((ROOT,), (), {}, (OTHER,)), {"key.expected", "pin.match"}),
    ],
)
def test_a_key_too_many_or_too_few_is_rejected(pins: Pins, codes: set[str]) -> None:
    verdict = mirrored().ask(pins=pins)
    assert verdict.decision is Decision.REJECTED
    assert failed(verdict) == codes


def test_a_key_that_only_releases_knows_must_be_pinned_too() -> None:
    world = mirrored()
    world.scheme.roles = (*world.scheme.roles[:-1], role("targets/releases", SIGNER, OTHER))
    pins = Pins((ROOT,), (), {"nicolasff": (SIGNER,)})
    assert failed(world.ask(pins=pins)) == {"key.expected"}
    listed = Pins((ROOT,), (), {"nicolasff": (SIGNER,)}, (OTHER,))
    assert world.ask(pins=listed).decision is Decision.TRUSTED


def test_releases_need_not_exist() -> None:
    world = mirrored()
    world.scheme.roles = world.scheme.roles[:-1]
    pins = Pins((ROOT,), (), {"nicolasff": (SIGNER,)})
    assert world.ask(pins=pins).decision is Decision.TRUSTED


@pytest.mark.parametrize("name", ["repository", "releases", "signer/nicolasff"])
def test_a_pinned_key_of_a_role_that_is_gone_is_not_used(name: str) -> None:
    """A list of keys says that the role has them, so a role without them is another one."""
    world = mirrored()
    gone = role_name(name)
    world.scheme.roles = tuple(one for one in world.scheme.roles if one.name != gone)
    pins = {
        "repository": Pins((ROOT,), (SIGNER,)),
        "releases": Pins((ROOT,), releases=(SIGNER,)),
        "signer/nicolasff": Pins((ROOT,), signers={"nicolasff": (SIGNER,)}),
    }[name]
    (check,) = world.ask(pins=pins).failures[:1]
    assert (check.code, check.where, check.expected) == ("pin.match", name, SIGNER)
    assert check.actual == "no such role"


def test_a_scoped_pin_is_named_as_such() -> None:
    world = mirrored()
    targets = replace(world.scheme.roles[2], keys=(Key(OTHER, REPOSITORY, "ecdsa-x509"),))
    world.scheme.roles = (*world.scheme.roles[:2], targets, *world.scheme.roles[3:])
    verdict = world.ask(pins=Pins((ROOT,), (OTHER,)))
    assert verdict.decision is Decision.TRUSTED
    assert [use.pinned for use in verdict.keys if use.role == "repository"] == ["scoped"]


def test_a_demanded_signer_must_have_signed_this_digest() -> None:
    world = mirrored()
    demand = Demand(roles=("signer/nicolasff",))
    verdict = world.ask(demand=demand)
    assert failed(verdict) == {"signer.present"}
    assert "repository only" in verdict.failures[0].actual
    signed = world.scheme.tags[0].digest
    world.sign(signed, role="targets/nicolasff")
    verdict = world.ask(demand=demand)
    assert verdict.decision is Decision.TRUSTED
    assert verdict.signed is not None
    assert verdict.signed.roles == ("targets", "targets/nicolasff")


def test_two_demanded_signers_need_two_keys() -> None:
    world = mirrored()
    signed = world.scheme.tags[0].digest
    world.sign(signed, role="targets/nicolasff")
    world.sign(signed, role="targets/alice")
    demand = Demand(roles=("signer/nicolasff", "signer/alice"))
    world.scheme.roles = (*world.scheme.roles, role("targets/alice", SIGNER))
    assert failed(world.ask(demand=demand)) == {"signer.present"}
    world.scheme.roles = (*world.scheme.roles[:-1], role("targets/alice", OTHER))
    assert world.ask(demand=demand).decision is Decision.TRUSTED


def test_a_signer_that_has_no_role_has_no_key() -> None:
    world = mirrored()
    demand = Demand(roles=("signer/ghost", "signer/nicolasff"))
    assert failed(world.ask(demand=demand)) == {"signer.present"}


def test_an_unsigned_tag_is_class_n() -> None:
    world = mirrored()
    world.scheme.tags.clear()
    verdict = world.ask()
    assert failed(verdict) == {"tuf.target.present"}
    assert verdict.klass is not None
    assert verdict.klass.value == "N"


@pytest.mark.parametrize(
    ("keys", "enough"),
    [
        (("1", "2", "3"), True),
        (("1", "1", "2"), False),
        # As many keys as signers, but two of them have only one between them.
        (("1", "1", "23"), False),
        (("12", "1", "13"), True),
        (("1", "2", ""), False),
    ],
)
def test_each_demanded_signer_has_a_key_of_their_own(
    keys: tuple[str, ...], *, enough: bool
) -> None:
    """C19."""
    world = mirrored()
    digest = world.scheme.tags[0].digest
    names = ("alice", "bob", "carol")
    world.scheme.roles += tuple(
        role(f"targets/{name}", *(one * 64 for one in dict.fromkeys(held)))
        for name, held in zip(names, keys, strict=True)
    )
    for name in names:
        world.sign(digest, role=f"targets/{name}")
    verdict = world.ask(demand=Demand(roles=tuple(f"signer/{name}" for name in names)))
    assert failed(verdict) == (set() if enough else {"signer.present"})
    assert bool(verdict) is enough


def test_a_tag_in_a_signers_own_role_only_is_not_released() -> None:
    world = mirrored()
    signed = world.scheme.tags.pop().digest
    world.sign(signed, role="targets/nicolasff")
    assert failed(world.ask()) == {"tuf.target.released"}


def test_two_released_digests_are_no_signature() -> None:
    world = mirrored()
    world.sign(Digest.of(b"other"), role="targets/releases")
    assert failed(world.ask()) == {"signer.agree"}


def test_of_the_tags_of_a_digest_one_that_is_agreed_on_counts() -> None:
    """C11: where roles differ on one tag, another one may still vouch for the digest."""
    world = release()
    signed = world.scheme.tags[0].digest
    subject = f"{GUN}@{signed}"
    world.sign(Digest.of(b"other"), role="targets/releases")
    assert failed(world.ask(subject, signed=GUN)) == {"signer.agree"}
    world.sign(signed, tag="stable")
    verdict = world.ask(subject, signed=GUN)
    assert verdict.decision is Decision.TRUSTED
    assert verdict.signed is not None
    assert verdict.signed.tag == "stable"


def test_what_the_scheme_has_said_is_not_said_twice() -> None:
    world = mirrored()
    world.sign(Digest.of(b"other"), role="targets/releases")
    world.scheme.said = (Check("signer.agree", Outcome.FAILED, TAG, Class.ATTACK),)
    verdict = world.ask()
    assert [check.code for check in verdict.failures] == ["signer.agree"]


def test_a_signature_without_sha256_is_none() -> None:
    world = mirrored()
    world.scheme.tags.clear()
    world.sign(None)
    assert failed(world.ask()) == {"digest.algorithm.supported"}


def test_expected_unsigned_is_never_trusted() -> None:
    world = mirrored()
    demand = Demand(unsigned=True)
    assert failed(world.ask(demand=demand)) == {"policy.signature.expected"}
    world.scheme.tags.clear()
    verdict = world.ask(demand=demand)
    assert verdict.decision is Decision.REJECTED
    assert verdict.failures[0].actual == "unsigned, as the policy says"


def test_a_tag_that_no_rule_matches_is_rejected() -> None:
    assert failed(mirrored().ask(demand=Demand(ruled=False))) == {"policy.rule"}


# --- a signed repository against itself: plain DCT ---------------------------------------------


def test_the_signed_repository_itself_is_plain_dct() -> None:
    verdict = release().ask(f"{GUN}:{TAG}")
    assert verdict.decision is Decision.TRUSTED
    assert verdict.pinned.startswith(f"{GUN}@sha256:")


def test_its_tag_must_hold_the_signed_bytes_themselves() -> None:
    world = release()
    raw, media_type = world.manifests[GUN, world.tags[GUN, TAG]]
    world.push(GUN, raw + b"\n", media_type, TAG)
    verdict = world.ask(f"{GUN}:{TAG}")
    assert verdict.decision is Decision.REJECTED
    assert failed(verdict) == {"image.tag.signed"}


def test_a_digest_of_the_signed_repository_is_found_among_the_released_tags() -> None:
    world = release()
    digest = world.tags[GUN, TAG]
    verdict = world.ask(f"{GUN}@{digest}", signed=GUN)
    assert verdict.decision is Decision.TRUSTED
    assert verdict.signed is not None
    assert verdict.signed.tag == TAG


def test_a_digest_that_nobody_signed_is_unsigned() -> None:
    world = release()
    image = world.push_list(GUN, "other", BOTH[:1])
    verdict = world.ask(f"{GUN}@{image}", signed=GUN)
    assert failed(verdict) == {"tuf.target.present"}
    assert verdict.failures[0].where == f"{GUN}@{image}"


def test_an_unreachable_copy_without_a_signature_lists_both() -> None:
    world = World()
    verdict = world.ask()
    assert failed(verdict) == {"tuf.target.present", "image.tag.present"}
    assert unknown(verdict) == set()
    assert MIRROR in verdict.subject


@pytest.mark.parametrize(
    ("name", "pin"),
    [
        ("targets", "repository"),
        ("targets/releases", "releases"),
        ("targets/alice", "signer/alice"),
        ("targets/alice/ci", "signer/alice/ci"),
        ("targets/targets/ci", "signer/targets/ci"),
        ("targets/signer/ci", "signer/signer/ci"),
    ],
)
def test_roles_have_one_name_in_pins(name: str, pin: str) -> None:
    assert pin_name(name) == pin
    assert role_name(pin) == name


def test_each_demanded_role_is_looked_at() -> None:
    demand = Demand(roles=("repository", "releases", "signer/nicolasff"))
    verdict = mirrored().ask(demand=demand)
    missing = [check.expected for check in verdict.failures if check.code == "signer.present"]
    assert missing == ["signed by releases", "signed by signer/nicolasff"]


def test_one_demanded_signer_needs_no_second_key() -> None:
    world = mirrored()
    verdict = world.ask(demand=Demand(roles=("signer/ghost",)))
    assert [check.code for check in verdict.failures] == ["signer.present"]


def test_a_signer_may_hold_the_key_of_the_repository() -> None:
    """The two roles are one person's: it is signers that must differ, not roles."""
    world = mirrored()
    world.scheme.roles += (role("targets/author", REPOSITORY),)
    world.sign(world.scheme.tags[0].digest, role="targets/author")
    demand = Demand(roles=("repository", "signer/author"))
    assert world.ask(demand=demand).decision is Decision.TRUSTED


def test_only_roles_that_signed_this_digest_under_this_tag_are_shown() -> None:
    world = mirrored()
    digest = world.scheme.tags[0].digest
    world.sign(digest, tag="latest", role="targets/nicolasff")
    world.sign(Digest.of(b"other"), role="targets/alice")
    verdict = world.ask()
    assert verdict.signed is not None
    assert verdict.signed.roles == ("targets",)


def test_a_root_key_that_nobody_vouches_for_is_shown_without_a_pin() -> None:
    world = mirrored()
    world.scheme.roles = (role("root", ROOT, OTHER), *world.scheme.roles[1:])
    found = [(use.scoped, use.pinned) for use in world.ask().keys if use.role == "root"]
    assert found == [(ROOT, "scoped"), (OTHER, "")]


def test_a_pin_that_is_no_longer_used_is_shown_beside_the_keys_that_are() -> None:
    pins = Pins((ROOT,), (REPOSITORY, OTHER), {"nobody": (SIGNER,)})
    unused = [check for check in mirrored().ask(pins=pins).failures if check.code == "pin.match"]
    assert [(check.where, check.expected, check.actual) for check in unused] == [
        ("repository", OTHER, REPOSITORY),
        ("signer/nobody", SIGNER, "no such role"),
    ]
