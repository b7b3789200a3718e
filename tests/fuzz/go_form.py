"""What docker's decoder takes, in the plainest words: what it refuses we must not accept.

It finds a member by its name without regard to case. Null leaves a value as it was, and members
that it does not know may be anything.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

Takes = Callable[[Any], bool]


def anything(value: Any) -> bool:
    return True


def text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def truth(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def number(value: Any) -> bool:
    """A whole number of 64 bits, written without a point or an exponent."""
    return value is None or (type(value) is int and -(2**63) <= value < 2**63)


def octets(value: Any) -> bool:
    """Base64, in which line breaks do not count; or a list of numbers."""
    if isinstance(value, list):
        return all(each is None or (type(each) is int and 0 <= each < 256) for each in value)
    if not isinstance(value, str):
        return value is None
    try:
        base64.b64decode(value.replace("\n", "").replace("\r", "").encode(), validate=True)
    except binascii.Error:
        return False
    return True


def list_of(each: Takes) -> Takes:
    return lambda value: value is None or (isinstance(value, list) and all(map(each, value)))


def map_of(each: Takes) -> Takes:
    return lambda value: (
        value is None or (isinstance(value, dict) and all(map(each, value.values())))
    )


def members(known: Mapping[str, Takes]) -> Takes:
    def takes(value: Any) -> bool:
        if not isinstance(value, dict):
            return value is None
        found = ((known.get(name.casefold(), anything), inner) for name, inner in value.items())
        return all(each(inner) for each, inner in found)

    return takes


_HEAD = {"_type": text, "version": number, "expires": text}
_HOLDERS = {"keyids": list_of(text), "threshold": number}
_DELEGATION = {**_HOLDERS, "name": text, "paths": list_of(text)}
_KEYVAL = members({"public": octets, "private": octets})
_KEYS = map_of(members({"keytype": text, "keyval": _KEYVAL}))
_FILES = map_of(members({"length": number, "hashes": map_of(octets)}))
_ROLES = map_of(members(_HOLDERS))
_DELEGATIONS = members({"keys": _KEYS, "roles": list_of(members(_DELEGATION))})
_BOUND = members({**_HEAD, "meta": _FILES})

SIGNATURES = list_of(members({"keyid": text, "method": text, "sig": octets}))
SIGNED: Mapping[str, Takes] = {
    "Root": members({**_HEAD, "keys": _KEYS, "roles": _ROLES, "consistent_snapshot": truth}),
    "Timestamp": _BOUND,
    "Snapshot": _BOUND,
    "Targets": members({**_HEAD, "targets": _FILES, "delegations": _DELEGATIONS}),
}
