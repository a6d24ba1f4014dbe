"""The parts of the job by themselves. Runs in a process of its own, so that its CPU time is the part's alone."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import asyncpg
import numpy as np
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pgpq import ArrowToPostgresBinaryEncoder
from redis.asyncio import Redis

from ironcore.stack import Endpoints
from ironcore.topics import partitions_of
from loadtest.peers import database
from loadtest.peers.work import TTL_S, Scoring, decode, event_rows, message_of
from models.columns import columns_of
from models.features import FEATURES
from models.flow_features import FLOW_FEATURES, flow_features
from models.windows import Windows
from schemas import sql
from schemas.arrow import pa
from schemas.table import tabulate
from schemas.topics import RAW, THREATS
from streams.batch import Batch
from streams.cache import hot_results

ROWS, BATCHES = 4096, 8
FETCH_BYTES = 1_048_576
REPEATS = 7
SET_ALL = "for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[i + 1], 'EX', ARGV[1]) end"

#: What each part is, for the report. Of two ways that do the same, both are measured and the cheaper one counts.
WHAT = {
    "consume": "aiokafka getmany, 4 partitions",
    "consume_slabs": "the same by streams/transport.py",
    "decode": "msgspec, JSON to the Event struct",
    "features": "numba kernel and matrix on ready columns",
    "score": "three heads, 4,096 rows a call",
    "store": "29 columns from Arrow by pgpq, asyncpg copy_to_table (client)",
    "store_records": "asyncpg copy_records_to_table, 29 columns, ready tuples (client)",
    "publish": "aiokafka create_batch and send_batch, a threat's JSON",
    "cache": "redis-py, one script call that sets a batch's hot results with TTL",
    "cache_pipelined": "redis-py, pipelined SET with TTL",
}


def costs_us(endpoints: Endpoints, values: Sequence[bytes]) -> dict[str, float]:
    """Return CPU microseconds by the names of `WHAT`: a threat for `publish` and the caches, else an event."""
    scoring = Scoring()
    even = values[:: max(len(values) // (BATCHES * ROWS), 1)][
        : BATCHES * ROWS
    ]  # with the usual share of threats in each
    batches = [
        scoring.score([decode(value) for value in even[start : start + ROWS]]) for start in range(0, len(even), ROWS)
    ]
    threats = [threat for batch in batches for threat in batch.threats]
    version, hot = scoring.scorer.version, [hot_results(batch.threats) for batch in batches]
    costs = {
        "decode": _decode(values),
        "features": _features(values),
        "score": _score([decode(value) for value in values[:ROWS]], scoring),
        "consume": asyncio.run(_consume(endpoints.broker, len(values))),
        "store": asyncio.run(_store(endpoints.postgres_dsn, batches, version)),
        "store_records": asyncio.run(_store_records(endpoints.postgres_dsn, batches, version)),
        "publish": asyncio.run(_publish(endpoints.broker, [message_of(threat) for threat in threats])),
        "cache": asyncio.run(_cache(endpoints.redis_url, hot, len(threats))),
        "cache_pipelined": asyncio.run(_cache_pipelined(endpoints.redis_url, hot, len(threats))),
    }
    return {part: 1e6 * seconds for part, seconds in costs.items()}


def own_costs_us(broker: str, count: int) -> dict[str, float]:
    """Return CPU microseconds of what IronCore does itself and the limit does not count. For a process of its own."""
    import streams.transport  # noqa: F401, PLC0415 - takes the place of aiokafka's way in the whole process

    return {"consume_slabs": 1e6 * asyncio.run(_consume(broker, count))}


def _cost_s(work: Callable[[], object], count: int) -> float:
    """Return the CPU seconds an item: the median of some repeats, the first of which warms up."""
    used = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        used.append(time.process_time() - began)
    return statistics.median(used) / count


async def _cost_async_s(
    work: Callable[[], Awaitable[object]], count: int, undo: Callable[[], Awaitable[object]] | None = None
) -> float:
    used = []
    for _ in range(REPEATS):
        began = time.process_time()
        await work()
        used.append(time.process_time() - began)
        if undo is not None:
            await undo()
    return statistics.median(used) / count


def _decode(values: Sequence[bytes]) -> float:
    def work() -> None:
        for start in range(0, len(values), ROWS):  # as many live at a time as in a batch
            [decode(value) for value in values[start : start + ROWS]]

    return _cost_s(work, len(values))


def _features(values: Sequence[bytes]) -> float:
    windows, columns = Windows(65_536), []
    for start in range(0, len(values), ROWS):
        table, _ = tabulate([decode(value) for value in values[start : start + ROWS]])
        columns.append(columns_of(table))

    def work() -> None:
        for part in columns:
            matrix = np.empty((len(part.event_time), len(FEATURES)), np.float32)
            flow_features(part, matrix)
            windows.advance(part, np.zeros(len(matrix), np.int32), matrix, len(FLOW_FEATURES))

    return _cost_s(work, len(values))


def _score(events: Sequence[Any], scoring: Scoring) -> float:
    features = np.resize(scoring.features(events), (ROWS, len(FEATURES)))
    return _cost_s(lambda: [scoring.heads(features) for _ in range(8)], 8 * ROWS)


async def _consume(broker: str, count: int) -> float:
    partitions = await partitions_of(broker, RAW.name)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker, enable_auto_commit=False, max_partition_fetch_bytes=FETCH_BYTES
    )
    await consumer.start()
    try:
        consumer.assign(partitions)

        async def work() -> None:
            await consumer.seek_to_beginning(*partitions)
            seen = 0
            while seen < count:
                fetched = await consumer.getmany(timeout_ms=1000, max_records=ROWS)
                seen += sum(len(records) for records in fetched.values())

        return await _cost_async_s(work, count)
    finally:
        await consumer.stop()


async def _store(dsn: str, batches: Sequence[Batch], version: str) -> float:
    connection = await asyncpg.connect(dsn, server_settings={"jit": "off", "timezone": "UTC"})
    try:
        tables = [_ready(batch, version) for batch in batches]

        async def copied(table: Any) -> AsyncIterator[bytes]:
            encoder = ArrowToPostgresBinaryEncoder(table.schema)
            yield encoder.write_header()
            yield encoder.write_batch(table)
            yield encoder.finish()

        async def work() -> None:
            for table in tables:
                await connection.copy_to_table(
                    "events", source=copied(table), columns=sql.EVENT_COLUMNS, format="binary"
                )

        return await _cost_async_s(work, _rows(batches), lambda: connection.execute("TRUNCATE events"))
    finally:
        await connection.close()


async def _store_records(dsn: str, batches: Sequence[Batch], version: str) -> float:
    connection = await asyncpg.connect(dsn, server_settings={"jit": "off", "timezone": "UTC"})
    try:
        await database.teach_types(connection)
        records = [list(event_rows(batch, version)) for batch in batches]

        async def work() -> None:
            for part in records:
                await connection.copy_records_to_table("events", records=part, columns=sql.EVENT_COLUMNS)

        return await _cost_async_s(work, _rows(batches), lambda: connection.execute("TRUNCATE events"))
    finally:
        await connection.close()


def _ready(batch: Batch, version: str) -> Any:
    """Return the 29 columns of `events` in Arrow, in the types that COPY takes as they are."""
    given, scores, count = batch.table.columns, batch.scores, len(batch.table)
    assert scores is not None
    made = {
        "event_time": pa.array((given["event_time"].to_numpy() * 1e6).astype(np.int64) - database.EPOCH_US),
        "event_id": given["event_id"].cast(pa.binary()),
        "src_ip": batch.table.sources.inet(),
        "dst_ip": batch.table.destinations.inet(),
        "anomaly": pa.array(scores.anomaly),
        "threat_class": pa.repeat("benign", count),
        "risk": pa.array(scores.risk),
        "model_version": pa.repeat(version, count),
        "scored_time": pa.repeat(pa.scalar(0, pa.int64()), count),
    }
    return pa.record_batch({name: made[name] if name in made else given[name] for name in sql.EVENT_COLUMNS})


def _rows(batches: Sequence[Batch]) -> int:
    return sum(len(batch.table) for batch in batches)


async def _publish(broker: str, messages: Sequence[tuple[bytes, bytes]]) -> float:
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all", max_batch_size=FETCH_BYTES)
    await producer.start()
    try:

        async def work() -> None:
            batch = producer.create_batch()
            sent = []
            for key, value in messages:
                if batch.append(key=key, value=value, timestamp=None) is None:
                    sent.append(await producer.send_batch(batch, THREATS.name, partition=0))
                    batch = producer.create_batch()
                    batch.append(key=key, value=value, timestamp=None)
            sent.append(await producer.send_batch(batch, THREATS.name, partition=0))
            await asyncio.gather(*sent)

        return await _cost_async_s(work, len(messages))
    finally:
        await producer.stop()


async def _cache(url: str, hot: Sequence[Mapping[str, bytes]], threats: int) -> float:
    async with Redis.from_url(url) as redis:
        set_all = redis.register_script(SET_ALL)

        async def work() -> None:
            for part in hot:
                await set_all(keys=list(part), args=[TTL_S, *part.values()])

        return await _cost_async_s(work, threats)


async def _cache_pipelined(url: str, hot: Sequence[Mapping[str, bytes]], threats: int) -> float:
    async with Redis.from_url(url) as redis:

        async def work() -> None:
            for part in hot:
                pipe = redis.pipeline(transaction=False)
                for key, value in part.items():
                    pipe.set(key, value, ex=TTL_S)
                await pipe.execute()

        return await _cost_async_s(work, threats)
