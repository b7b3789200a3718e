"""The anchor: which root key trust starts from, and how the user came to vouch for it."""

from __future__ import annotations

from collections.abc import Mapping

from crosstrust.chain.answer import Absent
from crosstrust.chain.pin import Pins
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci import limits
from crosstrust.schemes.notary_v1.case import Case
from crosstrust.schemes.notary_v1.finding import failed, unanswered
from crosstrust.schemes.notary_v1.key import PublicKey
from crosstrust.schemes.notary_v1.metadata import Signing
from crosstrust.schemes.notary_v1.root_line import RootLine, pinned_ids
from crosstrust.schemes.notary_v1.threshold import canonical_ids
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Anchoring:
    """``keys`` are those that the user vouches for, or would have to; ``check`` says which."""

    keys: tuple[PublicKey, ...]
    check: Check


def judge_anchor(
    case: Case, line: RootLine, signing: Signing, able: tuple[PublicKey, ...]
) -> Anchoring:
    """Return the keys of the anchor root that are vouched for.

    ``able`` are the root keys that validly signed it. Being listed in a root that others
    signed vouches for nothing: the pinned key itself must have signed.
    """
    pins = case.pins
    if not pins.anchored:
        return Anchoring(signing.keys, _no_pin(case, signing))
    if not pinned_ids(pins):
        keys = able or signing.keys
        return Anchoring(keys, _passed(keys[:1], "first seen"))
    matching = tuple(key for key in signing.keys if pin_of(key, pins))
    if not matching:
        return Anchoring(signing.keys, _missing(line) or _no_match(pins, signing))
    signed = tuple(key for key in matching if key in able)
    if not signed and len(canonical_ids(able)) >= signing.threshold:
        return Anchoring(matching, _no_signature(matching))
    used = signed or matching
    return Anchoring(used, _passed(used[:1], pin_of(used[0], pins)))


def pinned_by(pins: Pins, first: Signing, last: Signing) -> Mapping[str, str]:
    """Return how each key of the anchor root and of the last root is pinned, by scoped ID."""
    first_contact = pins.anchored and not pinned_ids(pins)
    found = {key.listed.scoped: pin_of(key, pins) for key in last.keys}
    for key in first.keys:
        found[key.listed.scoped] = "first seen" if first_contact else pin_of(key, pins)
    return found


def pin_of(key: PublicKey, pins: Pins) -> str:
    """Return which pin names ``key``: "scoped", "canonical", "first seen", or ""."""
    ids = pinned_ids(pins)
    if key.listed.scoped not in ids and key.listed.canonical not in ids:
        return ""
    if not pins.root:
        return "first seen"
    return "scoped" if key.listed.scoped in ids else "canonical"


def _passed(keys: tuple[PublicKey, ...], how: str) -> Check:
    return Check.passed("pin.match", "root", expected=how, actual=_both_ids(keys))


def _no_pin(case: Case, signing: Signing) -> Check:
    scoped = signing.keys[0].listed.scoped if signing.keys else ""
    return Check(
        "pin.present",
        Outcome.UNKNOWN,
        "root",
        Class.POLICY,
        f"a pinned root key of {case.gun}",
        _both_ids(signing.keys),
        f"compare with what the author publishes; if it is theirs, add\n--pin root={scoped}",
    )


def _no_match(pins: Pins, signing: Signing) -> Check:
    return failed(
        "pin.match",
        "root",
        expected=", ".join(pinned_ids(pins)),
        actual=_both_ids(signing.keys),
        remedy="these are not the author's keys as you know them: ask the author, do not re-pin",
    )


def _no_signature(matching: tuple[PublicKey, ...]) -> Check:
    return failed(
        "pin.match",
        "root",
        expected=f"signed by {_both_ids(matching)}",
        actual="listed, but it did not sign",
        remedy="someone else made this root: do not trust it, and tell the author",
    )


def _missing(line: RootLine) -> Check | None:
    """Return why an older root, which may be signed by the pinned key, could not be seen."""
    if line.anchor > limits.ROOT_ROTATIONS + 1:
        return None
    for version in range(1, line.anchor):
        reply = line.replies.get(version)
        if version not in line.files and not isinstance(reply, Absent):
            return unanswered(reply, f"root {version}")
    return None


def _both_ids(keys: tuple[PublicKey, ...]) -> str:
    return ", ".join(f"{key.listed.scoped} (canonical {key.listed.canonical})" for key in keys)
