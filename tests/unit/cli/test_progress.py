"""Progress bars: for a person at a terminal, and for nobody else."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from crosstrust.app.option import Options
from crosstrust.cli.console import Console
from crosstrust.cli.progress import draw_progress

SHOW_CURSOR = "\x1b[?25h"


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A terminal as standard error; what is drawn on it can be read from the other end."""
    leader, follower = os.openpty()
    with os.fdopen(follower, "w") as opened, monkeypatch.context() as patch:
        patch.setenv("TERM", "xterm")
        patch.setattr("sys.stderr", opened)
        yield leader
    os.close(leader)


def test_without_a_terminal_nothing_is_drawn() -> None:
    options = Options()
    with draw_progress(Console(), options) as drawn:
        assert drawn is options


def test_quiet_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    options = Options()
    with terminal(monkeypatch), draw_progress(Console(quiet=True), options) as drawn:
        assert drawn is options


def test_a_terminal_sees_each_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as screen:
        with draw_progress(Console(), Options()) as drawn:
            assert drawn.progress is not None
            drawn.progress.advance("aaaa", 10, 100)
            drawn.progress.advance("bbbb", 50, 100)
            drawn.progress.advance("aaaa", 100, 100)
        shown = ""
        # What was written may come through a terminal in pieces; at last the cursor is back.
        while SHOW_CURSOR not in shown:
            shown += os.read(screen, 65536).decode()
    assert "aaaa" in shown
    assert "bbbb" in shown


def test_without_layers_the_screen_is_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as screen:
        with draw_progress(Console(), Options()) as drawn:
            assert drawn.progress is not None
        os.set_blocking(screen, False)
        with pytest.raises(BlockingIOError):
            os.read(screen, 1)
