"""Policy files: nothing in them goes unread."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from crosstrust.chain.image_policy import ImagePolicy
from crosstrust.chain.policy import Policy, parse_policy
from crosstrust.errors import CrosstrustError, InputError
from tests.fuzz.target import Target, outcome


def check_policy(raw: bytes) -> None:
    text = raw.decode("utf-8", "replace")
    found = outcome(lambda: parse_policy(text, "crosstrust.toml"))
    if isinstance(found, CrosstrustError):
        assert isinstance(found, InputError)
        assert found.where.startswith("crosstrust.toml")
        return
    check_meaning(found, tomllib.loads(text), text)


def check_meaning(found: Policy, document: Mapping[str, Any], text: str) -> None:
    assert set(document) == {"image"}
    assert len(found.images) == len(document["image"])
    for image, written in zip(found.images, document["image"], strict=True):
        check_image(image, written, text.count("\n") + 1)
        exact = image.name.replace("/*", "/a/b")
        assert found.image_for(exact) is not None


def check_image(image: ImagePolicy, written: Mapping[str, Any], lines: int) -> None:
    keys = written.get("keys", {})
    assert pinned(image) == sorted(key_id.strip().lower() for key_id in pin_texts(keys))
    assert image.allow_extra_platforms is written.get("allow-extra-platforms", False)
    assert image.allow_name_wildcard is written.get("allow-name-wildcard", False)
    assert len(image.platforms) == len(written.get("platforms", ()))
    rules = written.get("rule", [])
    assert len(image.rules) == len(rules)
    for rule, table in zip(image.rules, rules, strict=True):
        assert 1 <= rule.line <= lines
        assert rule.tags == tuple(table.get("tags", ()))
        assert rule.expect == table.get("expect", "signed")
        assert (rule.versions is not None) == ("versions" in table)


def pinned(image: ImagePolicy) -> list[str]:
    signers = (key_id for ids in image.pins.signers.values() for key_id in ids)
    return sorted((*image.pins.root, *image.pins.repository, *image.pins.releases, *signers))


def pin_texts(keys: Mapping[str, Any]) -> Iterator[str]:
    for name, value in keys.items():
        if name == "signers":
            yield from (key_id for ids in value.values() for key_id in ids)
        else:
            yield from value


POLICY = Target(
    check_policy,
    (
        *(b"[[image]]\n", b"[[image.rule]]\n", b"[image.keys]\n", b"[image.keys.signers]\n"),
        *(b'name = "a/b"\n', b'signed-by = "c/d"\n', b'"a/*"', b'root = ["', b"0" * 64, b'"]\n'),
        *(
            b'versions = ">=1.0"\n',
            b'tags = ["*"]\n',
            b'expect = "unsigned"\n',
            b'form = "index"\n',
        ),
        *(b'platforms = ["linux/amd64"]\n', b'accept = "config"\n', b"allow-extra-platforms"),
        *(b" = true\n", b"{ ", b" }", b'"""', b"'''", b"\\\n", b"# ", b"."),
    ),
)
