from collections.abc import Callable

import pytest

from crosstrust.render.tree import render_tree
from tests.golden.fixed_verdicts import ALL, FOREIGN_LAYER, TRUSTED

Golden = Callable[[str, str], None]


@pytest.mark.parametrize("name", ALL)
def test_tree(golden: Golden, name: str) -> None:
    golden(f"tree-{name}.txt", render_tree(ALL[name], color=False))


def test_tree_in_ascii(golden: Golden) -> None:
    text = render_tree(FOREIGN_LAYER, color=False, unicode=False)
    assert text.isascii()
    golden("tree-foreign-layer-ascii.txt", text)


def test_tree_in_colour(golden: Golden) -> None:
    golden("tree-foreign-layer-colour.txt", render_tree(FOREIGN_LAYER, color=True))


def test_tree_on_a_narrow_terminal(golden: Golden) -> None:
    golden("tree-trusted-60.txt", render_tree(TRUSTED, color=False, width=60))
