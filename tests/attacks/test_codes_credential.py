"""Files of credentials, helpers that hand them out, and files of certificate authorities."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from crosstrust.sandbox.exchange import answer_error
from tests.attacks.neighbour import neighbour
from tests.attacks.outcome import Outcome
from tests.attacks.trial import Trial
from tests.canaries.planted import helper_answer
from tests.canaries.planted import write_helper as plant_helper
from tests.canaries.search import own
from tests.canaries.secret import password, secrets_in
from tests.unit.sources.tls_authority import Authority

MIRROR = "public.ecr.aws"
SECRET = password(MIRROR)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def log_in(trial: Trial, config: object) -> None:
    """Write docker's config.json, beside which no other file counts."""
    trial.patch.delenv("XDG_RUNTIME_DIR", raising=False)
    text = config if isinstance(config, str) else json.dumps(config)
    (trial.home / ".docker" / "config.json").write_text(text, encoding="utf-8")


def expect_quiet(outcome: Outcome) -> None:
    """Nothing of a secret was said."""
    assert secrets_in((outcome.out + outcome.err).encode()) == []


def test_a_file_of_credentials_in_docker_s_form_is_read(trial: Trial) -> None:
    log_in(trial, {"auths": {MIRROR: {"auth": encoded(f"me:{SECRET}")}}})
    outcome = trial.verify()
    trial.expect_trusted(outcome, "credential.form")
    expect_quiet(outcome)
    asked = [one for one in trial.service.requests if one.target.startswith("/token/")]
    assert [one.authorized for one in asked] == [True]


def test_a_file_of_credentials_in_another_form_is_wrong_usage(trial: Trial) -> None:
    log_in(trial, {"auths": {}})
    trial.expect_trusted(trial.verify(), "credential.form")
    configs: tuple[object, ...] = (
        f'{{"auths": {{"{MIRROR}": {{"auth": "{SECRET}"',
        f"me:{SECRET}",
        [],
        {"auths": []},
        {"auths": {MIRROR: {"auth": encoded(SECRET)}}},
        {"auths": {MIRROR: {"auth": f"{SECRET}!"}}},
        {"auths": {MIRROR: {"username": "me", "password": [SECRET]}}},
        {"auths": {MIRROR: {"registrytoken": f"{SECRET} with spaces"}}},
    )
    for config in configs:
        log_in(trial, config)
        outcome = trial.verify("--no-cache")
        trial.expect_usage(outcome, "credential.form")
        expect_quiet(outcome)


def write_helper(trial: Trial, script: str) -> None:
    """Put ``docker-credential-canary`` into PATH, and let docker's configuration name it."""
    folder = trial.home / "bin"
    plant_helper(folder, script)
    trial.patch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    log_in(trial, {"credHelpers": {MIRROR: "canary"}})


def test_a_helper_that_answers_is_used(trial: Trial) -> None:
    answer = helper_answer(MIRROR, "me")
    write_helper(trial, f"read asked; test \"$asked\" = {MIRROR} && echo '{answer}'")
    outcome = trial.verify()
    trial.expect_trusted(outcome, "credential.helper")
    assert outcome.verdict["warnings"] == []
    expect_quiet(outcome)
    asked = [one for one in trial.service.requests if one.target.startswith("/token/")]
    assert [one.authorized for one in asked] == [True]


def answering(answer: object) -> str:
    """The script of a helper that prints ``answer`` as JSON, and ends well."""
    return f"cat <<'END'\n{json.dumps(answer)}\nEND"


def expect_helper_trouble(trial: Trial, outcome: Outcome, name: str) -> None:
    """Undecided, whatever the helper did: it is named; floors of what was verified are kept."""
    where, floors = f"docker-credential-{name}", ".local/state/"
    trial.expect_refused(outcome, "credential.helper", "L", where=where, writes=floors)
    gaps = {gap["code"] for gap in outcome.verdict["gaps"]}
    assert not gaps & {"registry.auth.required", "registry.auth.denied"}
    assert outcome.checks("failed") == []
    expect_quiet(outcome)


@pytest.mark.parametrize(
    "script",
    [
        "exit 1",
        "echo 'no keychain \033[2J here'; exit 1",
        "kill -9 $$",
        f"echo '{SECRET}'",
        "echo '[]'",
        "true",
        answering({"Username": "me", "Secret": [SECRET]}),
        answering({"Username": "me\r\n", "Secret": SECRET}),
    ],
)
def test_a_helper_that_fails_or_answers_rubbish_leaves_it_undecided(
    trial: Trial, script: str
) -> None:
    write_helper(trial, script)
    expect_helper_trouble(trial, trial.verify(), "canary")
    tokens = [one for one in trial.service.requests if one.target.startswith("/token/")]
    assert tokens == []


@pytest.mark.parametrize("status", [403, 404])
def test_a_broken_helper_is_not_told_as_unsigned_or_absent(trial: Trial, status: int) -> None:
    """Who has no account sees less: what a server then says is no answer to the question."""
    write_helper(trial, "exit 1")
    hidden = answer_error(status, "NAME_UNKNOWN", "no such repository for you")
    trial.service.fail(f"{MIRROR}/v2/nicolas/webdis", hidden)
    expect_helper_trouble(trial, trial.verify(), "canary")


def test_a_helper_that_has_nothing_is_no_trouble(trial: Trial) -> None:
    write_helper(trial, "echo 'credentials not found in native keychain'; exit 1")
    outcome = trial.verify()
    trial.expect_trusted(outcome, "credential.helper")
    assert outcome.verdict["warnings"] == []
    asked = [one for one in trial.service.requests if one.target.startswith("/token/")]
    assert [one.authorized for one in asked] == [False]


def test_another_file_may_have_what_a_helper_could_not_give(trial: Trial) -> None:
    write_helper(trial, "exit 1")
    folder = trial.home / ".config" / "containers"
    folder.mkdir(parents=True)
    entry = {"auths": {MIRROR: {"auth": encoded(f"me:{SECRET}")}}}
    own(folder / "auth.json").write_text(json.dumps(entry), encoding="utf-8")
    outcome = trial.verify()
    trial.expect_warned(outcome, "credential.helper", where="docker-credential-canary")
    expect_quiet(outcome)


def test_a_helper_that_is_not_there_or_is_no_name_leaves_it_undecided(trial: Trial) -> None:
    for name in ("absent", "../../bin/sh", "a b", "$(id)"):
        log_in(trial, {"credHelpers": {MIRROR: name}})
        expect_helper_trouble(trial, trial.verify("--no-cache"), name)


def no_key(trial: Trial, folder: Path) -> None:
    (folder / "client.cert").write_text("-----BEGIN CERTIFICATE-----\n", encoding="ascii")


def folder_for_file(trial: Trial, folder: Path) -> None:
    (folder / "more.crt").mkdir()


def absent_file(trial: Trial, folder: Path) -> None:
    trial.patch.setenv("SSL_CERT_FILE", str(folder / "absent.pem"))


@pytest.mark.parametrize("spoil", [no_key, folder_for_file, absent_file])
def test_authorities_that_cannot_be_read_stop_everything(
    trial: Trial, tmp_path: Path, spoil: Callable[[Trial, Path], None]
) -> None:
    authority = Authority(tmp_path)
    with neighbour(trial, authority) as beside:
        trial.expect_trusted(trial.verify(image=beside.image), "http.tls.authorities")
        spoil(trial, trial.home / ".config" / "docker" / "certs.d" / beside.place)
        beside.forget()
        outcome = trial.verify("--no-cache", image=beside.image)
        trial.expect_trouble(outcome, "http.tls.authorities")
        assert beside.asks == []
