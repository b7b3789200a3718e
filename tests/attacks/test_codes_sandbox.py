"""The sandbox says what it cannot do: whoever tests a policy with it must not test nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crosstrust.errors import InputError
from crosstrust.sandbox.sandbox import MIRROR
from tests.attacks.trial import Trial


def expect_unable(trial: Trial, code: str, call: Callable[[], object]) -> None:
    """The call is refused as wrong usage, with ``code``, and the world stays as it is."""
    with pytest.raises(InputError) as raised:
        call()
    assert raised.value.code == code
    assert raised.value.expected
    trial.note_failed(code)
    trial.expect_trusted(trial.verify())


def test_keys_are_of_a_type_that_notary_knows(trial: Trial) -> None:
    author = trial.sandbox.author
    expect_unable(trial, "sandbox.key.type", lambda: author.new_key("ecdsa-p521"))
    author.rotate("targets", key_type="rsa")
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "sandbox.key.type")


def test_a_role_is_there_before_it_is_used(trial: Trial) -> None:
    author = trial.sandbox.author
    for call in (
        lambda: author.keys("targets/nobody"),
        lambda: author.damage("targets/nobody"),
        lambda: author.delegate("targets/nobody/ci"),
        lambda: author.sign("x", trial.release.signed, 1, roles=("targets/nobody",)),
    ):
        expect_unable(trial, "sandbox.role.known", call)
    author.add_signer("nobody")
    author.sign("x", trial.release.signed, 1, roles=("targets/nobody",))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "sandbox.role.known")


def test_a_server_goes_back_only_to_a_state_that_it_had(trial: Trial) -> None:
    notary, gun = trial.sandbox.notary, trial.sandbox.origin
    for call in (
        lambda: notary.roll_back(gun),
        lambda: notary.roll_back(gun, to=1),
        lambda: notary.roll_back("docker.io/library/absent"),
    ):
        expect_unable(trial, "sandbox.notary.state", call)
    trial.sandbox.author.refresh()
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify())
    notary.roll_back(gun, to=0)
    trial.expect_refused(trial.verify(), "tuf.version.rollback", "T", where="timestamp")
    trial.note_passed("sandbox.notary.state")


def test_a_tag_is_pushed_before_it_is_resolved(trial: Trial) -> None:
    registry, name = trial.sandbox.registries[MIRROR], trial.sandbox.repository
    expect_unable(trial, "sandbox.registry.tag", lambda: registry.resolve(name, "absent"))
    expect_unable(trial, "sandbox.registry.tag", lambda: registry.resolve("absent", "latest"))
    outcome = trial.verify()
    assert str(registry.resolve(name, trial.release.tag)) in str(outcome.verdict["digest"])
    trial.expect_trusted(outcome, "sandbox.registry.tag")
