"""What a role file says: its envelope and its body, read once however often it is asked for.

``wants`` and the judge read the same bytes again and again while others arrive.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from crosstrust.errors import MalformedError
from crosstrust.schemes.notary_v1.envelope import Envelope, parse_envelope
from crosstrust.schemes.notary_v1.field import JsonObject

# A repository has a handful of roles. With more, some are read again, and no more is kept.
_FILES = 32

Body = TypeVar("Body")


def read_content(
    raw: bytes, role: str, parse: Callable[[JsonObject, str], Body]
) -> tuple[Envelope, Body] | MalformedError:
    """Return the envelope and the body of a role file, or why it cannot be read."""
    return _read(raw, role, parse)


@lru_cache(maxsize=_FILES)
def _read(
    raw: bytes, role: str, parse: Callable[[JsonObject, str], Any]
) -> tuple[Envelope, Any] | MalformedError:
    try:
        envelope = parse_envelope(raw, role)
        return envelope, parse(envelope.signed, role)
    except MalformedError as error:
        return error
