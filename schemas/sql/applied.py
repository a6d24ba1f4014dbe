"""Which migrations a database lacks: workers and the API refuse one that lacks any."""

from __future__ import annotations

from typing import Any

import asyncpg

from schemas import sql


async def missing(connection: Any) -> list[sql.Migration]:
    """Return the migrations that were not applied, asked of a connection or a pool; all where none ever was."""
    try:
        applied = {row["version"] for row in await connection.fetch(sql.SELECT_APPLIED)}
    except asyncpg.UndefinedTableError:
        applied = set()
    return [step for step in sql.migrations() if step.version not in applied]
