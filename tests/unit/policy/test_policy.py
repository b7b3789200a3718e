"""The policy file: what it means, and how every mistake in it is told."""

import json
import string
import tomllib
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.chain.policy import Policy, parse_policy
from crosstrust.errors import InputError
from crosstrust.oci.limits import POLICY_SIZE

ROOT = "40be21f47831d593892370a8e3fc5bfffb16887c707bd81a6aed2088dc8f4bef"
REPOSITORY = "fed0b56b8a8fd4d156fb2f47c2e8bd3eb61948b72a787c18e2fa3ea3233bba1a"
SIGNER = "dd0768b9d35d344bbd1681418d27052c4c896a59be214352448daa2b6925b95b"
WEBDIS = "public.ecr.aws/nicolas/webdis"
# The example of the manual, whole.
EXAMPLE = f"""\
[[image]]
name = "public.ecr.aws/nicolas/webdis"
signed-by = "docker.io/nicolas/webdis"
scheme = "notary-v1"
keys.root = ["{ROOT}"]
keys.repository = ["{REPOSITORY}"]
keys.signers.nicolasff = ["{SIGNER}"]

[[image.rule]]            # the guide: releases before 0.1.12 are not signed
versions = "<0.1.12"
expect = "unsigned"

[[image.rule]]            # one platform, signed by the signer
versions = ">=0.1.12,<0.1.19"
form = "image"
signed-by = ["signer/nicolasff"]

[[image.rule]]            # multi-platform lists; 0.1.19 was signed with the repository key
versions = ">=0.1.19"
tags = ["latest"]
form = "index"
platforms = ["linux/amd64", "linux/arm64"]
"""
HEAD = '[[image]]\nname = "nicolas/webdis"\n'
RULE = HEAD + "[[image.rule]]\n"


def parse(text: str) -> Policy:
    return parse_policy(text, "crosstrust.toml")


