"""Functions are found wherever the collector keeps them: one that is not found never changes."""

from __future__ import annotations

import gc
from types import FunctionType

from crosstrust.schemes.notary_v1.root_line import read_root
from crosstrust.schemes.notary_v1.state import parse_state
from tests.house.tree import ROOT
from tests.mutation.patch import caches_of, functions_in

SOURCE = ROOT / "src" / "crosstrust"


def test_what_the_collector_was_told_to_leave_alone_is_found() -> None:
    assert isinstance(parse_state, FunctionType)
    code = parse_state.__code__
    gc.freeze()
    found = functions_in(SOURCE)
    assert parse_state in found[code.co_filename, code.co_qualname, code.co_firstlineno]
    gc.freeze()
    assert read_root in caches_of("crosstrust")
    gc.freeze()
