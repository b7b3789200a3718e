"""Credentials of docker and podman: files, order, helpers, and what is never shown."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crosstrust.chain.answer import Gap
from crosstrust.errors import InputError, StateError
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.verdict import Notice
from crosstrust.sources.credential import Credential, account_keys, parse_auth_file
from crosstrust.sources.credential_helper import ask_helper, find_helper
from crosstrust.sources.keyring import Keyring
from crosstrust.sources.settings import Settings
from crosstrust.sources.task import Talk, Task
from crosstrust.sources.transport import Transport
from tests.canaries.planted import helper_answer
from tests.canaries.search import own
from tests.canaries.secret import in_base64, password, secrets_in
from tests.unit.sources.conftest import run_tasks

SECRET = password("h")
ME = Credential("me", SECRET)


def run(talk: Talk[Any]) -> Any:
    """What a conversation that needs no network results in."""
    task = Task(talk)
    with Transport(Settings()) as transport:
        run_tasks(transport, task)
    return task.result


def auth(user: str = "me", secret: str = SECRET) -> dict[str, str]:
    return {"auth": in_base64(user, secret)}


def write(path: Path, document: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return own(path)


def helper(folder: Path, name: str, script: str) -> Path:
    path = folder / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return own(path)


class Home:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {"PATH": os.pathsep.join([str(folder), os.defpath])}
        self.notices: list[Notice] = []

    def find(self, account: str) -> Credential | None:
        found = self._look_up(account)
        assert found is None or isinstance(found, Credential)
        return found

    def trouble(self, account: str) -> Check:
        """Why it is not known whether there is a credential."""
        found = self._look_up(account)
        assert isinstance(found, Gap)
        return found.check

    def _look_up(self, account: str) -> object:
        settings = Settings(
            environ=self.environ, home=str(self.folder), docker_config=str(self.folder / ".docker")
        )
        return run(Keyring(settings, self.notices.append).find(account))

    def docker(self, document: object) -> None:
        write(self.folder / ".docker" / "config.json", document)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_no_file_no_credential(home: Home) -> None:
    assert home.find("docker.io/a/b") is None


@pytest.mark.parametrize(
    ("key", "account"),
    [
        ("https://index.docker.io/v1/", "docker.io/a/b"),
        ("docker.io", "docker.io/a/b"),
        ("registry-1.docker.io", "docker.io/a/b"),
        ("ghcr.io", "ghcr.io/a/b"),
        ("https://ghcr.io/v1/", "ghcr.io/a/b"),
        ("https://ghcr.io", "ghcr.io/a/b"),
        ("localhost:5000", "localhost:5000/a"),
        ("host/a", "host/a/b"),
    ],
)
def test_keys_of_docker_and_podman(home: Home, key: str, account: str) -> None:
    home.docker({"auths": {"other.example": auth("you"), key: auth()}})
    assert home.find(account) == ME


@pytest.mark.parametrize("key", ["ghcr.io:443", "xghcr.io", "ghcr.io.example", "ghcr.io/other"])
def test_keys_of_other_hosts(home: Home, key: str) -> None:
    home.docker({"auths": {key: auth()}})
    assert home.find("ghcr.io/a/b") is None


def test_the_most_specific_path_counts(home: Home) -> None:
    keys = account_keys("host/a/b/c")
    assert keys == ["host/a/b/c", "host/a/b", "host/a", "host"]
    home.docker({"auths": {key: auth(str(number)) for number, key in enumerate(keys)}})
    for number, key in enumerate(keys):
        assert home.find(key) == Credential(str(number), SECRET)
    assert home.find("host/a/x") == Credential("2", SECRET)


def test_tokens_in_files(home: Home) -> None:
    home.docker(
        {"auths": {"a": {**auth("me", ""), "identitytoken": "i"}, "b": {"identitytoken": "i"},
                   "c": {"registrytoken": "r"}, "d": {"username": "me", "password": SECRET},
                   "e": {}, "f": {"auth": ""}, "g": {**auth(), "identitytoken": "i"}}}
    )  # fmt: skip
    assert home.find("a") == Credential("me", "i", "identity")
    assert home.find("g") == Credential("me", "i", "identity", SECRET)
    assert home.find("b") == Credential("<token>", "i", "identity")
    assert home.find("c") == Credential("", "r", "bearer")
    assert home.find("d") == ME
    assert home.find("e") is None
    assert home.find("f") is None


def test_which_file_counts(home: Home) -> None:
    places = {
        "DOCKER_AUTH_CONFIG": None,
        "docker": home.folder / ".docker" / "config.json",
        "XDG_RUNTIME_DIR": home.folder / "run" / "containers" / "auth.json",
        "XDG_CONFIG_HOME": home.folder / ".config" / "containers" / "auth.json",
        ".dockercfg": home.folder / ".dockercfg",
    }
    home.environ |= {
        "DOCKER_AUTH_CONFIG": json.dumps({"auths": {"h": auth("DOCKER_AUTH_CONFIG")}}),
        "XDG_RUNTIME_DIR": str(home.folder / "run"),
    }
    for name, path in places.items():
        if path is not None:
            entries = {"h": auth(name)}
            write(path, entries if name == ".dockercfg" else {"auths": entries})
    for name, path in places.items():
        found = home.find("h")
        assert found is not None
        assert found.username == name
        if path is None:
            del home.environ[name]
        else:
            path.unlink()
    assert home.find("h") is None


def test_the_variable_counts_for_its_hosts_and_leaves_the_others_to_the_files(home: Home) -> None:
    home.docker({"auths": {"h": auth("file"), "other": auth("file")}})
    home.environ["DOCKER_AUTH_CONFIG"] = json.dumps({"auths": {"h": auth("variable")}})
    assert home.find("h") == Credential("variable", SECRET)
    assert home.find("other") == Credential("file", SECRET)


@pytest.mark.parametrize("named", ['{"auths": {}}', "{}", "", " \n"])
def test_a_named_file_keeps_other_logins_out_of_reach(home: Home, named: str) -> None:
    """Neither a password nor a helper of docker's own file is used."""
    helper(home.folder, "store", f"touch {home.folder}/called; {SAYS_ME}")
    home.docker({"auths": {"h": auth()}, "credHelpers": {"i": "store"}, "credsStore": "gone"})
    write(home.folder / ".config" / "containers" / "auth.json", {"auths": {"h": auth()}})
    file = home.folder / "named.json"
    file.write_text(named)
    home.environ["REGISTRY_AUTH_FILE"] = str(file)
    for account in ("h/a", "i/a", "other/a"):
        assert home.find(account) is None
    assert home.notices == []
    assert not (home.folder / "called").exists()


