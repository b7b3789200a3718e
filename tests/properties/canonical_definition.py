"""Canonical JSON by the dialect's words, section 2, as slowly as they are read."""

from __future__ import annotations


def definition(value: object) -> bytes:
    """Return the canonical form of ``value``; the product's own code has no part in it."""
    if isinstance(value, str):
        body = b"".join(
            b"\\" + each.encode() if each in {'"', "\\"} else each.encode() for each in value
        )
        return b'"' + body + b'"'
    if isinstance(value, dict):
        pairs = sorted((key.encode(), member) for key, member in value.items())
        members = (definition(key.decode()) + b":" + definition(member) for key, member in pairs)
        return b"{" + b",".join(members) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(definition, value)) + b"]"
    if value is None or isinstance(value, bool):
        return {None: b"null", True: b"true", False: b"false"}[value]
    assert isinstance(value, int)
    return b"%d" % value
