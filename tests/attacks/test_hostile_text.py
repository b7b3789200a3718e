"""Texts of servers, labels and tags: none of them steers a terminal, a log or a reader of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from crosstrust.sandbox.exchange import Response, answer_error
from crosstrust.sandbox.image import Image
from crosstrust.value import replace
from tests.attacks.outcome import Outcome
from tests.attacks.repacked import push_copy, rewrite, sign_images
from tests.attacks.sample import some, some_pairs
from tests.attacks.trial import Trial

EVIL = (
    "\x1b[2J\x1b[1;32mTRUSTED\x1b[0m"  # ANSI: clears the screen and lies in green
    "\x1b]0;title\x07\x1b]8;;https://evil.example\x07"  # OSC: title, link
    "\x9b31m\x85"  # the same in C1, and a line end
    "\r\ncrosstrust: TRUSTED\r\n\n"
    "\u202etxt.exe\u2066\u200b\u2028"  # bidi, nothing visible, another line end
    "\x00\x7f\x08\U000e0041"
)
# What canonical JSON has no escape for, so that it can be signed as it is.
SUBTLE = "\x9b31m\x85\x7f\u202etxt.exe\u2066\u200b\u2028\U000e0041"
LONG = "A" * 1_000_000
TEXT = [("verify",), ("verify", "-v"), ("inspect",), ("inspect", "--format", "docker-pretty")]
TEXT += [("image",), ("manifest",), ("policy init",)]
JSON = [("verify", "--format", "json"), ("verify", "--format", "jsonl")]
JSON += [("inspect", "--format", "json"), ("inspect", "--format", "docker")]
JSON += [("image", "--format", "json"), ("manifest", "--format", "json")]


def expect_harmless(outcome: Outcome, *, cut: bool = True) -> None:
    """Nothing but printable text, line ends and docker's tabs; with ``cut`` no endless line."""
    for text in (outcome.out, outcome.err):
        strange = {c for c in text if not c.isprintable() and c not in "\n\t"}
        assert strange == set(), text[:2000]
        if cut:
            assert max(map(len, text.split("\n"))) <= 4003
    assert "\ncrosstrust: TRUSTED" not in f"\n{outcome.out}\n{outcome.err}"
    assert outcome.code in {0, 1, 2, 3}


def run_all(trial: Trial) -> Iterator[tuple[tuple[str, ...], Outcome]]:
    """Run every command that shows something of a server, in every form."""
    signed = f"{trial.sandbox.origin}:{trial.release.tag}"
    for name, *more in some((*TEXT, *JSON)):
        image = trial.copy if name == "verify" else signed
        if name in {"inspect", "policy init"}:
            image = trial.sandbox.origin
        options = ["--pin", trial.root_pin] if name in {"verify", "inspect"} else []
        options += ["--signed-by", trial.sandbox.origin] if name == "verify" else []
        yield (name, *more), trial.run(*name.split(), image, *options, *more)


def expect_all_harmless(trial: Trial) -> None:
    for command, outcome in run_all(trial):
        form = command[-1]
        expect_harmless(outcome, cut=form not in {"json", "jsonl", "docker"})
        if form in {"json", "docker"} and outcome.out:
            json.loads(outcome.out)


@pytest.mark.row("D19")
@pytest.mark.parametrize("text", [EVIL, LONG], ids=["evil", "long"])
def test_a_server_s_words_are_shown_harmless(trial: Trial, text: str) -> None:
    for response in (
        answer_error(403, text, text),
        answer_error(500, "UNKNOWN", text, Retry_After="3600"),
        Response(418, {"Content-Type": "text/plain"}, text.encode("utf-8", "replace")),
        Response(418, {"Content-Type": "application/json"}, text.encode("utf-16")),
        Response(200, {"Content-Type": "application/json"}, json.dumps({text: text}).encode()),
    ):
        trial.service.fail("", response)
        expect_all_harmless(trial)
    trial.service.recover()
    expect_all_harmless(trial)


