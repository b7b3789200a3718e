"""A source that answers wants from a sandbox's own objects, without a socket.

It serves what the registries and the Notary server hold, lies included, and verifies nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, assert_never

from crosstrust.chain.answer import Absent, Answer, Gap, Measured, Reply
from crosstrust.chain.want import (
    Look,
    MeasureLayer,
    ReadBlob,
    ReadManifest,
    ReadRole,
    ResolveTag,
    Want,
)
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.digest import Digest
from crosstrust.sandbox.registry import Stored

if TYPE_CHECKING:
    from crosstrust.sandbox.sandbox import Sandbox

_GZIP = 16 + zlib.MAX_WBITS


class MemorySource:
    """Answers each want from the sandbox as it is at that moment.

    ``rounds`` records the wants of every call. A host in ``unreachable`` ("docker.io",
    "notary.docker.io", "public.ecr.aws") yields a gap instead of an answer.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.rounds: list[tuple[Want, ...]] = []
        self.unreachable: set[str] = set()

    def serves(self, want: Want) -> bool:
        """Return True if the sandbox has a registry or Notary server for ``want``."""
        if isinstance(want, ReadRole):
            return self._sandbox.notary_host(want.gun) != ""
        return _split(want.repository)[0] in self._sandbox.registries

    def fetch_all(
        self, wants: Sequence[Want], *, meanwhile: Callable[[], object] | None = None
    ) -> Mapping[Want, Reply]:
        """Return a reply for every want that is served here; ``meanwhile`` runs to its end."""
        self.rounds.append(tuple(wants))
        while meanwhile is not None and meanwhile() is True:
            pass
        return {want: self._reply(want) for want in wants if self.serves(want)}

    def _reply(self, want: Want) -> Reply:
        host = self._host(want)
        if host in self.unreachable:
            return _gap(host)
        origin = f"https://{host}"
        if isinstance(want, ReadRole):
            raw = self._role(want)
            return (
                Absent(origin) if raw is None else Answer(raw, origin=origin, at=self._sandbox.at)
            )
        if isinstance(want, MeasureLayer):
            return self._measure(want, origin)
        stored = self._stored(want)
        if stored is None:
            return Absent(origin)
        last = isinstance(want, ResolveTag) and want.look is Look.LAST
        raw = b"" if last else stored.raw
        return Answer(raw, stored.media_type, str(stored.digest), origin, self._sandbox.at)

    def _host(self, want: Want) -> str:
        if isinstance(want, ReadRole):
            return self._sandbox.notary_host(want.gun)
        return _split(want.repository)[0]

    def _role(self, want: ReadRole) -> bytes | None:
        notary = self._sandbox.notary
        if want.sha256 is not None:
            return notary.hashed(want.gun, want.role, want.sha256)
        if want.version is not None:
            return notary.numbered(want.gun, want.role, want.version)
        return notary.current(want.gun, want.role)

    def _stored(self, want: ResolveTag | ReadManifest | ReadBlob) -> Stored | None:
        host, name = _split(want.repository)
        registry = self._sandbox.registries[host]
        if isinstance(want, ResolveTag):
            return registry.manifest(name, want.tag)
        if isinstance(want, ReadManifest):
            return registry.manifest(name, str(want.digest))
        if isinstance(want, ReadBlob):
            return registry.blob(name, want.digest)
        assert_never(want)

    def _measure(self, want: MeasureLayer, origin: str) -> Reply:
        host, name = _split(want.repository)
        stored = self._sandbox.registries[host].blob(name, want.layer.digest)
        if stored is None:
            return Absent(origin)
        plain = stored.raw
        if plain.startswith(b"\x1f\x8b"):
            plain = zlib.decompress(stored.raw, _GZIP)
        return Measured(Digest.of(stored.raw), len(stored.raw), Digest.of(plain))


def _split(repository: str) -> tuple[str, str]:
    host, _, name = repository.partition("/")
    return host, name


def _gap(host: str) -> Gap:
    return Gap(
        Check(
            "http.available",
            Outcome.UNKNOWN,
            f"https://{host}",
            Class.UNREACHABLE,
            expected="an answer",
            actual="no connection",
            remedy="try again when the server can be reached",
        )
    )
