"""No damage to a genuine chain is trusted, and no bytes raise anything but the project's errors."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from crosstrust.chain.answer import Answer
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins, pinned_key
from crosstrust.chain.want import Want
from crosstrust.errors import InputError, MalformedError, StateError
from crosstrust.evidence.claim import Claim
from crosstrust.schemes.notary_v1 import NotaryV1
from crosstrust.schemes.notary_v1.envelope import parse_envelope
from crosstrust.schemes.notary_v1.key_file import key_id_of_file
from crosstrust.schemes.notary_v1.parse import (
    parse_root,
    parse_snapshot,
    parse_targets,
    parse_timestamp,
)
from crosstrust.schemes.notary_v1.state import parse_state
from tests.unit.notary_v1.genuine import NAMES, VECTORS, facts, genuine_server, moment
from tests.unit.notary_v1.serving import collect

PARSERS = (parse_root, parse_timestamp, parse_snapshot, parse_targets)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@cache
def chain(name: str) -> tuple[str, Dossier, Pins, Any]:
    known = facts(name)
    pins = Pins(root=(known["root_keys"][0]["canonical_id"],))
    dossier, _ = collect(genuine_server(name), pins=pins)
    return known["gun"], dossier, pins, moment(known["verifies_until"]) - timedelta(hours=1)


def tags(name: str, dossier: Dossier) -> frozenset[Claim]:
    gun, _, pins, at = chain(name)
    judgement = NotaryV1().judge(gun, dossier, pins=pins, at=at, seen=b"")
    data = judgement.trust_data
    vouched = data.root_pins.items() if data is not None else ()
    held = judgement.evidence.holding(pinned_key(gun, key) for key, how in vouched if how)
    return frozenset(claim for claim in held if claim.kind == "tag")


def answered(name: str) -> list[tuple[Want, Answer]]:
    replies = chain(name)[1].replies
    return [(want, reply) for want, reply in replies.items() if isinstance(reply, Answer)]


def with_bytes(name: str, want: Want, raw: bytes) -> Dossier:
    return Dossier({**chain(name)[1].replies, want: Answer(raw)})


def tried(call: Callable[[], object]) -> str:
    """What ``call`` gives as text, or the code of the project's error that it raises."""
    try:
        return str(call())
    except MalformedError:
        return "malformed"
    except (InputError, StateError) as error:
        return error.code


def is_id_or_refused(raw: bytes) -> bool:
    outcome = tried(lambda: key_id_of_file(raw, "file").scoped)
    return len(outcome) == 64 or outcome in {"key.form", "key.private"}


@given(st.data())
def test_no_flipped_bit_is_trusted(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    want, answer = data.draw(st.sampled_from(answered(name)))
    bit = data.draw(st.integers(0, 8 * len(answer.raw) - 1))
    raw = bytearray(answer.raw)
    raw[bit // 8] ^= 1 << bit % 8
    assert tags(name, chain(name)[1])
    assert tags(name, with_bytes(name, want, bytes(raw))) == frozenset()


@given(st.data())
def test_no_cut_or_spliced_file_is_trusted(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    want, answer = data.draw(st.sampled_from(answered(name)))
    start = data.draw(st.integers(0, len(answer.raw)))
    end = data.draw(st.integers(start, len(answer.raw)))
    raw = answer.raw[:start] + data.draw(st.binary(max_size=8)) + answer.raw[end:]
    held = tags(name, with_bytes(name, want, raw))
    # White space around a file that no hash binds changes nothing.
    assert held == frozenset() or (held == tags(name, chain(name)[1]) and is_same(raw, answer.raw))


def is_same(one: bytes, other: bytes) -> bool:
    first, second = (parse_envelope(raw, "timestamp") for raw in (one, other))
    return (first.message, first.signatures) == (second.message, second.signatures)


@given(st.data())
def test_no_answer_more_or_less_is_trusted_more(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    _, dossier, _, _ = chain(name)
    kept = data.draw(st.sets(st.sampled_from(list(dossier.replies))))
    replies = {want: reply for want, reply in dossier.replies.items() if want in kept}
    assert tags(name, Dossier(replies)) <= tags(name, dossier)


@given(JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    for parse in PARSERS:
        signed = value if isinstance(value, dict) else {"x": value}
        outcome = tried(partial(parse, signed))
        assert outcome == "malformed" or "version=" in outcome


@given(st.data())
def test_any_change_to_a_genuine_file_is_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    _, answer = data.draw(st.sampled_from(answered(name)))
    signed = parse_envelope(answer.raw, "x").signed
    node: Any = signed
    while isinstance(node, dict | list) and node:
        keys = sorted(node) if isinstance(node, dict) else range(len(node))
        key = data.draw(st.sampled_from(list(keys)))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            node[key] = data.draw(JSON)
            break
        node = node[key]
    for parse in PARSERS:
        outcome = tried(partial(parse, signed))
        assert outcome == "malformed" or "version=" in outcome


@given(st.data())
def test_any_certificate_is_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    gun, _, pins, at = chain(name)
    root = genuine_server(name).files["root"]
    signed = parse_envelope(root, "root").signed
    keys: Any = signed["keys"]
    key_id = facts(name)["root_keys"][0]["keyid"]
    pem = base64.b64decode(keys[key_id]["keyval"]["public"])
    der = bytearray(base64.b64decode(b"".join(pem.splitlines()[1:-1])))
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    body = base64.encodebytes(bytes(der))
    written = b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"
    for raw in (written, bytes(der)):
        assert is_id_or_refused(raw)
    old = keys[key_id]["keyval"]["public"].encode()
    dossier = with_bytes(
        name,
        next(want for want, answer in answered(name) if answer.raw == root),
        root.replace(old, base64.b64encode(written)),
    )
    judgement = NotaryV1().judge(gun, dossier, pins=pins, at=at, seen=b"")
    assert judgement.evidence.checks


@given(st.binary(max_size=200))
@example(b"-----BEGIN PUBLIC KEY-----")
@example(b"-")
def test_any_file_is_a_key_or_refused(raw: bytes) -> None:
    assert is_id_or_refused(raw)


@given(st.integers(0, 300), st.integers(0, 300), st.binary(max_size=4))
def test_any_damage_to_a_key_file_is_read_or_refused(start: int, cut: int, new: bytes) -> None:
    genuine = (VECTORS / "webdis" / "nicolasff.pub").read_bytes()
    raw = genuine[:start] + new + genuine[start + cut :]
    assert is_id_or_refused(raw)


@given(st.binary(max_size=100) | JSON.map(lambda value: str(value).encode()))
def test_any_state_is_read_or_refused(raw: bytes) -> None:
    outcome = tried(lambda: parse_state(raw, "docker.io/an/image").roots)
    assert outcome == ("()" if not raw else "local.state.intact")
