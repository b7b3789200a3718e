"""The parts of the benchmark, by name."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.round_trip import show_round_trips
from bench.sample import Case, heading, measure, show
from bench.user import User
from tests.interop.client import Lab, crosstrust_command
from tests.interop.traffic import Tap, delayed, own_tap

ROOT = Path(__file__).resolve().parents[1]
ROUND_TRIP = 50
# What docker trust inspect took where 150 ms was set as the target, in ms.
PEER_COLD = 84


def process() -> None:
    """How long the command takes to say what it can do, beside the bare interpreter."""
    heading("process: start-up")
    # Without bytecode every start would compile what it imports.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    cases = [
        Case(name, command, lambda: environment, rounds=25)
        for name, command in (
            ("python -c pass", [sys.executable, "-c", "pass"]),
            ("crosstrust --help", [*crosstrust_command(), "--help"]),
            ("crosstrust verify --help", [*crosstrust_command(), "verify", "--help"]),
        )
    ]
    measure(cases)
    show(cases)
    above = (cases[1].wall - cases[0].wall) * 1000
    print(f"  --help is {above:.1f} ms above the interpreter's own start (target: 25)")


@contextmanager
def lab_user() -> Iterator[tuple[User, Tap] | None]:
    """A user of the lab behind a tap that nobody else uses; None and one line without a lab."""
    lab = Lab.of(os.environ)
    if not lab.is_up:
        print("  the lab is not up: bash tests/interop/lab/setup.sh")
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="crosstrust-bench-") as name:
        folder = Path(name)
        with own_tap(lab, folder / "tap") as tap:
            yield User.of(lab, folder, tap.proxy_port), tap


def cold() -> None:
    """The whole verification in the lab as it is, beside what it replaces."""
    heading("cold: public.ecr.aws/nicolas/webdis:0.1.19, two platforms, no latency")
    with lab_user() as found:
        if found is None:
            return
        user, tap = found
        cases = [
            user.verify("crosstrust verify, cold", rounds=20),
            user.verify("crosstrust verify, warm", rounds=20, warm=True),
            user.trust_inspect("docker trust inspect, cold", rounds=20),
            user.guide("the guide's procedure", rounds=5),
        ]
        counts = []
        for case in cases:
            user.warm_up(case)
            mark = tap.mark()
            case.samples.clear()
            measure([Case(case.name, case.command, case.environment, 1)])
            counts.append(str(len(tap.requests(mark))))
        measure(cases)
        show(cases, requests=counts)
        print("  targets: cold at most 150 ms and 45 MiB, 22 requests; warm 10 requests")
        times = cases[0].wall / cases[2].wall
        print(
            f"  cold is {times:.2f} times docker trust inspect, which does the first of the guide's"
        )
        print(f"  steps and compares nothing; the target was set where that took {PEER_COLD} ms,")
        print(f"  which is {150 / PEER_COLD:.2f} times")


def far() -> None:
    """The same behind a delay: what a far server feels like."""
    heading(f"far: the same with {ROUND_TRIP} ms per round trip, connection set-up included")
    with lab_user() as found:
        if found is None:
            return
        user, tap = found
        with delayed(tap.proxy_port, ROUND_TRIP) as port:
            distant = user.behind(port)
            cases = [
                distant.verify("crosstrust verify, cold", rounds=5),
                distant.verify("crosstrust verify, warm", rounds=5, warm=True),
                distant.trust_inspect("docker trust inspect, cold", rounds=3),
                distant.guide("the guide's procedure", rounds=2),
            ]
            distant.warm_up(cases[1])
            measure(cases)
            show(cases)
            ours, docker, guide = cases[0].wall, cases[2].wall, cases[3].wall
            print(f"  the guide's procedure takes {guide / ours:.1f} times as long (target: 15),")
            print(f"  docker trust inspect alone {docker / ours:.1f} times (target: 3)")
            for case in cases[:2]:
                show_round_trips(case, tap, ROUND_TRIP)


def layer() -> None:
    """The layer pipeline alone, and a whole verification that fetches a layer of 200 MB."""
    heading("layer: the pipeline alone")
    sys.stdout.flush()
    subprocess.run([sys.executable, str(ROOT / "bench" / "layer_rate.py")], check=True, cwd=ROOT)
    heading("layer: lab/big from a real registry on loopback, without TLS, cold")
    with lab_user() as found:
        if found is None:
            return
        user, _ = found
        cases = [
            user.verify_big("crosstrust verify, fetched, unpacked and hashed", rounds=3),
            user.copy_big("skopeo copy to a folder, fetched and hashed", rounds=3),
        ]
        measure(cases)
        show(cases, **{"MB/s": [f"{209.7 / case.wall:.0f}" for case in cases]})


PARTS: dict[str, Callable[[], None]] = {
    "process": process,
    "cold": cold,
    "far": far,
    "layer": layer,
}