def test_the_file_without_any_entry_is_named_as_the_null_device_too(home: Home) -> None:
    home.docker({"auths": {"h": auth()}})
    home.environ["REGISTRY_AUTH_FILE"] = os.devnull
    assert home.find("h") is None


def test_a_named_file_that_is_not_there_is_said(home: Home) -> None:
    home.docker({"auths": {"h": auth()}})
    home.environ["REGISTRY_AUTH_FILE"] = str(home.folder / "typo.json")
    with pytest.raises(InputError, match=r"credential\.form: .*typo\.json.*REGISTRY_AUTH_FILE"):
        home.find("h")


def test_a_variable_of_bytes_that_are_no_text_is_malformed(home: Home) -> None:
    home.environ["DOCKER_AUTH_CONFIG"] = os.fsdecode(b'{"auths":{"\xff":{}}}')
    with pytest.raises(InputError, match=r"credential\.form: DOCKER_AUTH_CONFIG"):
        home.find("h")


@pytest.mark.parametrize("old", ["https://h/v1/", "https://h", "http://h/v2/"])
@pytest.mark.parametrize("first", [True, False])
def test_the_host_itself_counts_before_an_old_key(home: Home, old: str, *, first: bool) -> None:
    entries = {old: auth("old"), "h": auth("new")}
    home.docker({"auths": entries if first else dict(reversed(entries.items()))})
    assert home.find("h/a") == Credential("new", SECRET)


HUB_NAMES = ("docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")


@pytest.mark.parametrize("account", HUB_NAMES)
@pytest.mark.parametrize("key", [*HUB_NAMES, "https://index.docker.io/v1/"])
def test_docker_hub_is_one_registry_under_each_of_its_names(
    home: Home, account: str, key: str
) -> None:
    home.docker({"auths": {key: auth()}})
    assert home.find(f"{account}/a/b") == ME
    helper(home.folder, "store", f"cat > {home.folder}/key; echo '{{}}'")
    home.docker({"credsStore": "store"})
    assert home.find(f"{account}/a/b") is None
    assert (home.folder / "key").read_text() == "https://index.docker.io/v1/"


