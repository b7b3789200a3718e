"""Whose signature it is: pins beyond the root, and the roles that a rule demands.

These checks only narrow. They stand between "the author signed this digest" and "the user
accepts that signature".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Demand
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.trust_data import Key, Role, SignedTag, TrustData
from crosstrust.evidence.verdict import PinUse
from crosstrust.oci.digest import Digest

RELEASES = "targets/releases"
RELEASED = ("targets", RELEASES)


def pin_name(role: str) -> str:
    """Return what a role is called in pins and policies: "repository", "signer/NAME", ..."""
    names = {"targets": "repository", RELEASES: "releases"}
    return names.get(role) or role.replace("targets/", "signer/", 1)


def role_name(pin: str) -> str:
    """Return the metadata role that a policy's name means; the inverse of ``pin_name``."""
    names = {"repository": "targets", "releases": RELEASES}
    return names.get(pin) or pin.replace("signer/", "targets/", 1)


def signing_roles(data: TrustData, tag: str, digest: Digest, length: int) -> tuple[str, ...]:
    """Return every role that has ``tag`` with ``digest`` and ``length``, in metadata order."""
    same = (tag, digest, length)
    return tuple(t.role for t in data.tags if (t.tag, t.digest, t.length) == same)


def released_tags(data: TrustData, *, tag: str | None, digest: Digest | None) -> list[SignedTag]:
    """Return the released entries for a tag, a digest, or both."""
    return [
        entry
        for entry in data.tags
        if entry.role in RELEASED
        and (tag is None or entry.tag == tag)
        and (digest is None or entry.digest == digest)
    ]


def judge_pins(pins: Pins, data: TrustData) -> Iterator[Check]:
    """Yield a check per pinned role: all its keys are pinned, and all pinned keys are its."""
    if pins.repository:
        yield from _role_keys("repository", data.role("targets"), pins.repository)
    for name, allowed in pins.signers.items():
        yield from _role_keys(f"signer/{name}", data.role(f"targets/{name}"), allowed)
    if pins.signers or pins.releases:
        releases = data.role(RELEASES)
        keys = releases.keys if releases is not None else ()
        allowed = pins.releases + tuple(k for keys in pins.signers.values() for k in keys)
        yield from _allowed_keys("releases", keys, allowed)
        yield from _pins_used("releases", keys, pins.releases)


def _role_keys(name: str, role: Role | None, allowed: tuple[str, ...]) -> Iterator[Check]:
    keys = role.keys if role is not None else ()
    yield from _allowed_keys(name, keys, allowed)
    yield from _pins_used(name, keys, allowed)


def _allowed_keys(name: str, keys: Iterable[Key], allowed: tuple[str, ...]) -> Iterator[Check]:
    for key in keys:
        if key.scoped in allowed or key.canonical in allowed:
            yield Check.passed("key.expected", name, actual=key.canonical)
            continue
        yield Check(
            "key.expected",
            Outcome.FAILED,
            name,
            Class.ATTACK,
            ", ".join(allowed),
            key.canonical,
            f"ask the author whether this key is theirs; if so, add it under {name}",
        )


def _pins_used(name: str, keys: Iterable[Key], pinned: tuple[str, ...]) -> Iterator[Check]:
    present = {i for key in keys for i in (key.scoped, key.canonical)}
    for key_id in pinned:
        if key_id not in present:
            yield Check(
                "pin.match",
                Outcome.FAILED,
                name,
                Class.ATTACK,
                key_id,
                ", ".join(key.canonical for key in keys) or "no such role",
                "the author no longer uses this key: ask them, then correct the pin",
            )


def judge_roles(
    demand: Demand, data: TrustData, tag: str, digest: Digest, length: int
) -> Iterator[Check]:
    """Yield a check per demanded role: it signed this very digest and length under this tag."""
    signed = signing_roles(data, tag, digest, length)
    names = ", ".join(pin_name(role) for role in signed)
    for wanted in demand.roles:
        where = f"{data.gun}:{tag}"
        if role_name(wanted) in signed:
            yield Check.passed("signer.present", where, expected=wanted, actual=names)
            continue
        yield Check(
            "signer.present",
            Outcome.FAILED,
            where,
            Class.POLICY,
            f"signed by {wanted}",
            f"signed by {names} only",
            "have it signed by the demanded role, or change signed-by in the policy's rule",
        )
    yield from _distinct_signers(demand, data, f"{data.gun}:{tag}")


def _distinct_signers(demand: Demand, data: TrustData, where: str) -> Iterator[Check]:
    """Each signer signs with a key of their own: two who share one key are one signer (C19)."""
    signers = [name for name in demand.roles if name.startswith("signer/")]
    roles = [data.role(role_name(name)) for name in signers]
    keys = _keys_of_their_own([role.signed_by for role in roles if role is not None])
    if len(signers) > 1 and keys < len(signers):
        yield Check(
            "signer.present",
            Outcome.FAILED,
            where,
            Class.POLICY,
            f"{len(signers)} signers with keys of their own",
            f"{keys} of them",
            "each signer must sign with another key",
        )


def _keys_of_their_own(signed_by: Sequence[Sequence[str]]) -> int:
    """Return how many signers can each be given one of their keys that no other is given.

    A maximum matching: a signer takes a key, or has its owner take another one.
    """
    owners: dict[str, int] = {}

    def give(signer: int, tried: set[str]) -> bool:
        for key in signed_by[signer]:
            if key not in tried:
                tried.add(key)
                if key not in owners or give(owners[key], tried):
                    owners[key] = signer
                    return True
        return False

    return sum(give(signer, set()) for signer in range(len(signed_by)))


def pin_uses(pins: Pins, data: TrustData) -> tuple[PinUse, ...]:
    """Return every key of root, repository, releases and signers, and how it was pinned."""
    named = [
        ("root" if role.name == "root" else pin_name(role.name), role.keys)
        for role in data.roles
        if role.name not in {"timestamp", "snapshot"}
    ]
    return tuple(
        PinUse(name, key.scoped, key.canonical, _how(pins, data, name, key))
        for name, keys in named
        for key in keys
    )


def _how(pins: Pins, data: TrustData, name: str, key: Key) -> str:
    if name == "root":
        return data.root_pins.get(key.scoped, "")
    allowed = {
        "repository": pins.repository,
        "releases": pins.releases + tuple(k for keys in pins.signers.values() for k in keys),
    }.get(name) or pins.signers.get(name.removeprefix("signer/"), ())
    if key.scoped in allowed and key.scoped != key.canonical:
        return "scoped"
    return "canonical" if key.canonical in allowed else ""
