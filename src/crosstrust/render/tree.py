"""A verdict for people: the decision, what stands against it, the chain, and what to run."""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.evidence.verdict import Verdict
from crosstrust.render.branch import draw
from crosstrust.render.heading import heading, labelled, origin, problems, when
from crosstrust.render.link import chain
from crosstrust.render.pen import Pen
from crosstrust.render.text import counted, plain


def render_tree(verdict: Verdict, *, color: bool, width: int = 80, unicode: bool = True) -> str:
    """Return ``verdict`` as the guide's chain, with a final newline.

    At most ``width`` columns, full digests, key IDs and references apart. ``unicode=False``
    draws in ASCII. Nothing in it can steer a terminal but the colours that ``color`` asks for.
    """
    pen = Pen(color=color, unicode=unicode, width=width)
    blocks = [
        [*heading(verdict, pen), *origin(verdict)],
        *problems(verdict, pen),
        draw(chain(verdict, pen), pen),
        list(_ending(verdict, pen)),
    ]
    text = "\n\n".join("\n".join(block) for block in blocks) + "\n"
    return text if unicode else text.encode("ascii", "replace").decode("ascii")


def _ending(verdict: Verdict, pen: Pen) -> Iterator[str]:
    if verdict:
        yield f"  run       {plain(verdict.pinned)}"
    elif verdict.pinned:
        yield f"  seen      {plain(verdict.pinned)} (do not run it)"
    yield from labelled("time", when(verdict), pen)
    yield from labelled("cost", _cost(verdict), pen)
    for use in verdict.traffic.proxies:
        yield from labelled("proxy", f"{use.proxy}, {counted(use.count, 'request')}", pen)
    for warning in verdict.warnings:
        yield from labelled("warning", f"{warning.where}: {warning.text} ({warning.code})", pen)


def _cost(verdict: Verdict) -> str:
    traffic = verdict.traffic
    unit, size = ("MB", 10**6) if traffic.bytes >= 10**6 else ("kB", 1000)
    requests = counted(traffic.count, "request")
    return f"{requests}, {traffic.bytes / size:.1f} {unit}, {traffic.seconds:.2f} s"
