"""Reads the dead letters, and returns them to the topic that they came from."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from ironcore.topics import partitions_of
from schemas.dead_letter import DeadLetter, Reason
from schemas.topics import DEAD_LETTERS, MAX_MESSAGE_BYTES, RAW

#: Remembers in the broker which letters were returned, so that each is returned once.
REPLAY_GROUP = "ironcore-dead-letters"
POLL_MS, MAX_SILENT_POLLS = 1000, 5


class Stored(NamedTuple):
    """A letter and where it lies on the dead-letter topic."""

    partition: int
    offset: int
    timestamp_ms: int
    letter: DeadLetter


async def read(broker: str, *, reason: Reason | None = None, limit: int = 1000) -> list[Stored]:
    """Return the latest letters, oldest first, at most `limit` of each partition."""
    async with _consumer(broker, group=None) as consumer:
        ends = await _ends(consumer, broker)
        for tp, end in ends.items():
            consumer.seek(tp, 0 if reason else max(0, end - limit))
        found = [stored async for stored in _until(consumer, ends)]
    wanted = [stored for stored in found if reason in (None, stored.letter.reason)]
    return sorted(wanted, key=lambda stored: stored.timestamp_ms)[-limit:]


async def replay(broker: str, *, reason: Reason | None = None, again: bool = False) -> int:
    """Send the letters that were not returned before to the raw topic as they came; return how many.

    1. Send a letter's original key, bytes and headers. 2. Wait for the acknowledgement. 3. Commit what was read.
    With a `reason`, letters of other reasons are passed over and count as looked at. `again` starts from the first.
    A letter without a value has nothing to return.
    """
    returned = 0
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all", max_request_size=MAX_MESSAGE_BYTES + 65_536)
    async with _consumer(broker, group=REPLAY_GROUP) as consumer:
        await producer.start()
        try:
            ends = await _ends(consumer, broker)
            await _seek_to_unreturned(consumer, ends, again=again)
            async for stored in _until(consumer, ends):
                letter = stored.letter
                if reason in (None, letter.reason) and letter.value is not None:
                    await producer.send_and_wait(  # 1. and 2.
                        RAW.name, key=letter.key, value=letter.value, headers=list(letter.headers)
                    )
                    returned += 1
                await consumer.commit({TopicPartition(DEAD_LETTERS.name, stored.partition): stored.offset + 1})  # 3.
        finally:
            await producer.stop()
    return returned


@asynccontextmanager
async def _consumer(broker: str, *, group: str | None) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def _ends(consumer: AIOKafkaConsumer, broker: str) -> dict[TopicPartition, int]:
    """Assign every partition of the topic and return where each ends."""
    partitions = await partitions_of(broker, DEAD_LETTERS.name)
    consumer.assign(partitions)
    ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
    return ends


async def _seek_to_unreturned(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int], *, again: bool) -> None:
    for tp in ends:
        consumer.seek(tp, 0 if again else (await consumer.committed(tp) or 0))


async def _until(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> AsyncIterator[Stored]:
    """Yield the letters that were there when this began; those that come meanwhile are another call's.

    The end alone does not do: the embedded broker tells the start of the last batch for it.
    """
    began_ms, silent_polls = time.time() * 1000, 0
    while silent_polls < MAX_SILENT_POLLS:
        fetched: dict[Any, Any] = await consumer.getmany(timeout_ms=POLL_MS)
        older = [
            Stored(tp.partition, r.offset, r.timestamp, DeadLetter.from_record(r.key, r.value, r.headers))
            for tp, records in fetched.items()
            for r in records
            if r.timestamp <= began_ms
        ]
        for stored in older:
            yield stored
        silent_polls = 0 if older else silent_polls + 1
        if not older and all([await consumer.position(tp) >= end for tp, end in ends.items()]):
            return
