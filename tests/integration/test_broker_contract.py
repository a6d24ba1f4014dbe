"""What the pipeline expects of a broker, the same for Tansu and Apache Kafka."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.structs import TopicPartition

from ironcore.stack import Stack, StackOptions
from ironcore.topics import create_topics
from schemas.assignment import ArtefactReference, Assignment, Role
from schemas.topics import MODELS
from streams.roles import assign, follow_roles, read_roles
from tests.integration.conftest import kafka_or_skip

pytestmark = [pytest.mark.integration, pytest.mark.timeout(700)]  # the first time, Maven fetches Kafka
LIMIT_S = 60.0


@pytest.fixture(scope="module", params=["tansu", "kafka"])
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    if request.param == "kafka":
        kafka_or_skip()
    folder = Path(tempfile.mkdtemp(prefix="ironcore-test-"))
    folder.chmod(0o711)
    with Stack(StackOptions(broker=request.param, data_dir=folder)) as stack:
        yield stack
    shutil.rmtree(folder)


@pytest.fixture
async def topic(stack: Stack) -> str:
    name = f"contract-{uuid.uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.endpoints.broker)
    await admin.start()
    settings = {"cleanup.policy": "delete", "retention.ms": "3600000", "max.message.bytes": "16777216"}
    response = await admin.create_topics([NewTopic(name, 4, 1, topic_configs=settings)])
    assert [error[1] for error in response.topic_errors] == [0]
    again = await admin.create_topics([NewTopic(name, 4, 1)])
    assert [error[1] for error in again.topic_errors] == [36]  # TOPIC_ALREADY_EXISTS
    (description,) = await admin.describe_topics([name])
    assert len(description["partitions"]) == 4
    await admin.close()
    return name


@asynccontextmanager
async def producing(stack: Stack) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=stack.endpoints.broker, max_request_size=20_000_000)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def consuming(stack: Stack, topic: str, group: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=stack.endpoints.broker,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        rebalance_timeout_ms=3000,
        session_timeout_ms=6000,
        heartbeat_interval_ms=500,
        max_partition_fetch_bytes=20_000_000,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def take(consumer: AIOKafkaConsumer, count: int) -> list[Any]:
    async with asyncio.timeout(LIMIT_S):
        return [await consumer.getone() for _ in range(count)]


async def share(consumers: list[AIOKafkaConsumer], partitions: int) -> None:
    """Wait until each consumer has so many partitions, and together they have each partition once."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            parts = [consumer.assignment() for consumer in consumers]
            if [len(part) for part in parts] == [partitions] * len(parts) and len(set().union(*parts)) == 4:
                return
            await asyncio.gather(*(consumer.getmany(timeout_ms=100) for consumer in consumers))


async def test_a_record_comes_back_as_it_was_sent(stack: Stack, topic: str) -> None:
    headers = [("content-type", b"application/json"), ("empty", b""), ("twice", b"1"), ("twice", b"2")]
    async with producing(stack) as producer:
        for key, value in ((b"key", b'{"a":1}'), (None, b""), (b"grave", None)):
            sent = await producer.send_and_wait(
                topic, value, key=key, headers=headers, partition=2, timestamp_ms=1_600_000_000_123
            )
            assert sent.partition == 2
    async with consuming(stack, topic, topic) as consumer:
        records = await take(consumer, 3)
    assert [(record.key, record.value) for record in records] == [(b"key", b'{"a":1}'), (None, b""), (b"grave", None)]
    assert [record.offset for record in records] == [0, 1, 2]
    assert {(record.timestamp, record.timestamp_type) for record in records} == {(1_600_000_000_123, 0)}
    assert [list(record.headers) for record in records] == [headers] * 3


async def test_a_large_record_passes(stack: Stack, topic: str) -> None:
    large = bytes(15_000_000)
    async with producing(stack) as producer:
        await producer.send_and_wait(topic, large)
    async with consuming(stack, topic, topic) as consumer:
        assert (await take(consumer, 1))[0].value == large


