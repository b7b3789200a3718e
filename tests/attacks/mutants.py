"""Try every small change of genuine files: python -m tests.attacks.mutants [--jobs N]

Every bit and every member of five chains, and all that can be done to the text of a timestamp:
the other files are bound by hash, so that no change of text is left for them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice, product

from tests.attacks.file_damage import Change, change_structure, change_text, flip_bits
from tests.attacks.genuine import FILES, genuine_chain

# What is read the same in other bytes, and what stands beside the signed part. All of it in a
# timestamp: no other file has anything that may differ.
HARMLESS = frozenset(
    {
        "character escaped",
        "element added to file.signatures",
        "order of members in file",
        "order of members in file.signatures.*",
        "order of members in file.signed",
        "order of members in file.signed.meta.snapshot",
        "order of members in file.signed.meta.snapshot.hashes",
        "unknown member added to file",
        "unknown member added to file.signatures.*",
        "white space added",
    }
)
# So many there are at least: fewer, and some kind of change went missing.
LEAST = 250_000
SLICES = 8


@dataclass
class Found:
    """How many changes were judged, the kinds of those accepted for harmless, and what is wrong."""

    tried: int = 0
    harmless: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.tried += other.tried
        self.harmless += other.harmless
        self.wrong += other.wrong


def try_changes(name: str, role: str, changes: Iterable[Change]) -> Found:
    """Judge each change: it is refused, or nothing signed differs and the same is trusted.

    Nobody who has seen the genuine file accepts any other.
    """
    whole, found = genuine_chain(name), Found()
    genuine = whole.files[role]
    signed, trusted = json.loads(genuine)["signed"], whole.trusted(role, genuine)
    seen = whole.judge(role, genuine).state
    assert trusted
    assert whole.trusted(role, genuine, seen=seen) == trusted
    for change in changes:
        assert change.raw != genuine
        found.tried += 1
        held = whole.trusted(role, change.raw)
        if not held:
            continue
        again = whole.trusted(role, change.raw, seen=seen)
        if held != trusted or json.loads(change.raw)["signed"] != signed or again:
            found.wrong.append(f"{name} {role}: {change}")
        elif role != "timestamp" or change.kind not in HARMLESS:
            found.wrong.append(f"{name} {role}: not known to be harmless: {change}")
        else:
            found.harmless[change.kind] += 1
    return found


def all_changes(role: str, raw: bytes) -> Iterator[Change]:
    texts = change_text(raw) if role == "timestamp" else ()
    return chain(flip_bits(raw), change_structure(raw), texts)


def try_slice(task: tuple[tuple[str, str], int]) -> Found:
    """Try each eighth change of one file."""
    (name, role), first = task
    raw = genuine_chain(name).files[role]
    return try_changes(name, role, islice(all_changes(role, raw), first, None, SLICES))


def main(jobs: int) -> int:
    """Print what was accepted and the figures; 1 where any is wrong or too few were tried."""
    total = Found()
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(try_slice, product(FILES, range(SLICES))):
            total.add(found)
    for kind, count in sorted(total.harmless.items()):
        print(f"accepted in a timestamp nobody has seen: {kind} ({count})")
    for line in total.wrong:
        print(f"WRONG: {line}")
    if total.tried < LEAST:
        print(f"mutants: at least {LEAST} are expected")
    print(f"mutants: {total.tried} tried, {len(total.wrong)} trusted")
    return 1 if total.wrong or total.tried < LEAST else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Try every small change of genuine files.")
    parser.add_argument("--jobs", type=int, default=2)
    sys.exit(main(max(1, parser.parse_args().jobs)))
