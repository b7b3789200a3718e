"""What a server says of our request must not bring our secrets into a message of ours.

Servers and proxies that do not like a request may quote it, authorization and all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosstrust.sources.task import Hop

_SHORTEST = 4
_MARK = b"[secret]"


def redact(text: bytes, hop: Hop) -> bytes:
    """Return ``text`` without the secrets that ``hop`` carried, in the forms they are quoted in."""
    for secret in sorted(set(_secrets(hop)), key=len, reverse=True):
        # Shorter ones are in every text, and give nothing away.
        if len(secret) >= _SHORTEST:
            raw = secret.encode()
            text = text.replace(raw, _MARK).replace(raw.replace(b"/", b"\\/"), _MARK)
    return text


def _secrets(hop: Hop) -> Iterator[str]:
    import binascii  # start-up time: only answers that are errors need it

    for name, value in hop.fields:
        if name.lower() == "authorization":
            scheme, _, secret = value.partition(" ")
            yield secret
            if scheme == "Basic":
                yield binascii.a2b_base64(secret).decode().partition(":")[2]
    if hop.body:
        from urllib.parse import parse_qs  # start-up time: every first ping is refused

        yield from parse_qs(hop.body.decode()).get("refresh_token", ())
