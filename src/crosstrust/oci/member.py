"""Typed access to the members of a parsed JSON object, with the JSON path in every refusal.

Written once for manifests, configs and role files. A member that is absent but for its case
("Layers") is refused: Go would read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from crosstrust.errors import LimitError, MalformedError
from crosstrust.oci.digest import Digest
from crosstrust.oci.excerpt import excerpt
from crosstrust.oci.strict_json import JsonValue, json_path

# Beyond this, JSON numbers lose digits in readers that use floating point.
INTEGER_MAXIMUM = 2**53

_NAMES = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a number with a fraction",
    str: "a string",
    list: "an array",
    dict: "an object",
}


class Members:
    """A JSON object whose members are read by name and type.

    ``where`` says which document this is, ``path`` where the object stands in it, ``remedy``
    what to do when it is refused. Every method raises ``MalformedError`` with ``code``; the
    ``optional_`` ones give None where the member is absent or null.
    """

    __slots__ = ("_code", "_remedy", "_where", "path", "value")

    def __init__(
        self, value: JsonValue, code: str, where: str, *, path: str = "$", remedy: str = ""
    ) -> None:
        self._code = code
        self._where = where
        self._remedy = remedy
        self.path = path
        if not isinstance(value, dict):
            raise self._mistyped(path, "an object", value)
        self.value = value

    def __contains__(self, key: str) -> bool:
        if key in self.value:
            return True
        folded = key.casefold()
        other = next((name for name in self.value if name.casefold() == folded), None)
        if other is not None:
            raise self.malformed(key, expected=f"the member {key}", actual=excerpt(other))
        return False

    def place(self, key: str) -> str:
        """Return where the member stands: "docker.io/x:1 $.manifests[1].digest"."""
        return f"{self._where} {json_path(self.path, key)}"

    def malformed(self, key: str, *, expected: str, actual: str) -> MalformedError:
        """Return the error that the member is not what it must be."""
        return MalformedError(
            self._code, self.place(key), expected=expected, actual=actual, remedy=self._remedy
        )

    def text(self, key: str) -> str:
        value = self._required(key, "a string")
        if not isinstance(value, str):
            raise self._mistyped(json_path(self.path, key), "a string", value)
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if self._given(key) else None

    def integer(self, key: str, *, minimum: int = 0, maximum: int = INTEGER_MAXIMUM) -> int:
        value = self._required(key, "an integer")
        if type(value) is not int:
            raise self._mistyped(json_path(self.path, key), "an integer", value)
        if not minimum <= value <= maximum:
            span = f"an integer from {minimum} to {maximum}" if minimum < maximum else f"{minimum}"
            raise self.malformed(key, expected=span, actual=str(value))
        return value

    def optional_integer(
        self, key: str, *, minimum: int = 0, maximum: int = INTEGER_MAXIMUM
    ) -> int | None:
        return self.integer(key, minimum=minimum, maximum=maximum) if self._given(key) else None

    def boolean(self, key: str) -> bool:
        value = self._required(key, "a boolean")
        if not isinstance(value, bool):
            raise self._mistyped(json_path(self.path, key), "a boolean", value)
        return value

    def optional_boolean(self, key: str) -> bool | None:
        return self.boolean(key) if self._given(key) else None

    def digest(self, key: str) -> Digest:
        """Return a content digest; codes ``digest.form``, ``digest.algorithm.supported``."""
        return self._digest(self.text(key), self.place(key))

    def digests(self, key: str) -> tuple[Digest, ...]:
        """Return an array of content digests."""
        place = self.place(key)
        return tuple(self._digest(t, f"{place}[{n}]") for n, t in enumerate(self.texts(key)))

    def array(self, key: str, *, limit: int | None = None) -> list[JsonValue]:
        """Return an array; ``LimitError`` if it has more than ``limit`` elements."""
        value = self._required(key, "an array")
        if not isinstance(value, list):
            raise self._mistyped(json_path(self.path, key), "an array", value)
        if limit is not None and len(value) > limit:
            raise LimitError(
                "limit.exceeded",
                self.place(key),
                expected=f"at most {limit} elements",
                actual=str(len(value)),
                remedy=self._remedy,
            )
        return value

    def optional_array(self, key: str) -> list[JsonValue] | None:
        return self.array(key) if self._given(key) else None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return an array of strings."""
        values = self.array(key)
        for number, value in enumerate(values):
            if not isinstance(value, str):
                raise self._mistyped(f"{json_path(self.path, key)}[{number}]", "a string", value)
        return tuple(cast("list[str]", values))

    def optional_texts(self, key: str) -> tuple[str, ...] | None:
        return self.texts(key) if self._given(key) else None

    def objects(self, key: str, *, limit: int | None = None) -> Iterator[Members]:
        """Yield the objects of an array; ``LimitError`` if there are more than ``limit``."""
        path = json_path(self.path, key)
        for number, value in enumerate(self.array(key, limit=limit)):
            yield self._child(value, f"{path}[{number}]")

    def object(self, key: str) -> Members:
        return self._child(self._required(key, "an object"), json_path(self.path, key))

    def optional_object(self, key: str) -> Members | None:
        return self.object(key) if self._given(key) else None

    def items(self) -> Iterator[tuple[str, Members]]:
        """Yield key and object of each member, where the keys are data: tags, key IDs."""
        for key, value in self.value.items():
            yield key, self._child(value, json_path(self.path, key))

    def text_map(self, key: str) -> dict[str, str]:
        """Return an object whose values are all strings, in the order of the document."""
        members = self.object(key)
        return {name: members.text(name) for name in members.value}

    def optional_text_map(self, key: str) -> dict[str, str] | None:
        return self.text_map(key) if self._given(key) else None

    def _given(self, key: str) -> bool:
        return key in self and self.value[key] is not None

    def _required(self, key: str, expected: str) -> JsonValue:
        if key not in self:
            raise self.malformed(key, expected=expected, actual="no such member")
        return self.value[key]

    def _child(self, value: JsonValue, path: str) -> Members:
        return Members(value, self._code, self._where, path=path, remedy=self._remedy)

    def _digest(self, text: str, where: str) -> Digest:
        try:
            return Digest.parse(text, where)
        except MalformedError as error:
            raise MalformedError(
                error.code,
                where,
                expected=error.expected,
                actual=excerpt(error.actual),
                remedy=self._remedy,
            ) from error

    def _mistyped(self, path: str, expected: str, value: JsonValue) -> MalformedError:
        return MalformedError(
            self._code,
            f"{self._where} {path}",
            expected=expected,
            actual=_NAMES[type(value)],
            remedy=self._remedy,
        )
