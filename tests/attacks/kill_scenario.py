"""What is killed: kinds of runs, each with a home as it was before, and what must not be lost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crosstrust import Options, Pins
from crosstrust.app.clock import now
from crosstrust.app.session import open_session
from crosstrust.cli.output import write_output
from crosstrust.sandbox import Sandbox, publish_release
from crosstrust.sandbox.door import MemoryDoor
from crosstrust.sandbox.layer import compress
from crosstrust.sandbox.release import TAG, build_webdis, push
from crosstrust.value import replace

STATE, OUTPUT = Path(".local/state/crosstrust"), Path("verdict.txt")


# By name, and at how many moments at least each can be killed.
SCENARIOS = {"first": 360, "pinned": 330, "layers": 260, "later": 220}


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is run, in a home that is ``before``, and the state that an honest end leaves."""

    sandbox: Sandbox
    options: Options
    image: str
    before: Path

    def run(self, home: Path) -> None:
        options = replace(self.options, home=home)
        with open_session(options, door=MemoryDoor(self.sandbox)) as session:
            verdict = session.answer(session.question(self.image))
        assert verdict, verdict.failures
        write_output(str(home / OUTPUT), f"{verdict.pinned}\n".encode() * 300)


def prepare(folder: Path, name: str) -> Scenario:
    """``first``: a first run, keys taken on first sight. ``pinned``: a first run, keys pinned.

    ``later``: a newer state than was seen. ``layers``: as later, and layers to be measured.
    """
    sandbox = Sandbox(at=now())
    release = publish_release(sandbox)
    before = folder / "before"
    before.mkdir()
    environ = {"PATH": "/nowhere"}
    first = name == "first"
    pins = Pins() if first else sandbox.author.pins()
    options = Options(signed_by=sandbox.origin, pins=pins, tofu=first, environ=environ)
    scenario = Scenario(sandbox, options, f"{sandbox.mirror}:{TAG}", before)
    if name in {"later", "layers"}:
        scenario.run(before)
        sandbox.author.sign("0.1.18", release.signed, release.length)
        sandbox.publish()
    if name == "layers":
        images = (build_webdis(TAG, "amd64"), build_webdis(TAG, "arm64", "v8"))
        packed = (
            replace(i, layers=tuple(compress(x.tar, level=1) for x in i.layers)) for i in images
        )
        push(sandbox.registries["public.ecr.aws"], "nicolas/webdis", TAG, tuple(packed))
    return scenario


def state(home: Path) -> dict[str, bytes]:
    """What must not be lost: floors and first-seen keys, and the output; absent is empty."""
    files = [*(home / STATE).glob("state-[sf]*"), home / OUTPUT]
    return {f.name: f.read_bytes() for f in files if f.exists() and not f.name.endswith(".new")}