def refusal(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert "\n" not in str(caught.value)
    return caught.value


def schema() -> dict[str, Any]:
    file = files("crosstrust") / "schema" / "policy-v1.schema.json"
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def fits_schema(text: str) -> bool:
    return bool(jsonschema.Draft202012Validator(schema()).is_valid(tomllib.loads(text)))


# --- what it means ---


def test_the_example_reads_as_it_says() -> None:
    policy = parse(EXAMPLE)
    image = policy.image_for(WEBDIS)
    assert policy.warnings == ()
    assert image is not None
    assert image.signed_by == "docker.io/nicolas/webdis"
    assert image.pins.root == (ROOT,)
    assert image.pins.repository == (REPOSITORY,)
    assert image.pins.signers == {"nicolasff": (SIGNER,)}
    assert image.pins.releases == ()
    assert not image.pins.tofu


@pytest.mark.parametrize("tag", ["0.1.11", "v0.1"])
def test_old_releases_are_expected_unsigned(tag: str) -> None:
    demand = parse(EXAMPLE).images[0].demand(tag)
    assert demand.unsigned
    assert demand.ruled


def test_single_images_need_the_signer() -> None:
    demand = parse(EXAMPLE).images[0].demand("0.1.18")
    assert (demand.roles, demand.form, demand.platforms) == (("signer/nicolasff",), "image", ())
    assert not demand.unsigned


@pytest.mark.parametrize("tag", ["0.1.19", "latest", "2"])
def test_lists_need_two_platforms(tag: str) -> None:
    demand = parse(EXAMPLE).images[0].demand(tag)
    assert (demand.roles, demand.form) == ((), "index")
    assert [str(platform) for platform in demand.platforms] == ["linux/amd64", "linux/arm64/v8"]


@pytest.mark.parametrize("tag", ["0.1.19-short", "main"])
def test_a_tag_without_rule_is_not_ruled(tag: str) -> None:
    image = parse(EXAMPLE).images[0]
    assert image.rule_for(tag) is None
    assert not image.demand(tag).ruled


def test_without_rules_any_released_role_will_do() -> None:
    demand = parse(HEAD).images[0].demand("anything")
    assert demand.ruled
    assert demand.roles == ()
    assert not demand.unsigned
    assert not demand.accept_config
    assert not demand.allow_extra_platforms
    assert not demand.allow_name_wildcard


def test_the_first_rule_that_matches_decides() -> None:
    image = parse(
        RULE + 'tags = ["1.*"]\nform = "index"\n[[image.rule]]\ntags = ["*"]\nform = "image"\n'
    ).images[0]
    assert image.demand("1.2").form == "index"
    assert image.demand("2.1").form == "image"


def test_opt_ins_come_from_image_or_rule() -> None:
    image = parse(
        HEAD + 'accept = "config"\nallow-name-wildcard = true\nplatforms = ["linux/amd64"]\n'
        '[[image.rule]]\ntags = ["a"]\nallow-extra-platforms = true\n'
        '[[image.rule]]\ntags = ["b"]\nplatforms = ["linux/arm64"]\naccept = "config"\n'
    ).images[0]
    first, second = image.demand("a"), image.demand("b")
    assert first.accept_config
    assert first.allow_name_wildcard
    assert first.allow_extra_platforms
    assert not second.allow_extra_platforms
    assert [str(p) for p in first.platforms] == ["linux/amd64"]
    assert [str(p) for p in second.platforms] == ["linux/arm64/v8"]


def test_a_rule_accepts_configs_where_it_says_so_and_nowhere_else() -> None:
    image = parse(RULE + 'tags = ["a"]\naccept = "config"\n[[image.rule]]\ntags = ["b"]\n').images[
        0
    ]
    assert image.demand("a").accept_config
    assert not image.demand("b").accept_config


def test_names_are_canonical_and_signed_by_themselves_by_default() -> None:
    image = parse('[[image]]\nname = "redis"\n').images[0]
    assert (image.name, image.signed_by) == ("docker.io/library/redis",) * 2


def test_key_ids_are_kept_in_lower_case() -> None:
    policy = parse(HEAD + f'keys.root = ["{ROOT.upper()}"]\nkeys.releases = ["{SIGNER}"]')
    assert policy.images[0].pins.root == (ROOT,)
    assert policy.images[0].pins.releases == (SIGNER,)


# --- prefixes ---

PREFIXES = f"""
[[image]]
name = "public.ecr.aws/nicolas/*"
signed-by = "nicolas/*"
[[image]]
name = "public.ecr.aws/nicolas/web/*"
[[image]]
name = "{WEBDIS}"
"""


@pytest.mark.parametrize(
    ("repository", "signed_by"),
    [
        (WEBDIS, WEBDIS),
        ("public.ecr.aws/nicolas/redis", "docker.io/nicolas/redis"),
        ("public.ecr.aws/nicolas/web/dis", "public.ecr.aws/nicolas/web/dis"),
        ("public.ecr.aws/nicolas/web", "docker.io/nicolas/web"),
    ],
)
def test_the_longest_name_wins(repository: str, signed_by: str) -> None:
    image = parse(PREFIXES).image_for(repository)
    assert image is not None
    assert (image.name, image.signed_by) == (repository, signed_by)


EXACT = '[[image]]\nname = "public.ecr.aws/team/x"\nsigned-by = "docker.io/team/y"\n'
PATTERN = '[[image]]\nname = "public.ecr.aws/team/*"\nsigned-by = "docker.io/team/*"\n'


@pytest.mark.parametrize("text", [EXACT + PATTERN, PATTERN + EXACT])
def test_an_exact_name_wins_over_a_pattern_of_its_length(text: str) -> None:
    image = parse(text).image_for("public.ecr.aws/team/x")
    assert image is not None
    assert (image.signed_by, image.of_prefix) == ("docker.io/team/y", False)
    other = parse(text).image_for("public.ecr.aws/team/z")
    assert other is not None
    assert (other.signed_by, other.of_prefix) == ("docker.io/team/z", True)


@pytest.mark.parametrize("below", ["nginx", "library/nginx"])
def test_a_name_of_one_part_below_a_prefix_is_docker_hub_s_library(below: str) -> None:
    wide = '[[image]]\nname = "reg.example/mirror/*"\nsigned-by = "docker.io/*"\n'
    image = parse(wide).image_for(f"reg.example/mirror/{below}")
    assert image is not None
    assert image.signed_by == "docker.io/library/nginx"


@pytest.mark.parametrize(
    ("name", "signed_by", "repository", "copy"),
    [
        ("public.ecr.aws/team/x", "docker.io/team/y", "docker.io/team/y", "public.ecr.aws/team/x"),
        ("public.ecr.aws/a/*", "docker.io/b/*", "docker.io/b/c/d", "public.ecr.aws/a/c/d"),
        ("public.ecr.aws/team/x", "docker.io/team/y", "docker.io/team/x", None),
        ("public.ecr.aws/a/*", "docker.io/b/*", "docker.io/bb/c", None),
        ("public.ecr.aws/a/*", "docker.io/b/*", "public.ecr.aws/a/c", None),
    ],
)
def test_a_policy_speaks_for_the_repository_that_signs_its_copies(
    name: str, signed_by: str, repository: str, copy: str | None
) -> None:
    (image,) = parse(f'[[image]]\nname = "{name}"\nsigned-by = "{signed_by}"\n').images
    assert image.signs(repository) is (copy is not None)
    if copy is not None:
        found = image.signed_at(repository)
        assert (found.name, found.signed_by) == (copy, repository)
        assert found.of_prefix is name.endswith("/*")


def test_terms_are_what_holds_whatever_it_holds_for() -> None:
    rule = f'keys.root = ["{ROOT}"]\n[[image.rule]]\ntags = ["a"]\n'
    first, second, other = parse(
        f'[[image]]\nname = "a/b"\n{rule}'
        f'[[image]]\nname = "a/c"\nsigned-by = "a/b"\n{rule}'
        f'[[image]]\nname = "a/d"\n{rule}form = "index"\n'
    ).images
    assert first.terms == second.terms != other.terms
    assert first.rules != second.rules
    assert (first.terms.pins, first.terms.rules[0].tags) == (first.pins, ("a",))
    assert first.terms.rules[0].line == 0


@pytest.mark.parametrize("repository", ["public.ecr.aws/nicolasx/a", "docker.io/nicolas/webdis"])
def test_a_prefix_holds_at_its_border(repository: str) -> None:
    assert parse(PREFIXES).image_for(repository) is None


def test_a_whole_registry_is_a_prefix() -> None:
    assert parse('[[image]]\nname = "docker.io/*"').image_for("docker.io/library/redis")


# --- mistakes ---

MISTAKES = {
    "empty file": ("", "crosstrust.toml", "policy.form"),
    "comment only": ("# nothing\n", "crosstrust.toml", "policy.form"),
    "not TOML": ('[[image]]\nname = "a\n', "crosstrust.toml", "policy.form"),
    "a huge number": ("x = " + "1" * 5000, "crosstrust.toml", "policy.form"),
    "deep brackets": ("x = " + "[" * 100_000, "crosstrust.toml", "policy.form"),
    "too large": ("#" * (POLICY_SIZE + 1), "crosstrust.toml", "policy.form"),
    "unknown table": (HEAD + "[server]\n", "crosstrust.toml line 3", "policy.form"),
    "one table": ('[image]\nname = "a"\n', "crosstrust.toml line 1", "policy.form"),
    "no tables": ("image = []\n", "crosstrust.toml line 1", "policy.form"),
    "empty image": ("\n[[image]]\n", "crosstrust.toml line 2", "policy.form"),
    "text for image": ('image = "redis"\n', "crosstrust.toml line 1", "policy.form"),
    "no name": ('\n[[image]]\nscheme = "notary-v1"\n', "crosstrust.toml line 2", "policy.form"),
    "key in a table on one line": (
        '[[image]]\nname = "a/b"\nkeys = { root = 1 }\n',
        "crosstrust.toml line 3",
        "policy.form",
    ),
    "empty name": ('[[image]]\nname = ""\n', "crosstrust.toml line 2", "policy.form"),
    "number for name": ("[[image]]\nname = 1\n", "crosstrust.toml line 2", "policy.form"),
    "tag in name": ('[[image]]\nname = "a:1"\n', "crosstrust.toml line 2", "reference.form"),
    "digest in signed-by": (
        HEAD + f'signed-by = "a@sha256:{ROOT}"\n',
        "crosstrust.toml line 3",
        "reference.form",
    ),
    "upper case name": ('[[image]]\nname = "a/B"\n', "crosstrust.toml line 2", "reference.form"),
    "star without border": (
        '[[image]]\nname = "a.io/b*"\n',
        "crosstrust.toml line 2",
        "reference.form",
    ),
    "star alone": ('[[image]]\nname = "/*"\n', "crosstrust.toml line 2", "reference.form"),
    "prefix signed by one": (
        '[[image]]\nname = "a.io/*"\nsigned-by = "b/c"\n',
        "crosstrust.toml line 3",
        "policy.form",
    ),
    "unknown key": (HEAD + "platform = []\n", "crosstrust.toml line 3", "policy.form"),
    "underscore": (HEAD + 'signed_by = "a"\n', "crosstrust.toml line 3", "policy.form"),
    "foreign scheme": (HEAD + 'scheme = "cosign"\n', "crosstrust.toml line 3", "policy.form"),
    "text for keys": (HEAD + 'keys = "x"\n', "crosstrust.toml line 3", "policy.form"),
    "empty keys": (HEAD + "keys = {}\n", "crosstrust.toml line 3", "policy.form"),
    "no root keys": (HEAD + "keys.root = []\n", "crosstrust.toml line 3", "policy.form"),
    "text for a key list": (
        HEAD + f'keys.root = "{ROOT}"\n',
        "crosstrust.toml line 3",
        "policy.form",
    ),
    "short key ID": (
        HEAD + 'keys.root = ["dd0768b9d35d"]\n',
        "crosstrust.toml line 3",
        "pin.length",
    ),
    "not a key ID": (HEAD + 'keys.root = ["nicolas"]\n', "crosstrust.toml line 3", "pin.form"),
    "digest as key ID": (
        HEAD + f'keys.root = ["sha256:{ROOT}"]\n',
        "crosstrust.toml line 3",
        "pin.form",
    ),
    "unknown role": (HEAD + f'keys.target = ["{ROOT}"]\n', "crosstrust.toml line 3", "policy.form"),
    "no signers": (HEAD + "keys.signers = {}\n", "crosstrust.toml line 3", "policy.form"),
    "signer without keys": (
        HEAD + "[image.keys.signers]\na = []\n",
        "crosstrust.toml line 4",
        "policy.form",
    ),
    "signer in capitals": (
        HEAD + f'keys.signers.Nicolas = ["{ROOT}"]\n',
        "crosstrust.toml line 3",
        "pin.form",
    ),
    "signer called releases": (
        HEAD + f'keys.signers.releases = ["{ROOT}"]\n',
        "crosstrust.toml line 3",
        "pin.form",
    ),
    "no rules": (HEAD + "rule = []\n", "crosstrust.toml line 3", "policy.form"),
    "empty rule": (RULE, "crosstrust.toml line 3", "policy.form"),
    "rule for no tags": (RULE + 'form = "index"\n', "crosstrust.toml line 3", "policy.form"),
    "empty tags": (RULE + "tags = []\n", "crosstrust.toml line 4", "policy.form"),
    "an empty tag": (RULE + 'tags = ["a", ""]\n', "crosstrust.toml line 4", "policy.form"),
    "a number for a tag": (RULE + "tags = [1]\n", "crosstrust.toml line 4", "policy.form"),
    "bad range": (RULE + 'versions = "0.1.19"\n', "crosstrust.toml line 4", "policy.form"),
    "empty range": (RULE + 'versions = ""\n', "crosstrust.toml line 4", "policy.form"),
    "list of ranges": (RULE + 'versions = ["<1"]\n', "crosstrust.toml line 4", "policy.form"),
    "bad expectation": (
        RULE + 'tags=["*"]\nexpect = "no"\n',
        "crosstrust.toml line 5",
        "policy.form",
    ),
    "bad form": (RULE + 'tags=["*"]\nform = ""\n', "crosstrust.toml line 5", "policy.form"),
    "bad acceptance": (
        RULE + 'tags=["*"]\naccept = "all"\n',
        "crosstrust.toml line 5",
        "policy.form",
    ),
    "a word for a flag": (
        RULE + 'tags=["*"]\nallow-extra-platforms = "yes"\n',
        "crosstrust.toml line 5",
        "policy.form",
    ),
    "bad role": (
        RULE + 'tags=["*"]\nsigned-by = ["root"]\n',
        "crosstrust.toml line 5",
        "policy.form",
    ),
    "signer without name": (
        RULE + 'tags=["*"]\nsigned-by = ["signer/"]\n',
        "crosstrust.toml line 5",
        "pin.form",
    ),
    "wildcard name in a rule": (
        RULE + 'tags=["*"]\nallow-name-wildcard = true\n',
        "crosstrust.toml line 5",
        "policy.form",
    ),
    "demands on the unsigned": (
        RULE + 'tags=["*"]\nexpect = "unsigned"\nsigned-by = ["repository"]\n',
        "crosstrust.toml line 6",
        "policy.form",
    ),
    "no platforms": (HEAD + "platforms = []\n", "crosstrust.toml line 3", "policy.form"),
    "an image twice": (
        HEAD + '[[image]]\nname = "index.docker.io/nicolas/webdis"\n',
        "crosstrust.toml line 4",
        "policy.form",
    ),
    "a rule twice": (
        RULE + 'versions = "<1"\n[[image.rule]]\nversions = "<v1.0"\n',
        "crosstrust.toml line 5",
        "policy.form",
    ),
}
TWICE = (
    *(f'keys.{role} = ["{ROOT}", "{SIGNER}", "{ROOT}"]' for role in ("root", "repository")),
    *(f'keys.{role} = ["{ROOT}", "{ROOT}"]' for role in ("releases", "signers.alice")),
    'platforms = ["linux/amd64", "linux/amd64"]',
    '[[image.rule]]\ntags = ["a", "b", "a"]',
    '[[image.rule]]\ntags = ["a"]\nsigned-by = ["repository", "repository"]',
    '[[image.rule]]\ntags = ["a"]\nplatforms = ["linux/arm/v7", "linux/arm/v7"]',
)
MISTAKES |= {
    f"twice: {lines}": (
        f"{HEAD}{lines}\n",
        f"crosstrust.toml line {3 + lines.count(chr(10))}",
        "policy.form",
    )
    for lines in TWICE
}
MISTAKES |= {
    "a platform in two spellings": (
        HEAD + 'platforms = ["linux/arm64", "linux/arm64/v8"]\n',
        "crosstrust.toml line 3",
        "policy.form",
    ),
    "a key in two spellings": (
        HEAD + f'keys.root = ["{ROOT}", "{ROOT.upper()}"]\n',
        "crosstrust.toml line 3",
        "policy.form",
    ),
}
# What a schema cannot know: the grammar of references, duplicates by their canonical name.
BEYOND_SCHEMA = {
    *("a platform in two spellings", "a key in two spellings"),
    *("tag in name", "digest in signed-by", "upper case name", "star without border"),
    *("star alone", "prefix signed by one", "an image twice", "a rule twice"),
}
NO_TOML = {"not TOML", "a huge number", "deep brackets", "too large"}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line(mistake: str) -> None:
    text, where, code = MISTAKES[mistake]
    error = refusal(text)
    assert error.code == code
    assert error.where.startswith(where)
    assert error.expected


@pytest.mark.parametrize("mistake", sorted(MISTAKES.keys() - BEYOND_SCHEMA - NO_TOML))
def test_the_schema_refuses_it_too(mistake: str) -> None:
    assert not fits_schema(MISTAKES[mistake][0])


@pytest.mark.parametrize("text", [EXAMPLE, PREFIXES, HEAD], ids=["example", "prefixes", "head"])
def test_the_schema_accepts_what_we_accept(text: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert fits_schema(text)
    assert parse(text).images


def test_a_platform_that_is_none_is_told() -> None:
    error = refusal(HEAD + 'platforms = ["linux/amd64/v1/x"]\n')
    assert error.where == "crosstrust.toml line 3"


def test_what_stands_twice_is_named() -> None:
    error = refusal(HEAD + 'platforms = ["linux/arm64", "linux/arm64/v8"]')
    assert error.expected == "each entry of `platforms` once"
    assert error.actual == "'linux/arm64/v8'"
    assert error.remedy == "remove one 'linux/arm64/v8'"


def test_a_syntax_error_names_line_and_column() -> None:
    assert "line 2, column 8" in refusal('[[image]]\nname = a"\n').actual


def test_a_near_miss_is_suggested() -> None:
    assert "did you mean `signed-by`?" in str(refusal(HEAD + 'signed_by = "a"\n'))
    assert refusal(HEAD + 'zzz = "a"\n').remedy == "remove it"


def test_a_short_key_id_says_where_the_long_one_is() -> None:
    assert "crosstrust key id" in refusal(HEAD + 'keys.root = ["dd0768b9d35d"]\n').remedy


def test_a_policy_of_a_mebibyte_is_read_and_one_character_more_is_refused() -> None:
    text = HEAD + "#" * (POLICY_SIZE - len(HEAD))
    assert len(parse(text).images) == 1
    with pytest.raises(InputError) as caught:
        parse(text + "#")
    assert caught.value.expected == f"at most {POLICY_SIZE} characters"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n[[image]]\n", "a [[image]] table that is not empty"),
        (RULE, "a [[image.rule]] table that is not empty"),
        ("image = [1]\n", "a [[image]] table that is not empty"),
        ("image = []\n", "[[image]] tables, at least one"),
        (HEAD + "rule = []\n", "[[image.rule]] tables, at least one"),
    ],
)
def test_an_empty_table_is_called_that(text: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert (caught.value.code, caught.value.expected) == ("policy.form", expected)


def test_rules_for_the_same_tags_in_another_order_are_one_rule() -> None:
    with pytest.raises(InputError) as caught:
        parse(RULE + 'tags = ["a", "b"]\n[[image.rule]]\ntags = ["b", "a"]\n')
    assert caught.value.where == "crosstrust.toml line 5"
    assert caught.value.actual.endswith("as on line 3")


def test_control_characters_do_not_reach_the_message() -> None:
    assert "\x1b" not in str(refusal('"\\u001b[2J" = 1\n'))


# --- warnings ---


def warnings(text: str) -> list[tuple[str, str, str]]:
    return [(w.code, w.where, w.text) for w in parse(text).warnings]


PINNED = HEAD + f'keys.root = ["{ROOT}"]\n[[image.rule]]\n'


def test_a_policy_without_root_is_warned_of() -> None:
    ((code, where, _),) = warnings(HEAD)
    assert (code, where) == ("pin.present", "crosstrust.toml line 1")


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ('versions = ">2,<1"', "holds no version"),
        ('tags = ["a/b"]', "no tag can be 'a/b'"),
        ('tags = ["*"]\n[[image.rule]]\nversions = "<1"', "hidden by the earlier rule on line 4"),
        ('tags = ["1.*"]\n[[image.rule]]\ntags = ["1.*", "1.2"]', "hidden by the earlier rule"),
        ('versions = "<2"\n[[image.rule]]\nversions = ">=0,<1"\ntags = ["v1"]', "hidden by"),
    ],
)
def test_a_rule_that_no_tag_can_match_is_warned_of(rules: str, text: str) -> None:
    ((code, where, found),) = warnings(PINNED + rules)
    assert code == "policy.rule.matches"
    assert where in {"crosstrust.toml line 4", "crosstrust.toml line 6"}
    assert found.startswith("no tag can match this rule")
    assert text in found


