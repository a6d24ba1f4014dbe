"""Queries: what analysts ask of many stored events, one question at a time on a warm server."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from loadtest.bench import Bench
from loadtest.errors import BenchError
from loadtest.statistics import percentiles
from loadtest.workload.stored import DAYS, ENTITIES, SEVERITIES, entity_name, store_events
from loadtest.workload.traffic import SEED
from schemas.sql import analysis

PAGE_ROWS = 100
WARM_UP_RUNS = 20

Draw = Callable[[random.Random, datetime], tuple[Any, ...]]


def measure(bench: Bench) -> dict[str, Any]:
    """Return percentiles in milliseconds for each query."""
    events = bench.scale.stored_events
    with bench.servers.fresh_database() as endpoints:
        began = time.monotonic()
        asyncio.run(store_events(endpoints.postgres_dsn, events))
        bench.tell(f"  {events:,} events stored in {time.monotonic() - began:.0f} s")
        found = asyncio.run(_ask_all(endpoints.postgres_dsn, events, bench.scale.query_runs))
    for name, figures in found.items():
        bench.tell(f"  {name}: p50 {figures['p50']:.2f} ms, p95 {figures['p95']:.2f} ms")
    return {"events": events, "days": DAYS, "entities": ENTITIES, "queries": found}


def _time_between(dice: random.Random, now: datetime, days: float) -> datetime:
    """Return a time within the last days, recent ones more often, as they are asked for."""
    return now - timedelta(days=days * dice.random() ** 2)


def _latest(dice: random.Random, now: datetime) -> tuple[Any, ...]:
    return dice.choice(SEVERITIES), _time_between(dice, now, DAYS - 1), PAGE_ROWS


def _history(dice: random.Random, now: datetime) -> tuple[Any, ...]:
    number, end = int(ENTITIES * dice.random() ** 2), _time_between(dice, now, DAYS - 2)
    return entity_name(number), end - timedelta(days=1), end, PAGE_ROWS


def _counts(dice: random.Random, now: datetime) -> tuple[Any, ...]:
    end = _time_between(dice, now, DAYS - 2)
    return end - timedelta(days=1), end


QUERIES: Mapping[str, tuple[str, Draw]] = {
    "latest_threats": (analysis.SELECT_LATEST_THREATS, _latest),
    "entity_history": (analysis.SELECT_ENTITY_HISTORY, _history),
    "counts": (analysis.SELECT_COUNTS, _counts),
}


async def _ask_all(dsn: str, events: int, runs: int) -> dict[str, Any]:
    connection = await asyncpg.connect(dsn, server_settings={"jit": "off", "timezone": "UTC"})
    try:
        stored = await connection.fetchval("SELECT count(*) FROM events")
        if stored != events // DAYS * DAYS:
            raise BenchError(f"{events} events were to be stored and {stored} are there")
        return {name: await _ask(connection, statement, draw, runs) for name, (statement, draw) in QUERIES.items()}
    finally:
        await connection.close()


async def _ask(connection: Any, statement: str, draw: Draw, runs: int) -> dict[str, Any]:
    """Ask with varied parameters and return percentiles. Raises BenchError when no answer had a row."""
    dice, now = random.Random(SEED), datetime.now(UTC)
    prepared = await connection.prepare(statement)
    for _ in range(WARM_UP_RUNS):
        await prepared.fetch(*draw(dice, now))
    took_ms, rows = [], 0
    for _ in range(runs):
        arguments = draw(dice, now)
        began = time.perf_counter()
        rows += len(await prepared.fetch(*arguments))
        took_ms.append(1000 * (time.perf_counter() - began))
    if not rows:
        raise BenchError(f"no row was found by {statement}")
    return {**percentiles(took_ms), "runs": runs, "mean_rows": rows / runs}
