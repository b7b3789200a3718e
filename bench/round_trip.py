"""What the round trips of one run are spent on, from the tap's log."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.sample import Case, run_once
from tests.interop.traffic import Tap


@dataclass(frozen=True)
class Event:
    """Something that reached the tap, ``at`` seconds after the process was started."""

    at: float
    what: str


def show_round_trips(case: Case, tap: Tap, milliseconds: int) -> None:
    """Run a case once more and print its events, those that arrived together on one line."""
    environment = case.environment()
    mark = tap.mark()
    began = time.time()
    sample = run_once(case.command, environment)
    events = [
        Event(record["t"] - began, text)
        for record in tap.records(mark)
        if (text := describe(record))
    ]
    print(f"\n  {case.name}: {sample.wall * 1000:.0f} ms, as seen by the server")
    for group in together(events, milliseconds / 2000):
        counted = Counter(event.what for event in group)
        texts = [f"{count} x {what}" if count > 1 else what for what, count in counted.items()]
        print(f"    {group[0].at * 1000:6.0f} ms  {', '.join(texts)}")
    after = sample.wall - events[-1].at if events else 0.0
    print(f"    {sample.wall * 1000:6.0f} ms  end, {after * 1000:.0f} ms after the last arrival")


def describe(record: dict[str, Any]) -> str:
    """What a line of the log says, in few words; empty for a finished handshake."""
    if "line" in record:
        return f"connect to {host(record['line'].split(' ')[-1])}"
    if "method" not in record:
        return ""
    path = record["path"].partition("?")[0]
    if path == "/v2/":
        what = "challenge"
    elif path.startswith("/token"):
        what = "token"
    elif "/manifests/" in path:
        what = "tag" if record["method"] == "HEAD" or "sha256:" not in path else "manifest"
    else:
        what = "config" if "/blobs/" in path else path.rsplit("/", 1)[-1].partition(".json")[0]
        what = role(what)
    return f"{what} ({host(record['host'])})"


def role(name: str) -> str:
    """A role file without its hash: ``snapshot.ab12...`` is ``snapshot``."""
    first, _, rest = name.rpartition(".")
    return first if len(rest) == 64 and first else name


def host(name: str) -> str:
    """A host in one word."""
    words = {"registry-1": "hub", "auth": "auth", "notary": "notary", "public": "ecr"}
    return words.get(name.partition(".")[0], name)


def together(events: Iterable[Event], gap: float) -> Iterator[list[Event]]:
    """Group the events, in the order of time, that follow each other within ``gap`` seconds."""
    group: list[Event] = []
    for event in sorted(events, key=lambda one: one.at):
        if group and event.at - group[-1].at > gap:
            yield group
            group = []
        group.append(event)
    if group:
        yield group
