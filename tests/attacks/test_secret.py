"""However a user keeps passwords and tokens: they are used, and stay where they belong.

That they stay is looked at after every test, see tests/canaries.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from crosstrust.sandbox.sandbox import MIRROR
from tests.attacks.trial import Trial
from tests.canaries.planted import entry, helper_answer, write_auth_file, write_helper
from tests.canaries.secret import canary, in_base64, password

pytestmark = pytest.mark.usefixtures("anonymous")


def docker_file(trial: Trial) -> None:
    write_auth_file(trial.home / ".docker" / "config.json")


def plain_fields(trial: Trial) -> None:
    account = {"username": "user", "password": password(MIRROR)}
    write_auth_file(trial.home / ".docker" / "config.json", {"auths": {MIRROR: account}})


def podman_file(trial: Trial) -> None:
    write_auth_file(trial.home / ".config" / "containers" / "auth.json")


def podman_session(trial: Trial) -> None:
    trial.patch.setenv("XDG_RUNTIME_DIR", str(trial.home / "run"))
    write_auth_file(trial.home / "run" / "containers" / "auth.json")


def named_file(trial: Trial) -> None:
    file = write_auth_file(trial.home / "named.json", {"auths": {MIRROR: entry(MIRROR)}})
    trial.patch.setenv("REGISTRY_AUTH_FILE", str(file))


def variable(trial: Trial) -> None:
    trial.patch.setenv("DOCKER_AUTH_CONFIG", json.dumps({"auths": {MIRROR: entry(MIRROR)}}))


def helper(trial: Trial) -> None:
    script = f"read asked; test \"$asked\" = {MIRROR} && echo '{helper_answer(MIRROR)}'"
    write_helper(trial.home / "bin", f"{script} || echo '{{}}'", "all")
    trial.patch.setenv("PATH", f"{trial.home / 'bin'}:/usr/bin:/bin")
    write_auth_file(trial.home / ".docker" / "config.json", {"credsStore": "all"})


def identity_token(trial: Trial) -> None:
    kept = {"auth": in_base64("user", ""), "identitytoken": canary("identity", MIRROR)}
    write_auth_file(trial.home / ".docker" / "config.json", {"auths": {MIRROR: kept}})


WAYS = (
    *(docker_file, plain_fields, podman_file, podman_session),
    *(named_file, variable, helper, identity_token),
)


@pytest.mark.parametrize("keep", WAYS)
def test_a_secret_is_used_and_stays_where_it_belongs(
    trial: Trial, keep: Callable[[Trial], None]
) -> None:
    keep(trial)
    trial.expect_trusted(trial.verify("--verbose", "--debug"))
    tokens = [one for one in trial.service.requests if one.target.startswith("/token/")]
    assert tokens[-1].authorized


@pytest.mark.parametrize("keep", WAYS)
def test_a_bug_report_holds_no_secret(
    trial: Trial, keep: Callable[[Trial], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(trial)
    monkeypatch.setattr("crosstrust.app.session.NotaryV1", None)
    outcome = trial.verify("--debug")
    assert outcome.code == 4
    assert "Traceback" in outcome.err
    assert trial.verify().code == 4
    assert list((trial.home / ".local" / "state" / "crosstrust" / "reports").iterdir())


def test_passwords_of_all_hosts_are_used(trial: Trial) -> None:
    docker_file(trial)
    trial.expect_trusted(trial.verify())
    tokens = [one for one in trial.service.requests if one.target.startswith("/token")]
    assert len(tokens) == 3
    assert all(one.authorized for one in tokens)
