"""A peer's connection to Postgres: plain values for the types that asyncpg builds objects for, as its guide shows.

Source: https://magicstack.github.io/asyncpg/current/usage.html#custom-type-conversions.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

import asyncpg

from schemas import sql

#: Postgres counts microseconds from 2000-01-01.
EPOCH_US = 946_684_800_000_000


def timestamp(seconds: float) -> tuple[int]:
    """Return a time as asyncpg's tuple form of `timestamptz`."""
    return (round(seconds * 1_000_000) - EPOCH_US,)


async def connect_pool(dsn: str, *, size: int = 1) -> asyncpg.Pool:
    """Return a pool whose connections take our rows as they are."""
    return await asyncpg.create_pool(
        dsn, min_size=1, max_size=size, init=teach_types, server_settings={"jit": "off", "timezone": "UTC"}
    )


async def copy(pool: asyncpg.Pool, events: Iterable[tuple[Any, ...]], threats: Iterable[tuple[Any, ...]]) -> None:
    """Write a batch's rows in one transaction."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.copy_records_to_table("events", records=events, columns=sql.EVENT_COLUMNS)
        await connection.copy_records_to_table("threats", records=threats, columns=sql.THREAT_COLUMNS)


def insert_of(table: str, columns: tuple[str, ...]) -> str:
    """Return the statement that inserts one row."""
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608 - our names


async def teach_types(connection: Any) -> None:
    """Let a connection take time stamps as microseconds, addresses as text, identifiers and JSON as bytes."""
    for name, encoder, decoder, form in (
        ("timestamptz", lambda value: value, lambda value: value, "tuple"),
        ("uuid", lambda sixteen: sixteen, bytes, "binary"),
        ("inet", _inet, bytes, "binary"),
        ("json", bytes, bytes, "binary"),
    ):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=encoder, decoder=decoder, format=form)


@lru_cache(maxsize=65_536)
def _inet(address: str) -> bytes:
    """Encode an address as `inet_send` does: family (2 or 3), prefix length, is-cidr, length, bytes."""
    if ":" in address:
        return b"\x03\x80\x00\x10" + inet_pton(AF_INET6, address)
    return b"\x02\x20\x00\x04" + inet_pton(AF_INET, address)
