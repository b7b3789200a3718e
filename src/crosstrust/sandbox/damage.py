"""Damages to one role of an author, as an attacker or an accident would make them.

Edits are kept and applied each time the role is written, at one of four points: to ``signed``
before it is signed, to the list of signatures, to the file before it is bound by snapshot and
timestamp, and to the file afterwards. The first three leave every hash right, so that a test
sees only the damage it asked for.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime

from crosstrust.sandbox.key import SigningKey
from crosstrust.sandbox.metadata import Json, RawEdit, SignedEdit, go_time
from crosstrust.value import dataclass, field

SignaturesEdit = Callable[[list[Json]], list[Json]]


@dataclass(slots=True)
class Edits:
    """What is done to one role's file, in the order of the fields."""

    signed: list[SignedEdit] = field(default_factory=list)
    signers: tuple[SigningKey, ...] | None = None
    signatures: list[SignaturesEdit] = field(default_factory=list)
    bound: list[RawEdit] = field(default_factory=list)
    served: list[RawEdit] = field(default_factory=list)
    withheld: bool = False
    unlisted: bool = False


class Damage:
    """The damages that can be done to one role. Each method returns the object for another."""

    def __init__(self, edits: Edits, changed: Callable[[], None]) -> None:
        self._edits = edits
        self._changed = changed

    def edit(self, change: SignedEdit) -> Damage:
        """Change ``signed`` in place before it is signed: the damage is validly signed."""
        self._edits.signed.append(change)
        return self._done()

    def edit_signatures(self, change: SignaturesEdit) -> Damage:
        """Replace the list of signatures after signing."""
        self._edits.signatures.append(change)
        return self._done()

    def rewrite(self, change: RawEdit) -> Damage:
        """Change the file's bytes after signing; snapshot and timestamp bind the changed file."""
        self._edits.bound.append(change)
        return self._done()

    def replace(self, change: RawEdit) -> Damage:
        """Change the bytes as served: snapshot and timestamp still bind what it was before."""
        self._edits.served.append(change)
        return self

    def repair(self) -> None:
        """Undo all damages of this role."""
        fresh = Edits()
        for name in Edits.__slots__:
            setattr(self._edits, name, getattr(fresh, name))
        self._done()

    def expire(self, when: datetime) -> Damage:
        """Make the role run out at ``when`` (UTC)."""
        return self.set_member("expires", go_time(when))

    def set_version(self, version: object) -> Damage:
        """Write ``version``, whatever its type, instead of the next one."""
        return self.set_member("version", version)

    def set_member(self, name: str, value: object) -> Damage:
        """Write ``value`` as a member of ``signed``, whatever it is."""

        def change(signed: Json) -> None:
            signed[name] = value

        return self.edit(change)

    def drop_member(self, name: str) -> Damage:
        """Leave a member of ``signed`` out."""

        def change(signed: Json) -> None:
            del signed[name]

        return self.edit(change)

    def sign_with(self, *keys: SigningKey) -> Damage:
        """Sign with ``keys`` and no others, listed or not."""
        self._edits.signers = keys
        return self._done()

    def impersonate(self, victim: SigningKey, key: SigningKey) -> Damage:
        """Sign with ``key`` alone, under the key ID of ``victim``."""
        self.sign_with(key)
        return self.edit_signatures(
            lambda signatures: [{**one, "keyid": victim.scoped} for one in signatures]
        )

    def drop_signatures(self) -> Damage:
        """Serve an empty list of signatures."""
        return self.keep_signatures(0)

    def keep_signatures(self, count: int) -> Damage:
        """Keep the first ``count`` signatures."""
        return self.edit_signatures(lambda signatures: signatures[:count])

    def repeat_signature(self) -> Damage:
        """List the first signature twice, in place of any other."""
        return self.edit_signatures(lambda signatures: [signatures[0], signatures[0]])

    def corrupt_signature(self) -> Damage:
        """Flip one bit in every signature; the file stays well formed."""
        return self.edit_signatures(lambda signatures: [_flipped(one) for one in signatures])

    def set_method(self, method: str) -> Damage:
        """Name another signature method."""
        return self.edit_signatures(lambda found: [{**one, "method": method} for one in found])

    def flip_byte(self, offset: int) -> Damage:
        """Flip the lowest bit of one byte as served, so that no hash fits it any more."""

        def change(raw: bytes) -> bytes:
            changed = bytearray(raw)
            changed[offset] ^= 1
            return bytes(changed)

        return self.replace(change)

    def withhold(self) -> Damage:
        """Answer 404 for the file; snapshot and timestamp still list it."""
        self._edits.withheld = True
        return self

    def unlist(self) -> Damage:
        """Leave the role out of the snapshot; the file is served all the same."""
        self._edits.unlisted = True
        return self._done()

    def _done(self) -> Damage:
        self._changed()
        return self


def _flipped(signature: Json) -> Json:
    raw = bytearray(base64.b64decode(signature["sig"]))
    raw[len(raw) // 2] ^= 1
    return {**signature, "sig": base64.b64encode(bytes(raw)).decode("ascii")}
