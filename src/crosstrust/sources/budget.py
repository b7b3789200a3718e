"""How many requests a registry still allows: Docker Hub says so in each answer that counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosstrust.evidence.verdict import Notice

if TYPE_CHECKING:
    from crosstrust.sources.request import Response

# An image with several platforms takes about as many.
FEW = 10

_FORM = r"([0-9]{1,9})(?:;w=([0-9]{1,9}))?"


def low_budget(response: Response) -> Notice | None:
    """Return a warning where fewer than ``FEW`` requests are left, else None.

    Fields ``ratelimit-limit`` and ``ratelimit-remaining``: "100;w=21600", a number for a window
    in seconds. What has another form says nothing.
    """
    left = re.fullmatch(_FORM, response.header("ratelimit-remaining"), re.ASCII)
    if left is None or int(left[1]) >= FEW:
        return None
    whole = re.fullmatch(_FORM, response.header("ratelimit-limit"), re.ASCII)
    text = f"{int(left[1])} requests left" + (f" of {int(whole[1])}" if whole else "")
    if left[2]:
        text += f" in {int(left[2]) / 3600:g} h"
    return Notice("registry.rate.limited", response.origin, f"{text}; log in for more")
