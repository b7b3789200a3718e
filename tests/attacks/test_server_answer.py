"""Notary servers that answer something else, refuse, or no longer know; and names that lead off."""

from __future__ import annotations

import shutil

import pytest

from crosstrust.sandbox.exchange import Response, answer_error
from tests.attacks.kept import FLOORS
from tests.attacks.outcome import Outcome, hash_files
from tests.attacks.sample import some
from tests.attacks.trial import Trial

NOTARY = "notary.docker.io"
PORTAL = b"<!DOCTYPE html><html><body>Welcome to our network. Please log in.</body></html>"
JSON_ERROR = "error with 200"
NO_METADATA = {
    "portal": Response(200, {"Content-Type": "text/html"}, PORTAL),
    "portal called JSON": Response(200, {"Content-Type": "application/json"}, PORTAL),
    "portal as 404": Response(404, {"Content-Type": "text/html"}, PORTAL),
    "empty": Response(200, {"Content-Type": "application/json"}),
    "blank": Response(200, {"Content-Type": "application/json"}, b" \r\n\t"),
    "words": Response(200, {"Content-Type": "text/plain"}, b"service temporarily unavailable"),
    JSON_ERROR: Response(
        200, {"Content-Type": "application/json"}, b'{"errors":[{"code":"UNKNOWN"}]}'
    ),
    "array": Response(200, {"Content-Type": "application/json"}, b"[]"),
    "bad request": Response(400, {"Content-Type": "application/json"}, b"{}"),
}
HOSTILE_NAMES = [
    "../../x",
    "../trust-evil/x",
    "/etc/passwd",
    "/nicolas/webdis",
    "docker.io/../../x",
    "docker.io/nicolas/../webdis",
    "docker.io/nicolas/./webdis",
    "docker.io/nicolas/..",
    "docker.io/nicolas/%2e%2e/webdis",
    "docker.io/nicolas%2fwebdis",
    "docker.io/nicolas\\webdis",
    "docker.io/nicolas/webdis\0",
    "docker.io/nicolas/webdis\n",
    "docker.io/nicolas/webdis?x",
    "docker.io/nicolas/webdis#x",
    "https://docker.io/nicolas/webdis",
    "user@docker.io/nicolas/webdis",
]
OTHER_FORMS = [
    "docker.io/Nicolas/webdis",
    "docker.io/nicolas/Webdis",
    "docker.io/nicolas/webdis/",
    "docker.io//nicolas/webdis",
    "docker.io:/nicolas/webdis",
    "docker.io:0443x/nicolas/webdis",
    "docker.io:65536/nicolas/webdis",
]


def codes(outcome: Outcome) -> set[tuple[str, str]]:
    """Code and class of everything that did not pass."""
    found = outcome.checks("failed") + outcome.checks("unknown")
    return {(one["code"], one["class"]) for one in found}


@pytest.mark.row("A96")
@pytest.mark.parametrize("role", ["root", "timestamp", ""])
def test_what_is_no_metadata_is_never_taken_for_unsigned(trial: Trial, role: str) -> None:
    place = f"{NOTARY}/v2/{trial.sandbox.origin}/_trust/tuf/{role}"
    for response in some(NO_METADATA.values()):
        trial.service.fail(place, response)
        refuse_answer(trial)
    trial.service.recover()
    trial.expect_trusted(trial.verify(), "notary.answer.form")
    # The timestamp is asked for each time, whatever is cached.
    for response in some(NO_METADATA.values()):
        trial.service.fail(f"{NOTARY}/v2/{trial.sandbox.origin}/_trust/tuf/timestamp", response)
        refuse_answer(trial)


@pytest.mark.row("A96")
@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_what_is_no_metadata_is_no_file_of_another_hash(trial: Trial, role: str) -> None:
    for name, response in some(NO_METADATA.items()):
        trial.service.fail(f"{NOTARY}/v2/{trial.sandbox.origin}/_trust/tuf/{role}", response)
        if name == JSON_ERROR:
            # It could be a role file, and it is not the one that was asked for by its hash.
            trial.expect_refused(trial.verify(), "tuf.meta.hash", "T", where=role, writes=FLOORS)
        else:
            refuse_answer(trial)
    trial.service.recover()
    trial.expect_trusted(trial.verify(), "notary.answer.form", "tuf.meta.hash")


def refuse_answer(trial: Trial) -> None:
    outcome = trial.verify()
    trial.expect_refused(outcome, "notary.answer.form", "R", writes=FLOORS)
    assert {klass for _, klass in codes(outcome)} == {"R"}


@pytest.mark.row("A97")
@pytest.mark.usefixtures("anonymous")
def test_a_refusal_without_credentials_asks_for_them(trial: Trial) -> None:
    challenge = f'Bearer realm="https://auth.docker.io/token",service="{NOTARY}"'
    refusals = [
        answer_error(401, "UNAUTHORIZED", "authentication required"),
        answer_error(401, "UNAUTHORIZED", "no", Www_Authenticate=challenge),
        answer_error(403, "DENIED", "requested access to the resource is denied"),
    ]
    for warm in (False, True):
        for refusal in refusals:
            trial.service.fail(f"{NOTARY}/v2/{trial.sandbox.origin}/_trust", refusal)
            outcome = trial.verify()
            trial.expect_refused(outcome, "registry.auth.required", "A", where=NOTARY)
            assert {klass for _, klass in codes(outcome)} == {"A"}
            trial.service.recover()
        if not warm:
            trial.expect_trusted(trial.verify(), "registry.auth.required")


