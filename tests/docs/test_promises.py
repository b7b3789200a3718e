"""What a page names as a proof is there: test files, and make targets."""

import re

import pytest

from tests.docs.page import Page, pages
from tests.house.tree import ROOT

PROOF = re.compile(r"`(tests/[a-z_/]+(?:\.py)?)`")
TARGET = re.compile(r"`make ([a-z]+)[^`]*`")
DEFINED = re.compile(r"^([a-z]+):", re.MULTILINE)
each_page = pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)


def named(page: Page, form: re.Pattern[str]) -> set[str]:
    return {found for _, line in page.prose() for found in form.findall(line)}


@each_page
def test_a_file_of_tests_that_a_page_names_is_there(page: Page) -> None:
    assert {name for name in named(page, PROOF) if not (ROOT / name).exists()} == set()


@each_page
def test_a_make_target_that_a_page_names_is_one(page: Page) -> None:
    targets = set(DEFINED.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    assert named(page, TARGET) - targets == set()


def test_the_promises_name_both() -> None:
    [page] = [each for each in pages() if each.file.name == "promises.md"]
    assert named(page, PROOF)
    assert named(page, TARGET)
