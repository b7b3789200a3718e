"""From a name, a policy and options to a question: whose signature, which keys, what else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crosstrust.chain.pin import Pins
from crosstrust.chain.policy import Policy
from crosstrust.errors import InputError
from crosstrust.evidence.verdict import Decision
from crosstrust.oci.platform import parse_platform
from crosstrust.sandbox import publish_release
from crosstrust.sandbox.release import NEXT_TAG, TAG, push, swap_layer
from tests.unit.app.desk import (
    COPY,
    MIRROR,
    ORIGIN,
    OTHER,
    SIGNED,
    Desk,
    failed,
    policy,
    webdis_policy,
)

ELSEWHERE = "docker.io/somebody/else"


# --- without a policy ---


def test_without_anything_the_image_s_own_signature_counts(desk: Desk) -> None:
    question = desk.question(SIGNED, signed_by=None, pins=Pins())
    assert str(question.signed) == SIGNED
    assert question.plain
    assert question.pins == Pins()


@pytest.mark.parametrize(
    ("signed_by", "expected"),
    [
        (ORIGIN, f"{ORIGIN}:{TAG}"),
        ("nicolas/webdis", f"{ORIGIN}:{TAG}"),
        ("nicolas/webdis:stable", f"{ORIGIN}:stable"),
    ],
)
def test_the_signed_tag_is_the_image_s_own_unless_another_is_named(
    desk: Desk, signed_by: str, expected: str
) -> None:
    assert str(desk.question(COPY, signed_by=signed_by).signed) == expected


def test_another_signed_tag_can_be_named(desk: Desk) -> None:
    second = publish_release(desk.sandbox, NEXT_TAG)
    renamed = f"{MIRROR}:stable"
    push(desk.sandbox.registries["public.ecr.aws"], "nicolas/webdis", "stable", second.images)
    verdict = desk.ask(renamed, signed_by=f"{ORIGIN}:{NEXT_TAG}")
    assert verdict.decision is Decision.TRUSTED
    assert (verdict.subject, verdict.signed_by) == (renamed, f"{ORIGIN}:{NEXT_TAG}")
    assert verdict.signed is not None
    assert verdict.signed.tag == NEXT_TAG
    assert desk.ask(renamed, signed_by=f"{ORIGIN}:{TAG}").decision is Decision.REJECTED


def test_the_signer_is_not_named_by_a_digest(desk: Desk) -> None:
    with pytest.raises(InputError) as caught:
        desk.question(COPY, signed_by=f"{ORIGIN}@{desk.release.signed}")
    assert caught.value.code == "reference.form"
    assert "--signed-by" in caught.value.where


def test_a_digest_on_another_registry_needs_the_signed_tag(desk: Desk) -> None:
    digest = desk.ask().digest
    with pytest.raises(InputError) as caught:
        desk.question(f"{MIRROR}@{digest}")
    assert caught.value.code == "reference.form"
    assert f"--signed-by {ORIGIN}:TAG" in caught.value.remedy
    verdict = desk.ask(f"{MIRROR}@{digest}", signed_by=SIGNED)
    assert verdict.decision is Decision.TRUSTED
    assert verdict.pinned == f"{MIRROR}@{digest}"


def test_a_digest_on_the_signed_registry_finds_its_tag(desk: Desk) -> None:
    verdict = desk.ask(f"{ORIGIN}@{desk.release.signed}", signed_by=None)
    assert verdict.decision is Decision.TRUSTED
    assert verdict.signed is not None
    assert verdict.signed.tag == TAG


def test_a_tag_and_a_digest_must_be_one_image(desk: Desk) -> None:
    digest = desk.ask().digest
    assert desk.ask(f"{COPY}@{digest}").decision is Decision.TRUSTED
    push(desk.sandbox.registries["public.ecr.aws"], "nicolas/webdis", TAG, desk.release.images)
    assert failed(desk.ask(f"{COPY}@{digest}")) == {"reference.tag.digest"}


@pytest.mark.parametrize("image", ["", "a/UPPER", "a b", f"{MIRROR}@sha256:12"])
def test_what_is_no_reference_is_refused(desk: Desk, image: str) -> None:
    with pytest.raises(InputError):
        desk.question(image)
    with pytest.raises(InputError):
        desk.question(COPY, signed_by=image or " ")


# --- with a policy ---


def test_a_policy_names_signer_and_keys(desk: Desk) -> None:
    chosen = {"signed_by": None, "pins": Pins(), "policy": webdis_policy(desk.root.root[0])}
    verdict = desk.ask(COPY, **chosen)
    assert verdict.decision is Decision.TRUSTED
    assert verdict.signed_by == SIGNED


def test_a_policy_of_a_copy_speaks_for_the_signed_repository_too(desk: Desk) -> None:
    chosen = {"signed_by": None, "pins": Pins(), "policy": webdis_policy(desk.root.root[0])}
    verdict = desk.ask(SIGNED, **chosen)
    assert verdict.decision is Decision.TRUSTED
    assert verdict.signed_by == SIGNED


def test_a_policy_s_own_entry_wins_over_that_of_a_copy(desk: Desk) -> None:
    both = policy(
        f'[[image]]\nname = "{MIRROR}"\nsigned-by = "{ORIGIN}"\nkeys.root = ["{OTHER}"]\n'
        f'[[image]]\nname = "{ORIGIN}"\nkeys.root = ["{desk.root.root[0]}"]\n'
    )
    question = desk.question(SIGNED, signed_by=None, pins=Pins(), policy=both)
    assert question.pins.root == desk.root.root


@pytest.mark.parametrize(("image", "signed"), [(COPY, SIGNED), (SIGNED, SIGNED)])
def test_a_prefix_stands_for_every_repository_below(desk: Desk, image: str, signed: str) -> None:
    prefix = webdis_policy(
        desk.root.root[0], name="public.ecr.aws/nicolas/*", signed_by="docker.io/nicolas/*"
    )
    question = desk.question(image, signed_by=None, pins=Pins(), policy=prefix)
    assert str(question.signed) == signed
    assert question.pins.root == desk.root.root


def test_a_signed_repository_s_exact_policy_wins_over_a_prefix(desk: Desk) -> None:
    both = policy(
        '[[image]]\nname = "public.ecr.aws/nicolas/*"\nsigned-by = "docker.io/nicolas/*"\n'
        f'keys.root = ["{OTHER}"]\n'
        f'[[image]]\nname = "ghcr.io/x/webdis"\nsigned-by = "{ORIGIN}"\n'
        f'keys.root = ["{desk.root.root[0]}"]\n'
    )
    question = desk.question(SIGNED, signed_by=None, pins=Pins(), policy=both)
    assert question.pins.root == desk.root.root


@pytest.mark.parametrize("order", [1, -1])
def test_an_exact_signer_wins_over_a_pattern_of_its_length(desk: Desk, order: int) -> None:
    prefix = '[[image]]\nname = "ghcr.io/a/*"\nsigned-by = "docker.io/team/*"\n'
    exact = '[[image]]\nname = "ghcr.io/a/x"\nsigned-by = "docker.io/team/x"\n'
    entries = (
        f'{prefix}keys.root = ["{OTHER}"]\n',
        f'{exact}keys.root = ["{desk.root.root[0]}"]\n',
    )
    chosen = {"signed_by": None, "pins": Pins(), "policy": policy("".join(entries[::order]))}
    for image in ("docker.io/team/x:1", "ghcr.io/a/x:1"):
        question = desk.question(image, **chosen)
        assert str(question.signed) == "docker.io/team/x:1"
        assert (question.pins.root, question.pins.of_prefix) == (desk.root.root, False)


def two_copies(root: str, more: str = "") -> Policy:
    """Two mirrors of one author's image; ``more`` is demanded of the second alone."""
    return policy(
        "".join(
            f'[[image]]\nname = "{host}/x/webdis"\nsigned-by = "{ORIGIN}"\n'
            f'keys.root = ["{root}"]\n{demands}[[image.rule]]\ntags = ["*"]\n'
            for host, demands in (("ghcr.io", ""), ("quay.io", more))
        )
    )


