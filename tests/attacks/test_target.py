"""What a signed entry says: its name, its digest, its length."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from crosstrust.sandbox.role import RELEASES
from tests.attacks.kept import FLOORS
from tests.attacks.trial import Trial

NO_TAGS = ["a/b", "../x", "", ".hidden", "-x", "x" * 129, "new\nline", "bell\a", "tab\t", "caf\xe9"]


def entry(signed: dict[str, Any], trial: Trial) -> dict[str, Any]:
    """The entry of the released tag."""
    found: dict[str, Any] = signed["targets"][trial.release.tag]
    return found


@pytest.mark.row("A82")
@pytest.mark.parametrize(
    "hashes",
    [
        {},
        {"sha512": base64.b64encode(bytes(64)).decode()},
        {"sha256": base64.b64encode(bytes(31)).decode()},
        {"md5": base64.b64encode(bytes(16)).decode()},
    ],
)
def test_a_tag_without_a_whole_sha256_is_not_signed(trial: Trial, hashes: dict[str, str]) -> None:
    trial.expect_trusted(trial.verify(), "digest.algorithm.supported")
    targets = trial.sandbox.author.damage("targets")
    targets.edit(lambda signed: entry(signed, trial).update(hashes=hashes))
    trial.sandbox.publish()
    outcome = trial.verify()
    tag = f"{trial.sandbox.origin}:{trial.release.tag}"
    trial.expect_refused(outcome, "digest.algorithm.supported", "N", where=tag, writes=FLOORS)


@pytest.mark.row("A82")
def test_a_digest_in_one_role_does_not_stand_in_for_none_in_the_other(trial: Trial) -> None:
    author, release = trial.sandbox.author, trial.release
    author.sign(release.tag, release.signed, release.length, roles=(RELEASES,))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "signer.agree")
    author.damage(RELEASES).edit(lambda signed: entry(signed, trial).update(hashes={}))
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), "signer.agree", "T", where=release.tag, writes=FLOORS)


@pytest.mark.row("A83")
@pytest.mark.parametrize("more", [1, -1, 10**9])
def test_a_signed_length_that_is_not_the_manifests_is_refused(trial: Trial, more: int) -> None:
    author, release = trial.sandbox.author, trial.release
    trial.expect_trusted(trial.verify(), "tuf.meta.length")
    author.sign(release.tag, release.signed, release.length + more, roles=("targets",))
    trial.sandbox.publish()
    outcome = trial.verify()
    trial.expect_refused(outcome, "tuf.meta.length", "M", where="webdis", writes=FLOORS)


@pytest.mark.row("A84")
def test_an_entry_that_is_no_tag_is_refused(trial: Trial) -> None:
    author, release = trial.sandbox.author, trial.release
    author.sign("x" * 128, release.signed, release.length, roles=("targets",))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "tuf.metadata.form")
    for name in NO_TAGS:
        author.sign(name, release.signed, release.length, roles=("targets",))
        trial.sandbox.publish()
        outcome = trial.verify()
        trial.expect_refused(outcome, "tuf.metadata.form", "T", where="targets", writes=FLOORS)
        author.revoke(name)


@pytest.mark.row("A84")
def test_tags_are_compared_as_they_read_not_as_they_are_written(trial: Trial) -> None:
    tag = trial.release.tag.encode()
    assert tag == b"0.1.19"
    targets = trial.sandbox.author.damage("targets")
    targets.rewrite(lambda raw: raw.replace(b'"0.1.19":', b'"0.1.\\u00319":'))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "tuf.metadata.form")
    # Two spellings of one tag are one tag twice.
    targets.repair()
    targets.rewrite(lambda raw: raw.replace(b'"0.1.19":', b'"0.1.\\u00319":{},"0.1.19":'))
    trial.sandbox.publish()
    outcome = trial.verify()
    trial.expect_refused(outcome, "tuf.metadata.form", "T", where="targets", writes=FLOORS)