@pytest.mark.row("A97")
def test_credentials_that_may_not_read_are_denied(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "registry.auth.denied")
    for status in (401, 403):
        refusal = answer_error(status, "DENIED", "requested access to the resource is denied")
        trial.service.fail(f"{NOTARY}/v2/{trial.sandbox.origin}/_trust", refusal)
        outcome = trial.verify()
        trial.expect_refused(outcome, "registry.auth.denied", "A", where=NOTARY)
        assert {klass for _, klass in codes(outcome)} == {"A"}


@pytest.mark.row("A98")
@pytest.mark.parametrize("more", [("--tofu",), ()])
def test_a_repository_that_was_never_seen_is_unsigned(trial: Trial, more: tuple[str, ...]) -> None:
    trial.sandbox.notary.forget(trial.sandbox.origin)
    outcome = trial.verify(*more, pins=())
    trial.expect_refused(outcome, "tuf.target.present", "N", where=trial.sandbox.origin)


@pytest.mark.row("A98")
def test_who_pins_a_root_key_says_that_there_are_signatures(trial: Trial) -> None:
    trial.expect_trusted(trial.verify("--no-cache"), "notary.still_present")
    shutil.rmtree(trial.home / ".local")
    trial.sandbox.notary.forget(trial.sandbox.origin)
    outcome = trial.verify()
    trial.expect_refused(outcome, "notary.still_present", "T", where=trial.sandbox.origin)
    assert "N" not in {klass for _, klass in codes(outcome)}
    shown = trial.run("inspect", trial.sandbox.origin, "--pin", trial.root_pin)
    assert shown.code == 1
    assert "notary.still_present" in shown.out + shown.err


@pytest.mark.row("A98")
@pytest.mark.parametrize(
    ("name", "signed_by", "code", "klass"),
    [
        ("nicolas/webdis", "nicolas/webdis", "notary.still_present", "T"),
        # Of the repositories below a prefix not every one need be signed.
        ("nicolas/*", "nicolas/*", "tuf.target.present", "N"),
    ],
)
def test_a_policy_pins_one_repository_or_all_below_a_prefix(
    trial: Trial, name: str, signed_by: str, code: str, klass: str
) -> None:
    policy = trial.home / "work" / "crosstrust.toml"
    policy.write_text(
        f'[[image]]\nname = "public.ecr.aws/{name}"\nsigned-by = "{signed_by}"\n'
        f'keys.root = ["{trial.root_pin.removeprefix("root=")}"]\n'
    )
    trial.sandbox.notary.forget(trial.sandbox.origin)
    outcome = trial.verify("--policy", str(policy), pins=())
    trial.expect_refused(outcome, code, klass, where=trial.sandbox.origin)
    # The command line names keys of the images that it names.
    outcome = trial.verify("--policy", str(policy))
    trial.expect_refused(outcome, "notary.still_present", "T", where=trial.sandbox.origin)


@pytest.mark.row("A98")
def test_a_key_that_was_seen_first_is_one_that_was_there(trial: Trial) -> None:
    trial.expect_trusted(trial.verify("--tofu", pins=()), "notary.still_present")
    trial.sandbox.notary.forget(trial.sandbox.origin)
    outcome = trial.verify("--tofu", pins=())
    trial.expect_refused(outcome, "notary.still_present", "T", where=trial.sandbox.origin)


@pytest.mark.row("A98")
@pytest.mark.parametrize("lost", [False, True])
def test_a_repository_that_was_seen_and_is_gone_is_an_attack(trial: Trial, *, lost: bool) -> None:
    trial.expect_trusted(trial.verify(), "notary.still_present", "tuf.target.present")
    trial.sandbox.notary.forget(trial.sandbox.origin)
    more = ("--no-cache",) if lost else ()
    outcome = trial.verify(*more)
    trial.expect_refused(outcome, "notary.still_present", "T", where=trial.sandbox.origin)
    assert "N" not in {klass for _, klass in codes(outcome)}


@pytest.mark.row("A99")
def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_asked(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "reference.form")
    asked, around = len(trial.service.requests), hash_files(trial.home.parent)
    for name in some(HOSTILE_NAMES):
        trial.expect_usage(trial.verify("--signed-by", name), "reference.form")
        trial.expect_usage(trial.verify(image=f"{name}:1"), "reference.form")
    assert len(trial.service.requests) == asked
    assert hash_files(trial.home.parent) == around


@pytest.mark.row("A100")
def test_a_repository_has_one_name(trial: Trial) -> None:
    origin = trial.sandbox.origin
    trial.expect_trusted(trial.verify(), "reference.form")
    known = set(hash_files(trial.home))
    path = origin.partition("/")[2]
    for name in (path, f"index.docker.io/{path}", f"DOCKER.IO/{path}", f"Index.Docker.io/{path}"):
        outcome = trial.verify("--signed-by", name)
        trial.expect_trusted(outcome, "reference.form")
        assert outcome.verdict["signed_by"] == f"{origin}:{trial.release.tag}"
    # What was seen of it is found again under each of them.
    assert set(hash_files(trial.home)) == known
    for name in OTHER_FORMS:
        trial.expect_usage(trial.verify("--signed-by", name), "reference.form")


@pytest.mark.row("A100")
def test_another_port_is_another_server(trial: Trial) -> None:
    trial.expect_trusted(trial.verify())
    # Nobody has said that both are the same, so nothing seen of one counts for the other: it is
    # asked, and is not the sandbox's.
    other = trial.sandbox.origin.replace("docker.io", "docker.io:443")
    outcome = trial.verify("--signed-by", other)
    trial.expect_refused(outcome, "http.tls.valid", "U", where="docker.io")
