"""Role files that two readers could read differently, and those that merely look unusual."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import pytest

from crosstrust.sandbox.metadata import Json, envelope, signature
from tests.attacks.kept import FLOORS
from tests.attacks.sample import some
from tests.attacks.trial import Trial

FORM = "tuf.metadata.form"
Rewrite = Callable[[bytes], bytes]


def swap(old: bytes, new: bytes) -> Rewrite:
    """Replace the first ``old``, which must be there."""

    def change(raw: bytes) -> bytes:
        assert old in raw
        return raw.replace(old, new, 1)

    return change


def signatures_first(raw: bytes) -> bytes:
    """The same members in the other order, and as many bytes."""
    signed, name, signatures = raw[1:-1].partition(b',"signatures":')
    return b"{" + name[1:] + signatures + b"," + signed + b"}"


def refuse_each(
    trial: Trial,
    changes: Iterable[Rewrite],
    code: str = FORM,
    klass: str = "T",
    where: str = "targets",
) -> None:
    """Each change of the ``targets`` file, bound and as validly signed as can be, is refused."""
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), code)
    targets = trial.sandbox.author.damage("targets")
    for change in some(changes):
        targets.rewrite(change)
        trial.sandbox.publish()
        trial.expect_refused(trial.verify(), code, klass, where=where, writes=FLOORS)
        targets.repair()
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), code)


def accept_each(trial: Trial, changes: Iterable[Rewrite]) -> None:
    """Each change of the ``targets`` file leaves what is signed as it was."""
    targets = trial.sandbox.author.damage("targets")
    for change in changes:
        targets.rewrite(change)
        trial.sandbox.publish()
        trial.expect_trusted(trial.verify(), FORM)
        targets.repair()


def add_custom(trial: Trial, value: object) -> None:
    """Sign the released tag with ``value`` as its custom data."""
    release = trial.release
    trial.sandbox.author.sign(
        release.tag, release.signed, release.length, roles=("targets",), custom=value
    )
    trial.sandbox.publish()


@pytest.mark.row("A85")
def test_a_key_that_comes_twice_is_refused(trial: Trial) -> None:
    # Go takes the last one, so each of these would verify there.
    refuse_each(
        trial,
        [
            swap(b'"targets":{', b'"targets":{"0.1.19":{"hashes":{},"length":1},'),
            swap(b'{"signed":', b'{"signed":{},"signed":'),
            swap(b'"signatures":', b'"signatures":[],"signatures":'),
            swap(b'"version":', b'"version":9,"version":'),
            swap(b'"keyid":', b'"keyid":"","keyid":'),
            swap(b'"length":', b'"length":1,"length":'),
        ],
    )


@pytest.mark.row("A86")
def test_a_key_that_differs_by_case_from_a_known_one_is_refused(trial: Trial) -> None:
    targets = trial.sandbox.author.damage("targets")
    trial.expect_trusted(trial.verify(), FORM)

    def beside(signed: Json) -> None:
        signed["Targets"] = {}

    def instead(signed: Json) -> None:
        # Go would find these delegations, who looks for the exact name would not.
        signed["Delegations"] = signed.pop("delegations")

    def within(signed: Json) -> None:
        signed["delegations"]["roles"][0]["Threshold"] = 1

    def folded(signed: Json) -> None:
        # Go takes the long s for an s.
        signed["delegation\u017f"] = signed.pop("delegations")

    for change in (beside, instead, within, folded):
        targets.edit(change)
        trial.sandbox.publish()
        trial.expect_refused(trial.verify(), FORM, "T", where="targets", writes=FLOORS)
        targets.repair()
    refuse_each(trial, [swap(b'"signatures":', b'"Signed":{},"signatures":')])


@pytest.mark.row("A87")
def test_json_in_another_form_is_read_as_what_it_says(trial: Trial) -> None:
    def other_order(raw: bytes) -> bytes:
        value = json.loads(raw)
        signed = dict(reversed(value["signed"].items()))
        return json.dumps({"signatures": value["signatures"], "signed": signed}).encode()

    accept_each(
        trial,
        [
            lambda raw: b" \r\n\t" + json.dumps(json.loads(raw), indent=4).encode() + b"\n\n",
            other_order,
            swap(b'"targets":', b'"\\u0074arget\\u0073":'),
        ],
    )


@pytest.mark.row("A87")
def test_hashes_cover_the_bytes_as_served_whatever_they_say(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "tuf.meta.hash")
    targets = trial.sandbox.author.damage("targets")
    targets.replace(signatures_first)
    trial.sandbox.author.refresh("targets")
    trial.sandbox.publish()
    outcome = trial.verify()
    trial.expect_refused(outcome, "tuf.meta.hash", "T", where="targets", writes=FLOORS)


@pytest.mark.row("A88")
def test_what_stands_beside_the_signed_part_is_told(trial: Trial) -> None:
    targets = trial.sandbox.author.damage("targets")
    targets.rewrite(swap(b'{"signed":', b'{"note":"nobody signed this","signed":'))
    trial.sandbox.publish()
    outcome = trial.verify()
    trial.expect_trusted(outcome, FORM)
    told = {one["where"]: one["actual"] for one in outcome.checks("passed") if one["code"] == FORM}
    assert told["targets"] == "beside what is signed: note"
    assert told["root"] == ""


@pytest.mark.row("A89")
def test_a_number_that_is_no_plain_integer_is_refused(trial: Trial) -> None:
    add_custom(trial, {"a": 1000, "b": 0, "c": 2**53, "d": 1})
    # Go's canonical form of each is that of the number in its place.
    refuse_each(
        trial,
        [
            swap(b'"a":1000', b'"a":1e3'),
            swap(b'"a":1000', b'"a":1E+3'),
            swap(b'"a":1000', b'"a":1000.0'),
            swap(b'"b":0', b'"b":-0'),
            swap(b'"c":9007199254740992', b'"c":9007199254740993'),
            swap(b'"c":9007199254740992', b'"c":-9007199254740993'),
            swap(b'"length":', b'"length":-0,"custo":'),
        ],
    )


@pytest.mark.row("A90")
def test_what_only_lenient_readers_take_for_json_is_refused(trial: Trial) -> None:
    add_custom(trial, {"a": 1})
    number = b'"a":1}'
    refuse_each(
        trial,
        [
            *(
                swap(number, b'"a":' + other + b"}")
                for other in (b"NaN", b"Infinity", b"-Infinity")
            ),
            *(
                swap(number, b'"a":' + other + b"}")
                for other in (b"01", b"+1", b".5", b"0x1", b"1_0")
            ),
            swap(number, b'"a":' + b"1" * 5000 + b"}"),
            swap(number, b'"a":1,}'),
            swap(number, b'"a":1/* */}'),
            swap(number, b"'a':1}"),
            swap(number, b'"a":"\x00"}'),
            lambda raw: raw + b"\x00",
            lambda raw: raw + b"{}",
            lambda raw: raw[:-1],
        ],
    )


@pytest.mark.row("A90")
def test_json_in_another_encoding_is_refused(trial: Trial) -> None:
    # Neither begins as a role file does, so it is taken for an answer of something in between.
    refuse_each(
        trial,
        [lambda raw: raw.decode().encode("utf-16"), lambda raw: b"\xef\xbb\xbf" + raw],
        "notary.answer.form",
        "R",
        "notary.docker.io",
    )
    refuse_each(
        trial,
        [
            lambda raw: raw.decode().encode("utf-16-le"),
            lambda raw: raw.decode().encode("utf-32-le"),
            swap(b'"targets":', '"targets":'.encode("utf-16-le")),
        ],
    )


@pytest.mark.row("A91")
def test_nesting_beyond_the_limit_is_refused_without_a_traceback(trial: Trial) -> None:
    add_custom(trial, {"a": 1})
    # A limit of ours and no rule of JSON, so it has the code of limits.
    refuse_each(
        trial,
        [
            swap(b'"a":1', b'"a":' + b"[" * 65 + b"]" * 65),
            swap(b'"a":1', b'"a":' + b"[" * 500_000 + b"]" * 500_000),
            swap(b'"a":1', b'"a":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
            lambda _: b'{"signed":' + b"[" * 1_000_000,
        ],
        "limit.exceeded",
        "R",
    )


@pytest.mark.row("A92")
def test_text_that_is_none_is_refused(trial: Trial) -> None:
    add_custom(trial, {"a": "x"})
    refuse_each(
        trial,
        [
            swap(b'"a":"x"', b'"a":"\\ud800"'),
            swap(b'"a":"x"', b'"\\udc00":"x"'),
            swap(b'"a":"x"', b'"a":"\xff"'),
            swap(b'"a":"x"', b'"a":"\xc0\xaf"'),
            swap(b'"a":"x"', b'"a":"\xed\xa0\x80"'),
        ],
    )


@pytest.mark.row("A92")
def test_names_are_not_normalised(trial: Trial) -> None:
    # A composed and a combining accent: two keys, as signed. No tag can have either.
    add_custom(trial, {"\u00e9": 1, "e\u0301": 2})
    trial.expect_trusted(trial.verify(), FORM)
    for name in ("caf\u00e9", "cafe\u0301"):
        outcome = trial.verify(image=f"{trial.sandbox.mirror}:{name}")
        trial.expect_usage(outcome, "reference.form")


def written_by_notary(value: object) -> str:
    """Canonical JSON as notary's own encoder writes it, of what these tests sign."""
    if isinstance(value, dict):
        members = (f"{written_by_notary(k)}:{written_by_notary(value[k])}" for k in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written_by_notary, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return json.dumps(value)


@pytest.mark.row("A93")
def test_control_characters_are_signed_raw(trial: Trial) -> None:
    add_custom(trial, {"a": "\n\r\t\b\x00\x1f\x7f\u2028\u2029<>&'/\\\"\U0001f433", "b\n": []})
    (key,) = trial.sandbox.author.keys("targets")

    def sign_raw(raw: bytes) -> bytes:
        signed = json.loads(raw)["signed"]
        message = written_by_notary(signed).encode()
        assert b"\x00" in message
        made = signature(key.scoped, key.method, key.sign(message))
        return envelope(json.dumps(signed).encode(), [made])

    targets = trial.sandbox.author.damage("targets")
    targets.rewrite(sign_raw)
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "tuf.signature.threshold")
    # The sandbox itself would sign the escaped form, which is not the one that counts.
    targets.repair()
    trial.sandbox.publish()
    outcome = trial.verify()
    trial.expect_refused(outcome, "tuf.signature.threshold", "T", where="targets", writes=FLOORS)


@pytest.mark.row("A95")
def test_null_is_an_empty_map_where_go_has_one_and_a_fault_elsewhere(trial: Trial) -> None:
    author = trial.sandbox.author
    author.remove_signer("nicolasff")
    targets = author.damage("targets")
    targets.set_member("delegations", None)
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), FORM)
    targets.set_member("targets", None)
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), "tuf.target.present", "N", writes=FLOORS)
    targets.repair()
    refuse_each(
        trial,
        [
            lambda _: b'{"signed":null,"signatures":[]}',
            swap(b'"hashes":{', b'"hashes":null,"other":{'),
        ],
    )
    for role, member in (
        ("targets", "_type"),
        ("targets", "version"),
        ("targets", "expires"),
        ("snapshot", "meta"),
        ("timestamp", "meta"),
        ("root", "keys"),
        ("root", "roles"),
    ):
        author.damage(role).set_member(member, None)
        trial.sandbox.publish()
        trial.expect_refused(trial.verify(), FORM, "T", where=role, writes=FLOORS)
        author.damage(role).repair()