@pytest.mark.row("D19")
def test_fields_of_an_answer_are_shown_harmless(trial: Trial) -> None:
    trial.expect_trusted(trial.verify())
    # Bytes above 127 may stand in a field; control characters make the answer malformed.
    c1 = "\x9b2J\x85\x90q\x9c"
    fields = (
        ("Content-Type", f"text/{c1}"),
        ("Content-Type", "application/\x1b[2J"),
        ("Docker-Content-Digest", f"sha256:{c1}"),
        ("Location", f"https://evil.example/{c1}"),
        ("Location", "https://evil.example/\x1b[2J"),
        ("Www-Authenticate", f'Bearer realm="https://{c1}/",service="{c1}"'),
        ("Www-Authenticate", f"{c1} {c1}"),
        ("Retry-After", c1),
        ("\x1b[2J", "x"),
    )
    for (name, value), status in some_pairs(fields, (200, 302, 401, 418)):
        trial.service.fail("public.ecr.aws", Response(status, {name: value}, b"{}"))
        outcome = trial.verify("--no-cache")
        expect_harmless(outcome)
        assert outcome.code in {1, 3}


def labelled(image: Image, text: str) -> Image:
    """Return the image with ``text`` in every place of its config where text may stand."""

    def label(config: dict[str, Any]) -> None:
        config["config"]["Labels"] = {text: text, "org.opencontainers.image.title": text}
        config["config"]["Env"] = [f"{text}={text}"]
        config["config"]["Cmd"] = [text]
        config["config"]["User"] = text
        config["created"] = text
        config["history"][0]["created_by"] = text

    return replace(image, config=rewrite(image.config, label))


@pytest.mark.row("D19")
@pytest.mark.parametrize("text", [EVIL, SUBTLE, LONG], ids=["evil", "subtle", "long"])
def test_labels_and_tags_are_shown_harmless(trial: Trial, text: str) -> None:
    images = tuple(labelled(image, text) for image in trial.release.images)
    sign_images(trial, images)
    push_copy(trial, images)
    expect_all_harmless(trial)
    trial.sandbox.author.sign(text, trial.release.signed, 1, roles=("targets",))
    trial.sandbox.author.sign("latest", trial.release.signed, 1, roles=("targets",), custom=text)
    trial.sandbox.publish()
    expect_all_harmless(trial)


@pytest.mark.row("D19")
def test_names_of_signers_and_types_of_media_are_shown_harmless(trial: Trial) -> None:
    for text in (SUBTLE, EVIL.replace("/", "")):
        trial.sandbox.author.add_signer(text, paths=("", text))
        trial.sandbox.publish()
        expect_all_harmless(trial)

    def describe(manifest: dict[str, Any]) -> None:
        manifest["layers"][-1]["mediaType"] = EVIL
        manifest["layers"][-1]["annotations"] = {EVIL: EVIL, "containerd.io/snapshot/x": EVIL}
        manifest["annotations"] = {EVIL: LONG[:5000]}

    def lay_out(listing: dict[str, Any]) -> None:
        listing["manifests"][0]["platform"]["os.version"] = EVIL
        listing["manifests"][0]["annotations"] = {EVIL: EVIL}

    for edits in ({"manifest": describe}, {"listing": lay_out}):
        push_copy(trial, trial.release.images, **edits)
        expect_all_harmless(trial)


@pytest.mark.row("D19")
def test_what_the_user_typed_is_shown_harmless_too(trial: Trial) -> None:
    for words in (
        ("verify", EVIL),
        ("verify", f"docker.io/nicolas/webdis:{EVIL}"),
        ("verify", trial.copy, "--pin", EVIL),
        ("verify", trial.copy, f"--{EVIL}"),
        ("verify", trial.copy, "--platform", EVIL),
        ("verify", trial.copy, "--policy", EVIL.replace("\0", "")),
        ("verify", trial.copy, "--at", EVIL),
        ("verify", LONG),
        ("inspect", LONG),
        (EVIL,),
        (LONG,),
    ):
        outcome = trial.run(*words)
        expect_harmless(outcome)
        assert (outcome.code, outcome.out) == (2, "")
