"""Challenges: what a 401 answer asks for (RFC 9110, 11.6.1), read strictly.

One field may hold several challenges, parameters may hold commas in quotes, and a scheme has
no case. What does not fit the grammar is refused as a whole, so nothing odd is sent onward.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from crosstrust.errors import LimitError, MalformedError
from crosstrust.value import dataclass

CHALLENGES = 16
PARAMETERS = 32

_CODE = "http.answer.form"
_FIELD_SIZE = 16 * 1024
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - the grammar's word, no password
_SCHEME = re.compile(_TOKEN)
_QUOTED = r'"((?:[^"\\]|\\.)*+)"'
_PARAMETER = re.compile(rf"({_TOKEN})[ \t]*=[ \t]*(?:({_TOKEN})|{_QUOTED})(?=[ \t]*(?:,|$))")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))")
_COMMAS = re.compile(r"[ \t]*(?:,[ \t]*)*")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Challenge:
    """``scheme`` and the names of ``parameters`` are in lower case; values are as meant."""

    scheme: str
    parameters: Mapping[str, str]

    def value(self, name: str) -> str:
        """Return the parameter's value, or "" where there is none."""
        return self.parameters.get(name, "")


def parse_challenges(values: Iterable[str], where: str = "www-authenticate") -> list[Challenge]:
    """Return every challenge of the given field values, in order.

    Raises ``MalformedError`` and ``LimitError``, code ``http.answer.form``.
    """
    found: list[Challenge] = []
    for value in values:
        if len(value) > _FIELD_SIZE:
            raise LimitError(_CODE, where, expected=f"at most {_FIELD_SIZE} bytes")
        if not value.isascii() or not value.replace("\t", " ").isprintable():
            raise MalformedError(_CODE, where, expected="printable ASCII")
        found += _Reader(value, where).challenges()
        if len(found) > CHALLENGES:
            raise LimitError(_CODE, where, expected=f"at most {CHALLENGES} challenges")
    return found


class _Reader:
    """Reads one field value from left to right."""

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where
        self.at = 0

    def challenges(self) -> list[Challenge]:
        found = []
        self.skip_commas()
        while self.at < len(self.text):
            found.append(self.challenge())
            if len(found) > CHALLENGES:
                raise LimitError(_CODE, self.where, expected=f"at most {CHALLENGES} challenges")
        return found

    def challenge(self) -> Challenge:
        scheme = self.take(_SCHEME)
        if scheme is None:
            raise self.odd("an authentication scheme")
        parameters: dict[str, str] = {}
        spaces = self.skip_spaces()
        if not spaces or not self.parameters(parameters):
            if spaces:
                self.take(_TOKEN68)
            self.end_of_challenge()
        return Challenge(scheme.group().lower(), parameters)

    def parameters(self, found: dict[str, str]) -> bool:
        """Read the parameters that stand here; False if there is none."""
        while parameter := self.take(_PARAMETER):
            name, plain, quoted = parameter.groups()
            if name.lower() in found or len(found) >= PARAMETERS:
                raise self.odd(f"at most {PARAMETERS} parameters, each once")
            found[name.lower()] = plain if quoted is None else _ESCAPE.sub(r"\1", quoted)
            self.skip_commas()
        return bool(found)

    def end_of_challenge(self) -> None:
        if self.at < len(self.text) and not self.skip_commas():
            raise self.odd("a comma between challenges")

    def skip_commas(self) -> bool:
        """Move past spaces and commas; True if a comma was among them or nothing follows."""
        match = _COMMAS.match(self.text, self.at)
        passed = match.group() if match else ""
        self.at += len(passed)
        return "," in passed or self.at == len(self.text)

    def skip_spaces(self) -> bool:
        start = self.at
        while self.text[self.at : self.at + 1] in {" ", "\t"}:
            self.at += 1
        return self.at > start

    def take(self, form: re.Pattern[str]) -> re.Match[str] | None:
        match = form.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def odd(self, expected: str) -> MalformedError:
        return MalformedError(
            _CODE, self.where, expected=expected, actual=self.text[self.at : self.at + 40]
        )
