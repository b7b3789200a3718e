"""What earlier runs left on the user's machine: version floors, and a cache that may be lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from crosstrust.sources.trust_store import TrustStore

_STATE = Path(".local/state/crosstrust")
# The file of floors, by the start of its path below the home. A refusal may raise floors in it:
# each role that was verified counts, whatever fails after it (TUF 5.4.5, 5.5.7).
FLOORS = f"{_STATE}/state-seen"
CACHE = ".cache/crosstrust"


def read_floors(home: Path, gun: str) -> dict[str, int]:
    """Return the newest version of each role that was verified; {} where nothing was seen."""
    raw = TrustStore(home / _STATE).read(f"notary-v1 {gun}")
    if not raw:
        return {}
    seen = json.loads(raw)
    floors = {role: listed[-1]["version"] for role, listed in seen["floors"].items()}
    return {"root": seen["roots"][-1]["version"], **floors}


def floor_file(home: Path) -> Path:
    """Return the one file of floors."""
    (found,) = home.glob(f"{FLOORS}*")
    return found


def lose_cache(home: Path) -> None:
    """Remove everything that was cached, and nothing else."""
    shutil.rmtree(home / CACHE)


def lose_everything(home: Path) -> None:
    """Remove the cache and the floors, where there are any, as on another machine."""
    for folder in (CACHE, _STATE):
        if (home / folder).exists():
            shutil.rmtree(home / folder)