@pytest.mark.parametrize("key", ["Registry.Example", "https://REGISTRY.example/v1/"])
@pytest.mark.parametrize("account", ["registry.example/a", "Registry.EXAMPLE/a"])
def test_a_host_has_no_case(home: Home, key: str, account: str) -> None:
    home.docker({"auths": {key: auth()}})
    assert home.find(account) == ME


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ("{", "config.json"),
        ("[]", "config.json"),
        ("[" * 100_000, "config.json"),
        ('{"auths":[]}', "config.json: auths"),
        ('{"auths":{"h":5}}', "auths['h']"),
        ('{"auths":{"h":{"auth":5}}}', "auths['h'].auth"),
        ('{"auths":{"h":{"auth":"czNjcmV0!"}}}', "auths['h'].auth"),
        ('{"auths":{"h":{"auth":"czNjcmV0"}}}', "auths['h'].auth"),
        ('{"auths":{"h":{"identitytoken":"s3cret\\n"}}}', "auths['h'].identitytoken"),
        ('{"auths":{"h":{"password":"s3cret\\udc80"}}}', "auths['h'].password"),
        ('{"auths":{"h":{"registrytoken":"s3cret\u00e9"}}}', "auths['h'].registrytoken"),
        ('{"auths":{"h":{"registrytoken":"s3cret x"}}}', "auths['h'].registrytoken"),
        ('{"credHelpers":{"h":{}}}', "credHelpers['h']"),
        ('{"credsStore":[]}', "credsStore"),
    ],
)
def test_a_malformed_file_is_named_without_its_secret(
    home: Home, document: str, place: str
) -> None:
    path = home.folder / ".docker" / "config.json"
    path.parent.mkdir()
    path.write_text(document)
    with pytest.raises(InputError) as caught:
        home.find("h")
    message = str(caught.value)
    assert place in message
    assert message.startswith(f"credential.form: {path}")
    assert "\n" not in message
    for secret in ("s3cret", "czNjcmV0"):
        assert secret not in message
        assert secret not in repr(caught.value.__cause__)


def test_a_file_that_cannot_be_read(home: Home) -> None:
    (home.folder / ".docker" / "config.json").mkdir(parents=True)
    with pytest.raises(StateError, match=r"config\.json"):
        home.find("h")


SAYS_ME = f"cat > /dev/null; echo '{helper_answer('h', 'me')}'"


def test_a_helper_for_one_host_counts_before_the_store(home: Home) -> None:
    helper(home.folder, "one", SAYS_ME)
    helper(home.folder, "store", "echo credentials not found in native keychain; exit 1")
    home.docker({"credsStore": "store", "credHelpers": {"h": "one"}, "auths": {"h": {}}})
    assert home.find("h/a") == ME
    assert home.find("other/a") is None
    assert home.notices == []


def test_the_store_counts_before_an_entry_that_was_left_behind(home: Home) -> None:
    helper(home.folder, "store", SAYS_ME)
    home.docker({"credsStore": "store", "auths": {"h": auth("left behind", "stale")}})
    assert home.find("h/a") == ME
    assert home.notices == []


@pytest.mark.parametrize(
    ("script", "noted"), [("echo credentials not found in native keychain; exit 1", 0),
                          ("exit 1", 1)]
)  # fmt: skip
def test_what_the_store_does_not_give_may_be_in_the_file(
    home: Home, script: str, noted: int
) -> None:
    helper(home.folder, "store", script)
    home.docker({"credsStore": "store", "auths": {"h": auth()}})
    assert home.find("h/a") == ME
    assert [notice.code for notice in home.notices] == ["credential.helper"] * noted


def test_the_store_is_asked_by_dockers_key(home: Home) -> None:
    helper(home.folder, "store", f"cat > {home.folder}/key; echo '{{}}'")
    home.docker({"credsStore": "store"})
    assert home.find("docker.io/a/b") is None
    assert (home.folder / "key").read_text() == "https://index.docker.io/v1/"
    home.find("ghcr.io/a/b")
    assert (home.folder / "key").read_text() == "ghcr.io"


def test_a_helper_gets_nothing_but_its_verb(home: Home) -> None:
    helper(home.folder, "x", f'echo "$@" > {home.folder}/argv; {SAYS_ME}')
    assert run(ask_helper("x", "h", home.environ)) == ME
    assert (home.folder / "argv").read_text() == "get\n"


@pytest.mark.parametrize("script", [f"{SAYS_ME}; sleep 5 &", f"sleep 5 & {SAYS_ME}"])
def test_what_a_helper_leaves_running_is_not_waited_for(home: Home, script: str) -> None:
    """An agent that it starts keeps its standard output open."""
    helper(home.folder, "x", script)
    began = time.monotonic()
    assert run(ask_helper("x", "h", home.environ)) == ME
    assert time.monotonic() - began < 3


def test_a_helper_that_says_nothing_and_leaves_something_running(home: Home) -> None:
    helper(home.folder, "x", "cat > /dev/null; sleep 5 &")
    with pytest.raises(StateError, match="an answer that is not JSON"):
        run(ask_helper("x", "h", home.environ, seconds=2))


