"""The reference says what the program has: no more, no less.

`python -m pytest tests/docs --rewrite-golden` writes what has changed.
"""

import re
from pathlib import Path

import pytest

from crosstrust.evidence.codes import CODES
from tests.docs.page import Page, pages
from tests.docs.reference import PARTS, corrected, part_names, schema_keys
from tests.house.tree import ROOT, TESTS, python_files

REFERENCE = ROOT / "docs" / "reference"
# Names of hosts, of files and of a verdict's members that begin like a code.
NO_CODE = re.compile(r"\.(?:io|py|jsonl?|toml)$|^time\.(?:at|basis)$")
each_page = pytest.mark.parametrize(
    "page",
    [page for page in pages() if part_names(page.file.read_text(encoding="utf-8"))],
    ids=lambda page: page.name,
)


@each_page
def test_what_the_program_writes_is_current(page: Page, *, golden_rewritten: bool) -> None:
    text = page.file.read_text(encoding="utf-8")
    if golden_rewritten:
        page.file.write_text(corrected(text), encoding="utf-8")
    # Read again: a rewriting that does not settle is found here.
    now = page.file.read_text(encoding="utf-8")
    assert now.splitlines() == corrected(now).splitlines()


def test_every_part_is_on_one_page() -> None:
    names = [name for page in pages() for name in part_names(page.file.read_text("utf-8"))]
    assert sorted(names) == sorted(PARTS)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_code_on_a_page_is_one_that_checks_have(page: Page) -> None:
    areas = "|".join(sorted({code.partition(".")[0] for code in CODES}))
    named = re.compile(rf"`((?:{areas})\.[a-z0-9_.]+[a-z0-9])`")
    found = {code for _, line in page.prose() for code in named.findall(line)}
    assert {code for code in found - set(CODES) if not NO_CODE.search(code)} == set()


def test_a_code_of_the_threat_model_has_a_test() -> None:
    text = (ROOT / "docs" / "security" / "threat-model.md").read_text(encoding="utf-8")
    named = {code for code in CODES if f"`{code}`" in text}
    assert named
    tests = [file for file in python_files(TESTS) if file.parent != Path(__file__).parent]
    asked = "".join(file.read_text(encoding="utf-8") for file in tests)
    assert {code for code in named if not re.search(rf"\b{code}(?![a-z_.])", asked)} == set()


def test_every_key_of_a_policy_is_explained() -> None:
    text = (REFERENCE / "policy-file.md").read_text(encoding="utf-8")
    assert {key for key in schema_keys("policy-v1") if f"`{key}`" not in text} == set()