def test_copies_of_one_author_may_share_what_is_said_of_the_author(desk: Desk) -> None:
    alike = two_copies(desk.root.root[0])
    question = desk.question(SIGNED, signed_by=None, pins=Pins(), policy=alike)
    assert question.pins.root == desk.root.root


def test_copies_of_one_author_that_differ_do_not_speak_for_the_author(desk: Desk) -> None:
    tie = two_copies(desk.root.root[0], f'keys.repository = ["{OTHER}"]\n')
    with pytest.raises(InputError) as caught:
        desk.question(SIGNED, signed_by=None, pins=Pins(), policy=tie)
    assert (caught.value.code, caught.value.where) == ("policy.form", ORIGIN)
    assert caught.value.actual == "ghcr.io/x/webdis, quay.io/x/webdis"
    assert caught.value.remedy == f'add an [[image]] with name = "{ORIGIN}"'
    question = desk.question("quay.io/x/webdis:1", signed_by=None, pins=Pins(), policy=tie)
    assert question.pins.repository == (OTHER,)


@pytest.mark.parametrize("image", ["nginx:1", "reg.example/mirror/nginx:1"])
def test_an_official_image_and_its_copy_below_a_prefix(desk: Desk, image: str) -> None:
    root = desk.root.root[0]
    wide = webdis_policy(root, name="reg.example/mirror/*", signed_by="docker.io/*")
    question = desk.question(image, signed_by=None, pins=Pins(), policy=wide)
    assert str(question.signed) == "docker.io/library/nginx:1"
    assert question.pins.root == (root,)