def test_a_helper_with_an_identity_token(home: Home) -> None:
    helper(home.folder, "x", 'echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"i\\"}"')
    assert run(ask_helper("x", "h", home.environ)) == Credential("<token>", "i", "identity")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'keychain is locked'; exit 1", "keychain is locked"),
        ("exit 3", "it failed"),
        ("sleep 30", "no answer in 0.3 s"),
        ("head -c 1000000 /dev/zero", "no answer in 0.3 s"),
    ],
)
def test_a_helper_that_fails(home: Home, script: str, said: str) -> None:
    helper(home.folder, "x", script)
    with pytest.raises(StateError, match=said):
        run(ask_helper("x", "h", home.environ, seconds=0.3))


@pytest.mark.parametrize("script", [None, "exit 1", "echo s3cret", "head -c 9 /dev/zero"])
def test_a_helper_in_trouble_leaves_the_account_unknown(home: Home, script: str | None) -> None:
    if script is not None:
        helper(home.folder, "x", script)
    home.docker({"credsStore": "x"})
    check = home.trouble("h/a")
    assert (check.code, check.where) == ("credential.helper", "docker-credential-x")
    assert (check.klass, check.outcome) == (Class.LOCAL, Outcome.UNKNOWN)
    assert "h" in check.expected
    assert check.actual
    assert check.remedy
    assert "s3cret" not in f"{check}"
    assert home.notices == []


def test_a_helper_that_cannot_be_run_leaves_the_account_unknown(home: Home) -> None:
    helper(home.folder, "x", SAYS_ME).write_bytes(b"\x7fELF rubbish")
    home.docker({"credsStore": "x"})
    assert home.trouble("h/a").where == "docker-credential-x"


def test_a_helper_in_trouble_matters_only_for_its_own_hosts(home: Home) -> None:
    home.docker({"credHelpers": {"h": "gone"}})
    assert home.find("other/a") is None
    assert home.notices == []


def test_another_file_may_have_what_a_helper_could_not_give(home: Home) -> None:
    home.docker({"credsStore": "gone"})
    write(home.folder / ".config" / "containers" / "auth.json", {"auths": {"h": auth()}})
    assert home.find("h/a") == ME
    [notice] = home.notices
    assert (notice.code, notice.where) == ("credential.helper", "docker-credential-gone")
    settings = Settings(environ=home.environ, home=str(home.folder), docker_config="")
    told: list[Notice] = []
    keyring = Keyring(settings, told.append)
    assert [run(keyring.find("h/a")) for _ in range(2)] == [ME, ME]
    assert told == []
    settings = replace(settings, docker_config=str(home.folder / ".docker"))
    keyring = Keyring(settings, told.append)
    # Each time that they are used: who asks then may have been told nothing yet.
    assert [run(keyring.find("h/a")) for _ in range(2)] == [ME, ME]
    assert told == [notice, notice]
    assert home.trouble("other/a").where == "docker-credential-gone"


def test_a_helper_that_prints_rubbish(home: Home) -> None:
    helper(home.folder, "x", f"echo {SECRET}")
    with pytest.raises(StateError, match=r"credential\.helper: docker-credential-x") as caught:
        run(ask_helper("x", "h", home.environ))
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", ["../x", "a/b", "", "-x", "x y", "x;y"])
def test_a_helper_is_the_name_of_a_program(home: Home, name: str) -> None:
    with pytest.raises(StateError):
        find_helper(name, home.environ)


@pytest.mark.parametrize("path", ["", ".", "bin", ":", ".:bin"])
def test_a_helper_is_never_looked_for_in_the_working_directory(
    home: Home, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    helper(home.folder, "x", SAYS_ME)
    (home.folder / "bin").mkdir()
    helper(home.folder / "bin", "x", SAYS_ME)
    monkeypatch.chdir(home.folder)
    with pytest.raises(StateError, match="not in PATH"):
        find_helper("x", {"PATH": path})


def test_two_accounts_ask_their_helpers_side_by_side(home: Home) -> None:
    helper(home.folder, "x", f"sleep 0.3; {SAYS_ME}")
    home.docker({"credsStore": "x"})
    settings = Settings(environ=home.environ, docker_config=str(home.folder / ".docker"))
    keyring = Keyring(settings, home.notices.append)
    tasks = [Task(keyring.find(account)) for account in ("a", "b", "a")]
    with Transport(Settings()) as transport:
        run_tasks(transport, *tasks)
    assert [task.result for task in tasks] == [ME, ME, ME]


def test_a_secret_is_not_shown() -> None:
    file = parse_auth_file(json.dumps({"auths": {"h": auth()}}).encode(), "f")
    for shown in (repr(ME), str(ME), repr(file)):
        assert secrets_in(shown.encode()) == []
    assert Credential("me", "s3cret").basic == "Basic bWU6czNjcmV0"
