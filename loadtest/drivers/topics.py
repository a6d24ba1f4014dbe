"""Topics made anew, filled, and counted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from ironcore.topics import create_topics, partitions_of
from loadtest.workload.traffic import Record, partition_of
from schemas.topics import RAW, TOPICS

BATCH_BYTES = 65_536
_IN_FLIGHT = 32


async def recreate(broker: str, *, raw_partitions: int, raw_config: Mapping[str, str] | None = None) -> None:
    """Drop all topics of ours and make them again, empty."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        there = sorted(set(await admin.list_topics()) & {topic.name for topic in TOPICS})
        if there:
            await admin.delete_topics(there)
        await create_topics(broker, partitions={RAW.name: raw_partitions})
        if raw_config:
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, RAW.name, dict(raw_config))])
    finally:
        await admin.close()


async def create(broker: str, topic: str, partitions: int) -> None:
    """Make a topic that is not one of ours."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, partitions, 1)])
    finally:
        await admin.close()


async def fill(broker: str, topic: str, records: Iterable[Record], partitions: int) -> None:
    """Send records in whole batches, each to its key's partition, and wait until the broker has all."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all", max_batch_size=BATCH_BYTES)
    await producer.start()
    try:
        waiting: set[asyncio.Future[object]] = set()
        rest = iter(records)
        while chunk := list(islice(rest, 20_000)):
            for partition, part in _by_partition(chunk, partitions).items():
                for batch in _batches(producer, part):
                    waiting.add(await producer.send_batch(batch, topic, partition=partition))
                    if len(waiting) >= _IN_FLIGHT:
                        _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for sent in waiting:
            await sent
    finally:
        await producer.stop()


async def end_of(broker: str, topic: str) -> int:
    """Return how many records a topic has had."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker)
    await consumer.start()
    try:
        return sum((await consumer.end_offsets(await partitions_of(broker, topic))).values())
    finally:
        await consumer.stop()


def _by_partition(records: Sequence[Record], partitions: int) -> dict[int, list[Record]]:
    parts: dict[int, list[Record]] = {number: [] for number in range(partitions)}
    for record in records:
        parts[partition_of(record.key, partitions)].append(record)
    return parts


def _batches(producer: AIOKafkaProducer, records: Sequence[Record]) -> Iterable[object]:
    batch = producer.create_batch()
    for record in records:
        if batch.append(key=record.key, value=record.value, timestamp=None) is None:
            batch.close()
            yield batch
            batch = producer.create_batch()
            batch.append(key=record.key, value=record.value, timestamp=None)
    if batch.record_count():
        batch.close()
        yield batch
