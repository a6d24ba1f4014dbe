"""Recovery: how soon a worker scores after its start, and how soon another takes over from a killed one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import asyncpg

from ironcore.stack import ChildProcess, Endpoints
from loadtest.bench import Bench
from loadtest.drivers import topics
from loadtest.drivers.contestants import IRONCORE, process_of
from loadtest.drivers.drain import events_of, watch
from loadtest.drivers.paced import Load, Running, producing
from loadtest.errors import BenchError
from loadtest.measurements.scaling import PARTITIONS, shared_out
from loadtest.workload.live import Loop, loop_of
from loadtest.workload.traffic import partition_of
from schemas.topics import RAW

#: While a worker is killed; enough that every partition has an event every few milliseconds.
LIVE_PER_S = 1000.0
LIVE_BEFORE_S = 3.0
LIMIT_S = 90.0

FIRST_SCORED = """
SELECT extract(epoch FROM min(scored_time))::float8 FROM events
WHERE scored_time > to_timestamp($1) AND entity = ANY($2)
"""


def measure(bench: Bench) -> dict[str, Any]:
    """Return both times in seconds, with the past there that the windows are rebuilt from."""
    records = bench.traffic().records[: bench.scale.takeover_past_events]
    bench.servers.fresh_topics(PARTITIONS)
    asyncio.run(topics.fill(bench.servers.broker, RAW.name, records, PARTITIONS))
    loop = loop_of(bench.traffic().records, PARTITIONS)
    with bench.servers.fresh_database() as endpoints:
        group = f"bench-recovery-{time.time_ns()}"
        workers = [process_of(IRONCORE, endpoints, bench.folder, group=group) for _ in range(2)]
        try:
            first_event_s = _first_event_s(workers[0])
            bench.tell(f"  first event after {first_event_s:.2f} s")
            watch(workers[:1], {}, lambda events: events >= len(records))
            workers[1].start()
            held = shared_out(workers)
            takeover_s = _takeover_s(bench, endpoints, workers, held[0], loop)
            bench.tell(f"  taken over after {takeover_s:.2f} s")
        finally:
            for worker in workers:
                worker.stop()
    return {"first_event_s": first_event_s, "takeover_s": takeover_s, "past_events": len(records)}


def _first_event_s(worker: ChildProcess) -> float:
    """Start a worker on a backlog and return the seconds until it has scored something."""
    began = time.monotonic()
    worker.start()
    while not events_of([worker]):
        worker.check_alive()
        if time.monotonic() - began > LIMIT_S:
            raise BenchError(f"no event was scored within {LIMIT_S:.0f} s of the start")
        time.sleep(0.02)
    return time.monotonic() - began


def _takeover_s(
    bench: Bench, endpoints: Endpoints, workers: Sequence[ChildProcess], lost: set[int], loop: Loop
) -> float:
    """Kill the first worker under load; return the seconds until one of its partitions' events is scored again."""
    entities = sorted({t.key.decode() for t in loop.templates if partition_of(t.key, PARTITIONS) in lost})
    with producing(Load(bench.servers.broker, PARTITIONS, LIVE_PER_S), loop) as running:
        _wait_for_load(running, LIVE_BEFORE_S)
        workers[0].kill()
        killed_s = time.time()
        return asyncio.run(_first_scored_s(endpoints.postgres_dsn, killed_s, entities)) - killed_s


def _wait_for_load(running: Running, seconds: float) -> None:
    """Wait until the producer has sent so many seconds' worth. Raises BenchError when it does not."""
    deadline = time.monotonic() + LIMIT_S
    while running.sent < LIVE_PER_S * seconds:
        if time.monotonic() > deadline or not running.alive:
            raise BenchError(f"the producer stands at {running.sent} events")
        time.sleep(0.02)


async def _first_scored_s(dsn: str, after_s: float, entities: Sequence[str]) -> float:
    """Return when one of the entities was scored first after a time. Raises BenchError when none is."""
    connection = await asyncpg.connect(dsn)
    try:
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            found: float | None = await connection.fetchval(FIRST_SCORED, after_s, entities)
            if found is not None:
                return found
            await asyncio.sleep(0.2)
    finally:
        await connection.close()
    raise BenchError(f"nothing of the killed worker's partitions was scored within {LIMIT_S:.0f} s")
