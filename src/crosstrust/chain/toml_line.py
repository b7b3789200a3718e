"""Where in a TOML text a key stands: ``tomllib`` tells that only for text it cannot parse.

The text must have been parsed by ``tomllib`` before; this finds lines and checks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

KeyPath = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""
      (?P<text> \"{3} (?: \\. | [^\\] )*? \"{3} \"{0,2}
              | '{3} .*? '{3} '{0,2}
              | " (?: \\. | [^"\\\n] )* "
              | ' [^'\n]* ' )
    | (?P<skip> \#[^\n]* | [ \t\r]+ )
    | (?P<end> \n )
    | (?P<sign> [\[\]{}=.,] )
    | (?P<bare> [^\s"'\#\[\]{}=.,]+ )
    """,
    re.VERBOSE | re.DOTALL,
)

Token = tuple[str, str, int]


def parse_lines(text: str) -> dict[KeyPath, int]:
    """Return the line, counted from 1, of every header and key of the text.

    Tables of an array count from 0: ``("image", 0, "rule", 2, "tags")``. Keys inside an inline
    table are not listed: they stand where that table does.
    """
    lines: dict[KeyPath, int] = {}
    for path, line in _places(text):
        lines.setdefault(path, line)
    return lines


def _tokens(text: str) -> Iterator[Token]:
    """Kind, text and line of everything but spaces and comments; "end" where a line ends."""
    line = 1
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind != "skip":
            yield kind, found[0], line
        line += found[0].count("\n")


def _places(text: str) -> Iterator[tuple[KeyPath, int]]:
    """Every key path and header of the text, with its line."""
    tokens = _tokens(text)
    table: KeyPath = ()
    lengths: dict[KeyPath, int] = {}
    for kind, word, line in tokens:
        if kind == "end":
            continue
        if word == "[":
            names, array = _header(tokens)
            table = _resolve(names, lengths, grow=array)
            yield table, line
            continue
        names = [_key(kind, word), *_dotted(tokens)]
        for length, _ in enumerate(names, start=1):
            yield (*table, *names[:length]), line
        _pass_value(tokens)


def _header(tokens: Iterator[Token]) -> tuple[list[str], bool]:
    """The names in ``[a.b]`` or ``[[a.b]]``, and whether it is the second."""
    statement = list(takewhile(lambda token: token[0] != "end", tokens))
    names = [_key(kind, word) for kind, word, _ in statement if kind != "sign"]
    return names, [word for _, word, _ in statement[:1]] == ["["]


def _dotted(tokens: Iterator[Token]) -> Iterator[str]:
    """The further names of ``a.b.c =``, up to the equals sign."""
    for kind, word, _ in takewhile(lambda token: token[1] != "=", tokens):
        if kind != "sign":
            yield _key(kind, word)


def _pass_value(tokens: Iterator[Token]) -> None:
    """Read on to the end of the line on which no bracket is open."""
    depth = 0
    for kind, word, _ in tokens:
        if kind == "sign":
            depth += (word in "[{") - (word in "]}")
        elif kind == "end" and depth <= 0:
            return


def _resolve(names: list[str], lengths: dict[KeyPath, int], *, grow: bool) -> KeyPath:
    """The path of a header, with the index of the newest table for every array on the way."""
    path: KeyPath = ()
    for position, name in enumerate(names, start=1):
        path = (*path, name)
        if grow and position == len(names):
            lengths[path] = lengths.get(path, 0) + 1
        if path in lengths:
            path = (*path, lengths[path] - 1)
    return path


def _key(kind: str, word: str) -> str:
    if kind != "text":
        return word
    import tomllib

    value: str = tomllib.loads(f"key = {word}")["key"]
    return value
