"""A rule of a policy: for which tags it is, and what it demands of them."""

from __future__ import annotations

from crosstrust.chain.glob import tag_covers, tag_literal, tag_matches, tag_possible
from crosstrust.chain.version import VersionRange
from crosstrust.oci.platform import Platform
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """Demands on the tags that ``versions`` or one of ``tags`` matches.

    ``expect``: "signed" or "unsigned". ``form``: "image", "index" or "" for either.
    ``platforms``: the signed platforms that the copy must have; empty: all. ``roles`` must all
    have signed: "repository", "releases", "signer/NAME"; empty: any released role.
    ``accept_config`` and ``allow_extra_platforms`` are opt-ins that weaken. ``line`` is where
    the rule begins in the file, from 1; 0 for a rule that was not read from a file.
    """

    versions: VersionRange | None = None
    tags: tuple[str, ...] = ()
    expect: str = "signed"
    form: str = ""
    platforms: tuple[Platform, ...] = ()
    roles: tuple[str, ...] = ()
    accept_config: bool = False
    allow_extra_platforms: bool = False
    line: int = 0

    def matches(self, tag: str) -> bool:
        """Return True if this rule is for ``tag``."""
        if self.versions is not None and self.versions.holds(tag):
            return True
        return any(tag_matches(pattern, tag) for pattern in self.tags)

    def covers_tag(self, pattern: str) -> bool:
        """Return True if this rule surely matches every tag that fits ``pattern``."""
        if tag_literal(pattern):
            return self.matches(pattern)
        return any(tag_covers(general, pattern) for general in self.tags)

    def covers_versions(self, versions: VersionRange) -> bool:
        """Return True if this rule surely matches every version of the range."""
        by_range = self.versions is not None and self.versions.covers(versions)
        return by_range or "*" in self.tags


def idle_parts(rule: Rule, earlier: tuple[Rule, ...]) -> tuple[list[str], bool]:
    """Return why parts of a rule match no tag, and whether that is all of the rule.

    The first rule that matches a tag decides, so a rule may be hidden by an earlier one.
    """
    reasons = [reason for reason in (_idle_versions(rule, earlier),) if reason]
    reasons += [reason for tag in rule.tags if (reason := _idle_tag(tag, earlier))]
    parts = len(rule.tags) + (rule.versions is not None)
    return reasons, len(reasons) == parts


def _idle_versions(rule: Rule, earlier: tuple[Rule, ...]) -> str | None:
    versions = rule.versions
    if versions is None:
        return None
    if versions.empty:
        return "`versions` holds no version"
    return next((_hidden("`versions`", r) for r in earlier if r.covers_versions(versions)), None)


def _idle_tag(tag: str, earlier: tuple[Rule, ...]) -> str | None:
    if not tag_possible(tag):
        return f"no tag can be {tag[:80]!r}"
    return next((_hidden(f"tag {tag!r}", r) for r in earlier if r.covers_tag(tag)), None)


def _hidden(part: str, earlier: Rule) -> str:
    return f"{part} is hidden by the earlier rule on line {earlier.line}"
