"""One threat, whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from api.errors import ProblemError
from api.reading.encode import encode
from api.reading.threats import newest
from api.selection import where_values
from schemas.ocsf_finding import to_ocsf
from schemas.sql import reading
from schemas.threat import Threat

RELATED = 20


async def detail(pool: asyncpg.Pool, threat_id: UUID) -> bytes:
    """Return a threat with event, triage, history and related threats. Raises ProblemError (404)."""
    async with pool.acquire() as connection:
        row = await _row(connection, threat_id)
        history = await connection.fetch(reading.SELECT_HISTORY, threat_id)
        where = where_values({"entity": row["entity"]})
        where.other_than(threat_id)
        related = await newest(connection, where, RELATED)
    return encode({
        "threat": msgspec.Raw(row["threat"]),
        "event": msgspec.Raw(row["event"]),
        "triage": _triage(row),
        "suppressed": row["suppressed"],
        "history": [dict(change) for change in history],
        "related": related,
    })  # fmt: skip


async def ocsf(pool: asyncpg.Pool, threat_id: UUID) -> bytes:
    """Return a threat as an OCSF Detection Finding. Raises ProblemError (404)."""
    async with pool.acquire() as connection:
        row = await _row(connection, threat_id)
    return encode(to_ocsf(Threat.model_validate_json(row["threat"])))


async def _row(connection: Any, threat_id: UUID) -> Any:
    row = await connection.fetchrow(reading.SELECT_THREAT, threat_id)
    if row is None:
        raise ProblemError(404, f"there is no threat {threat_id}")
    return row


def _triage(row: Any) -> dict[str, Any]:
    names = ("status", "assignee", "verdict", "reason", "version")
    return {**{name: row[name] for name in names}, "updated_time": row["updated_time"] if row["version"] else None}