def test_a_part_of_a_rule_that_no_tag_can_match_is_warned_of() -> None:
    ((code, _, text),) = warnings(PINNED + 'tags = ["[0-9]", "latest"]')
    assert code == "policy.rule.matches"
    assert text.startswith("a part of this rule is idle")


@pytest.mark.parametrize(
    "rules",
    [
        'versions = "<1"\n[[image.rule]]\nversions = "<2"',
        'tags = ["1.*"]\n[[image.rule]]\ntags = ["*"]',
        'versions = "<1"\n[[image.rule]]\ntags = ["0.*"]',
    ],
)
def test_a_rule_that_some_tag_matches_is_not(rules: str) -> None:
    assert warnings(PINNED + rules) == []


def test_a_signer_without_pinned_key_is_warned_of() -> None:
    ((code, where, text),) = warnings(PINNED + 'tags = ["*"]\nsigned-by = ["signer/eve"]')
    assert (code, where) == ("pin.present", "crosstrust.toml line 4")
    assert "keys.signers.eve" in text


# --- any text at all ---


def outcome(text: str) -> Policy | InputError:
    try:
        return parse(text)
    except InputError as error:
        return error


def check_only_input_errors(text: str) -> None:
    found = outcome(text)
    if isinstance(found, Policy):
        assert found.images
    else:
        assert found.code
        assert found.where.startswith("crosstrust.toml")
        assert str(found).isprintable()


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    check_only_input_errors(text)


