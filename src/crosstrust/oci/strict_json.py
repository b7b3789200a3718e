"""JSON from elsewhere, read so that no two readers can see two documents in it.

Go's ``encoding/json`` takes the last of two equal keys and ignores the case of keys; other
readers do not. A document that reads differently elsewhere is therefore refused here. Depth
and number of values are checked before anything is built.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from json.encoder import encode_basestring_ascii
from math import isfinite
from typing import TypeAlias

from crosstrust.errors import LimitError, MalformedError
from crosstrust.oci import limits
from crosstrust.oci.excerpt import excerpt
from crosstrust.value import dataclass

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

# Every value but the first of a container follows a comma. Entries of role files and
# manifests have more keys than commas and containers together.
_VALUES = 4 * limits.JSON_KEYS

# The closing quote is optional: an unfinished string is matched once, not again from each
# quote inside it, which would take quadratic time.
_QUOTED = r'"(?:[^"\\]++|\\.)*+"?+'
_STRING = re.compile(_QUOTED, re.DOTALL)
_LITERAL = re.compile(rf'{_QUOTED}|([^\s"\[\]{{}},:]+)', re.DOTALL)
_NO_BRACKETS = re.compile(r"[^\[\]{}]+")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LONE = "[\ud800-\udfff]"
_PLAIN_KEY = r"[A-Za-z_][A-Za-z0-9_]*"
_POSITION = r"\[\d+\]"


def parse_json(
    raw: bytes,
    *,
    code: str,
    where: str,
    limit: int,
    allow_float: bool = False,
    maps: frozenset[str] = frozenset(),
    remedy: str = "",
) -> JsonValue:
    """Return the one value that ``raw`` holds.

    Refused: more than ``limit`` bytes, other than UTF-8 without a byte order mark, equal keys
    in one object, keys that differ by case alone, lone surrogates, NaN and infinities, numbers
    with a fraction or exponent and -0 unless ``allow_float``, integers of more than 19 digits,
    nesting above 64, more than 100,000 keys, anything after the value.

    ``maps`` names objects whose keys are data, not members, so that case may tell them apart:
    "$.config.Labels", "$.manifests[].annotations".

    Raises ``MalformedError`` with ``code``, or ``LimitError`` with ``limit.exceeded``;
    ``actual`` has the byte offset or the JSON path.
    """
    reader = _Reader(code, where, remedy, allow_float=allow_float)
    return reader.read(raw, limit, maps)


def json_path(path: str, key: str) -> str:
    """Return ``path`` extended by a key: "$.layers", '$["a b"]'."""
    if re.fullmatch(_PLAIN_KEY, key, re.ASCII):
        return f"{path}.{key[:80]}"
    return f"{path}[{encode_basestring_ascii(key[:80])}]"


@dataclass(frozen=True, slots=True)
class _Twins:
    """Two keys of one object that are equal, or equal but for case."""

    members: dict[str, JsonValue]
    first: str
    second: str


class _Reader:
    """One reading of one document. Hooks of the decoder note or refuse what they are shown."""

    def __init__(self, code: str, where: str, remedy: str, *, allow_float: bool) -> None:
        self._code = code
        self._where = where
        self._remedy = remedy
        self._allow_float = allow_float
        self._text = ""
        self._twins: list[_Twins] = []

    def read(self, raw: bytes, limit: int, maps: frozenset[str]) -> JsonValue:
        if len(raw) > limit:
            raise self._exceeded(f"{limit} bytes", f"{len(raw)}")
        self._text = self._decoded(raw)
        self._check_extent()
        value = self._value()
        self._check_keys(value, maps)
        if _SURROGATE.search(self._text):
            self._check_surrogates(value)
        return value

    def _decoded(self, raw: bytes) -> str:
        if raw.startswith(b"\xef\xbb\xbf"):
            raise self._malformed("UTF-8", "a byte order mark at byte 0")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            found = f"{raw[error.start]:#04x} at byte {error.start}"
            raise self._malformed("UTF-8", found) from error

    def _check_extent(self) -> None:
        """Refuse too deep nesting and too many values, without parsing."""
        bare = _STRING.sub("", self._text)
        if (keys := bare.count(":")) > limits.JSON_KEYS:
            raise self._exceeded(f"{limits.JSON_KEYS} keys", f"{keys}")
        brackets = _NO_BRACKETS.sub("", bare).replace("{", "[").replace("}", "]")
        values = bare.count(",") + brackets.count("[")
        if values > _VALUES:
            raise self._exceeded(f"{_VALUES} values", f"{values}")
        for _ in range(limits.JSON_DEPTH):
            brackets = brackets.replace("[]", "")
        # What is left nests deeper, or is unbalanced and goes this much deeper before it ends.
        if "[]" in brackets or brackets.count("[") > limits.JSON_DEPTH:
            raise self._exceeded(f"{limits.JSON_DEPTH} levels", "deeper nesting")

    def _value(self) -> JsonValue:
        decoder = json.JSONDecoder(
            object_pairs_hook=self._members,
            parse_int=self._integer,
            parse_float=self._float,
            parse_constant=self._constant,
        )
        try:
            value: JsonValue = decoder.decode(self._text)
        except json.JSONDecodeError as error:
            raise self._malformed("JSON", f"{error.msg} at byte {self._byte(error.pos)}") from error
        return value

    def _check_keys(self, value: JsonValue, maps: frozenset[str]) -> None:
        """Refuse the objects that have twins, but for those that are ``maps``."""
        suspects = {id(twins.members): twins for twins in self._twins}
        if not suspects:
            return
        for path, node in _walk(value, "$"):
            twins = suspects.get(id(node))
            if twins is None:
                continue
            if twins.first == twins.second:
                raise self._malformed("each key once", f"{json_path(path, twins.first)} twice")
            if re.sub(_POSITION, "[]", path) not in maps:
                both = f"{json_path(path, twins.first)} and {json_path('', twins.second)}"
                raise self._malformed("keys that differ by more than case", both)

    def _check_surrogates(self, value: JsonValue) -> None:
        for path, node in _walk(value, "$"):
            texts = node if isinstance(node, dict) else (node,)
            if any(isinstance(text, str) and re.search(_LONE, text) for text in texts):
                raise self._malformed("text", f"a lone surrogate in {path}")

    def _members(self, pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        members = dict(pairs)
        if len(members) != len(pairs):
            self._note(members, [key for key, _ in pairs], str)
        elif len({key.casefold() for key in members}) != len(members):
            self._note(members, list(members), str.casefold)
        return members

    def _note(
        self, members: dict[str, JsonValue], keys: list[str], form: Callable[[str], str]
    ) -> None:
        """Keep two keys that have one form. That there are such is known."""
        forms = [form(key) for key in keys]
        shared = [shape for shape, times in Counter(forms).items() if times > 1]
        first, second, *_ = [
            key for key, shape in zip(keys, forms, strict=True) if shape == shared[0]
        ]
        self._twins.append(_Twins(members, first, second))

    def _integer(self, literal: str) -> int:
        if len(literal.lstrip("-")) > limits.NUMBER_DIGITS:
            raise self._refused(f"an integer of at most {limits.NUMBER_DIGITS} digits", literal)
        if literal == "-0" and not self._allow_float:
            # A float elsewhere, which has its own sign.
            raise self._refused("an integer", literal)
        return int(literal)

    def _float(self, literal: str) -> float:
        if not self._allow_float:
            raise self._refused("an integer", literal)
        value = float(literal)
        if not isfinite(value):
            raise self._refused("a finite number", literal)
        return value

    def _constant(self, literal: str) -> float:
        raise self._refused("a number", literal)

    def _refused(self, expected: str, literal: str) -> MalformedError:
        """Return the error for a literal; its first occurrence is the one that was refused."""
        runs = (m for m in _LITERAL.finditer(self._text) if m.group(1))
        position = next(m.start() for m in runs if m.group(1).startswith(literal))
        return self._malformed(expected, f"{excerpt(literal, 40)} at byte {self._byte(position)}")

    def _byte(self, position: int) -> int:
        return len(self._text[:position].encode())

    def _malformed(self, expected: str, actual: str) -> MalformedError:
        return MalformedError(
            self._code, self._where, expected=expected, actual=actual, remedy=self._remedy
        )

    def _exceeded(self, allowed: str, found: str) -> LimitError:
        return LimitError(
            "limit.exceeded",
            self._where,
            expected=f"at most {allowed}",
            actual=found,
            remedy=self._remedy,
        )


def _walk(value: JsonValue, path: str) -> Iterator[tuple[str, JsonValue]]:
    """Every value with its JSON path, parents first."""
    yield path, value
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _walk(member, json_path(path, key))
    elif isinstance(value, list):
        for number, element in enumerate(value):
            yield from _walk(element, f"{path}[{number}]")
