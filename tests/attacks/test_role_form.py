"""Role files of another form or of another role, validly signed and bound."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial

import pytest

from crosstrust.sandbox.damage import Damage
from crosstrust.sandbox.key import SigningKey
from crosstrust.sandbox.metadata import CERTIFIED, Json
from tests.attacks.forge import (
    BELOW_ROOT,
    RELEASES,
    SIGNER,
    refuse,
    refuse_each,
    sign_in_every_role,
    start_again,
)
from tests.attacks.trial import Trial

FORM = "tuf.metadata.form"
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def spare_bits(text: str) -> str:
    """Set the lowest of the bits that no decoder reads."""
    end = len(text.rstrip("="))
    return text[: end - 1] + DIGITS[DIGITS.index(text[end - 1]) | 1] + text[end:]


# What decodes to the same bytes by one decoder or another.
WRITINGS: dict[str, Callable[[str], str]] = {
    "spare bits": spare_bits,
    "line feed after": lambda text: f"{text}\n",
    "line feed within": lambda text: f"{text[:8]}\n{text[8:]}",
    "CRLF": lambda text: f"{text[:8]}\r\n{text[8:]}",
    "space": lambda text: f"{text[:8]} {text[8:]}",
    "tab before": lambda text: f"\t{text}",
    "no padding": lambda text: text.rstrip("="),
    "more padding": lambda text: f"{text}=",
    "an end within": lambda text: f"{text}AAAA",
    "other letters": lambda text: f"{text[:8]}-_{text[8:]}",
    "beyond ASCII": lambda text: f"{text[:8]}\u00e9{text[8:]}",
}


@pytest.mark.row("A65")
@pytest.mark.parametrize("name", ["spare bits", "line feed after", "line feed within", "space"])
def test_the_writings_decode_to_the_same_bytes(name: str) -> None:
    text = base64.b64encode(bytes(64)).decode("ascii")
    assert WRITINGS[name](text) != text
    assert base64.b64decode(WRITINGS[name](text)) == bytes(64)


@pytest.mark.row("A65")
def test_a_signature_is_written_in_one_way(trial: Trial) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), FORM)

    def rewrite(writing: Callable[[str], str]) -> Callable[[Damage], object]:
        return lambda damage: damage.edit_signatures(
            lambda found: [{**one, "sig": writing(one["sig"])} for one in found]
        )

    damages = {name: rewrite(writing) for name, writing in WRITINGS.items()}
    refuse_each(trial, FORM, damages, roles=("timestamp", "targets", RELEASES))


@pytest.mark.row("A65")
@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("timestamp", ("meta", "snapshot")),
        ("snapshot", ("meta", "root")),
        ("snapshot", ("meta", "targets")),
        ("snapshot", ("meta", RELEASES)),
        ("targets", ("targets", "0.1.19")),
        (RELEASES, ("targets", "0.1.19")),
    ],
)
def test_a_hash_is_written_in_one_way(trial: Trial, role: str, path: tuple[str, str]) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), FORM)

    def rewrite(writing: Callable[[str], str]) -> Callable[[Damage], object]:
        def edit(signed: Json) -> None:
            entry = signed[path[0]][path[1]]
            hashes = {**entry["hashes"], "sha256": writing(entry["hashes"]["sha256"])}
            signed[path[0]][path[1]] = {**entry, "hashes": hashes}

        return lambda damage: damage.edit(edit)

    damages = {name: rewrite(writing) for name, writing in WRITINGS.items()}
    refuse_each(trial, FORM, damages, roles=[role])


@pytest.mark.row("A65")
@pytest.mark.parametrize(
    "name", ["spare bits", "space", "no padding", "more padding", "an end within", "beyond ASCII"]
)
def test_a_key_is_written_in_one_way(trial: Trial, name: str) -> None:
    trial.expect_trusted(trial.verify(), FORM)
    key = trial.sandbox.author.new_key()
    # With the ID of what is listed, so that the ID is right.
    written = SigningKey(key.keytype, WRITINGS[name](key.public), key.private)
    trial.sandbox.author.assign(SIGNER, (written,))
    trial.sandbox.publish()
    refuse(trial, "targets", FORM)


@pytest.mark.row("A66")
def test_a_file_of_another_type_is_refused(trial: Trial) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), FORM)
    for role in BELOW_ROOT:
        own = role.partition("/")[0].title()
        others = {"Root", "Targets", "Snapshot", "Timestamp"} - {own}
        kinds: tuple[object, ...] = (*others, own.lower())
        if role == "targets":
            kinds += (own.upper(), f"{own} ", "", None, 1)
        damages: dict[str, Callable[[Damage], object]] = {
            str(kind): partial(Damage.set_member, name="_type", value=kind) for kind in kinds
        }
        damages["missing"] = partial(Damage.drop_member, name="_type")
        refuse_each(trial, FORM, damages, roles=[role])


@pytest.mark.row("A66")
@pytest.mark.parametrize("kind", ["Targets", "root", "ROOT", None])
def test_a_root_of_another_type_is_refused(trial: Trial, kind: str | None) -> None:
    trial.expect_trusted(trial.verify(), FORM)
    trial.sandbox.author.damage("root").set_member("_type", kind)
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), FORM, "T", where="root 2")


@pytest.mark.row("A67")
@pytest.mark.parametrize("other", ["timestamp", "targets", RELEASES])
def test_another_role_s_file_is_no_snapshot_though_one_key_signs_both(
    trial: Trial, other: str
) -> None:
    author = trial.sandbox.author
    shared = author.new_key()
    for role in ("snapshot", other):
        author.assign(role, (shared,))
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), FORM)
    foreign = author.files()[other]
    author.damage("snapshot").rewrite(lambda _: foreign)
    trial.sandbox.publish()
    refuse(trial, "snapshot", FORM)
    author.damage("snapshot").repair()
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), FORM)


@pytest.mark.row("A67")
def test_a_snapshot_is_no_timestamp_though_one_key_signs_both(trial: Trial) -> None:
    author = trial.sandbox.author
    shared = author.new_key()
    for role in ("snapshot", "timestamp"):
        author.assign(role, (shared,))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), FORM)
    foreign = author.files()["snapshot"]
    author.damage("timestamp").replace(lambda _: foreign)
    trial.sandbox.publish()
    refuse(trial, "timestamp", FORM)


@pytest.mark.row("A68")
@pytest.mark.parametrize("role", CERTIFIED)
@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
def test_a_root_that_lacks_a_role_is_refused(trial: Trial, role: str, *, first: bool) -> None:
    if first:
        author = start_again(trial)
    else:
        author = trial.sandbox.author
        trial.expect_trusted(trial.verify(), FORM)
    author.damage("root").edit(lambda signed: signed["roles"].pop(role))
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), FORM, "T", where="root" if first else "root 2")


@pytest.mark.row("A68")
def test_a_role_that_a_root_adds_means_nothing_and_is_reported(trial: Trial) -> None:
    author = start_again(trial)
    stranger = author.new_key()

    def add(signed: Json) -> None:
        signed["keys"][stranger.scoped] = stranger.listed
        for name in ("mirrors", "targets/evil"):
            signed["roles"][name] = {"keyids": [stranger.scoped], "threshold": 1}

    author.damage("root").edit(add)
    trial.sandbox.publish()
    for number, where in enumerate(("root", "root 2"), 1):
        outcome = trial.verify()
        trial.expect_trusted(outcome, FORM)
        (form,) = [
            one for one in outcome.checks("passed") if (one["code"], one["where"]) == (FORM, where)
        ]
        assert form["actual"] == "roles that mean nothing: mirrors, targets/evil"
        assert outcome.verdict["metadata"][0]["version"] == number
        author.refresh("root")
        trial.sandbox.publish()
    # Who stands in such a role alone signs for nobody.
    author.damage("targets").sign_with(stranger)
    trial.sandbox.publish()
    refuse(trial, "targets", "tuf.signature.threshold", new_root=True)


@pytest.mark.row("A69")
@pytest.mark.parametrize(
    ("role", "names"), [("timestamp", ["snapshot"]), ("snapshot", ["root", "targets"])]
)
def test_a_file_that_does_not_bind_what_it_must_is_refused(
    trial: Trial, role: str, names: list[str]
) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), FORM)

    def lose(name: str) -> Callable[[Damage], object]:
        return lambda damage: damage.edit(lambda signed: signed["meta"].pop(name))

    damages = {name: lose(name) for name in names}
    damages["null"] = partial(Damage.set_member, name="meta", value=None)
    damages["empty"] = partial(Damage.set_member, name="meta", value={})
    damages["missing"] = partial(Damage.drop_member, name="meta")
    refuse_each(trial, FORM, damages, roles=[role])
