"""``python -m crosstrust``: the same as the installed command."""

from __future__ import annotations

from crosstrust.cli.leave import run

run()
