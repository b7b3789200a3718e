"""Looking over the real network code: inspect, image, compare, and a policy to begin with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from crosstrust import parse_policy
from crosstrust.app.clock import now
from crosstrust.app.compare import compare_images
from crosstrust.app.image import read_image
from crosstrust.app.inspect import inspect
from crosstrust.app.option import Options
from crosstrust.app.policy_init import propose_policy
from crosstrust.app.verify import verify
from crosstrust.chain.pin import Pins
from crosstrust.errors import InputError
from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.verdict import Decision, Level
from crosstrust.oci.digest import Digest
from crosstrust.oci.platform import parse_platform
from crosstrust.sandbox import Sandbox, publish_release
from crosstrust.sandbox.release import TAG
from crosstrust.sandbox.service import Service
from tests.unit.app.desk import COPY, MIRROR, ORIGIN, SIGNED, failed, options, unknown
from tests.unit.app.loopback import BROKEN, FOREIGN, HALF, REPACKED, out_of_order


def outcomes(checks: tuple[Check, ...], outcome: Outcome) -> set[str]:
    return {check.code for check in checks if check.outcome is outcome}


# --- inspect ---


def test_inspect_asks_the_notary_alone(user: Options, service: Service) -> None:
    before = len(service.requests)
    found = inspect([ORIGIN, SIGNED, f"{ORIGIN}:9"], user)
    assert [verdict.decision.value for verdict in found] == ["trusted", "trusted", "rejected"]
    hosts = {seen.host for seen in service.requests[before:]}
    assert hosts == {"notary.docker.io", "auth.docker.io"}
    data = found[0].trust_data
    assert data is not None
    assert {role.name for role in data.roles} >= {"root", "targets", "targets/nicolasff"}
    assert [tag.tag for tag in data.tags] == [TAG]


def test_inspect_has_no_other_signer(user: Options) -> None:
    (verdict,) = inspect([SIGNED], replace(user, signed_by="docker.io/other/image:7"))
    assert verdict.decision is Decision.TRUSTED
    assert verdict.signed_by == SIGNED


# --- image and manifest ---


@pytest.mark.parametrize(
    ("depth", "manifests", "configs"), [("top", 0, 0), ("manifest", 2, 0), ("config", 2, 2)]
)
def test_an_image_is_read_as_deep_as_asked(
    user: Options, service: Service, depth: str, manifests: int, configs: int
) -> None:
    before = len(service.requests)
    found = read_image(COPY, user, depth=depth)
    assert found.raw is not None
    assert found.side.digest == Digest.of(found.raw)
    assert sum(member.manifest is not None for member in found.side.members) == manifests
    assert sum(member.config is not None for member in found.side.members) == configs
    assert found.origin == "https://public.ecr.aws"
    assert found.side.problems == []
    documents = [seen.target for seen in service.requests[before:] if seen.status == 200]
    assert len(documents) == len(set(documents)) == 2 + manifests + configs


def test_an_absent_image_is_absent(user: Options) -> None:
    found = read_image(f"{MIRROR}:nothing", user)
    assert (found.side.absent, found.raw, found.origin) == (True, None, "")


def test_an_unreadable_image_is_a_problem(user: Options) -> None:
    found = read_image(BROKEN, user)
    assert found.raw == b"{"
    assert outcomes(tuple(found.side.problems), Outcome.FAILED)


def test_looking_keeps_nothing_but_a_cache(user: Options, tmp_path: Path) -> None:
    read_image(COPY, user)
    compare_images(COPY, SIGNED, user)
    assert {path.name for path in tmp_path.iterdir()} == {"cache"}
    with pytest.raises(InputError):
        read_image("a b", user)


# --- compare ---


def test_two_images_of_the_same_content_are_the_same(user: Options) -> None:
    found = compare_images(SIGNED, COPY, user)
    assert found.same is True
    assert {platform.level for platform in found.platforms} == {Level.CONTENT}


def test_the_same_bytes_are_the_same_index(user: Options) -> None:
    found = compare_images(COPY, f"{COPY}@{read_image(COPY, user).side.digest}", user)
    assert found.same is True
    assert {platform.level for platform in found.platforms} == {Level.INDEX}


def test_layers_are_unpacked_to_compare(user: Options) -> None:
    found = compare_images(SIGNED, REPACKED, user)
    assert found.same is True
    assert {platform.level for platform in found.platforms} == {Level.DIFF_IDS}
    unseen = compare_images(SIGNED, REPACKED, replace(user, layers=False))
    assert unseen.same is None
    config = compare_images(SIGNED, REPACKED, replace(user, layers=False, accept_config=True))
    assert config.same is True


@pytest.mark.parametrize("pair", [(SIGNED, FOREIGN), (FOREIGN, SIGNED)])
def test_a_foreign_layer_makes_a_difference_on_either_side(
    user: Options, pair: tuple[str, str]
) -> None:
    found = compare_images(*pair, user)
    assert found.same is False
    assert outcomes(found.checks, Outcome.FAILED) == {"image.layer.diff_id"}
    assert {result.level for result in found.platforms} == {Level.CONTENT, Level.NONE}


@pytest.mark.parametrize("pair", [(SIGNED, FOREIGN), (FOREIGN, SIGNED), (REPACKED, SIGNED)])
def test_layers_that_nobody_looked_at_are_not_known_to_be_the_same(
    user: Options, pair: tuple[str, str]
) -> None:
    assert compare_images(*pair, replace(user, layers=False)).same is None


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [(COPY, HALF, "image.platform.present"), (HALF, COPY, "image.platform.extra")],
)
def test_a_platform_more_or_less_is_a_difference(
    user: Options, first: str, second: str, code: str
) -> None:
    found = compare_images(first, second, user)
    assert found.same is False
    assert outcomes(found.checks, Outcome.FAILED) == {code}


def test_platforms_can_be_narrowed_and_allowed(user: Options) -> None:
    amd = (parse_platform("linux/amd64"),)
    assert compare_images(COPY, HALF, replace(user, platforms=amd)).same is True
    assert compare_images(HALF, COPY, replace(user, allow_extra_platforms=True)).same is True


@pytest.mark.parametrize("other", [f"{MIRROR}:nothing", BROKEN])
def test_nothing_is_the_same_as_what_is_not_there_or_not_an_image(
    user: Options, other: str
) -> None:
    for pair in ((COPY, other), (other, COPY)):
        found = compare_images(*pair, user)
        assert found.same is False
        assert outcomes(found.checks, Outcome.FAILED)


@pytest.mark.parametrize("host", ["registry-1.docker.io", "public.ecr.aws"])
def test_what_could_not_be_asked_cannot_be_compared(
    user: Options, service: Service, host: str
) -> None:
    out_of_order(service, host)
    found = compare_images(SIGNED, COPY, replace(user, timeout=1.0))
    assert found.same is None
    assert outcomes(found.checks, Outcome.FAILED) == set()
    assert outcomes(found.checks, Outcome.UNKNOWN)


def test_a_comparison_can_be_offline(user: Options, service: Service) -> None:
    assert compare_images(SIGNED, REPACKED, user).same is True
    before = len(service.requests)
    again = replace(user, offline=True)
    assert compare_images(SIGNED, REPACKED, again).same is True
    assert compare_images(SIGNED, FOREIGN, again).same is None
    assert len(service.requests) == before


# --- policy init ---


def test_a_proposed_policy_verifies_what_it_was_made_from(user: Options, tmp_path: Path) -> None:
    proposal = propose_policy(COPY, user)
    assert "Nobody has vouched" in proposal.text
    assert proposal.verdict.decision is Decision.UNDECIDED
    policy = parse_policy(proposal.text, "crosstrust.toml")
    assert policy.warnings == ()
    chosen = replace(user, policy=policy, signed_by=None, pins=Pins())
    assert verify(COPY, chosen)[0].decision is Decision.TRUSTED
    assert verify(SIGNED, chosen)[0].decision is Decision.TRUSTED


def test_a_proposed_policy_lists_every_key(user: Options, shown: Sandbox) -> None:
    (image,) = parse_policy(propose_policy(COPY, user).text, "x").images
    assert (image.name, image.signed_by) == (MIRROR, ORIGIN)
    seen, pins = shown.author.pins(), image.pins
    assert (pins.root, pins.repository) == (seen.root, seen.repository)
    assert pins.signers == seen.signers
    assert pins.releases == ()


def test_a_policy_for_the_signed_repository_itself(user: Options) -> None:
    proposal = propose_policy("nicolas/webdis", replace(user, signed_by=None))
    (image,) = parse_policy(proposal.text, "x").images
    assert (image.name, image.signed_by) == (ORIGIN, ORIGIN)


def test_no_policy_is_proposed_from_nothing(user: Options, service: Service) -> None:
    unsigned = propose_policy(COPY, replace(user, signed_by="docker.io/other/image"))
    assert unsigned.text == ""
    assert failed(unsigned.verdict)
    out_of_order(service)
    unasked = propose_policy(COPY, replace(user, timeout=1.0))
    assert unasked.text == ""
    assert unknown(unasked.verdict)
    with pytest.raises(InputError):
        propose_policy("a b", user)


def test_a_policy_proposed_from_nothing_keeps_nothing(user: Options, tmp_path: Path) -> None:
    propose_policy(COPY, user)
    assert list((tmp_path / "state").rglob("state-first*")) == []


def test_a_key_for_releases_alone_is_named(tmp_path: Path) -> None:
    other = Sandbox(at=now())
    publish_release(other)
    released = other.author.new_key()
    keys = (*other.author.keys("targets/releases"), released)
    other.author.assign("targets/releases", keys)
    other.publish()
    with other.serve() as served:
        chosen = options(tmp_path, served.environment, signed_by=ORIGIN)
        (image,) = parse_policy(propose_policy(COPY, chosen).text, "x").images
    assert image.pins.releases == (released.canonical,)


def test_a_role_below_releases_has_no_pin(tmp_path: Path) -> None:
    """It releases nothing, and is no signer's: a policy has no name for it."""
    other = Sandbox(at=now())
    publish_release(other)
    other.author.delegate("targets/releases/ci")
    other.author.delegate("targets/nicolasff/ci")
    other.publish()
    with other.serve() as served:
        chosen = options(tmp_path, served.environment, signed_by=ORIGIN)
        (image,) = parse_policy(propose_policy(COPY, chosen).text, "x").images
        (verdict,) = verify(COPY, replace(chosen, pins=image.pins))
    assert sorted(image.pins.signers) == ["nicolasff", "nicolasff/ci"]
    assert verdict.decision is Decision.TRUSTED


def test_a_repository_without_signers_has_no_signer_pins(tmp_path: Path) -> None:
    other = Sandbox(at=now())
    other.author.sign(TAG, Digest.of(b"x"), 1)
    other.publish()
    with other.serve() as served:
        chosen = options(tmp_path, served.environment, signed_by=ORIGIN)
        (image,) = parse_policy(propose_policy(COPY, chosen).text, "x").images
    assert (image.pins.signers, image.pins.releases) == ({}, ())
    assert image.pins.repository == other.author.pins().repository