def test_a_policy_of_other_images_says_nothing(desk: Desk) -> None:
    other = webdis_policy(OTHER, name="ghcr.io/other/image", signed_by=ELSEWHERE)
    question = desk.question(SIGNED, signed_by=None, pins=Pins(), policy=other)
    assert question.pins == Pins()
    assert question.demand.ruled


def test_a_foreign_signer_needs_keys_of_his_own(desk: Desk) -> None:
    ours = webdis_policy(desk.root.root[0])
    with pytest.raises(InputError) as caught:
        desk.question(COPY, signed_by=ELSEWHERE, pins=Pins(), policy=ours)
    assert caught.value.code == "policy.signed_by"
    assert caught.value.actual == ELSEWHERE
    question = desk.question(COPY, signed_by=ELSEWHERE, pins=Pins(root=(OTHER,)), policy=ours)
    assert (question.gun, question.pins.root) == (ELSEWHERE, (OTHER,))


def test_one_author_s_keys_do_not_restrict_another(desk: Desk) -> None:
    ours = webdis_policy(
        desk.root.root[0],
        f'keys.repository = ["{OTHER}"]',
        f'keys.signers.nicolasff = ["{OTHER}"]',
        f'keys.releases = ["{OTHER}"]',
        "allow-name-wildcard = true",
    )
    question = desk.question(COPY, signed_by=ELSEWHERE, pins=Pins(root=(OTHER,)), policy=ours)
    assert question.pins == Pins(root=(OTHER,))


def test_the_policy_s_own_signer_may_be_repeated(desk: Desk) -> None:
    ours = webdis_policy(desk.root.root[0])
    question = desk.question(COPY, signed_by="nicolas/webdis:stable", pins=Pins(), policy=ours)
    assert str(question.signed) == f"{ORIGIN}:stable"
    assert question.pins.root == desk.root.root


def test_pins_of_the_command_line_replace_the_policy_s_role_by_role(desk: Desk) -> None:
    a, b, c = "1" * 64, "2" * 64, "3" * 64
    written = webdis_policy(
        a,
        f'keys.repository = ["{a}"]',
        f'keys.releases = ["{a}"]',
        f'keys.signers.alice = ["{a}"]',
        f'keys.signers.bob = ["{a}"]',
        "allow-name-wildcard = true",
    )
    base = desk.question(COPY, pins=Pins(), policy=written).pins
    assert base == Pins((a,), (a,), {"alice": (a,), "bob": (a,)}, (a,), name_wildcard=True)
    given = Pins(root=(b,), signers={"bob": (c,)})
    assert desk.question(COPY, pins=given, policy=written).pins == replace(
        base, root=(b,), signers={"alice": (a,), "bob": (c,)}
    )
    given = Pins(repository=(b,), releases=(c,))
    found = desk.question(COPY, pins=given, policy=written).pins
    assert found == replace(base, repository=(b,), releases=(c,))