@given(st.integers(0, len(EXAMPLE)), st.integers(0, 20), st.text(string.printable, max_size=4))
def test_no_damage_breaks_the_parser(start: int, length: int, put: str) -> None:
    check_only_input_errors(EXAMPLE[:start] + put + EXAMPLE[start + length :])


scalars = st.one_of(st.integers(), st.booleans(), st.text(max_size=8), st.floats(), st.dates())
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
LINES = [line for line in EXAMPLE.splitlines() if "=" in line]


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(str(k))} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return (
            '"' + "".join(f"\\U{ord(c):08x}" for c in value if not "\ud800" <= c <= "\udfff") + '"'
        )
    return str(value).lower()


@given(st.sampled_from(LINES), trees)
def test_no_value_of_another_type_breaks_the_parser(line: str, value: object) -> None:
    key = line.partition("=")[0]
    check_only_input_errors(EXAMPLE.replace(line, f"{key} = {toml(value)}"))


@pytest.mark.parametrize(
    ("name", "repository", "of_prefix"),
    [
        ("docker.io/nicolas/*", "docker.io/nicolas/webdis", True),
        ("docker.io/nicolas/webdis", "docker.io/nicolas/webdis", False),
    ],
)
def test_a_policy_knows_whether_it_names_a_repository_or_a_prefix(
    name: str, repository: str, *, of_prefix: bool
) -> None:
    found = parse(f'[[image]]\nname = "{name}"\nkeys.root = ["{ROOT}"]\n').image_for(repository)
    assert found is not None
    assert found.of_prefix is of_prefix
    again = found.at(repository)
    assert again is not None
    assert again.of_prefix is of_prefix


@pytest.mark.parametrize("key", ["root", "repository", "releases"])
def test_only_a_list_that_restricts_may_be_left_out(key: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_policy(f'[[image]]\nname = "a"\nkeys.{key} = []\n', "x")
    assert ("remove" in caught.value.remedy) is (key != "root")
    assert ("nothing is trusted" in caught.value.remedy) is (key == "root")
