"""``crosstrust demo``: the whole story on this machine, without a network."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from crosstrust.cli.console import Console
from crosstrust.cli.exit_code import REJECTED, TRUSTED
from crosstrust.cli.parser import CommandParser, Values
from crosstrust.errors import StateError
from crosstrust.evidence.verdict import Decision, Verdict

if TYPE_CHECKING:
    from crosstrust.chain.pin import Pins
    from crosstrust.render.pen import Pen
    from crosstrust.sandbox.story import Scene

WIDTH = 80


def configure(parser: CommandParser) -> None:
    """Add nothing: the story takes no arguments."""


def run(_values: Values, console: Console) -> int:
    """Play the story: 0 if the honest release was trusted and every attack was caught, else 1."""
    from crosstrust.render.pen import Pen
    from crosstrust.sandbox.story import ATTACKS, play_attack, play_honest

    pen = Pen(color=console.color, unicode=console.unicode, width=min(console.width, WIDTH))
    with _heard() as ended, _folder() as folder:
        pins, honest = play_honest(_empty(folder, "honest"))
        scenes = []
        for number, attack in enumerate(ATTACKS, start=1):
            ended()
            scenes.append(play_attack(attack, _empty(folder, f"attack-{number}")))
        ended()
    console.result(render(pins, honest, scenes, pen))
    caught = all(scene.caught for scene in scenes)
    return TRUSTED if honest.decision is Decision.TRUSTED and caught else REJECTED


def _folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="crosstrust-demo-")
    except OSError as error:
        raise StateError(
            "local.state.writable",
            "the folder for temporary files",
            expected="a folder that can be written",
            actual=error.strerror or type(error).__name__,
            remedy="name one with TMPDIR",
        ) from error


@contextmanager
def _heard() -> Iterator[Callable[[], None]]:
    """Give what ends the story, as an interrupt does, if a cancelled job or a closed terminal asks.

    The end is between two scenes, half a second apart: within one an exception could come where a
    folder was made and nobody knows of it yet.
    """
    heard: list[int] = []

    def end() -> None:
        if heard:
            raise KeyboardInterrupt

    signals = [
        each
        for each in (signal.SIGTERM, signal.SIGHUP)
        # Started by nohup, it goes on.
        if signal.getsignal(each) is not signal.SIG_IGN
    ]
    before = {each: signal.signal(each, lambda sent, _: heard.append(sent)) for each in signals}
    try:
        yield end
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def render(pins: Pins, honest: Verdict, scenes: Sequence[Scene], pen: Pen) -> str:
    """Return the story: the honest release with its tree, then each attack in a few lines."""
    from crosstrust.render.tree import render_tree

    tree = render_tree(honest, color=pen.color, width=pen.width, unicode=pen.unicode)
    blocks = ["\n".join(_opening(pins, honest, pen)), tree.rstrip("\n")]
    blocks += ["\n".join(_scene(scene, number, pen)) for number, scene in enumerate(scenes, 1)]
    blocks.append("\n".join(_ending(honest, scenes, pen)))
    return "\n\n".join(blocks) + "\n"


def _opening(pins: Pins, honest: Verdict, pen: Pen) -> Iterator[str]:
    from crosstrust.render.text import wrapped

    text = (
        f"An author signed {honest.signed_by} with Docker Content Trust. A mirror has a copy "
        "without signatures. Both, and a Notary server, now run on this machine, for this demo "
        "alone. Is the copy the author's image?"
    )
    yield from wrapped(text, first="", rest="", width=pen.width)
    yield ""
    yield f"$ crosstrust verify {honest.subject} \\"
    yield f"    --signed-by {honest.signed_by.rpartition(':')[0]} \\"
    yield f"    --pin root={pins.root[0]}"


def _scene(scene: Scene, number: int, pen: Pen) -> Iterator[str]:
    from crosstrust.evidence.codes import CODES
    from crosstrust.render.heading import labelled
    from crosstrust.render.pen import Mark

    mark = Mark.OK if scene.caught else Mark.FAIL
    decision = scene.verdict.decision.value
    yield f"Attack {number}: {scene.attack.title}"
    yield from labelled("done", scene.said, pen)
    yield from labelled("verified", scene.attack.image, pen)
    yield from labelled("verdict", f"{decision}, {_reasons(scene.verdict)}", pen)
    yield from labelled("checked", CODES[scene.attack.code].title, pen)
    yield f"  {pen.mark(mark)} {pen.strong('caught' if scene.caught else 'not caught', mark)}"


def _reasons(verdict: Verdict) -> str:
    codes = dict.fromkeys(check.code for check in verdict.failures or verdict.gaps)
    return ", ".join(codes) or "nothing failed"


def _ending(honest: Verdict, scenes: Sequence[Scene], pen: Pen) -> Iterator[str]:
    from crosstrust.render.pen import Mark

    caught = sum(scene.caught for scene in scenes)
    good = honest.decision is Decision.TRUSTED and caught == len(scenes)
    mark = Mark.OK if good else Mark.FAIL
    text = f"the honest copy is {honest.decision.value}; {caught} of {len(scenes)} attacks caught"
    yield f"{pen.mark(mark)} {pen.strong(text, mark)}"


def _empty(folder: str, name: str) -> Path:
    home = Path(folder) / name
    home.mkdir()
    return home
