"""Content digests, OCI image specification, "Descriptors, Digests"."""

from __future__ import annotations

import re

from crosstrust.errors import MalformedError
from crosstrust.value import dataclass

_HEX_DIGITS = {"sha256": 64, "sha512": 128}
_FORM = re.compile(r"([a-z0-9]+(?:[+._-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)", re.ASCII)
_LOWER_HEX = re.compile(r"[0-9a-f]+", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """An algorithm ("sha256" or "sha512") and its lower-case hex digits."""

    algorithm: str
    hex: str

    @classmethod
    def of(cls, raw: bytes, algorithm: str = "sha256") -> Digest:
        """Return the digest of ``raw``."""
        import hashlib  # start-up time: OpenSSL is loaded while the first answers are waited for

        return cls(algorithm, hashlib.new(algorithm, raw).hexdigest())

    @classmethod
    def parse(cls, text: str, where: str = "digest") -> Digest:
        """Return the digest that ``text`` writes, or raise ``MalformedError``.

        Codes: ``digest.form`` and, for an algorithm we do not compute,
        ``digest.algorithm.supported``.
        """
        form = _FORM.fullmatch(text)
        if form is None:
            raise MalformedError("digest.form", where, expected="sha256:<64 hex>", actual=text[:80])
        algorithm, digits = form.groups()
        length = _HEX_DIGITS.get(algorithm)
        if length is None:
            raise MalformedError(
                "digest.algorithm.supported", where, expected="sha256, sha512", actual=algorithm
            )
        if len(digits) != length or not _LOWER_HEX.fullmatch(digits):
            raise MalformedError(
                "digest.form", where, expected=f"{length} lower-case hex digits", actual=text[:160]
            )
        return cls(algorithm, digits)

    def matches(self, raw: bytes) -> bool:
        """Return True if ``raw`` hashes to this digest."""
        return Digest.of(raw, self.algorithm) == self

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"
