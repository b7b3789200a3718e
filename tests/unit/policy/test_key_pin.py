"""Pins as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.chain.key_pin import parse_key_id, parse_pin, parse_pins, parse_role
from crosstrust.chain.pin import Pins
from crosstrust.errors import InputError, MalformedError

A, B = "a" * 64, "0123456789abcdef" * 4


def key_id_of(file: str) -> str:
    return {"root.pub": A, "a=b.pub": B}[file]


@pytest.mark.parametrize(
    "role", ["root", "repository", "releases", "signer/nicolasff", "signer/a/ci"]
)
def test_a_pin_names_role_and_key(role: str) -> None:
    assert parse_pin(f"{role}={B.upper()}", key_id_of) == (role, B)


def test_a_pin_may_name_a_file() -> None:
    assert parse_pin("root=@root.pub", key_id_of) == ("root", A)
    assert parse_pin("signer/x=@a=b.pub", key_id_of) == ("signer/x", B)


def test_pins_of_one_role_come_together() -> None:
    texts = [f"root={A}", f"signer/x={A}", f"signer/x={B}", f"releases={B}", f"root={A}"]
    assert parse_pins(texts, key_id_of) == Pins(root=(A,), signers={"x": (A, B)}, releases=(B,))
    assert parse_pins([], key_id_of) == Pins()
    assert parse_pins([f"repository={B}"], key_id_of) == Pins(repository=(B,))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "pin.form"),
        ("root", "pin.form"),
        ("root=", "pin.form"),
        ("root=@", "pin.form"),
        ("signer/a=@ ", "pin.form"),
        (f"={A}", "pin.form"),
        (A, "pin.form"),
        (f"target={A}", "pin.form"),
        (f"signer={A}", "pin.form"),
        (f"signer/={A}", "pin.form"),
        (f"signer/releases={A}", "pin.form"),
        (f"signer/releases/x={A}", "pin.form"),
        (f"other/x={A}", "pin.form"),
        (f"signer/X={A}", "pin.form"),
        ("root=dd0768b9d35d", "pin.length"),
        (f"root={A}0", "pin.form"),
        (f"root=sha256:{A}", "pin.form"),
        (f"root={A[:-1]}\u0661", "pin.form"),
    ],
)
def test_anything_else_is_refused(text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_pin(text, key_id_of)
    assert caught.value.code == code
    assert caught.value.where.startswith("--pin")


@pytest.mark.parametrize("text", ["", "root", "root=", "=", "target", "signer/x", "other/x=1"])
def test_what_is_no_pin_is_told_the_form_of_one(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_pin(text, key_id_of)
    assert caught.value.expected.startswith("root=, repository=, releases= or signer/NAME=")
    assert caught.value.where == f"--pin {text!r}"


@pytest.mark.parametrize("text", ["", "signer", "/x", "other/x", "repository/x"])
def test_what_is_no_role_is_told_the_names_of_roles(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_role(text)
    assert (caught.value.code, caught.value.where) == ("policy.form", "role")


def test_a_key_id_may_be_copied_with_spaces_around_it_and_in_capitals() -> None:
    assert parse_key_id(f" {'AB' * 32}\n") == "ab" * 32


def test_a_short_key_id_is_not_completed() -> None:
    with pytest.raises(MalformedError) as caught:
        parse_key_id("dd0768b9d35d")
    assert caught.value.actual == "12 hex digits"
    assert caught.value.remedy


def test_root_is_not_a_role_that_signs_tags() -> None:
    with pytest.raises(MalformedError):
        parse_role("root")


def refusal_of(text: str) -> InputError | None:
    try:
        parse_pin(text, key_id_of)
    except InputError as error:
        return error
    return None


@given(st.text(max_size=80).filter(lambda text: "@" not in text))
def test_no_text_breaks_the_parser(text: str) -> None:
    error = refusal_of(text)
    assert error is None or error.code in {"pin.form", "pin.length"}
    assert str(error).isprintable()
