"""Pages lead where they say, and fit a terminal."""

import pytest

from tests.docs.page import Page, pages
from tests.house.tree import ROOT

WIDTH = 80
PAGES = pages()
FILES = {page.file: page for page in PAGES}
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@each_page
def test_links_lead_somewhere(page: Page) -> None:
    assert [f"{page.name}:{line}: {to}" for line, to in page.links() if not _leads(page, to)] == []


def _leads(page: Page, target: str) -> bool:
    if target.startswith("https://"):
        return True
    name, _, anchor = target.partition("#")
    file = (page.file.parent / name).resolve() if name else page.file
    if not file.exists():
        return False
    return not anchor or (file in FILES and anchor in FILES[file].anchors())


@each_page
def test_prose_fits_a_terminal(page: Page) -> None:
    # The decisions are written to the width of the source.
    limit = 100 if "adr" in page.file.parts else WIDTH
    long = [
        f"{page.name}:{number}"
        for number, line in page.prose()
        if len(line) > limit and not line.startswith("|") and "](" not in line
    ]
    assert long == []


def test_every_page_of_docs_is_in_its_contents() -> None:
    contents = {ROOT / "docs" / "README.md", ROOT / "docs" / "adr" / "README.md"}
    listed = {
        (file.parent / target.partition("#")[0]).resolve()
        for file in contents
        for _, target in FILES[file].links()
    }
    within = {page.file for page in PAGES if ROOT / "docs" in page.file.parents}
    assert within - listed - contents == set()
