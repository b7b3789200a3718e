"""Delegations that claim more than they were given, or more than anyone can look at."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from crosstrust.app.clock import now
from crosstrust.oci.digest import Digest
from crosstrust.sandbox.exchange import answer_error
from crosstrust.sandbox.key import generate
from tests.attacks.kept import FLOORS
from tests.attacks.trial import Trial

SIGNER = "targets/nicolasff"
RELEASES = "targets/releases"
OTHER = Digest.of(b"another image")


def entries(signed: dict[str, Any]) -> list[dict[str, Any]]:
    """The delegations that a role declares."""
    found: list[dict[str, Any]] = signed["delegations"]["roles"]
    return found


def rename(signed: dict[str, Any], *, name: str) -> None:
    """Give the first delegation another name."""
    entries(signed)[0]["name"] = name


@pytest.mark.row("A73")
def test_a_grandchild_declared_by_its_grandparent_is_refused(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "tuf.metadata.form")
    trial.sandbox.author.damage("targets").edit(partial(rename, name=f"{SIGNER}/ci"))
    trial.sandbox.publish()
    trial.expect_refused(
        trial.verify(), "tuf.metadata.form", "T", where="targets delegations", writes=FLOORS
    )


@pytest.mark.row("A74", "A75")
@pytest.mark.parametrize("paths", [("0.2",), ("0.1.19-",), ()])
def test_a_tag_outside_the_paths_of_its_role_is_not_signed(
    trial: Trial, paths: tuple[str, ...]
) -> None:
    author, release = trial.sandbox.author, trial.release
    author.revoke(release.tag)
    author.delegate(RELEASES, keys=author.keys(RELEASES), paths=("0.1.",))
    author.sign(release.tag, release.signed, release.length, roles=(RELEASES,))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "tuf.target.released")
    author.delegate(RELEASES, keys=author.keys(RELEASES), paths=paths)
    trial.sandbox.publish()
    outcome = trial.verify()
    trial.expect_refused(outcome, "tuf.target.present", "N", where=release.tag, writes=FLOORS)
    (check,) = outcome.checks("failed")
    assert f"targets/releases may sign {', '.join(paths) or 'nothing'}" in check["actual"]


@pytest.mark.row("A74")
def test_a_role_that_could_not_be_read_may_have_the_tag(trial: Trial) -> None:
    author, release = trial.sandbox.author, trial.release
    author.revoke(release.tag)
    author.delegate(RELEASES, keys=author.keys(RELEASES), paths=("0.2",))
    author.sign(release.tag, release.signed, release.length, roles=(RELEASES, SIGNER))
    trial.sandbox.publish()
    place = f"notary.docker.io/v2/{trial.sandbox.origin}/_trust/tuf/{SIGNER}"
    trial.service.fail(place, answer_error(403, "DENIED", "no"))
    outcome = trial.verify()
    trial.expect_refused(outcome, "registry.auth.denied", "A", writes=FLOORS)
    assert outcome.checks("failed") == []


@pytest.mark.row("A74")
def test_a_child_may_sign_no_more_than_its_parent(trial: Trial) -> None:
    author, release = trial.sandbox.author, trial.release
    author.revoke(release.tag)
    author.delegate(SIGNER, keys=author.keys(SIGNER), paths=("0.1.",))
    author.delegate(f"{SIGNER}/ci", paths=("0.1.1", ""))
    author.sign(release.tag, release.signed, release.length, roles=(f"{SIGNER}/ci", SIGNER))
    trial.sandbox.publish()
    # Inside the paths, and seen: signed, not released.
    trial.expect_refused(
        trial.verify(), "tuf.target.released", "N", where=release.tag, writes=FLOORS
    )
    author.revoke(release.tag, roles=(SIGNER,))
    author.delegate(SIGNER, keys=author.keys(SIGNER), paths=("0.2",))
    trial.sandbox.publish()
    # Its "" is wider than the parent's "0.2": what it signed outside that is not even seen.
    outcome = trial.verify()
    trial.expect_refused(outcome, "tuf.target.present", "N", where=release.tag, writes=FLOORS)
    (check,) = outcome.checks("failed")
    assert "targets/nicolasff/ci may sign nothing" in check["actual"]


@pytest.mark.row("A76")
def test_a_role_declared_twice_or_by_itself_is_refused(trial: Trial) -> None:
    author = trial.sandbox.author
    author.delegate(f"{SIGNER}/ci")
    author.sign("other", OTHER, 1, roles=(SIGNER,))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify())
    for role, name in ((SIGNER, SIGNER), (SIGNER, "targets"), ("targets", "targets")):
        author.damage(role).edit(partial(rename, name=name))
        trial.sandbox.publish()
        trial.expect_refused(
            trial.verify(), "tuf.metadata.form", "T", where=f"{role} deleg", writes=FLOORS
        )
        author.damage(role).repair()
    author.damage("targets").edit(lambda signed: entries(signed).append(entries(signed)[0]))
    trial.sandbox.publish()
    trial.expect_refused(
        trial.verify(), "tuf.metadata.form", "T", where="targets delegations", writes=FLOORS
    )


@pytest.mark.row("A77")
def test_a_role_is_what_its_parent_declares_and_nobody_else(trial: Trial) -> None:
    author = trial.sandbox.author
    author.add_signer("mallory")
    author.delegate("targets/mallory/ci")
    author.sign("other", OTHER, 1, roles=("targets/mallory",))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify())
    # Mallory's keys under the name of another signer.
    author.damage("targets/mallory").edit(partial(rename, name=SIGNER))
    trial.sandbox.publish()
    trial.expect_refused(
        trial.verify(), "tuf.metadata.form", "T", where="targets/mallory", writes=FLOORS
    )


@pytest.mark.row("A78")
def test_more_delegations_than_anyone_looks_at_are_refused(trial: Trial) -> None:
    author = trial.sandbox.author
    author.sign("other", OTHER, 1, roles=(SIGNER,))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "limit.exceeded")

    def grow(count: int, prefix: str) -> Any:
        return lambda signed: entries(signed).extend(
            {"keyids": [], "name": f"{prefix}{number}", "paths": [], "threshold": 1}
            for number in range(count)
        )

    deep = f"targets{'/a' * 50}"
    endless = {"hashes": {}, "length": 1}
    for role, change in (
        ("targets", grow(20_000, "targets/a")),
        ("targets", partial(rename, name=deep)),
        ("snapshot", lambda signed: signed["meta"].update({deep: endless})),
        (
            "snapshot",
            lambda signed: signed["meta"].update((f"targets/{n}", {}) for n in range(99_000)),
        ),
    ):
        author.damage(role).edit(change)
        trial.sandbox.publish()
        trial.expect_refused(trial.verify(), "limit.exceeded", "R", where=role, writes=FLOORS)
        author.damage(role).repair()
    # Neither file alone declares too many.
    author.damage("targets").edit(grow(150, "targets/a"))
    author.damage(SIGNER).edit(grow(150, f"{SIGNER}/a"))
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), "limit.exceeded", "R", where="delegations", writes=FLOORS)


@pytest.mark.row("A80")
def test_two_released_digests_of_one_tag_are_refused(trial: Trial) -> None:
    author, release = trial.sandbox.author, trial.release
    author.sign(release.tag, release.signed, release.length, roles=(RELEASES,))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "signer.agree")
    author.sign(release.tag, OTHER, release.length, roles=(RELEASES,))
    trial.sandbox.publish()
    outcome = trial.verify()
    trial.expect_refused(outcome, "signer.agree", "T", where=release.tag, writes=FLOORS)
    (check,) = outcome.checks("failed")
    assert str(release.signed) in check["actual"]
    assert str(OTHER) in check["actual"]


@pytest.mark.row("A81")
def test_what_only_a_signer_has_signed_is_not_released(trial: Trial) -> None:
    author, release = trial.sandbox.author, trial.release
    author.sign(release.tag, release.signed, release.length, roles=(SIGNER,))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "tuf.target.released")
    author.revoke(release.tag, roles=("targets",))
    trial.sandbox.publish()
    trial.expect_refused(
        trial.verify(), "tuf.target.released", "N", where=release.tag, writes=FLOORS
    )


@pytest.mark.row("A79")
def test_a_signer_with_an_expired_certificate_counts_and_is_told(trial: Trial) -> None:
    author, release = trial.sandbox.author, trial.release
    made, month = now() - timedelta(days=60), timedelta(days=30)
    fresh = generate("ecdsa-x509", name="nicolasff", at=now())
    stale = generate("ecdsa-x509", name="nicolasff", at=made, lifetime=month)
    author.delegate(RELEASES, keys=(fresh,))
    author.sign(release.tag, release.signed, release.length, roles=(RELEASES,))
    trial.sandbox.publish()
    outcome = trial.verify()
    trial.expect_trusted(outcome, "tuf.delegation.certificate")
    assert outcome.verdict["warnings"] == []
    author.assign(RELEASES, (stale,))
    trial.sandbox.publish()
    # The parent lists the key, and its own expiry bounds for how long: the anchor does not even
    # look. It can be refused by pinning the signer's keys.
    trial.expect_warned(trial.verify(), "tuf.delegation.certificate", where=RELEASES)
