"""The clock: the one place that asks what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def elapsed_since(start: float) -> float:
    """Return the seconds since ``start``, a value of ``timer``."""
    return time.perf_counter() - start


def timer() -> float:
    """Return a reading for ``elapsed_since``; its zero means nothing."""
    return time.perf_counter()
