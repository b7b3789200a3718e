"""A policy as text: what is written reads back as the same."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.chain.image_policy import ImagePolicy
from crosstrust.chain.pin import Pins
from crosstrust.chain.policy import parse_policy
from crosstrust.chain.rule import Rule
from crosstrust.chain.version import VersionRange
from crosstrust.oci.platform import Platform
from crosstrust.render.policy import render_policy

A, B = "a" * 64, "0f" * 32
some_key_ids = st.sampled_from([(A,), (B,), (A, B)])
key_ids = st.just(()) | some_key_ids
signers = st.fixed_dictionaries(
    {}, optional={"alice": some_key_ids, "bob/ci": some_key_ids, "c-1_": some_key_ids}
)
versions = st.lists(st.integers(0, 9), max_size=3).map(tuple).filter(lambda v: v[-1:] != (0,))
platforms = st.lists(
    st.sampled_from(["linux/amd64", "linux/arm64", "windows/amd64"]), max_size=2, unique=True
).map(
    lambda names: tuple(
        Platform.of(os=name.split("/")[0], architecture=name.split("/")[1]) for name in names
    )
)
tags = st.lists(st.text(min_size=1, max_size=6).filter(str.strip), max_size=3, unique=True).map(
    tuple
)
ranges = st.builds(
    VersionRange,
    low=versions,
    low_in=st.booleans(),
    high=st.none(),
) | st.builds(
    VersionRange, low=versions, low_in=st.booleans(), high=versions, high_in=st.booleans()
)
signed_rules = st.builds(
    Rule,
    versions=st.none() | ranges,
    tags=tags,
    form=st.sampled_from(["", "image", "index"]),
    platforms=platforms,
    roles=st.lists(
        st.sampled_from(["repository", "releases", "signer/a"]), max_size=2, unique=True
    ).map(tuple),
    accept_config=st.booleans(),
    allow_extra_platforms=st.booleans(),
)
unsigned_rules = st.builds(Rule, versions=ranges, tags=tags, expect=st.just("unsigned"))
rules = st.lists(
    (signed_rules | unsigned_rules).filter(lambda rule: rule.tags or rule.versions is not None),
    max_size=3,
    unique_by=lambda rule: (rule.versions, frozenset(rule.tags)),
).map(tuple)
PLAIN = ("docker.io/a/b", "docker.io/a/b")
PREFIX = ("ghcr.io/x/*", "docker.io/y/*")


@st.composite
def images(draw: st.DrawFn, names: tuple[str, str]) -> ImagePolicy:
    name, signed_by = names
    return ImagePolicy(
        name=name,
        signed_by=signed_by,
        pins=Pins(draw(key_ids), draw(key_ids), draw(signers), draw(key_ids)),
        rules=draw(rules),
        platforms=draw(platforms),
        accept_config=draw(st.booleans()),
        allow_extra_platforms=draw(st.booleans()),
        allow_name_wildcard=draw(st.booleans()),
    )


def without_lines(image: ImagePolicy) -> ImagePolicy:
    return replace(image, rules=tuple(replace(rule, line=0) for rule in image.rules))


@given(images(PLAIN), images(PREFIX))
def test_what_is_written_reads_back(plain: ImagePolicy, prefix: ImagePolicy) -> None:
    found = [plain, prefix]
    policy = parse_policy(render_policy(found), "crosstrust.toml")
    assert [without_lines(image) for image in policy.images] == found


@given(st.lists(st.text(max_size=20), max_size=3))
def test_a_comment_stays_a_comment(comments: list[str]) -> None:
    image = ImagePolicy("docker.io/a/b", "docker.io/a/b")
    policy = parse_policy(render_policy([image], comments), "crosstrust.toml")
    assert policy.images == (image,)


def test_it_is_written_for_people() -> None:
    image = ImagePolicy(
        "ghcr.io/a/b",
        "docker.io/a/b",
        pins=Pins(("a" * 64,), ("b" * 64,), {"x": ("c" * 64,)}),
        rules=(Rule(VersionRange((1, 2), high=(2,)), ("latest",), form="index"),),
    )
    assert render_policy([image], ["Check the keys.", ""]).splitlines() == [
        "# Check the keys.",
        "#",
        "",
        "[[image]]",
        'name = "ghcr.io/a/b"',
        'signed-by = "docker.io/a/b"',
        'scheme = "notary-v1"',
        f'keys.root = ["{"a" * 64}"]',
        f'keys.repository = ["{"b" * 64}"]',
        f'keys.signers.x = ["{"c" * 64}"]',
        "",
        "[[image.rule]]",
        'versions = ">=1.2,<2"',
        'tags = ["latest"]',
        'form = "index"',
    ]


FULL = ImagePolicy(
    "ghcr.io/x/*",
    "docker.io/y/*",
    pins=Pins((A,), (), {"bob/ci": (A, B), "al": (B,)}, (B,)),
    rules=(
        Rule(VersionRange((), low_in=False), ("v*",), roles=("releases", "signer/a")),
        Rule(tags=("old",), expect="unsigned"),
        Rule(VersionRange(high=(1,))),
    ),
    platforms=(Platform.of(os="linux", architecture="arm64", variant="v8"),),
    accept_config=True,
    allow_extra_platforms=True,
    allow_name_wildcard=True,
)


def test_every_demand_is_written() -> None:
    text = render_policy([FULL])
    assert without_lines(parse_policy(text, "crosstrust.toml").images[0]) == FULL
    for line in (
        f'keys.signers."bob/ci" = ["{A}", "{B}"]',
        f'keys.signers.al = ["{B}"]',
        f'keys.releases = ["{B}"]',
        'platforms = ["linux/arm64/v8"]',
        'accept = "config"',
        "allow-extra-platforms = true",
        "allow-name-wildcard = true",
        'versions = ">0"',
        'expect = "unsigned"',
        'signed-by = ["releases", "signer/a"]',
    ):
        assert line in text.splitlines()


@pytest.mark.parametrize("tag", ['a"b', "a\\b", "\u00e9", "a\nb", "\U0001f600"])
def test_no_character_ends_a_text_early(tag: str) -> None:
    image = ImagePolicy("docker.io/a/b", "docker.io/a/b", rules=(Rule(tags=(tag,)),))
    text = render_policy([image])
    assert text.isascii()
    assert [rule.tags for rule in parse_policy(text, "p").images[0].rules] == [(tag,)]
