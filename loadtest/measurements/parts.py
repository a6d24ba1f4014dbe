"""The parts of the job by themselves. Runs in a process of its own, so that its CPU time is the part's alone."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import msgspec
import numpy as np
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from redis.asyncio import Redis

from ironcore.stack import Endpoints
from ironcore.topics import partitions_of
from loadtest.peers import database
from loadtest.peers.work import TTL_S, Scored, Scoring, hot_results, message_of
from loadtest.peers.work import decode as decode_whole
from models.addresses import AddressBook
from models.columns import columns_of
from models.flow_features import flow_features
from models.windows import Windows
from schemas import sql
from schemas.event import Event
from schemas.topics import RAW, THREATS

ROWS = 4096
FETCH_BYTES = 1_048_576
REPEATS = 7

#: What each part is, for the report.
WHAT = {
    "consume": "aiokafka getmany, 4 partitions",
    "decode": "msgspec, JSON to the Event struct",
    "features": "numba kernel and matrix on ready columns",
    "score": "three heads, 4,096 rows a call",
    "store": "asyncpg copy_records_to_table, 29 columns, ready tuples (client)",
    "publish": "aiokafka create_batch and send_batch, a threat's JSON",
    "cache": "redis-py pipelined SET with TTL, two a threat",
}


def costs_us(endpoints: Endpoints, values: Sequence[bytes]) -> dict[str, float]:
    """Return CPU microseconds: an event for the first five, a threat for `publish`, a SET for `cache`."""
    events, scoring = [decode_whole(value) for value in values], Scoring()
    scored = [scoring.score(events[start : start + ROWS]) for start in range(0, min(len(events), 4 * ROWS), ROWS)]
    threats = [threat for batch in scored for threat in batch.threats]
    costs = {
        "decode": _decode(values),
        "features": _features(events),
        "score": _score(events, scoring),
        "consume": asyncio.run(_consume(endpoints.broker, len(values))),
        "store": asyncio.run(_store(endpoints.postgres_dsn, scored)),
        "publish": asyncio.run(_publish(endpoints.broker, [message_of(threat) for threat in threats])),
        "cache": asyncio.run(_cache(endpoints.redis_url, [pair for t in threats for pair in hot_results(t)])),
    }
    return {part: 1e6 * seconds for part, seconds in costs.items()}


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
    decode = msgspec.json.Decoder(Event).decode

    def work() -> None:
        for start in range(0, len(values), ROWS):  # as many live at a time as in a batch
            [decode(value) for value in values[start : start + ROWS]]

    return _cost_s(work, len(values))


def _features(events: Sequence[Any]) -> float:
    book, windows = AddressBook(), Windows(65_536)
    columns = [columns_of(events[start : start + ROWS], book) for start in range(0, len(events), ROWS)]

    def work() -> None:
        for part in columns:
            windowed = windows.advance(part, np.zeros(len(part.event_time), np.int32))
            np.concatenate([flow_features(part), windowed, part.alert_severity[:, None]], axis=1)

    return _cost_s(work, len(events))


def _score(events: Sequence[Any], scoring: Scoring) -> float:
    rows = (list(events) * (ROWS // len(events) + 1))[:ROWS]
    features = scoring.features(rows)
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


async def _store(dsn: str, scored: Sequence[Scored]) -> float:
    rows = [row for batch in scored for row in batch.event_rows()]
    connection = await asyncpg.connect(dsn, server_settings={"jit": "off", "timezone": "UTC"})
    try:
        await database.teach_types(connection)

        async def work() -> None:
            await connection.copy_records_to_table("events", records=rows, columns=sql.EVENT_COLUMNS)

        async def undo() -> None:
            await connection.execute("TRUNCATE events")

        return await _cost_async_s(work, len(rows), undo)
    finally:
        await connection.close()


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


async def _cache(url: str, pairs: Sequence[tuple[str, bytes]]) -> float:
    async with Redis.from_url(url) as redis:

        async def work() -> None:
            for start in range(0, len(pairs), 2 * ROWS // 20):  # as many at a time as a batch has
                pipe = redis.pipeline(transaction=False)
                for key, value in pairs[start : start + 2 * ROWS // 20]:
                    pipe.set(key, value, ex=TTL_S)
                await pipe.execute()

        return await _cost_async_s(work, len(pairs))
