"""``inspect``'s own table: who may sign, and who signed what. Key IDs and digests are whole."""

from __future__ import annotations

from collections.abc import Iterator

from crosstrust.evidence.trust_data import Key, Role
from crosstrust.render.heading import heading, labelled, origin, problems, when
from crosstrust.render.inspection import (
    Inspection,
    TagRow,
    how_pinned,
    only_in_releases,
    tag_rows,
)
from crosstrust.render.pen import Mark, Pen
from crosstrust.render.text import columns, counted, moment, plain


def render_table(
    inspection: Inspection, *, color: bool, width: int = 80, unicode: bool = True
) -> str:
    """Return the trust data of one repository as two tables, with a final newline.

    Times are UTC, lengths in bytes. Rows with whole IDs may be wider than ``width``.
    """
    pen = Pen(color=color, unicode=unicode, width=width)
    verdict = inspection.verdict
    blocks = [[*heading(verdict, pen), *origin(verdict)], *problems(verdict, pen)]
    if verdict.trust_data is not None:
        blocks += [list(_roles(inspection, pen)), list(_tags(inspection, pen))]
    ending = list(labelled("time", when(verdict), pen))
    for notice in verdict.warnings:
        ending += labelled("warning", f"{notice.where}: {notice.text} ({notice.code})", pen)
    text = "\n\n".join("\n".join(block) for block in [*blocks, ending]) + "\n"
    return text if unicode else text.encode("ascii", "replace").decode("ascii")


def _roles(inspection: Inspection, pen: Pen) -> Iterator[str]:
    roles = inspection.data.roles
    table = [("ROLE", "VERSION", "EXPIRES", "SIGNED BY"), *(_role(role) for role in roles)]
    title, *lines = columns(table)
    yield pen.faint(title)
    for role, line in zip(roles, lines, strict=True):
        yield line
        for key in role.keys:
            yield from _key(inspection, role, key, pen)


def _role(role: Role) -> tuple[str, str, str, str]:
    version = f"v{role.version}" if role.version else "-"
    expires = moment(role.expires) if role.expires else "-"
    if not role.version:
        return plain(role.name), version, expires, "not published"
    signed = f"{len(role.signed_by)} of {counted(len(role.keys), 'key')}"
    return plain(role.name), version, expires, f"{signed}, {role.threshold} needed"


def _key(inspection: Inspection, role: Role, key: Key, pen: Pen) -> Iterator[str]:
    pinned = how_pinned(inspection.verdict, role, key)
    facts = [plain(key.keytype)]
    facts += ["signed"] if key.canonical in role.signed_by else []
    facts += [f"pinned ({pinned})" if pinned != "first seen" else pinned] if pinned else []
    yield f"  {plain(key.scoped)}  {', '.join(facts)}"
    if key.canonical != key.scoped:
        yield f"  {plain(key.canonical)}  the same key without its certificate"
    if only_in_releases(inspection.data, role, key):
        warning = "this key belongs to no named signer; docker shows it nowhere"
        yield f"  {pen.mark(Mark.UNKNOWN)} {warning}"


def _tags(inspection: Inspection, pen: Pen) -> Iterator[str]:
    rows = tag_rows(inspection)
    if not rows:
        asked = inspection.tag or (str(inspection.digest) if inspection.digest else "any tag")
        yield f"{pen.mark(Mark.UNKNOWN)} no signature for {plain(asked)}"
        return
    table = [("TAG", "DIGEST", "BYTES", "SIGNED IN"), *(_tag(row) for row in rows)]
    title, *lines = columns(table)
    yield pen.faint(title)
    yield from lines


def _tag(row: TagRow) -> tuple[str, str, str, str]:
    roles = ", ".join(plain(role) for role in row.roles)
    note = "" if row.released else " (not released)"
    digest = str(row.digest) if row.digest else "no sha256"
    return plain(row.tag), digest, str(row.length), f"{roles}{note}"
