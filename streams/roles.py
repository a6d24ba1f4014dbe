"""The control topic: which model has which role, read from its beginning; the last message of a role counts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from schemas.assignment import Assignment, Role
from schemas.topics import MODELS
from streams.logs import log

HEADERS = [("content-type", b"application/json"), ("ironcore-schema", b"assignment/1")]
#: What a broker that is away raises.
AWAY = (KafkaError, OSError, TimeoutError)
POLL_MS, RETRY_S = 500, 5.0
#: Reading the few messages of the topic never takes as long as this.
READ_LIMIT_S = 20.0
_PARTITION = TopicPartition(MODELS.name, 0)

Roles = dict[Role, Assignment]


async def read_roles(broker: str) -> Roles:
    """Return who has which role now; nobody where the topic is missing. Raises one of `AWAY`."""
    async with _reader(broker) as consumer:
        return await _caught_up(consumer) if consumer is not None else {}


async def follow_roles(broker: str) -> AsyncGenerator[Roles, None]:
    """Yield who has which role: when it is read, and after every change, until cancelled. A broker that is away waits.

    Half a second at most after a change; also yields what is known every `RETRY_S`, so that what failed is tried again.
    """
    while True:
        try:
            async with _reader(broker) as consumer:
                if consumer is None:
                    log.debug("the topic %s is missing: `ironcore topics --create` makes it", MODELS.name)
                else:
                    yield (roles := await _caught_up(consumer))
                    async for changed in _changes(consumer):
                        roles = roles | changed
                        yield roles
        except AWAY as fault:
            log.warning("the topic of models cannot be read: %s", fault or type(fault).__name__)
        await asyncio.sleep(RETRY_S)


async def assign(broker: str, assignments: Iterable[Assignment]) -> None:
    """Tell the workers who has a role from now on, in order. Raises one of `AWAY`."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all", enable_idempotence=False)
    try:
        await producer.start()
        for assignment in assignments:
            await producer.send_and_wait(
                MODELS.name,
                key=assignment.role.encode(),
                value=assignment.model_dump_json().encode(),
                partition=_PARTITION.partition,
                headers=HEADERS,
            )
    finally:
        await producer.stop()


@asynccontextmanager
async def _reader(broker: str) -> AsyncIterator[AIOKafkaConsumer | None]:
    """Give a consumer at the beginning of the topic, of no group; None when there is no such topic."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        await consumer.start()
        if MODELS.name not in await consumer.topics():  # asking for its messages would make it, with other settings
            yield None
            return
        consumer.assign([_PARTITION])
        await consumer.seek_to_beginning(_PARTITION)
        yield consumer
    finally:
        await consumer.stop()


async def _caught_up(consumer: AIOKafkaConsumer) -> Roles:
    """Read to the end. A silent poll is asked for as well: the embedded broker tells a batch's start for the end."""
    end = (await consumer.end_offsets([_PARTITION]))[_PARTITION]
    roles, deadline = Roles(), time.monotonic() + READ_LIMIT_S
    while time.monotonic() < deadline:
        changed = await _poll(consumer)
        roles |= changed
        if not changed and await consumer.position(_PARTITION) >= end:
            return roles
    raise TimeoutError(f"{MODELS.name} could not be read within {READ_LIMIT_S:g} s")


async def _changes(consumer: AIOKafkaConsumer) -> AsyncIterator[Roles]:
    yielded = time.monotonic()
    while True:
        changed = await _poll(consumer)
        if changed or time.monotonic() - yielded >= RETRY_S:
            yielded = time.monotonic()
            yield changed


async def _poll(consumer: AIOKafkaConsumer) -> Roles:
    fetched: dict[Any, Any] = await consumer.getmany(_PARTITION, timeout_ms=POLL_MS)
    found = [_assignment(record) for records in fetched.values() for record in records]
    return {each.role: each for each in found if each is not None}


def _assignment(record: Any) -> Assignment | None:
    """Return what a message says; what is none of ours is passed over, and told."""
    try:
        return Assignment.model_validate_json(record.value or b"")
    except ValidationError as error:
        first = error.errors()[0]
        where = f"{MODELS.name}/0@{record.offset}: {'.'.join(map(str, first['loc']))}"
        log.warning("%s: %s: passed over", where, first["msg"])
        return None
