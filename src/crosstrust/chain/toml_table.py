"""A table of a TOML file, read key by key with its form checked and its line at hand.

Every complaint is an ``InputError`` that names file and line, e.g. "crosstrust.toml line 7".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from typing import Any, TypeVar

from crosstrust.chain.toml_line import KeyPath
from crosstrust.errors import InputError, MalformedError
from crosstrust.value import dataclass

T = TypeVar("T")

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Table:
    """``values`` stand at ``path`` in the file ``name``, whose keys stand on ``lines``."""

    values: Mapping[str, Any]
    name: str
    lines: Mapping[KeyPath, int]
    path: KeyPath = ()

    def place(self, key: str | int | None = None) -> str:
        """Return file and line of a key, or of the table itself."""
        return f"{self.name} line {self.line(key)}"

    def line(self, key: str | int | None = None) -> int:
        """Return the line, from 1, of a key, or of the table itself."""
        path = self.path if key is None else (*self.path, key)
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(
        self, key: str | None, expected: str, *, actual: str = "", remedy: str = ""
    ) -> InputError:
        """Return the error that says what ``key`` should have been; the caller raises it."""
        return InputError(
            "policy.form", self.place(key), expected=expected, actual=actual, remedy=remedy
        )

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Raise if the table has a key that means nothing: a typo must not weaken a policy."""
        names = sorted(known)
        for key in self.values:
            if key not in names:
                raise self.fault(
                    key,
                    "one of " + ", ".join(names),
                    actual=repr(key[:_SHOWN]),
                    remedy=_nearest(key, names),
                )

    def string(self, key: str, default: str = "") -> str:
        """Return the text at ``key``, which must not be empty, or ``default`` if absent."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or (key in self.values and not value.strip()):
            raise self._wrong(key, f"`{key}` as a text in quotes", value)
        return value

    def choice(self, key: str, choices: Iterable[str], default: str = "") -> str:
        """Return the text at ``key``, which must be one of ``choices``, or ``default``."""
        value = self.string(key, default)
        allowed = tuple(choices)
        if key in self.values and value not in allowed:
            named = " or ".join(f'"{choice}"' for choice in allowed)
            raise self._wrong(key, f"`{key}` = {named}", value)
        return value

    def flag(self, key: str) -> bool:
        """Return the truth value at ``key``, or False if absent."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, f"`{key}` = true or false", value)
        return value

    def strings(self, key: str, *, remedy: str = "") -> tuple[str, ...]:
        """Return the list of texts at ``key``, or () if absent. An empty list is refused.

        ``remedy``: what to do about it, where leaving the key out would not do.
        """
        if key not in self.values:
            return ()
        value = self.values[key]
        good = isinstance(value, list) and value
        if not good or not all(isinstance(item, str) and item.strip() for item in value):
            raise self._wrong(
                key,
                f"`{key}` as a list of texts with at least one entry",
                value,
                remedy=remedy or f"remove `{key}` if it should not restrict anything",
            )
        return tuple(value)

    def table(self, key: str) -> Table | None:
        """Return the table at ``key``, or None if absent. An empty table is refused."""
        if key not in self.values:
            return None
        value = self.values[key]
        if not isinstance(value, dict) or not value:
            raise self._wrong(key, f"`{key}` as a table with at least one entry", value)
        return Table(value, self.name, self.lines, (*self.path, key))

    def tables(self, key: str) -> tuple[Table, ...]:
        """Return the tables at ``key``, or () if absent. An empty list or table is refused."""
        if key not in self.values:
            return ()
        value = self.values[key]
        header = ".".join(str(part) for part in (*self.path, key) if isinstance(part, str))
        if not isinstance(value, list) or not value:
            remedy = f"write [[{header}]], in double brackets"
            raise self._wrong(key, f"[[{header}]] tables, at least one", value, remedy=remedy)
        found = []
        for position, item in enumerate(value):
            table = Table(item, self.name, self.lines, (*self.path, key, position))
            if not isinstance(item, dict) or not item:
                raise table.fault(None, f"a [[{header}]] table that is not empty")
            found.append(table)
        return tuple(found)

    def parsed(self, key: str, raw: str, parse: Callable[[str], T]) -> T:
        """Return what ``parse`` makes of ``raw``, a text at ``key``; its refusal gets our place."""
        try:
            return parse(raw)
        except (InputError, MalformedError) as error:
            raise InputError(
                error.code,
                self.place(key),
                expected=error.expected,
                actual=error.actual or repr(raw[:_SHOWN]),
                remedy=error.remedy,
            ) from error

    def each(self, key: str, parse: Callable[[str], T], *, remedy: str = "") -> tuple[T, ...]:
        """Return what ``parse`` makes of each text of the list at ``key``: no two the same.

        ``remedy``: as for ``strings``.
        """
        found: dict[T, None] = {}
        for raw in self.strings(key, remedy=remedy):
            value = self.parsed(key, raw, parse)
            if value in found:
                raise self._wrong(
                    key, f"each entry of `{key}` once", raw, remedy=f"remove one {raw[:_SHOWN]!r}"
                )
            found[value] = None
        return tuple(found)

    def _wrong(self, key: str, expected: str, value: object, *, remedy: str = "") -> InputError:
        return self.fault(key, expected, actual=_shown(value)[:_SHOWN], remedy=remedy)


def _shown(value: object) -> str:
    """Return ``value`` as TOML writes it, or what it is where that may be long."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "a table" if value else "an empty table"
        case list():
            return f"[{', '.join(map(_shown, value))}]"
        case date() | time():
            return value.isoformat()
        case _:
            return repr(value)


def _nearest(key: str, names: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key.lower().replace("_", "-"), names, n=1)
    return f"did you mean `{near[0]}`?" if near else "remove it"
