"""Publish: threats go to the outbound topic, rejected records to the dead letters; done when the broker has them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from schemas import topics
from schemas.dead_letter import DeadLetter
from schemas.render import Form, Header, render
from schemas.threat import Threat
from streams.batch import DocumentKey, document_key
from streams.errors import Fatal, Retry

#: A send that is not acknowledged by then is a fault; the next try sends it again.
SEND_TIMEOUT_S = 30.0
#: Threats of one micro-batch and partition go as one batch of Kafka's, up to this size.
MAX_BATCH_BYTES = 262_144

#: A threat's bytes and headers.
Writer = Callable[[Threat], tuple[bytes, list[Header]]]


async def start_producer(broker: str, *, idempotent: bool) -> AIOKafkaProducer:
    """Return a started producer that waits for all replicas. Raises Fatal when the broker is not there."""
    producer = AIOKafkaProducer(
        bootstrap_servers=broker,
        acks="all",
        enable_idempotence=idempotent,
        max_batch_size=MAX_BATCH_BYTES,
        request_timeout_ms=int(SEND_TIMEOUT_S * 1000),
        max_request_size=topics.MAX_MESSAGE_BYTES + 65_536,  # a dead letter carries its reason as well
    )
    try:
        await producer.start()
    except KafkaError as fault:
        await producer.stop()
        raise Fatal(f"the broker {broker} cannot be reached at start: {fault}") from fault
    return producer


async def publish(
    producer: AIOKafkaProducer,
    threats: Sequence[Threat],
    letters: Sequence[DeadLetter],
    form: Form,
    documents: Mapping[DocumentKey, bytes] = MappingProxyType({}),
) -> None:
    """Send all and wait for the acknowledgements; `documents` are threats that were written as JSON already.

    Raises Retry; sending twice is told by the same key.
    """

    def write(threat: Threat) -> tuple[bytes, list[Header]]:
        return render(threat, form, documents.get(document_key(threat)))

    sent: list[asyncio.Future[Any]] = []
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await _send_threats(producer, threats, write, sent)
            for letter in letters:
                sent.append(await _send_letter(producer, letter))  # noqa: PERF401 - kept also when a later one fails
            await asyncio.gather(*sent)
    except MessageSizeTooLargeError as fault:
        raise Fatal(f"the broker takes smaller records on {topics.DEAD_LETTERS.name} than on the raw topic") from fault
    except (KafkaError, OSError, TimeoutError) as fault:
        raise Retry("publish", fault) from fault
    finally:
        for future in sent:
            future.add_done_callback(_look_at)


async def _send_threats(
    producer: AIOKafkaProducer, threats: Sequence[Threat], write: Writer, sent: list[asyncio.Future[Any]]
) -> None:
    """Send threats in batches of our own, partition by partition: one by one costs four times as much.

    The partition comes from the identifier's last bits, which are those of a hash: the same threat goes to the same
    partition, and Kafka's own hash of the key costs more than all the rest.
    """
    if not threats:
        return
    partitions = sorted(await producer.partitions_for(topics.THREATS.name))
    chosen = defaultdict(list)
    for threat in threats:
        chosen[partitions[threat.threat_id.int % len(partitions)]].append(threat)
    for partition, of_partition in chosen.items():
        for batch in _batches(producer, of_partition, write):
            sent.append(await producer.send_batch(batch, topics.THREATS.name, partition=partition))  # noqa: PERF401 - kept also when a later one fails


def _batches(producer: AIOKafkaProducer, threats: Sequence[Threat], write: Writer) -> Iterator[Any]:
    """Yield batches of the threats, each as large as the producer takes."""
    batch = producer.create_batch()
    for threat in threats:
        value, headers = write(threat)
        key = threat.threat_id.hex.encode()
        if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
            yield batch
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None, headers=headers)
    yield batch


async def _send_letter(producer: AIOKafkaProducer, letter: DeadLetter) -> asyncio.Future[Any]:
    # A record of neither key nor value is legal, and refused by the client: an empty key stands for none.
    key = b"" if letter.key is None and letter.value is None else letter.key
    try:
        sent: asyncio.Future[Any] = await producer.send(
            topics.DEAD_LETTERS.name, key=key, value=letter.value, headers=letter.to_headers()
        )
    except MessageSizeTooLargeError:
        # It came compressed and is larger than any record may be. Its place on the raw topic is in the headers.
        detail = f"{letter.detail}; {len(letter.value or b'')} bytes are left where they were read"
        shorter = letter.model_copy(update={"key": None, "value": None, "detail": detail})
        return await _send_letter(producer, shorter)
    return sent


def _look_at(future: asyncio.Future[Any]) -> None:
    """Take the fault of a send that another one's fault has already told, or asyncio logs each as an error."""
    if not future.cancelled():
        future.exception()
