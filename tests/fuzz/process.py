"""One target under libFuzzer: python -m tests.fuzz.process TARGET [LIBFUZZER ARGUMENT...]

The time limit is on the processor time of this process, so that a busy machine finds nothing;
what waits for something else meets libFuzzer's own -timeout.
"""

from __future__ import annotations

import math
import pkgutil
import sys
import time
from importlib import import_module
from pathlib import Path

import atheris

WORK = Path(".fuzz")
SECONDS = 1.0
PARSING = ("oci", "chain", "schemes")


class SlowError(Exception):
    """An input that took longer than ``SECONDS``."""


def import_parsers() -> None:
    """Import all that could be imported while a parser runs: only that is instrumented."""
    import_module("crosstrust.sources.zstd_frame")
    for name in PARSING:
        package = import_module(f"crosstrust.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)


def main(name: str, arguments: list[str]) -> None:
    """Feed the target until libFuzzer ends the process."""
    with atheris.instrument_imports(include=["crosstrust"]):
        import_parsers()
        table = import_module("tests.fuzz.table")
    check_input = table.TABLE[name].check_input
    failed = WORK / name / "failed"

    def check_saved(raw: bytes, seconds: float = SECONDS) -> None:
        begin, passed = time.process_time(), False
        try:
            check_input(raw)
            taken = time.process_time() - begin
            if taken > seconds:
                raise SlowError(f"{taken:.1f} s for {len(raw)} bytes")
            passed = True
        finally:
            if not passed:
                # libFuzzer itself saves what hangs or needs too much memory.
                failed.write_bytes(raw)

    for file in sorted((table.CORPUS / name).iterdir())[:20]:
        # What cryptography loads late is not the first input's fault.
        check_saved(file.read_bytes(), math.inf)
    atheris.Setup([sys.argv[0], *arguments], check_saved)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
