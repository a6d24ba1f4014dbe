"""Lists and counts of threats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg

from api.contract.threats import ThreatBuckets, ThreatCount, ThreatPage
from api.cursor import Place, cursor_of, place_of
from api.item import Item, item_of_row
from api.reading.encode import encode
from api.selection import where_of
from schemas.sql import reading
from schemas.sql.where import Where
from schemas.threat import severity_of


async def page(pool: asyncpg.Pool, query: ThreatPage) -> bytes:
    """Return a page of threats."""
    place, where = place_of(query.cursor), where_of(query)
    if place is not None:
        where.before(*place)
    rows = await pool.fetch(reading.items(where, query.limit + 1), *where.values)
    items = [item_of_row(row) for row in rows[: query.limit]]
    return encode({"items": items, "next_cursor": _next(len(rows) > query.limit, items)})


async def newest(connection: Any, where: Where, limit: int) -> list[Item]:
    """Return the newest threats, by a connection or a pool."""
    return [item_of_row(row) for row in await connection.fetch(reading.items(where, limit), *where.values)]


async def counts(pool: asyncpg.Pool, query: ThreatCount, rows: int) -> bytes:
    """Return how many there are, by each dimension."""
    return encode(await counted(pool, where_of(query), query.by, rows))


async def counted(pool: asyncpg.Pool, where: Where, by_names: Sequence[str], rows: int) -> dict[str, Any]:
    """Return the same as a dict, for conditions."""
    total = 0
    by: dict[str, dict[str, int]] = {name: {} for name in by_names}
    for dimension, value, number in await pool.fetch(reading.counts(where, by_names, rows + 1), *where.values):
        if dimension:
            by[dimension][value] = number
        else:
            total = number
    return {"total": min(total, rows), "by": by, "complete": total <= rows}


async def groups(pool: asyncpg.Pool, query: ThreatPage, rows: int) -> bytes:
    """Return a page of groups by class and entity."""
    place, where = place_of(query.cursor), where_of(query)
    found = await pool.fetch(reading.groups(where, rows + 1, query.limit + 1, place), *where.values)
    items = [_group(row) for row in found[: query.limit]]
    more = len(found) > query.limit
    last = cursor_of(Place(items[-1]["last_time"], items[-1]["latest_threat_id"])) if more else None
    return encode({"items": items, "next_cursor": last, "complete": not found or found[0]["seen"] <= rows})


def _group(row: Any) -> dict[str, Any]:
    risk = round(row["max_risk"], 2)
    names = ("threat_class", "entity", "count", "open_count", "first_time", "last_time", "latest_threat_id")
    return {**{name: row[name] for name in names}, "max_risk": risk, "severity": severity_of(risk).value}


async def timeline(pool: asyncpg.Pool, query: ThreatBuckets, rows: int) -> bytes:
    """Return counts by severity over time."""
    where = where_of(query)
    statement = reading.timeline(where, rows + 1, query.buckets, (query.from_time, query.to_time))
    found = await pool.fetch(statement, *where.values)
    buckets: dict[int, dict[str, int]] = {}
    for row in found:
        buckets.setdefault(row["bucket"], {})[row["severity"]] = row["number"]
    begin, length, seen = (found[0][name] for name in ("begin", "length", "seen")) if found else (0.0, 1.0, 0)
    items = [{"time": begin + number * length, "counts": counts} for number, counts in sorted(buckets.items())]
    return encode({"bucket_s": length, "items": items, "complete": seen <= rows})


def _next(more: bool, items: list[Item]) -> str | None:  # noqa: FBT001
    return cursor_of(Place(items[-1].event_time, items[-1].threat_id)) if more else None