def test_a_pin_of_the_command_line_decides_over_the_policy_s(desk: Desk) -> None:
    wrong = webdis_policy(OTHER)
    assert desk.ask(COPY, pins=Pins(), policy=wrong).decision is Decision.REJECTED
    assert desk.ask(COPY, policy=wrong).decision is Decision.TRUSTED


# --- demands ---


def test_rules_are_chosen_by_the_signed_tag(desk: Desk) -> None:
    ruled = webdis_policy(
        desk.root.root[0],
        '[[image.rule]]\ntags = ["1.*"]\nform = "image"',
        '[[image.rule]]\ntags = ["0.*"]\nform = "index"',
    )
    chosen = {"signed_by": None, "pins": Pins(), "policy": ruled}
    assert desk.ask(COPY, **chosen).decision is Decision.TRUSTED
    assert desk.question(f"{MIRROR}:1.0", **chosen).demand.form == "image"
    renamed = {**chosen, "signed_by": f"{ORIGIN}:0.1"}
    assert desk.question(f"{MIRROR}:1.0", **renamed).demand.form == "index"
    assert not desk.question(f"{MIRROR}:2.0", **chosen).demand.ruled


def test_a_tag_that_no_rule_is_for_is_rejected(desk: Desk) -> None:
    ruled = webdis_policy(desk.root.root[0], '[[image.rule]]\ntags = ["1.*"]')
    verdict = desk.ask(COPY, signed_by=None, pins=Pins(), policy=ruled)
    assert failed(verdict) == {"policy.rule"}


@pytest.mark.parametrize(
    ("rule", "codes"),
    [
        ("", set()),
        ('tags = ["*"]', set()),
        (f'tags = ["{TAG}"]\nform = "index"', set()),
        (f'versions = "={TAG}"\nsigned-by = ["repository"]', set()),
        ('tags = ["latest"]', {"policy.rule"}),
        (f'tags = ["{TAG}"]\nform = "image"', {"policy.form.match"}),
        (f'tags = ["{TAG}"]\nsigned-by = ["signer/bob"]', {"signer.present"}),
        (f'tags = ["{TAG}"]\nexpect = "unsigned"', {"policy.signature.expected"}),
        (f'tags = ["{TAG}"]\nplatforms = ["linux/s390x"]', {"image.platform.present"}),
    ],
)
def test_of_a_digest_alone_the_rule_of_its_tag_holds(
    desk: Desk, rule: str, codes: set[str]
) -> None:
    ruled = webdis_policy(desk.root.root[0], *([f"[[image.rule]]\n{rule}"] if rule else []))
    chosen = {"signed_by": None, "pins": Pins(), "policy": ruled}
    for image in (f"{ORIGIN}@{desk.release.signed}", f"{ORIGIN}:{TAG}@{desk.release.signed}"):
        verdict = desk.ask(image, **chosen)
        assert failed(verdict) == codes
        assert bool(verdict) is (not codes)
        assert verdict.signed is not None
        assert verdict.signed.tag == TAG


def test_of_several_tags_with_the_digest_one_that_the_rules_allow_will_do(desk: Desk) -> None:
    author, length = desk.sandbox.author, desk.release.length
    author.sign("stable", desk.release.signed, length, roles=("targets",))
    desk.sandbox.publish()
    image = f"{ORIGIN}@{desk.release.signed}"
    chosen = {"signed_by": None, "pins": Pins()}
    for tag in (TAG, "stable"):
        ruled = webdis_policy(desk.root.root[0], f'[[image.rule]]\ntags = ["{tag}"]')
        verdict = desk.ask(image, **chosen, policy=ruled)
        assert verdict.decision is Decision.TRUSTED
        assert verdict.signed is not None
        assert verdict.signed.tag == tag
    ruled = webdis_policy(desk.root.root[0], '[[image.rule]]\ntags = ["2.*"]')
    assert failed(desk.ask(image, **chosen, policy=ruled)) == {"policy.rule"}


