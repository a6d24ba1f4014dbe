"""PostgreSQL: a pool whose connections give plain values, and the faults that mean that it is away."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import asyncpg

#: Postgres counts microseconds from 2000-01-01.
_EPOCH_US = 946_684_800_000_000
STATEMENTS = 1000

#: What passes by itself: the answer is 503, and the next try may go well.
AWAY = (
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


async def connect_pool(dsn: str, *, size: int, query_s: float) -> asyncpg.Pool:
    """Return a pool of at most `size` connections. Raises what asyncpg raises when the server is not there.

    Times are seconds since 1970 as floats, addresses are text, JSON is bytes.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        init=_teach_types,
        command_timeout=query_s + 1,
        statement_cache_size=STATEMENTS,
        server_settings={
            "application_name": "ironcore-api",
            "jit": "off",
            "timezone": "UTC",
            "statement_timeout": str(int(query_s * 1000)),
        },
    )


async def _teach_types(connection: Any) -> None:
    for name, encoder, decoder, form in (
        ("timestamptz", _microseconds, lambda value: (value[0] + _EPOCH_US) / 1e6, "tuple"),
        ("inet", str, lambda text: text.partition("/")[0], "text"),
        ("json", bytes, bytes, "binary"),
    ):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=encoder, decoder=decoder, format=form)


def _microseconds(seconds: float) -> tuple[int]:
    return (round(seconds * 1_000_000) - _EPOCH_US,)


def canonical(address: str) -> str:
    """Return an address in its one text form. Raises ValueError, also for one with a zone: PostgreSQL has none."""
    if "%" in address:
        raise ValueError(f"{address!r} has a zone")
    return str(ip_address(address))
