"""Progress bars for layers, on standard error, where a person watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crosstrust.app.option import Options
from crosstrust.cli.console import Console
from crosstrust.value import dataclass, field, replace

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


@contextmanager
def draw_progress(console: Console, options: Options) -> Iterator[Options]:
    """Give ``options`` with bars to draw on; they are gone from the screen afterwards.

    Without a terminal the options stay as they are, and nothing is imported.
    """
    if not console.progress:
        yield options
        return
    bars = _Bars()
    try:
        yield replace(options, progress=bars)
    finally:
        bars.stop()


@dataclass(slots=True)
class _Bars:
    """One bar per layer. The screen is touched only once there is a layer to show."""

    progress: Progress | None = None
    tasks: dict[str, TaskID] = field(default_factory=dict)

    def advance(self, name: str, done: int, total: int) -> None:
        """Draw ``done`` of ``total`` bytes of the layer ``name``."""
        if self.progress is None:
            self.progress = _start()
        if name not in self.tasks:
            self.tasks[name] = self.progress.add_task(name, total=total)
        self.progress.update(self.tasks[name], completed=done, total=total)

    def stop(self) -> None:
        """Take the bars off the screen."""
        if self.progress is not None:
            self.progress.stop()


def _start() -> Progress:
    from rich.console import Console as Screen
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        console=Screen(stderr=True),
        transient=True,
    )
    progress.start()
    return progress
