"""Pins as people write them: ``root=<64 hex digits>`` on the command line, lists in a policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from crosstrust.chain.pin import Pins
from crosstrust.errors import InputError, MalformedError

_KEY_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SHORT_ID = r"[0-9a-f]{1,63}"
# The names that notary allows below "targets/"; a slash is a signer's own delegation.
_SIGNER = r"[a-z0-9_-]+(?:/[a-z0-9_-]+)*"
_FORM = "root=, repository=, releases= or signer/NAME= with 64 hex digits or @FILE"


def parse_key_id(text: str) -> str:
    """Return a Notary key ID as 64 lower-case hex digits.

    Raises ``MalformedError``: ``pin.length`` for a shortened ID, ``pin.form`` for anything else.
    """
    digits = text.strip().lower()
    if _KEY_ID.fullmatch(digits):
        return digits
    if re.fullmatch(_SHORT_ID, digits, re.ASCII):
        raise MalformedError(
            "pin.length",
            "key ID",
            expected="64 hex digits",
            actual=f"{len(digits)} hex digits",
            remedy="a short ID can be forged: take the full one from `crosstrust inspect` or "
            "`crosstrust key id FILE`, and compare it with what the author published",
        )
    raise MalformedError("pin.form", "key ID", expected="64 hex digits", actual=repr(text[:80]))


def parse_signer(name: str) -> str:
    """Return a signer's name, e.g. "nicolasff", or raise ``MalformedError`` ("pin.form").

    "releases" is refused: it is the role that all signers share, not a signer.
    """
    if re.fullmatch(_SIGNER, name, re.ASCII) is None or name.partition("/")[0] == "releases":
        raise MalformedError(
            "pin.form",
            "signer",
            expected="a signer's name of a-z 0-9 _ - (`releases` is a role of its own)",
            actual=repr(name[:80]),
        )
    return name


def parse_role(text: str) -> str:
    """Return "repository", "releases" or "signer/NAME", or raise ``MalformedError``."""
    kind, slash, name = text.partition("/")
    if text in {"repository", "releases"}:
        return text
    if kind == "signer" and slash:
        return f"signer/{parse_signer(name)}"
    raise MalformedError(
        "policy.form",
        "role",
        expected='"repository", "releases" or "signer/NAME"',
        actual=repr(text[:80]),
    )


def parse_pin(text: str, key_id_of: Callable[[str], str]) -> tuple[str, str]:
    """Return role and key ID of ``ROLE=ID`` or ``ROLE=@FILE``.

    The role is "root", "repository", "releases" or "signer/NAME". ``key_id_of`` gives the key ID
    of the public key or certificate in a file. Raises ``InputError``.
    """
    role, equals, value = text.partition("=")
    try:
        if not equals or not value.removeprefix("@").strip():
            raise MalformedError("pin.form", "pin", expected=_FORM, actual=repr(text[:80]))
        if role != "root":
            role = _pin_role(role)
        key_id = key_id_of(value[1:]) if value.startswith("@") else parse_key_id(value)
    except MalformedError as error:
        raise InputError(
            error.code,
            f"--pin {text[:100]!r}",
            expected=error.expected,
            actual=error.actual,
            remedy=error.remedy,
        ) from error
    return role, key_id


def _pin_role(role: str) -> str:
    try:
        return parse_role(role)
    except MalformedError as error:
        raise MalformedError("pin.form", "pin", expected=_FORM, actual=repr(role[:80])) from error


def parse_pins(texts: Iterable[str], key_id_of: Callable[[str], str]) -> Pins:
    """Return all the pins that the texts name, keys of one role together, in their order."""
    found: dict[str, dict[str, None]] = {}
    for text in texts:
        role, key_id = parse_pin(text, key_id_of)
        found.setdefault(role, {})[key_id] = None
    keys = {role: tuple(ids) for role, ids in found.items()}
    return Pins(
        root=keys.get("root", ()),
        repository=keys.get("repository", ()),
        signers={
            role.removeprefix("signer/"): ids
            for role, ids in keys.items()
            if role.startswith("signer/")
        },
        releases=keys.get("releases", ()),
    )
