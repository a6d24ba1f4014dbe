"""Groups of repeats, as the stream keeps them."""

from __future__ import annotations

from typing import Any

import asyncpg

from api.contract.threat_groups import ThreatGroup, ThreatGroupPage
from api.cursor import Place, cursor_of, place_of
from api.reading.encode import encode
from schemas.sql.groups import select_groups
from schemas.threat import severity_of


async def page(pool: asyncpg.Pool, query: ThreatGroupPage) -> bytes:
    """Return a page of groups. Raises ProblemError (422) for a cursor that is none."""
    statement, values = select_groups(
        entities=query.entity,
        classes=query.threat_class,
        state=query.state,
        span=(query.from_time, query.to_time),
        min_risk=query.min_risk,
        after=place_of(query.cursor),
        limit=query.limit + 1,
    )
    rows = await pool.fetch(statement, *values)
    items = [_item(row) for row in rows[: query.limit]]
    more = len(rows) > query.limit
    last = cursor_of(Place(items[-1]["window_start"], items[-1]["group_id"])) if more else None
    return encode({"items": items, "next_cursor": last})


def _item(row: Any) -> dict[str, Any]:
    risk = round(row["max_risk"], 2)
    given = {name: row[name] for name in ThreatGroup.model_fields if name not in {"max_risk", "severity"}}
    return {**given, "max_risk": risk, "severity": severity_of(risk).value}
