"""One process from start to end: wall clock, processor time, peak memory; and tables of medians."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Sample:
    """Seconds and MiB of one run, its children included.

    The kernel counts the memory of the process that started it, until its program was loaded:
    a peak below that of this interpreter is not seen.
    """

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True)
class Case:
    """A command to measure. ``environment`` is asked before each run, outside the clock."""

    name: str
    command: Sequence[str]
    environment: Callable[[], Mapping[str, str]]
    rounds: int
    samples: list[Sample] = field(default_factory=list)

    @property
    def wall(self) -> float:
        """The median of the wall clock, in seconds."""
        return median(sample.wall for sample in self.samples)

    @property
    def memory(self) -> float:
        """The largest peak, in MiB."""
        return max(sample.memory for sample in self.samples)


def run_once(command: Sequence[str], environment: Mapping[str, str]) -> Sample:
    """Run a command to its end; fail if it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stderr is not None
    with process.stderr as errors:
        said = errors.read().decode(errors="replace")
    if process.returncode != 0:
        raise SystemExit(f"bench: {' '.join(command)} ended with {process.returncode}: {said}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def measure(cases: Sequence[Case]) -> None:
    """Run the cases in turn, so that whatever else the machine does hits all of them."""
    for number in range(max(case.rounds for case in cases)):
        for case in cases:
            if number < case.rounds:
                case.samples.append(run_once(case.command, case.environment()))


def heading(title: str) -> None:
    """Print what is measured next."""
    print(f"\n{title}")


def show(cases: Sequence[Case], **columns: Sequence[str]) -> None:
    """Print the cases, each beside the first one; ``columns`` add one text per case."""
    width = max(len(case.name) for case in cases)
    titles = f"{'ms':>9}{'least':>9}{'cpu ms':>9}{'MiB':>7}{'ratio':>8}"
    print(f"  {'':{width}}{titles}" + "".join(f"{title:>10}" for title in columns))
    for number, case in enumerate(cases):
        least = min(sample.wall for sample in case.samples)
        cpu = median(sample.cpu for sample in case.samples)
        figures = f"{case.wall * 1000:9.1f}{least * 1000:9.1f}{cpu * 1000:9.1f}"
        figures += f"{case.memory:7.1f}{case.wall / cases[0].wall:8.2f}"
        more = "".join(f"{texts[number]:>10}" for texts in columns.values())
        print(f"  {case.name:{width}}{figures}{more}")
