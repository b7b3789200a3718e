from dataclasses import replace

from crosstrust.evidence.verdict import Decision, Notice
from crosstrust.render.aside import past_line, warning_line, warning_lines
from tests.golden.fixed_verdicts import COPY, GUN, KEYS, ROOT, TRUSTED

NOTICE = Notice("local.state.saved", "/state", "read-only: no version floor was kept")
LINE = "warning: /state: read-only: no version floor was kept (local.state.saved)"


def test_only_the_past_has_a_time() -> None:
    assert past_line(TRUSTED) == ""
    past = replace(TRUSTED, historic=True)
    time = f"{TRUSTED.at:%Y-%m-%d %H:%M:%S} UTC; it says nothing about now"
    assert past_line(past) == f"{COPY}:0.1.19: TRUSTED AS OF {time}"
    refused = replace(past, decision=Decision.REJECTED)
    assert past_line(refused) == f"{COPY}:0.1.19: REJECTED AS OF {time}"


def test_a_warning_has_its_place_and_its_code() -> None:
    assert warning_line(NOTICE) == LINE


def test_a_pinned_root_needs_no_warning() -> None:
    assert list(warning_lines(TRUSTED)) == []
    assert list(warning_lines(replace(TRUSTED, warnings=(NOTICE,)))) == [LINE]


def test_a_root_key_that_was_only_seen_first_is_told() -> None:
    seen = replace(KEYS[0], pinned="first seen")
    found = warning_lines(replace(TRUSTED, keys=(seen, *KEYS[1:]), warnings=(NOTICE,)))
    text = f"root key {ROOT} is not pinned: it was seen first here, by --tofu"
    assert list(found) == [f"warning: {GUN}:0.1.19: {text} (pin.present)", LINE]