async def test_a_group_goes_on_where_it_committed(stack: Stack, topic: str) -> None:
    tp = TopicPartition(topic, 0)
    async with producing(stack) as producer:
        for number in range(10):
            await producer.send_and_wait(topic, b"%d" % number, partition=0)
    async with consuming(stack, topic, topic) as consumer:
        await take(consumer, 7)
        await consumer.commit({tp: 4})
    async with consuming(stack, topic, topic) as consumer:
        assert [record.value for record in await take(consumer, 6)] == [b"%d" % number for number in range(4, 10)]
        assert await consumer.committed(tp) == 4
        assert await consumer.end_offsets([tp]) == {tp: 10}


async def test_two_consumers_share_and_one_takes_over(stack: Stack, topic: str) -> None:
    async with consuming(stack, topic, topic) as first:
        await share([first], 4)
        async with consuming(stack, topic, topic) as second:
            await share([first, second], 2)
        await share([first], 4)


async def test_offsets_by_time_never_skip_a_record(stack: Stack, topic: str) -> None:
    tp = TopicPartition(topic, 1)
    async with producing(stack) as producer:
        for number in range(10):
            await producer.send_and_wait(topic, b"x", partition=1, timestamp_ms=1_600_000_000_000 + number * 1000)
    async with consuming(stack, topic, topic) as consumer:
        found = await consumer.offsets_for_times({tp: 1_600_000_005_000})
    exact = stack.options.broker == "kafka"  # Tansu answers with the beginning, whatever the time
    assert found[tp].offset == (5 if exact else 0)


async def test_it_is_there_again_after_a_kill(stack: Stack, topic: str) -> None:
    durable = stack.options.broker == "kafka"
    async with producing(stack) as producer:
        for number in range(5):
            await producer.send_and_wait(topic, b"%d" % number, partition=0)
    if durable:
        async with consuming(stack, topic, topic) as consumer:
            await take(consumer, 2)
            await consumer.commit({TopicPartition(topic, 0): 2})
    before = stack.endpoints.broker
    await asyncio.to_thread(stack.services["broker"].kill)
    await asyncio.to_thread(stack.services["broker"].restart)
    assert stack.endpoints.broker == before
    if durable:
        async with consuming(stack, topic, topic) as consumer:
            assert [record.value for record in await take(consumer, 3)] == [b"2", b"3", b"4"]


async def test_the_last_assignment_of_a_role_counts(stack: Stack) -> None:
    """The topic of models is compacted where the broker can, and read from its beginning in any case."""
    broker = stack.endpoints.broker
    assert await read_roles(broker) == {}  # the topic is missing
    await create_topics(broker)
    assert await read_roles(broker) == {}
    made = [_assignment(role, version) for version in ("1", "2", "3") for role in Role]
    await assign(broker, made)
    roles = await read_roles(broker)
    assert {role: held.artefact and held.artefact.version for role, held in roles.items()} == dict.fromkeys(Role, "3")

    async with aclosing(follow_roles(broker)) as changes:
        assert await anext(changes) == roles
        await assign(broker, [_assignment(Role.CHALLENGER, None)])
        changed = await asyncio.wait_for(anext(changes), LIMIT_S)
    assert changed == {**roles, Role.CHALLENGER: _assignment(Role.CHALLENGER, None)}


async def test_what_is_no_assignment_is_passed_over(stack: Stack) -> None:
    await create_topics(stack.endpoints.broker)
    good = _assignment(Role.CHAMPION, "4")
    await assign(stack.endpoints.broker, [good])
    async with producing(stack) as producer:
        await producer.send_and_wait(MODELS.name, key=b"champion", value=b"{broken")
    assert (await read_roles(stack.endpoints.broker))[Role.CHAMPION] == good


def _assignment(role: Role, version: str | None) -> Assignment:
    artefact = ArtefactReference(name="m", version=version, sha256="0" * 64) if version else None
    return Assignment(role=role, artefact=artefact, previous=None, actor="test", time=1.5)
