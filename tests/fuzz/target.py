"""What a target is, and what every parser owes to any bytes whatever."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from crosstrust.errors import CrosstrustError
from crosstrust.evidence.codes import CODES

T = TypeVar("T")

# The codes of a caller's mistakes are not in the catalogue of checks.
LOCAL_CODES = frozenset({"key.form", "key.private", "reference.form", "platform.form"})


@dataclass(frozen=True)
class Target:
    """``check_input`` fails for bytes that a parser reads wrongly.

    ``words`` are what the fuzzer tries to insert; it makes no input above ``longest`` bytes.
    """

    check_input: Callable[[bytes], None]
    words: tuple[bytes, ...] = ()
    longest: int = 4096


def outcome(read: Callable[[], T]) -> T | CrosstrustError:
    """Return what ``read`` returns or refuses with. Any other exception is a bug."""
    try:
        return read()
    except CrosstrustError as error:
        refused = error
    assert refused.code in CODES or refused.code in LOCAL_CODES, refused.code
    assert refused.where, refused.code
    return refused


def assert_same_json(ours: object, theirs: object) -> None:
    """Fail unless both are the same values of the same types: True is not 1, and 1 is not 1.0."""
    assert type(ours) is type(theirs), (ours, theirs)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key, value in ours.items():
            assert_same_json(value, theirs[key])
    elif isinstance(ours, list) and isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for value, other in zip(ours, theirs, strict=True):
            assert_same_json(value, other)
    elif isinstance(ours, float) and isinstance(theirs, float):
        assert math.copysign(1, ours) == math.copysign(1, theirs)
        assert ours == theirs
    else:
        assert ours == theirs
