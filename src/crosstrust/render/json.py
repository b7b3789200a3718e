"""Verdicts as JSON text: an array, or one verdict a line.

All that is not printable ASCII is escaped, so the text is safe on a terminal and in a log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from crosstrust.evidence.codec import encode_verdict
from crosstrust.evidence.verdict import Verdict


def render_json(verdicts: Iterable[Verdict], *, version: str = "") -> str:
    """Return an array of ``verdict-v1`` objects, indented by two spaces, with a final newline.

    ``version`` is that of the tool.
    """
    return dumps([encode_verdict(verdict, version=version) for verdict in verdicts])


def render_jsonl(verdict: Verdict, *, version: str = "") -> str:
    """Return one ``verdict-v1`` object on one line, with its newline."""
    encoded = encode_verdict(verdict, version=version)
    return json.dumps(encoded, separators=(",", ":"), allow_nan=False) + "\n"


def dumps(value: object) -> str:
    """Return ``value`` as every JSON output of crosstrust is laid out."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"
