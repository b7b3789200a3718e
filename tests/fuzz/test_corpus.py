"""Every input that is kept is read rightly; `make fuzz` looks for more of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.table import CORPUS, TABLE

FILES = sorted(file for file in CORPUS.glob("*/*") if file.is_file())
KEPT = 300 * 1024


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_a_kept_input_is_read_rightly(file: Path) -> None:
    TABLE[file.parent.name].check_input(file.read_bytes())


def test_every_target_has_a_corpus_and_no_other_has_one() -> None:
    assert {file.parent.name for file in FILES} == set(TABLE)


def test_the_corpus_is_small() -> None:
    assert sum(file.stat().st_size for file in FILES) < KEPT