def test_options_narrow_and_weaken_what_the_policy_demands(desk: Desk) -> None:
    arm, amd = parse_platform("linux/arm64"), parse_platform("linux/amd64")
    written = webdis_policy(desk.root.root[0], 'platforms = ["linux/arm64"]')
    demand = desk.question(COPY, policy=written).demand
    assert (demand.platforms, demand.layers) == ((arm,), True)
    assert not demand.accept_config
    assert not demand.allow_extra_platforms
    chosen = {"platforms": (amd,), "layers": False, "accept_config": True}
    demand = desk.question(COPY, policy=written, **chosen, allow_extra_platforms=True).demand
    assert (demand.platforms, demand.layers) == ((amd,), False)
    assert demand.accept_config
    assert demand.allow_extra_platforms
    lax = webdis_policy(desk.root.root[0], 'accept = "config"\nallow-extra-platforms = true')
    demand = desk.question(COPY, policy=lax).demand
    assert demand.accept_config
    assert demand.allow_extra_platforms


def test_without_layers_a_foreign_one_is_not_told_apart_but_never_trusted(desk: Desk) -> None:
    swap_layer(desk.sandbox, desk.release)
    assert failed(desk.ask()) == {"image.layer.diff_id"}
    assert desk.ask(layers=False).decision is Decision.UNDECIDED
    assert desk.ask(layers=False, accept_config=True).decision is Decision.TRUSTED


def test_the_time_is_now_unless_the_user_names_another(desk: Desk) -> None:
    question = desk.question()
    assert (question.historic, question.at >= desk.sandbox.at) == (False, True)
    then = desk.sandbox.at - timedelta(days=3)
    question = desk.question(at=then)
    assert (question.historic, question.at) == (True, then)


# --- metadata alone ---


def test_metadata_is_asked_with_the_policy_s_keys_but_without_its_rules(desk: Desk) -> None:
    ruled = webdis_policy(desk.root.root[0], '[[image.rule]]\ntags = ["1.*"]')
    session = desk.session(pins=Pins(), signed_by=None, policy=ruled)
    question = session.metadata_question(ORIGIN)
    assert question.pins.root == desk.root.root
    assert question.demand.ruled
    assert session.answer_metadata(question).decision is Decision.TRUSTED
    assert not session.answer_metadata(session.metadata_question(f"{ORIGIN}:9"))


def test_of_a_copy_that_the_policy_names_the_metadata_is_its_author_s(desk: Desk) -> None:
    """As in ``verify``: the policy says who signs it."""
    ours = webdis_policy(desk.root.root[0])
    session = desk.session(pins=Pins(), signed_by=None, policy=ours)
    for image, signed in ((COPY, SIGNED), (MIRROR, ORIGIN), (SIGNED, SIGNED)):
        question = session.metadata_question(image)
        assert (str(question.subject), str(question.signed)) == (image, signed)
        assert question.pins.root == desk.root.root
        verdict = session.answer_metadata(question)
        assert verdict.decision is Decision.TRUSTED
        assert (verdict.subject, verdict.signed_by) == (image, signed)
    assert not session.answer_metadata(session.metadata_question(f"{MIRROR}:9"))


def test_a_copy_has_no_metadata_and_no_keys_of_its_author(desk: Desk) -> None:
    for ours, own in ((webdis_policy(desk.root.root[0]), True), (None, False)):
        session = desk.session(pins=Pins(), signed_by=None, policy=ours)
        question = session.metadata_question(COPY, own=own)
        assert (question.gun, question.pins) == (MIRROR, Pins())
        assert session.answer_metadata(question).decision is Decision.UNDECIDED


def test_a_digest_is_looked_for_in_the_metadata(desk: Desk) -> None:
    session = desk.session()
    question = session.metadata_question(f"{ORIGIN}@{desk.release.signed}")
    verdict = session.answer_metadata(question)
    assert verdict.decision is Decision.TRUSTED
    assert verdict.pinned == f"{ORIGIN}@{desk.release.signed}"


def test_the_folder_of_a_test_is_all_that_is_written(desk: Desk, tmp_path: Path) -> None:
    desk.ask()
    assert {path.name for path in tmp_path.iterdir()} == {"cache", "state"}
