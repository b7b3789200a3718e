"""A policy as the text of ``crosstrust.toml``: what ``crosstrust policy init`` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from crosstrust.chain.image_policy import ImagePolicy
from crosstrust.chain.pin import Pins
from crosstrust.chain.rule import Rule


def render_policy(images: Sequence[ImagePolicy], comments: Iterable[str] = ()) -> str:
    """Return TOML that ``parse_policy`` reads back as ``images``, below the given comments."""
    head = "".join(f"# {_one_line(comment)}".rstrip() + "\n" for comment in comments)
    tables = "\n".join("\n".join(_image(image)) + "\n" for image in images)
    return f"{head}\n{tables}" if head else tables


def _image(image: ImagePolicy) -> Iterator[str]:
    yield "[[image]]"
    yield f"name = {_text(image.name)}"
    if image.signed_by != image.name:
        yield f"signed-by = {_text(image.signed_by)}"
    yield f"scheme = {_text(image.scheme)}"
    yield from _keys(image.pins)
    yield from _narrowing(image)
    if image.allow_name_wildcard:
        yield "allow-name-wildcard = true"
    for rule in image.rules:
        yield ""
        yield from _rule(rule)


def _keys(pins: Pins) -> Iterator[str]:
    for role, keys in (("root", pins.root), ("repository", pins.repository)):
        if keys:
            yield f"keys.{role} = {_texts(keys)}"
    for name, keys in pins.signers.items():
        # A name with a slash is not a bare key of TOML.
        yield f"keys.signers.{_text(name) if '/' in name else name} = {_texts(keys)}"
    if pins.releases:
        yield f"keys.releases = {_texts(pins.releases)}"


def _rule(rule: Rule) -> Iterator[str]:
    yield "[[image.rule]]"
    if rule.versions is not None:
        yield f"versions = {_text(str(rule.versions))}"
    if rule.tags:
        yield f"tags = {_texts(rule.tags)}"
    if rule.expect != "signed":
        yield f"expect = {_text(rule.expect)}"
    if rule.form:
        yield f"form = {_text(rule.form)}"
    if rule.roles:
        yield f"signed-by = {_texts(rule.roles)}"
    yield from _narrowing(rule)


def _narrowing(part: ImagePolicy | Rule) -> Iterator[str]:
    if part.platforms:
        yield f"platforms = {_texts(str(platform) for platform in part.platforms)}"
    if part.accept_config:
        yield 'accept = "config"'
    if part.allow_extra_platforms:
        yield "allow-extra-platforms = true"


def _texts(values: Iterable[str]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"


def _text(value: str) -> str:
    """A basic string of TOML; everything but printable ASCII is escaped."""
    return '"' + "".join(map(_character, value)) + '"'


def _character(character: str) -> str:
    if character in {'"', "\\"}:
        return "\\" + character
    if " " <= character <= "~":
        return character
    return f"\\U{ord(character):08x}"


def _one_line(comment: str) -> str:
    """A comment must not end early: what is not printable is escaped."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in comment)
