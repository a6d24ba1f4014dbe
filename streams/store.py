"""Store: every scored event and every threat becomes a row of Postgres, once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import numpy as np
from numpy.typing import NDArray

from schemas import sql
from schemas.threat import Threat
from streams.batch import Batch, Copy
from streams.errors import Retry
from streams.risk import RiskRule, opened_before
from streams.rows import threat_rows, threats_copy, write_threats
from streams.totals import add_to_totals

#: What passes by itself: the server restarts, is full for the moment, or two batches met on the same rows.
RETRIED = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.InternalClientError,
    asyncpg.ReadOnlySQLTransactionError,
)


async def connect_pool(dsn: str, *, size: int) -> asyncpg.Pool:
    """Return a pool of connections. Raises what asyncpg raises when the server is not there."""
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        command_timeout=60.0,
        reset=_keep,
        server_settings={"application_name": "ironcore-worker", "jit": "off", "timezone": "UTC"},
    )


async def _keep(_: Any) -> None:
    """Leave a connection as it is when it is given back: no session state is set here, and asyncpg asks once more."""


async def store(batch: Batch, pool: asyncpg.Pool, risk: RiskRule) -> None:
    """Write the batch in one transaction: all rows or none. Raises Retry; doing it twice leaves one row each.

    The score that was stored first stays. When an event is there already, a threat that contradicts its stored score
    is taken out of the batch; one that was stored with it remains, since it may not have been published. The same
    holds for threats of entities' risk, to which new events alone add.
    """
    if not len(batch.table):
        return
    try:
        async with pool.acquire() as connection:
            try:
                await _copy(connection, batch, risk)
            except asyncpg.UniqueViolationError:  # something of it is there already: a replay
                await _merge(connection, batch, risk)
    except (*RETRIED, asyncpg.UniqueViolationError) as fault:
        raise Retry("store", fault) from fault


async def _copy(connection: Any, batch: Batch, risk: RiskRule) -> None:
    async with connection.transaction():
        await _copy_rows(connection, "events", sql.EVENT_COLUMNS, batch.event_copy)
        if not batch.threat_copy:  # a try before this one has kept fewer
            write_threats(batch)
        await _copy_rows(connection, "threats", sql.THREAT_COLUMNS, batch.threat_copy)
        await _add_up(connection, batch, risk, batch.threats)


async def _merge(connection: Any, batch: Batch, risk: RiskRule) -> None:
    batch.replayed = True
    async with connection.transaction():
        await connection.execute(sql.CREATE_STAGING)
        await _copy_rows(connection, "events_staging", sql.EVENT_COLUMNS, batch.event_copy)
        fresh = {row["event_id"] for row in await connection.fetch(sql.MERGE_EVENTS)}
        times, ids = [t.event_time for t in batch.threats], [t.threat_id for t in batch.threats]
        known = {row["threat_id"] for row in await connection.fetch(sql.SELECT_KNOWN_THREATS, times, ids)}
        batch.keep_threats(fresh, known)
        unknown = [at for at, threat in enumerate(batch.threats) if threat.threat_id not in known]
        await _copy_rows(connection, "threats", sql.THREAT_COLUMNS, threat_rows(batch, unknown))
        opened = await opened_before(connection, batch)
        first = batch.first_rows()
        rows = np.array([first[event_id.bytes] for event_id in fresh], np.intp)
        await _add_up(connection, batch, risk, [batch.threats[at] for at in unknown], rows)
        batch.risk_threats += opened


async def _add_up(
    connection: Any,
    batch: Batch,
    risk: RiskRule,
    threats: Sequence[Threat],
    rows: NDArray[np.intp] | slice = slice(None),
) -> None:
    """Add what is stored for the first time to the totals, and store the threats of risk that this opens."""
    opened = await add_to_totals(connection, batch, risk, threats, rows)
    batch.risk_threats = [threat for threat, _ in opened]
    copied = threats_copy(batch, batch.risk_threats, [row for _, row in opened])
    await _copy_rows(connection, "threats", sql.THREAT_COLUMNS, copied)


async def _copy_rows(connection: Any, table: str, columns: Sequence[str], rows: Copy) -> None:
    if not rows:
        return

    async def pieces() -> AsyncIterator[bytes]:
        for piece in rows:
            yield piece

    await connection.copy_to_table(table, source=pieces(), columns=columns, format="binary")
