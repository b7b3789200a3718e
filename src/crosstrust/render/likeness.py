"""Two images beside each other: the same or not, to which level, and why not more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.codec import encode_check, encode_platform
from crosstrust.evidence.verdict import PlatformResult
from crosstrust.render.heading import problem_lines
from crosstrust.render.json import dumps
from crosstrust.render.pen import Mark, Pen
from crosstrust.render.platform import level_words
from crosstrust.render.text import plain

_WORDS = {
    True: ("SAME", Mark.OK),
    False: ("DIFFERENT", Mark.FAIL),
    None: ("NOT KNOWN TO BE THE SAME", Mark.UNKNOWN),
}


# The checks are those of ``verify``, which compares a copy with what was signed.
_ENDING = (
    "No signature was looked at: `crosstrust verify` does that. Above, the second",
    'image is "the copy", and "signed" is what the first one has.',
)


def render_likeness(
    names: tuple[str, str],
    platforms: Sequence[PlatformResult],
    checks: Sequence[Check],
    pen: Pen,
    *,
    same: bool | None,
) -> str:
    """Return what comparing two images gave. ``same`` None: something could not be looked at.

    No signature was looked at, and the text says so.
    """
    word, mark = _WORDS[same]
    lines = [pen.strong(word, mark), *(f"  {plain(name)}" for name in names)]
    for result in platforms:
        lines += ["", *_platform(result)]
    for check in dict.fromkeys(checks):
        if check.outcome is not Outcome.PASSED:
            lines += ["", *problem_lines(check, pen)]
    lines += ["", *_ENDING]
    return "\n".join(lines) + "\n"


def _platform(result: PlatformResult) -> Iterator[str]:
    yield f"  {plain(result.platform)}: {level_words(result)}"
    for digest, side in ((result.signed_digest, "first"), (result.digest, "second")):
        yield f"    {side:<8}{digest or 'none'}"
    yield from (f"    {plain(reason)}" for reason in result.reasons)


def render_likeness_json(
    names: tuple[str, str],
    platforms: Sequence[PlatformResult],
    checks: Sequence[Check],
    *,
    same: bool | None,
) -> str:
    """Return the same as one JSON object; ``same`` is true, false or null."""
    return dumps(
        {
            "first": names[0],
            "second": names[1],
            "same": same,
            "platforms": [_encoded(result) for result in platforms],
            "checks": [encode_check(check) for check in dict.fromkeys(checks)],
        }
    )


def _encoded(result: PlatformResult) -> dict[str, object]:
    """As in a verdict, but that neither side is the signed one."""
    members = encode_platform(result)
    first, second = members.pop("signed_digest"), members.pop("digest")
    place = {"platform": members.pop("platform"), "level": members.pop("level")}
    return {**place, "first_digest": first, "second_digest": second, **members}
