import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import crosstrust.evidence.codes
from crosstrust.evidence.check import Class
from crosstrust.evidence.codes import CODES

REGISTRY = Path(crosstrust.evidence.codes.__file__)
SOURCE = REGISTRY.parents[1]
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
AREAS = frozenset(code.partition(".")[0] for code in CODES)
MAKERS = frozenset(
    {"Check", "Notice", "Remark"}
    | {f"{kind}Error" for kind in ("Crosstrust", "Input", "Malformed", "Limit", "State")}
)
# Names of hosts that begin like a code.
HOSTS = frozenset({"notary.docker.io", "registry.hub.docker.com", "registry.docker.io"})


def is_maker(call: ast.Call) -> bool:
    """Whether a call makes a check, a notice or an error: its first argument is a code."""
    name = call.func
    if isinstance(name, ast.Attribute):
        return name.attr in MAKERS or ast.unparse(name) == "Check.passed"
    return isinstance(name, ast.Name) and name.id in MAKERS


def is_code_name(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and "CODE" in target.id


def first_words(tree: ast.AST) -> Iterator[ast.expr]:
    """What stands where only a code can stand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if is_maker(node):
                yield from node.args[:1]
            yield from (k.value for k in node.keywords if k.arg == "code")
        elif isinstance(node, ast.Assign) and any(map(is_code_name, node.targets)):
            yield node.value


def used_codes(tree: ast.AST) -> set[str]:
    """Every code in a file: what looks like one, and what is used as one."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    codes = {text for text in texts if isinstance(text, str) and CODE.fullmatch(text)}
    found = {code for code in codes - HOSTS if code.partition(".")[0] in AREAS}
    for word in first_words(tree):
        if isinstance(word, ast.Constant) and isinstance(word.value, str):
            found |= {word.value} & codes
        elif isinstance(word, ast.JoinedStr):
            found |= formatted_codes(word)
    return found


def formatted_codes(word: ast.JoinedStr) -> set[str]:
    """The registered codes that an f-string can give; itself where it can give none."""
    parts = (p.value if isinstance(p, ast.Constant) else None for p in word.values)
    pattern = "".join("[a-z0-9_]+" if p is None else re.escape(str(p)) for p in parts)
    return {code for code in CODES if re.fullmatch(pattern, code)} or {ast.unparse(word)}


def source_codes() -> dict[str, set[str]]:
    """The codes by the file that uses them; the registry itself uses none."""
    files = (file for file in SOURCE.rglob("*.py") if file != REGISTRY)
    return {str(f.relative_to(SOURCE)): used_codes(ast.parse(f.read_bytes())) for f in files}


def test_every_code_in_use_is_registered() -> None:
    unknown = {file: codes - CODES.keys() for file, codes in source_codes().items()}
    assert {file: codes for file, codes in unknown.items() if codes} == {}


def test_every_registered_code_is_in_use() -> None:
    used = set().union(*source_codes().values())
    assert sorted(CODES.keys() - used) == []


def stated_classes(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(code, class letter) of every call that states both."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        code = values[0].value if values and isinstance(values[0], ast.Constant) else None
        for value in values:
            if code in CODES and ast.unparse(value).startswith("Class."):
                yield str(code), Class[ast.unparse(value).removeprefix("Class.")].value


def test_every_class_that_a_check_states_is_registered() -> None:
    stated = {
        pair
        for file in SOURCE.rglob("*.py")
        for pair in stated_classes(ast.parse(file.read_bytes()))
    }
    assert len(stated) > 10
    assert {(code, klass) for code, klass in stated if klass not in CODES[code].classes} == set()


@pytest.mark.parametrize("code", CODES)
def test_a_code_says_what_is_checked_and_what_to_do(code: str) -> None:
    assert CODE.fullmatch(code)
    assert set(CODES[code].classes) <= {klass.value for klass in Class}
    for text in (CODES[code].title, CODES[code].remedy):
        assert 8 <= len(text) <= 100
        assert not text[0].isupper()
        assert not text.endswith(".")


def test_the_registry_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CODES["a.b"] = CODES["pin.form"]  # type: ignore[index]  # the mistake


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ('Check("new.area.thing", where)', {"new.area.thing"}),
        ('raise errors.InputError("some.thing")', {"some.thing"}),
        ('Check.passed("a.b", where)', {"a.b"}),
        ('_CODE = "other.thing"', {"other.thing"}),
        ('parse(raw, code="other.thing")', {"other.thing"}),
        ('table = ("pin.new",)', {"pin.new"}),
        ('Check(f"tuf.{role}.expiry", where)', {c for c in CODES if c.endswith(".expiry")}),
        ('Check(f"x.{role}", where)', {"f'x.{role}'"}),
        ('open("ca.pem"), "registry.docker.io", "Pin.x", "a sentence."', set()),
    ],
)
def test_codes_are_found_in_source(line: str, codes: set[str]) -> None:
    assert used_codes(ast.parse(line)) == codes
