"""WWW-Authenticate fields and token answers."""

from __future__ import annotations

import json
import re

from crosstrust.errors import CrosstrustError, MalformedError
from crosstrust.sources.challenge import CHALLENGES, Challenge, parse_challenges
from crosstrust.sources.token import TOKEN_LENGTH, parse_token_answer
from tests.fuzz.json_text import WORDS
from tests.fuzz.target import Target, outcome

TOKEN_CHARACTERS = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")


def check_challenges(raw: bytes) -> None:
    """What is read is written again, with every value in quotes, and read to the same."""
    # One field per line, each as the head of an answer is decoded.
    values = raw.decode("latin-1").split("\n")
    found = outcome(lambda: parse_challenges(values))
    if isinstance(found, CrosstrustError):
        assert isinstance(found, MalformedError)
        return
    assert len(found) <= CHALLENGES
    for challenge in found:
        assert TOKEN_CHARACTERS.fullmatch(challenge.scheme)
        assert all(map(TOKEN_CHARACTERS.fullmatch, challenge.parameters))
    assert parse_challenges([", ".join(map(written, found))]) == found
    assert parse_challenges(map(written, found)) == found


def written(challenge: Challenge) -> str:
    values = (
        '{}="{}"'.format(name, re.sub(r'(["\\])', r"\\\1", value))
        for name, value in challenge.parameters.items()
    )
    return f"{challenge.scheme} {','.join(values)}".rstrip()


def check_token(raw: bytes) -> None:
    found = outcome(lambda: parse_token_answer(raw, "x"))
    if isinstance(found, CrosstrustError):
        assert isinstance(found, MalformedError)
        # A secret could be anywhere in the answer.
        assert found.actual == ""
        assert found.__cause__ is None
        return
    token, life = found
    document = json.loads(raw.decode())
    assert token == (document.get("token") or document.get("access_token"))
    # It goes into a field of a request as it is.
    assert re.fullmatch("[!-~]+", token)
    assert len(token) <= TOKEN_LENGTH
    assert type(life) is int
    assert 0 <= life <= 24 * 3600
    if type(document.get("expires_in")) is int and 0 <= document["expires_in"] <= 24 * 3600:
        assert life == document["expires_in"]


CHALLENGE = Target(
    check_challenges,
    (
        *(b"Bearer ", b"Basic ", b"realm=", b"service=", b"scope=", b'="', b'", ', b"\\", b",,"),
        *(b'realm="https://a/t"', b'scope="repository:a/b:pull"', b"Negotiate YIIB==", b"\n"),
    ),
    longest=2048,
)
TOKEN = Target(
    check_token,
    (*WORDS, b'"token"', b'"access_token"', b'"expires_in"', b"\\r\\n", b"\\u00e9", b"\\u2028"),
)
