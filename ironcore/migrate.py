"""Applies the migrations: forward only, each in a transaction of its own, safe to run twice or by two at once."""

from __future__ import annotations

import asyncpg

from schemas import sql


async def migrate(dsn: str, *, retention_days: int, ahead_days: int) -> list[sql.Migration]:
    """Bring the database up to date, make the partitions of the days ahead, and return what was applied."""
    connection = await asyncpg.connect(dsn, timeout=10, server_settings={"timezone": "UTC"})
    try:
        await connection.execute(sql.CREATE_MIGRATIONS_TABLE)
        applied = [step for step in sql.migrations() if await _apply(connection, step)]
        await connection.fetchval(sql.MAKE_PARTITIONS, 1, ahead_days)
        await connection.fetchval(sql.DROP_PARTITIONS, retention_days)
        return applied
    finally:
        await connection.close()


async def _apply(connection: asyncpg.Connection, step: sql.Migration) -> bool:
    async with connection.transaction():
        await connection.execute(sql.LOCK_MIGRATIONS)
        if step.version in {row["version"] for row in await connection.fetch(sql.SELECT_APPLIED)}:
            return False
        await connection.execute(step.sql)
        await connection.execute(sql.INSERT_APPLIED, step.version, step.name)
        return True
