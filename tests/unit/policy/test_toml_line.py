"""The lines of keys in a TOML text."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.chain.toml_line import KeyPath, parse_lines

TEXT = '''# a comment with [brackets] = and "quotes"
top = 1
[[image]]
name = "a # no comment [x]"  # but this is
keys.root = [
  "one", # ] not the end
  "two",
]
keys."quo.ted" = 'single ] quote'
text = """
[[image]]
name = "not a key"
\\""" still text
"""
other = \'\'\'
[no header]\'\'\'

[[image.rule]]
tags = ["x"]
[[image.rule]]
inline = { a = 1, b = [2, { c = 3 }] }
[[image]]
[image.keys]
root = 1
[[image.rule]]
"\\u0061b" = 2
[plain . "x"]
key=2020-01-01T00:00:00Z
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("image", 0), 3),
        (("image", 0, "name"), 4),
        (("image", 0, "keys"), 5),
        (("image", 0, "keys", "root"), 5),
        (("image", 0, "keys", "quo.ted"), 9),
        (("image", 0, "text"), 10),
        (("image", 0, "other"), 15),
        (("image", 0, "rule", 0), 18),
        (("image", 0, "rule", 0, "tags"), 19),
        (("image", 0, "rule", 1), 20),
        (("image", 0, "rule", 1, "inline"), 21),
        (("image", 1), 22),
        (("image", 1, "keys", "root"), 24),
        (("image", 1, "rule", 0, "ab"), 26),
        (("plain", "x", "key"), 28),
    ],
)
def test_a_key_is_found(path: KeyPath, line: int) -> None:
    tomllib.loads(TEXT)
    assert parse_lines(TEXT)[path] == line


def test_nothing_else_is_found() -> None:
    lines = parse_lines(TEXT)
    assert all(1 <= line <= 28 for line in lines.values())
    assert ("no header",) not in lines
    assert ("image", 0, "rule", 1, "inline", "a") not in lines


def test_text_that_ends_early_is_followed_to_its_end() -> None:
    assert parse_lines("[a]\nb = [\n") == {("a",): 1, ("a", "b"): 2}


keys = st.text(max_size=6)
values = st.one_of(st.integers(), st.text(max_size=12), st.lists(st.text(max_size=6), max_size=3))


def quoted(text: str) -> str:
    escaped = (f"\\U{ord(c):08x}" if c in '"\\' or ord(c) < 32 or c == "\x7f" else c for c in text)
    return '"' + "".join(escaped) + '"'


def literal(value: object) -> str:
    if isinstance(value, list):
        return "[\n" + "".join(f"  {literal(item)}, # ]\n" for item in value) + "]"
    return quoted(value) if isinstance(value, str) else str(value)


@given(st.dictionaries(keys, values, max_size=6))
def test_any_file_of_keys_is_followed(content: dict[str, object]) -> None:
    text, expected = "", {}
    for key, value in content.items():
        expected[key,] = text.count("\n") + 1
        text += f"{quoted(key)} = {literal(value)}\n"
    assert tomllib.loads(text) == content
    assert parse_lines(text) == expected
