"""``inspect`` as JSON: roles, keys, tags and the checks that stand behind them."""

from __future__ import annotations

from collections.abc import Iterable

from crosstrust.evidence.codec import (
    encode_check,
    encode_time,
    encode_traffic,
    encode_warning,
)
from crosstrust.evidence.trust_data import Key, Role
from crosstrust.render.inspection import (
    Inspection,
    TagRow,
    how_pinned,
    only_in_releases,
    tag_rows,
)
from crosstrust.render.json import dumps

Plain = dict[str, object]


def render_inspect_json(inspections: Iterable[Inspection], *, version: str = "") -> str:
    """Return an array of ``inspect-v1`` objects; ``version`` is that of the tool."""
    return dumps([_inspection(one, version) for one in inspections])


def _inspection(inspection: Inspection, version: str) -> Plain:
    verdict, data = inspection.verdict, inspection.data
    return {
        "schema": "inspect-v1",
        "tool": {"name": "crosstrust", "version": version},
        "subject": verdict.subject,
        "repository": data.gun,
        "tag": inspection.tag,
        "digest": str(inspection.digest) if inspection.digest else None,
        "decision": verdict.decision.value,
        "class": verdict.klass.value if verdict.klass else None,
        "time": {"at": encode_time(verdict.at), "basis": verdict.basis},
        "historic": verdict.historic,
        "freshness": verdict.freshness,
        "roles": [_role(inspection, role) for role in data.roles],
        "tags": [_tag(row) for row in tag_rows(inspection)],
        "checks": [encode_check(check) for check in verdict.checks],
        "warnings": [encode_warning(notice) for notice in verdict.warnings],
        "requests": encode_traffic(verdict.traffic),
    }


def _role(inspection: Inspection, role: Role) -> Plain:
    return {
        "role": role.name,
        "published": bool(role.version),
        "version": role.version,
        "expires": encode_time(role.expires) if role.expires else None,
        "threshold": role.threshold,
        "keys": [_key(inspection, role, key) for key in role.keys],
        "paths": list(role.paths),
        "sha256": role.sha256 or None,
        "bytes": role.size,
    }


def _key(inspection: Inspection, role: Role, key: Key) -> Plain:
    return {
        "scoped": key.scoped,
        "canonical": key.canonical,
        "type": key.keytype,
        "signed": key.canonical in role.signed_by,
        "pinned": how_pinned(inspection.verdict, role, key) or None,
        "only_in_releases": only_in_releases(inspection.data, role, key),
    }


def _tag(row: TagRow) -> Plain:
    return {
        "tag": row.tag,
        "digest": str(row.digest) if row.digest else None,
        "bytes": row.length,
        "roles": list(row.roles),
        "released": row.released,
    }
