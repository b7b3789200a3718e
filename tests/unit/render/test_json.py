import json

from hypothesis import given
from hypothesis import strategies as st

from crosstrust.render.json import dumps


@given(st.text(st.characters()))
def test_json_is_safe_on_a_terminal(text: str) -> None:
    shown = dumps([text])
    assert all(" " <= c <= "~" or c == "\n" for c in shown)
    assert json.loads(shown) == [text]
