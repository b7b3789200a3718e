"""Worlds for attacks on role files: every role has a file, and each can be damaged in turn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence

from crosstrust.sandbox.author import Author
from crosstrust.sandbox.damage import Damage
from crosstrust.sandbox.key import SigningKey
from crosstrust.sandbox.metadata import RawEdit, canonical, envelope, signature
from crosstrust.sandbox.publication import Publication
from crosstrust.schemes.notary_v1.state import parse_state
from crosstrust.sources.trust_store import TrustStore
from tests.attacks.sample import some_pairs
from tests.attacks.trial import Trial

RELEASES = "targets/releases"
SIGNER = "targets/nicolasff"
BELOW_ROOT = ("timestamp", "snapshot", "targets", SIGNER, RELEASES)
# Where the version floors are kept: what was verified before the bad file may raise them.
SEEN = ".local/state/crosstrust/"


def sign_in_every_role(trial: Trial) -> None:
    """Sign the release in the delegations too, so that each role has a file."""
    roles = ("targets", SIGNER, RELEASES)
    trial.sandbox.author.sign(
        trial.release.tag, trial.release.signed, trial.release.length, roles=roles
    )
    trial.sandbox.publish()


def start_again(trial: Trial) -> Author:
    """Forget the repository, and return an author with new keys who has not published yet."""
    trial.sandbox.notary.forget(trial.sandbox.origin)
    author = trial.sandbox.author = Author(trial.sandbox.origin, at=trial.sandbox.at)
    author.add_signer("nicolasff")
    roles = ("targets", SIGNER, RELEASES)
    author.sign(trial.release.tag, trial.release.signed, trial.release.length, roles=roles)
    return author


def refuse(
    trial: Trial,
    role: str,
    code: str,
    klass: str = "T",
    *,
    where: str = "",
    new_root: bool = False,
) -> None:
    """Run: refused at ``role``, and no floor was raised for it or for what follows from it.

    ``where``: the place that the check names, the role unless told. ``new_root``: there is one,
    which follows from the pinned key and may be kept.
    """
    before = _floors(trial)
    outcome = trial.verify()
    kept = "" if role == "timestamp" and not new_root else SEEN
    trial.expect_refused(outcome, code, klass, where=where or role, writes=kept)
    after = _floors(trial)
    for name in _unreached(role):
        assert after.get(name) == before.get(name), name


def refuse_each(
    trial: Trial,
    code: str,
    damages: Mapping[str, Callable[[Damage], object]],
    *,
    roles: Sequence[str] = BELOW_ROOT,
    where: str = "",
) -> None:
    """Each damage, alone, in each of ``roles``, is refused; without it all is trusted."""
    author = trial.sandbox.author
    for damage, role in some_pairs(damages.values(), roles):
        damage(author.damage(role))
        trial.sandbox.publish()
        refuse(trial, role, code, where=where)
        author.damage(role).repair()
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), code)


def _unreached(role: str) -> tuple[str, ...]:
    return (role,) if "/" in role else BELOW_ROOT[BELOW_ROOT.index(role) :]


def _floors(trial: Trial) -> dict[str, object]:
    name = f"notary-v1 {trial.sandbox.origin}"
    body = TrustStore(trial.home / SEEN).read(name)
    return dict(parse_state(body, trial.sandbox.origin).floors)


def mix(base: Publication, role: str, raw: bytes) -> Publication:
    """Return ``base`` with ``raw`` under the names by which ``role`` is asked for."""
    name = role, hashlib.sha256(base.files[role]).hexdigest()
    return Publication({**base.files, role: raw}, dict(base.roots), {**base.by_hash, name: raw})


def resign(
    key: SigningKey, make: Callable[[bytes], bytes], *, method: str = "", key_id: str = ""
) -> RawEdit:
    """Return an edit that puts what ``make`` returns for the message in the place of ``sig``."""

    def change(raw: bytes) -> bytes:
        message = canonical(json.loads(raw)["signed"])
        made = signature(key_id or key.scoped, method or key.method, make(message))
        return envelope(message, [made])

    return change
