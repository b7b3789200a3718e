"""Kill verifications at steps into the file system, and look at what is left.

    python -m tests.attacks.kills [--kills N] [--jobs N]

Each kind of run happens in a process of its own: it forks, and so must have no threads.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from crosstrust import StateError
from crosstrust.app.session import open_session
from crosstrust.value import replace
from tests.attacks.kill import KILLED, end_at_step, watch_steps
from tests.attacks.kill_scenario import SCENARIOS, Scenario, prepare, state

MEMORY = Path("/dev/shm")
# Of so many homes one is used again by an honest run; the others are only read.
RECOVERED = 3


def fork(run: Callable[[], None]) -> int:
    """Run something in a process of its own; return its exit code."""
    child = os.fork()
    if child == 0:
        run()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def fresh_home(scenario: Scenario, folder: Path) -> Path:
    home = folder / "killed"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(scenario.before, home)
    return home


def moments(scenario: Scenario, folder: Path) -> list[str]:
    """Return every moment at which a run can be killed, in order: "before fsync state"."""
    home, told = fresh_home(scenario, folder), folder / "moments"

    def run() -> None:
        found: list[str] = []
        watch_steps(lambda moment, *names: found.append(f"{moment} {_part(names[0], home)}"))
        scenario.run(home)
        told.write_text("\n".join(found), encoding="ascii")

    assert fork(run) == 0
    return told.read_text(encoding="ascii").splitlines()


def _part(name: object, home: Path) -> str:
    """Return what a file or descriptor belongs to: "state", "cache", "output", "" if closed."""
    try:
        path = (
            Path(f"/proc/self/fd/{name}").readlink() if isinstance(name, int) else Path(f"{name}")
        )
    except OSError:
        return ""
    if home not in path.parents:
        return "elsewhere"
    folder = path.relative_to(home).parts[0]
    return {".local": "state", ".cache": "cache"}.get(folder, "output")


def chosen(found: list[str], kills: int) -> list[int]:
    """Return so many numbers of moments: the first of each kind, the rest evenly spread.

    Where more kills than moments are asked for, it begins again.
    """
    rounds, rest = divmod(kills, len(found))
    everything = list(range(1, len(found) + 1))
    firsts = sorted({moment: n for n, moment in reversed([*enumerate(found, 1)])}.values())[:rest]
    others = [number for number in everything if number not in firsts]
    spread = rest - len(firsts)
    return everything * rounds + firsts + [others[n * len(others) // spread] for n in range(spread)]


def killed_homes(scenario: Scenario, folder: Path, numbers: list[int]) -> Iterator[Path]:
    """The home after a run that was killed at each of these moments."""
    for number in numbers:
        home = fresh_home(scenario, folder)

        def run(number: int = number, home: Path = home) -> None:
            watch_steps(end_at_step(number))
            scenario.run(home)

        code = fork(run)
        assert code == KILLED, (number, code)
        yield home


def faults(
    scenario: Scenario, home: Path, old: dict[str, bytes], new: dict[str, bytes]
) -> list[str]:
    """What is neither the old state nor the new one, file by file, in a home after a kill."""
    left = state(home)
    odd = [n for n in left.keys() | old.keys() if left.get(n) not in {old.get(n), new.get(n)}]
    try:
        with open_session(replace(scenario.options, home=home, offline=True)) as session:
            session.question(scenario.image)
    except StateError as error:
        odd.append(f"{error}")
    return odd


def unrecovered(scenario: Scenario, home: Path, new: dict[str, bytes]) -> list[str]:
    """What an honest run in a home after a kill does not bring to the new state."""
    try:
        scenario.run(home)
    except StateError as error:
        return [f"not usable: {error}"]
    odd = [f"not recovered: {n}" for n in new if state(home).get(n) != new[n]]
    return odd + [f"left behind: {path.name}" for path in home.rglob("state-*.new")]


@dataclass
class Found:
    """``missed``: kinds of moments without a kill. ``recovered``: homes that were used again.

    ``damaged``: a line for each kill that left something odd.
    """

    moments: int = 0
    missed: list[str] = field(default_factory=list)
    kills: int = 0
    recovered: int = 0
    damaged: list[str] = field(default_factory=list)


def try_kills(folder: Path, name: str, kills: int) -> Found:
    """Kill a run so many times. This process must have no threads."""
    scenario = prepare(folder, name)
    after = folder / "after"
    shutil.copytree(scenario.before, after)
    scenario.run(after)
    old, new = state(scenario.before), state(after)
    assert old != new
    steps = moments(scenario, folder)
    numbers = chosen(steps, kills)
    found = Found(len(steps), sorted({*steps} - {steps[number - 1] for number in numbers}))
    for number, home in zip(numbers, killed_homes(scenario, folder, numbers), strict=True):
        found.kills += 1
        odd = faults(scenario, home, old, new)
        if found.kills % RECOVERED == 0:
            found.recovered += 1
            odd += unrecovered(scenario, home, new)
        if odd:
            found.damaged.append(f"{name}, killed {steps[number - 1]}, {number}: {'; '.join(odd)}")
    return found


def start(name: str, kills: int) -> Found:
    """Try one kind of run in a process of its own, in a folder in memory if there is any."""
    # Who is killed cannot hand in what was measured.
    environ = {key: value for key, value in os.environ.items() if "COV" not in key}
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.attacks.kills", "--in", folder, name, str(kills)],
            cwd=Path(__file__).parents[2],
            env=environ,
            stdout=subprocess.PIPE,
            check=True,
        )
    return Found(**json.loads(done.stdout))


def shares(kills: int) -> dict[str, int]:
    """How many kills of each kind of run, by the number of its moments."""
    total = sum(SCENARIOS.values())
    found = {name: kills * least // total for name, least in SCENARIOS.items()}
    found["first"] += kills - sum(found.values())
    return found


def main(kills: int, jobs: int) -> int:
    """Print the figures; 1 where anything was damaged, or nothing was tried."""
    parts = shares(kills)
    with ThreadPoolExecutor(jobs) as pool:
        done = dict(zip(parts, pool.map(start, parts, parts.values()), strict=True))
    for name, found in done.items():
        print(
            f"{name:7} {found.kills} kills, of {found.moments} moments; {found.recovered} homes"
            f" used again; kinds of moments missed: {', '.join(found.missed) or 'none'}"
        )
        for line in found.damaged:
            print(f"DAMAGED: {line}")
    total = sum(found.kills for found in done.values())
    damaged = sum(len(found.damaged) for found in done.values())
    print(f"kills: {total} kills, {damaged} damaged")
    return 1 if damaged or not total else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill verifications at any step.")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--in", nargs=3, dest="one", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.one:
        where, what, count = words.one
        print(json.dumps(asdict(try_kills(Path(where), what, int(count)))))
        sys.exit()
    sys.exit(main(words.kills, max(1, words.jobs)))
