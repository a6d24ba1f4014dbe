"""Hot reads: what the pipeline left in Redis, read by a Zipf law, with Postgres behind it.

Half of the threats are those of the run, which are in Redis; as many again are older than Redis keeps and lie in
Postgres only. The latest are asked for most (YCSB's workload D: ranks by recency, its constant of 0.99). What is missed
is read from Postgres and put back, as a reader of ours does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
from redis.asyncio import Redis

from ironcore.stack import Endpoints
from loadtest.bench import Bench
from loadtest.drivers import topics
from loadtest.drivers.contestants import IRONCORE, process_of
from loadtest.drivers.drain import watch
from loadtest.peers.work import TTL_S
from loadtest.statistics import percentiles
from loadtest.workload.traffic import SEED
from schemas.keys import threat_key
from schemas.topics import RAW

PARTITIONS = 4
ZIPF = 0.99

#: Copies of the run's threats from so long ago that Redis has let go of them; their identifiers are others.
AGE_THREATS = """
INSERT INTO threats (event_time, threat_id, entity, severity, threat_class, risk, anomaly, src_ip, dst_ip, dst_port,
                     sensor, basis, model_version, scored_time, threat, event)
SELECT event_time - $1::float8 * interval '1 second', md5(threat_id::text)::uuid, entity, severity, threat_class, risk,
       anomaly, src_ip, dst_ip, dst_port, sensor, basis, model_version,
       scored_time - $1::float8 * interval '1 second', threat, event
FROM threats
"""
SELECT_KEYS = "SELECT event_time, threat_id FROM threats ORDER BY event_time DESC"
SELECT_THREAT = "SELECT threat FROM threats WHERE event_time = $1 AND threat_id = $2"


def measure(bench: Bench) -> dict[str, Any]:
    """Return the share of reads that Redis answered, and how long both kinds took."""
    with stored(bench) as endpoints:
        found = asyncio.run(_read(endpoints, bench.scale.hot_reads))
    bench.tell(f"  {found['cache_hit_ratio']:.2%} of {found['reads']:,} reads hit")
    return found


@contextmanager
def stored(bench: Bench) -> Iterator[Endpoints]:
    """Yield servers on which a worker has scored and stored some of the run's events; it has ended."""
    records = bench.traffic().records[: bench.scale.hot_events]
    bench.servers.fresh_topics(PARTITIONS)
    asyncio.run(topics.fill(bench.servers.broker, RAW.name, records, PARTITIONS))
    with bench.servers.fresh_database() as endpoints:
        worker = process_of(IRONCORE, endpoints, bench.folder)
        try:
            worker.start()
            watch([worker], {}, lambda events: events >= len(records))
        finally:
            worker.stop()
        yield endpoints


async def _read(endpoints: Endpoints, reads: int) -> dict[str, Any]:
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        await connection.execute(AGE_THREATS, 2.0 * TTL_S)
        keys = [(row["event_time"], row["threat_id"]) for row in await connection.fetch(SELECT_KEYS)]
        async with Redis.from_url(endpoints.redis_url) as redis:
            hits_ms, misses_ms = await _read_each(
                redis, connection, [keys[rank] for rank in zipf_ranks(len(keys), reads)]
            )
    finally:
        await connection.close()
    return {
        "cache_hit_ratio": len(hits_ms) / reads,
        "reads": reads,
        "threats": len(keys),
        "zipf": ZIPF,
        "hit_ms": percentiles(hits_ms),
        "miss_ms": percentiles(misses_ms),
    }


def zipf_ranks(count: int, draws: int) -> list[int]:
    """Draw ranks from 0 to count - 1, each as likely as its place (from 1) to the power of -ZIPF."""
    weights = np.arange(1, count + 1, dtype=np.float64) ** -ZIPF
    ranks: list[int] = np.random.default_rng(SEED).choice(count, draws, p=weights / weights.sum()).tolist()
    return ranks


async def _read_each(
    redis: Redis, connection: Any, keys: Sequence[tuple[Any, UUID]]
) -> tuple[list[float], list[float]]:
    """Read one after the other, and return the milliseconds of hits and of misses."""
    hits_ms: list[float] = []
    misses_ms: list[float] = []
    for event_time, threat_id in keys:
        began = time.perf_counter()
        key = threat_key(threat_id)
        if await redis.get(key) is not None:
            hits_ms.append(1000 * (time.perf_counter() - began))
            continue
        await redis.set(key, await connection.fetchval(SELECT_THREAT, event_time, threat_id), ex=TTL_S)
        misses_ms.append(1000 * (time.perf_counter() - began))
    return hits_ms, misses_ms
