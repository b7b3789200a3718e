"""A Notary server that only serves, with its whole past. Dialect, sections 6 and 8."""

from __future__ import annotations

import re

from crosstrust.errors import InputError
from crosstrust.sandbox.exchange import Request, Response, answer_error, answer_json
from crosstrust.sandbox.publication import Publication
from crosstrust.sandbox.token import Gate

_ROUTE = re.compile(r"/v2/(?P<gun>[^*]+)/_trust/tuf/(?P<file>[^*]+)\.json")
_NUMBERED = re.compile(r"(?P<version>[0-9]+)\.(?P<role>.+)")
_HASHED = re.compile(r"(?P<role>.+)\.(?P<hash>[0-9a-f]{64})")
CURRENT_AGE = "public, max-age=300, s-maxage=300, must-revalidate"
CONSISTENT_AGE = "public, max-age=2592000"


class NotaryServer:
    """Serves what authors published, by repository (GUN).

    Each publication is one state of its repository. ``roll_back`` makes an older state the
    current one: files that came later are then unknown, as on a restored backup.
    """

    def __init__(self, *, gate: Gate | None = None) -> None:
        self._gate = gate
        self._states: dict[str, list[Publication]] = {}
        self._current: dict[str, int] = {}

    def publish(self, gun: str, publication: Publication) -> int:
        """Make ``publication`` the current state, and return its number, from 0."""
        states = self._states.setdefault(gun, [])
        states.append(publication)
        self._current[gun] = len(states) - 1
        return self._current[gun]

    def roll_back(self, gun: str, to: int = -2) -> None:
        """Serve state ``to`` of ``gun``, the one before the last unless told."""
        states = self._states.get(gun, [])
        number = to if to >= 0 else len(states) + to
        if not 0 <= number < len(states):
            raise InputError(
                "sandbox.notary.state",
                gun,
                expected=f"one of {len(states)} states",
                actual=str(to),
                remedy="publish more often before rolling back",
            )
        self._current[gun] = number

    def forget(self, gun: str) -> None:
        """Remove everything about ``gun``, as an administrator can."""
        self._states.pop(gun, None)
        self._current.pop(gun, None)

    def states(self, gun: str) -> int:
        """Return how many states of ``gun`` were published."""
        return len(self._states.get(gun, []))

    def current(self, gun: str, role: str) -> bytes | None:
        """Return the current file of ``role``, or None."""
        known = self._known(gun)
        return known[-1].files.get(role) if known else None

    def numbered(self, gun: str, role: str, version: int) -> bytes | None:
        """Return version ``version`` of a role; only roots are kept by number."""
        if role != "root":
            return None
        return next((s.roots[version] for s in self._newest(gun) if version in s.roots), None)

    def hashed(self, gun: str, role: str, sha256: str) -> bytes | None:
        """Return the file of ``role`` that is stored under a hex SHA-256."""
        name = (role, sha256)
        return next((s.by_hash[name] for s in self._newest(gun) if name in s.by_hash), None)

    def respond(self, request: Request) -> Response:
        """Answer a request for the ping or a role file."""
        route = _ROUTE.fullmatch(request.path)
        gun = route["gun"] if route else ""
        refused = self._gate.refuse(request, gun) if self._gate else None
        if refused:
            return refused
        if request.path == "/v2/":
            return answer_json({})
        if route is None:
            return answer_error(
                404, "GENERIC_NOT_FOUND", "You have requested a resource that does not exist."
            )
        raw, age = self._find(gun, route["file"])
        if raw is None:
            return answer_error(
                404, "METADATA_NOT_FOUND", "You have requested metadata that does not exist."
            )
        return Response(200, {"Content-Type": "application/json", "Cache-Control": age}, raw)

    def _find(self, gun: str, name: str) -> tuple[bytes | None, str]:
        if hashed := _HASHED.fullmatch(name):
            return self.hashed(gun, hashed["role"], hashed["hash"]), CONSISTENT_AGE
        if numbered := _NUMBERED.fullmatch(name):
            found = self.numbered(gun, numbered["role"], int(numbered["version"]))
            return found, CONSISTENT_AGE
        return self.current(gun, name), CURRENT_AGE

    def _known(self, gun: str) -> list[Publication]:
        return self._states.get(gun, [])[: self._current.get(gun, -1) + 1]

    def _newest(self, gun: str) -> list[Publication]:
        return self._known(gun)[::-1]
