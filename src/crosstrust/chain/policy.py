"""The policy file ``crosstrust.toml``: its text read into images, pins and rules.

Whatever is empty, unknown, twice there or of the wrong type is an ``InputError`` with the line;
a policy is never guessed. What can only be a mistake but weakens nothing is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crosstrust.chain.glob import nearness
from crosstrust.chain.image_policy import SCHEME, ImagePolicy
from crosstrust.chain.key_pin import parse_key_id, parse_role, parse_signer
from crosstrust.chain.pin import Pins
from crosstrust.chain.rule import Rule, idle_parts
from crosstrust.chain.toml_line import parse_lines
from crosstrust.chain.toml_table import Table
from crosstrust.chain.version import parse_version_range
from crosstrust.errors import InputError
from crosstrust.evidence.verdict import Notice
from crosstrust.oci.limits import POLICY_SIZE
from crosstrust.oci.platform import Platform, parse_platform
from crosstrust.oci.reference import parse_repository
from crosstrust.value import dataclass

_NARROWING = frozenset({"platforms", "accept", "allow-extra-platforms"})
_IMAGE_KEYS = _NARROWING | {"name", "signed-by", "scheme", "keys", "rule", "allow-name-wildcard"}
_RULE_KEYS = _NARROWING | {"versions", "tags", "expect", "form", "signed-by"}
_SIGNED_ONLY = _NARROWING | {"form", "signed-by"}


@dataclass(frozen=True, slots=True)
class Policy:
    """The images of a policy file in their order, and what in the file looks like a mistake."""

    images: tuple[ImagePolicy, ...]
    warnings: tuple[Notice, ...] = ()

    def image_for(self, repository: str) -> ImagePolicy | None:
        """Return what holds for a canonical repository name, or None if nothing is said of it.

        An exact name wins over every pattern, then the longest. The policy returned names
        ``repository`` and its signed repository themselves, never a pattern.
        """
        nearest = sorted(self.images, key=lambda image: nearness(image.name), reverse=True)
        found = (image.at(repository) for image in nearest)
        return next((image for image in found if image is not None), None)


def parse_policy(text: str, where: str) -> Policy:
    """Return the policy that ``text`` writes; ``where`` is the file's name, for messages.

    Raises ``InputError``: ``policy.form``, ``pin.length`` or ``pin.form``, with the line.
    """
    top = Table(_parse_toml(text, where), where, parse_lines(text))
    top.refuse_unknown({"image"})
    tables = top.tables("image")
    if not tables:
        raise InputError(
            "policy.form",
            where,
            expected="at least one [[image]] table",
            actual="an empty policy",
            remedy="`crosstrust policy init IMAGE --signed-by REPO` writes one",
        )
    images: dict[str, ImagePolicy] = {}
    warnings: list[Notice] = []
    for table in tables:
        image = _parse_image(table)
        if image.name in images:
            raise table.fault(
                "name",
                "each image once",
                actual=f"{image.name} again",
                remedy="put the rules of both [[image]] tables into one",
            )
        images[image.name] = image
        warnings.extend(_warnings(table, image))
    return Policy(tuple(images.values()), tuple(warnings))


_NAME_A_ROOT = "name the author's root key: without one nothing is trusted"


def _parse_toml(text: str, where: str) -> Mapping[str, Any]:
    import tomllib

    if len(text) > POLICY_SIZE:
        raise InputError(
            "policy.form",
            where,
            expected=f"at most {POLICY_SIZE} characters",
            actual=str(len(text)),
            remedy="split the policy and name one file with --policy",
        )
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise InputError(
            "policy.form", where, expected="a policy", actual="brackets nested too deeply"
        ) from error
    except ValueError as error:
        # Mostly TOMLDecodeError, whose text names line and column; int() may refuse, too.
        remedy = "mend the file there; https://toml.io describes the format"
        raise InputError(
            "policy.form", where, expected="TOML", actual=str(error)[:200], remedy=remedy
        ) from error


def _parse_image(table: Table) -> ImagePolicy:
    table.refuse_unknown(_IMAGE_KEYS)
    if "name" not in table.values:
        raise table.fault(None, "`name` in every [[image]]", remedy="name the repository")
    name = table.parsed("name", table.string("name"), _parse_pattern)
    signed_by = name
    if "signed-by" in table.values:
        signed_by = table.parsed("signed-by", table.string("signed-by"), _parse_pattern)
    if name.endswith("/*") != signed_by.endswith("/*"):
        raise table.fault(
            "signed-by",
            "`/*` at the end of both `name` and `signed-by`, or of neither",
            remedy="what `*` stands for is the same on both sides",
        )
    return ImagePolicy(
        name=name,
        signed_by=signed_by,
        scheme=table.choice("scheme", (SCHEME,), SCHEME),
        pins=_parse_keys(table.table("keys")),
        rules=_parse_rules(table.tables("rule")),
        platforms=_parse_platforms(table),
        accept_config=table.choice("accept", ("config",)) == "config",
        allow_extra_platforms=table.flag("allow-extra-platforms"),
        allow_name_wildcard=table.flag("allow-name-wildcard"),
    )


def _parse_pattern(text: str) -> str:
    """Return the canonical name of a repository, or of all below a prefix (``prefix/*``)."""
    if not text.endswith("/*"):
        return parse_repository(text).repository
    # Two parts below the prefix, since docker adds "library/" where there is only one.
    below = "/x/x"
    return parse_repository(text[:-2] + below).repository.removesuffix(below) + "/*"


def _parse_keys(table: Table | None) -> Pins:
    if table is None:
        return Pins()
    table.refuse_unknown({"root", "repository", "signers", "releases"})
    signers = table.table("signers")
    return Pins(
        root=_key_ids(table, "root", remedy=_NAME_A_ROOT),
        repository=_key_ids(table, "repository"),
        signers=_parse_signers(signers) if signers is not None else {},
        releases=_key_ids(table, "releases"),
    )


def _parse_signers(table: Table) -> dict[str, tuple[str, ...]]:
    return {table.parsed(name, name, parse_signer): _key_ids(table, name) for name in table.values}


def _key_ids(table: Table, key: str, *, remedy: str = "") -> tuple[str, ...]:
    return table.each(key, parse_key_id, remedy=remedy)


def _parse_platforms(table: Table) -> tuple[Platform, ...]:
    return table.each("platforms", parse_platform)


def _parse_rules(tables: tuple[Table, ...]) -> tuple[Rule, ...]:
    rules: dict[object, Rule] = {}
    for table in tables:
        rule = _parse_rule(table)
        subject = (rule.versions, frozenset(rule.tags))
        if subject in rules:
            raise table.fault(
                None,
                "each rule for other tags",
                actual=f"the same `versions` and `tags` as on line {rules[subject].line}",
                remedy="put both rules into one",
            )
        rules[subject] = rule
    return tuple(rules.values())


def _parse_rule(table: Table) -> Rule:
    table.refuse_unknown(_RULE_KEYS)
    if not {"versions", "tags"} & set(table.values):
        raise table.fault(
            None, "`versions` or `tags` in every rule", remedy='`tags = ["*"]` is for every tag'
        )
    expect = table.choice("expect", ("signed", "unsigned"), "signed")
    _refuse_demands_on_unsigned(table, expect)
    versions = table.string("versions")
    return Rule(
        versions=table.parsed("versions", versions, parse_version_range) if versions else None,
        tags=table.each("tags", str),
        expect=expect,
        form=table.choice("form", ("image", "index")),
        platforms=_parse_platforms(table),
        roles=table.each("signed-by", parse_role),
        accept_config=table.choice("accept", ("config",)) == "config",
        allow_extra_platforms=table.flag("allow-extra-platforms"),
        line=table.line(),
    )


def _refuse_demands_on_unsigned(table: Table, expect: str) -> None:
    """An image that is expected to be unsigned is never trusted: further demands are a mistake."""
    for key in table.values:
        if expect == "unsigned" and key in _SIGNED_ONLY:
            raise table.fault(
                key, 'no demands beside `expect = "unsigned"`', remedy=f"remove `{key}` or `expect`"
            )


def _warnings(table: Table, image: ImagePolicy) -> Iterator[Notice]:
    if not image.pins.root:
        text = "no root key is pinned (`keys.root`), so nothing follows from this policy alone"
        yield Notice("pin.present", table.place(), text)
    for position, rule in enumerate(image.rules):
        place = f"{table.name} line {rule.line}"
        reasons, idle = idle_parts(rule, image.rules[:position])
        text = "; ".join(reasons)
        if reasons:
            whole = "no tag can match this rule: " if idle else "a part of this rule is idle: "
            yield Notice("policy.rule.matches", place, whole + text)
        for role in rule.roles:
            signer = role.removeprefix("signer/")
            if role.startswith("signer/") and signer not in image.pins.signers:
                text = f"any key called {signer!r} will do: pin it with `keys.signers.{signer}`"
                yield Notice("pin.present", place, text)
