"""The policy file: what is mistaken in it, which part of it counts, and who may write it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.attacks.outcome import Outcome
from tests.attacks.sample import some
from tests.attacks.trial import Trial

NAME = "public.ecr.aws/nicolas/webdis"
HEAD = f'[[image]]\nname = "{NAME}"\nsigned-by = "nicolas/webdis"\n'
YAML = "image: &defaults\n  - name: webdis\n    <<: *defaults\n"
OTHER = "0f" * 32

MISTAKES = (
    'kyes.repository = ["x"]\n',
    'signers = ["nicolasff"]\n',
    '[[image.rule]]\ntags = ["*"]\nsigners = ["nicolasff"]\n',
    '[[image.rule]]\ntags = ["*"]\nsigned_by = ["repository"]\n',
    '[[image.rule]]\ntags = ["1"]\n[[image.rule]]\ntags = ["1"]\n',
    "[[image.rule]]\ntags = []\n",
    '[[image.rule]]\nversions = ">=0.1,!=0.2"\n',
    '[[image.rule]]\ntags = ["*"]\nsigned-by = ["signers/nicolasff"]\n',
    '[[image.rule]]\ntags = ["*"]\nexpect = "Unsigned"\n',
    '[[image.rule]]\ntags = ["*"]\nexpect = "unsigned"\naccept = "config"\n',
    'allow-extra-platforms = "no"\n',
    'scheme = "none"\n',
    'name = "again"\n',
)

Verify = Callable[..., Outcome]


@pytest.fixture
def file(home: Path) -> Path:
    return home / "work" / "crosstrust.toml"


@pytest.fixture
def verify(trial: Trial, file: Path) -> Verify:
    """Write the policy, verify the copy under it, with no pins but the policy's."""

    def call(text: str, *more: str) -> Outcome:
        file.write_text(text, encoding="utf-8")
        return trial.run("verify", trial.copy, "--format", "json", *more)

    return call


@pytest.fixture
def keys(trial: Trial) -> str:
    return f'keys.root = ["{trial.root_pin.removeprefix("root=")}"]\n'


@pytest.mark.row("C41")
def test_what_means_nothing_in_a_policy_is_an_error(
    trial: Trial, verify: Verify, keys: str
) -> None:
    trial.expect_trusted(verify(HEAD + keys), "policy.form")
    asked = len(trial.service.requests)
    for mistake in some(MISTAKES):
        for more in ((), ("--pin", trial.root_pin), ("--tofu",)):
            trial.expect_usage(verify(HEAD + keys + mistake, *more), "policy.form")
    assert len(trial.service.requests) == asked


@pytest.mark.row("C41")
def test_what_is_no_policy_at_all_is_an_error(trial: Trial, verify: Verify, file: Path) -> None:
    """An empty file, or one in another language, is not the absence of a policy."""
    for text in ("", "\n# nothing\n", YAML, "[image]\n", "[[images]]\n", "\x00", "[" * 5000):
        trial.expect_usage(verify(text, "--pin", trial.root_pin), "policy.form")
    file.write_bytes(b"\xff\xfe")
    trial.expect_usage(trial.run("verify", trial.copy), "policy.form")


@pytest.mark.row("C42")
def test_a_prefix_ends_at_a_slash(trial: Trial, verify: Verify, keys: str) -> None:
    def prefixed(prefix: str) -> str:
        return f'[[image]]\nname = "public.ecr.aws/{prefix}"\nsigned-by = "nicolas/*"\n{keys}'

    trial.expect_trusted(verify(prefixed("nicolas/*")), "reference.form")
    for prefix in ("nico/*", "nicolas/webdis/*", "nicolas/web/*"):
        # Nothing is said of this image, so its own registry's signature would count.
        outcome = verify(prefixed(prefix))
        trial.expect_refused(outcome, "tuf.target.present", "N", where=trial.sandbox.mirror)
    for prefix in ("nicolas*", "nico*/webdis", "nicolas/**"):
        trial.expect_usage(verify(prefixed(prefix)), "reference.form")


@pytest.mark.row("C42")
def test_the_longest_name_wins_wherever_it_stands(trial: Trial, verify: Verify, keys: str) -> None:
    other = f'keys.root = ["{OTHER}"]\n'
    wide = '[[image]]\nname = "public.ecr.aws/*"\nsigned-by = "docker.io/*"\n'
    near = '[[image]]\nname = "public.ecr.aws/nicolas/*"\nsigned-by = "nicolas/*"\n'
    ladder = (wide, near, HEAD)
    for shorter, longer in pairwise(ladder):
        for text in (shorter + other + longer + keys, longer + keys + shorter + other):
            trial.expect_trusted(verify(text), "pin.match")
        for text in (shorter + keys + longer + other, longer + other + shorter + keys):
            trial.expect_refused(verify(text), "pin.match", "T", where="root")


@pytest.mark.row("C42")
def test_one_image_twice_is_an_error(trial: Trial, verify: Verify, keys: str) -> None:
    alias = 'name = "index.docker.io/nicolas/webdis"\n'
    for first, second in (
        (HEAD, HEAD),
        (HEAD.replace("nicolas/webdis", "nicolas/*"),) * 2,
        (f"[[image]]\n{alias}", '[[image]]\nname = "nicolas/webdis"\n'),
    ):
        trial.expect_usage(verify(first + keys + second + keys), "policy.form")


@pytest.mark.row("C43")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_policy_that_anybody_may_write_is_not_read(
    trial: Trial, verify: Verify, file: Path, keys: str, what: str
) -> None:
    trial.expect_trusted(verify(HEAD + keys), "local.file.mode")
    place = file if what == "file" else file.parent
    honest = place.stat().st_mode
    place.chmod(honest | 0o002)
    asked = len(trial.service.requests)
    for more in ((), ("--policy", "crosstrust.toml"), ("--pin", trial.root_pin)):
        trial.expect_trouble(trial.run("verify", trial.copy, *more), "local.file.mode")
    assert len(trial.service.requests) == asked
    place.chmod(honest)
    trial.expect_trusted(verify(HEAD + keys), "local.file.mode")


@pytest.mark.row("C43")
def test_a_link_to_a_policy_in_a_folder_of_everybody_is_not_followed(
    trial: Trial, verify: Verify, file: Path, keys: str
) -> None:
    trial.expect_trusted(verify(HEAD + keys), "local.file.mode")
    shared = trial.home / "shared"
    shared.mkdir()
    moved = file.rename(shared / "real.toml")
    file.symlink_to(moved)
    shared.chmod(0o777)
    trial.expect_trouble(trial.run("verify", trial.copy), "local.file.mode")


def test_a_tag_that_no_rule_matches_is_rejected(trial: Trial, verify: Verify, keys: str) -> None:
    rule = '[[image.rule]]\nversions = "{}"\n'
    trial.expect_trusted(verify(HEAD + keys + rule.format("<0.2")), "policy.rule")
    outcome = verify(HEAD + keys + rule.format(">=0.2"))
    trial.expect_refused(outcome, "policy.rule", "P", where=trial.release.tag)


def test_what_is_expected_unsigned_is_never_trusted(
    trial: Trial, verify: Verify, keys: str
) -> None:
    rule = '[[image.rule]]\nversions = "<0.2"\n'
    trial.expect_trusted(verify(HEAD + keys + rule), "policy.signature.expected")
    outcome = verify(HEAD + keys + rule + 'expect = "unsigned"\n')
    trial.expect_refused(outcome, "policy.signature.expected", "P", where=trial.release.tag)


def test_a_rule_may_demand_a_form(trial: Trial, verify: Verify, keys: str) -> None:
    rule = '[[image.rule]]\ntags = ["*"]\nform = '
    trial.expect_trusted(verify(HEAD + keys + rule + '"index"\n'), "policy.form.match")
    outcome = verify(HEAD + keys + rule + '"image"\n')
    trial.expect_refused(outcome, "policy.form.match", "P", where=trial.sandbox.origin)


def test_one_author_s_pins_do_not_speak_for_another(
    trial: Trial, verify: Verify, keys: str
) -> None:
    trial.expect_trusted(verify(HEAD + keys, "--signed-by", "nicolas/webdis"), "policy.signed_by")
    foreign = verify(HEAD + keys, "--signed-by", "mallory/webdis")
    trial.expect_usage(foreign, "policy.signed_by")
