"""Sends records to Kafka and counts what the broker acknowledged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from ironcore.traffic.record import Record
from schemas.topics import MAX_MESSAGE_BYTES

#: Records that wait for their acknowledgement; aiokafka bounds their bytes, one full batch a partition.
MAX_IN_FLIGHT = 10_000
MAX_ATTEMPTS = 4
_BACKOFF_S = 0.05  # doubled with each attempt
_LINGER_MS, _BATCH_BYTES, _REQUEST_TIMEOUT_MS = 2, 256 * 1024, 15_000


class Producer(Protocol):
    """What is used of aiokafka's producer: `send` queues one record and returns the future of its acknowledgement."""

    async def send(  # noqa: D102 - see aiokafka
        self, topic: str, value: bytes, key: bytes | None, *, headers: list[tuple[str, bytes]]
    ) -> asyncio.Future[Any]: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent so far; when nothing failed, `acknowledged` reaches `records`."""

    records: int  #: handed to the producer
    acknowledged: int  #: written by all in-sync replicas
    bytes: int  #: of values handed to the producer
    seconds: float  #: since sending began


class SendError(RuntimeError):
    """A record was refused for good; `record` is that record and `sent` what was sent until then."""

    def __init__(self, record: Record, error: BaseException, sent: Sent) -> None:
        name = type(error).__name__
        super().__init__(f"record {_excerpt(record)} was not accepted: {name}: {error}")
        self.record, self.sent = record, sent


class Sender:
    """Sends to one topic with a bounded number of records in flight.

    A record that failed in a way that may pass is sent again, up to `MAX_ATTEMPTS` times in all. It then comes after
    those sent in between, and comes twice if only its acknowledgement was lost; the pipeline bears both.
    """

    def __init__(
        self,
        producer: Producer,
        topic: str,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._producer, self._topic, self._sleep, self._clock = producer, topic, sleep, clock
        self._began = clock()
        self._places = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._again: set[asyncio.Task[None]] = set()
        self._records = self._acknowledged = self._bytes = 0
        self._failed: tuple[Record, BaseException] | None = None

    @property
    def sent(self) -> Sent:
        """Return the counts as they are now."""
        return Sent(self._records, self._acknowledged, self._bytes, self._clock() - self._began)

    async def put(self, record: Record) -> None:
        """Send a record; waits while too many are in flight. Raises SendError when an earlier one failed for good."""
        await self._places.acquire()
        self._raise_failure()
        self._records += 1
        self._bytes += len(record.value)
        await self._attempt(record, 1)

    async def drain(self) -> Sent:
        """Wait for every acknowledgement and return the counts. Raises SendError."""
        for _ in range(MAX_IN_FLIGHT):
            await self._places.acquire()
        self._raise_failure()
        return self.sent

    def give_up(self) -> None:
        """Stop sending again; what is in flight stays with the producer."""
        for task in self._again:
            task.cancel()

    async def _attempt(self, record: Record, attempt: int) -> None:
        try:
            future = await self._producer.send(self._topic, record.value, record.key, headers=record.headers)
        except Exception as error:  # noqa: BLE001 - reported with its record
            self._retry_or_fail(record, attempt, error)
        else:
            future.add_done_callback(partial(self._settle, record, attempt))

    def _settle(self, record: Record, attempt: int, future: asyncio.Future[Any]) -> None:
        error = asyncio.CancelledError("the producer was stopped") if future.cancelled() else future.exception()
        if error is None:
            self._acknowledged += 1
            self._places.release()
        else:
            self._retry_or_fail(record, attempt, error)

    def _retry_or_fail(self, record: Record, attempt: int, error: BaseException) -> None:
        if attempt < MAX_ATTEMPTS and isinstance(error, KafkaError) and _may_pass(error):
            task = asyncio.create_task(self._try_again(record, attempt + 1))
            self._again.add(task)
            task.add_done_callback(self._again.discard)
        else:
            self._failed = self._failed or (record, error)
            self._places.release()

    async def _try_again(self, record: Record, attempt: int) -> None:
        await self._sleep(_BACKOFF_S * 2**attempt)
        await self._attempt(record, attempt)

    def _raise_failure(self) -> None:
        if self._failed:
            raise SendError(*self._failed, self.sent)


async def send(
    records: AsyncIterable[Record],
    producer: Producer,
    topic: str,
    on_progress: Callable[[Sent], None] = lambda _: None,
) -> Sent:
    """Send records in order and return when all are acknowledged.

    Args:
        records: What to send; read no faster than the producer takes it.
        producer: A started aiokafka producer, or what behaves like one.
        topic: Where to send.
        on_progress: Told the counts after each record; must be quick.

    Raises:
        SendError: A record failed for good; nothing after it was sent.
    """
    sender = Sender(producer, topic)
    try:
        async for record in records:
            await sender.put(record)
            on_progress(sender.sent)
        return await sender.drain()
    finally:
        sender.give_up()


@asynccontextmanager
async def connected(broker: str) -> AsyncIterator[AIOKafkaProducer]:
    """Connect a producer that waits for all in-sync replicas. Raises KafkaError when the broker is not there.

    Idempotence is off, since not every broker gives out producer identifiers; the pipeline's events are identified by
    their content.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=broker,
        acks="all",
        enable_idempotence=False,
        linger_ms=_LINGER_MS,
        max_batch_size=_BATCH_BYTES,
        max_request_size=MAX_MESSAGE_BYTES,
        request_timeout_ms=_REQUEST_TIMEOUT_MS,
    )
    try:
        await producer.start()
        yield producer
    finally:
        await producer.stop()


def _may_pass(error: KafkaError) -> bool:
    """Tell faults that time heals; aiokafka's own time-out, for a full queue, does not say so of itself."""
    return bool(error.retriable) or isinstance(error, KafkaTimeoutError)


def _excerpt(record: Record) -> str:
    return f"{record.value[:80]!r}" + ("" if len(record.value) <= 80 else f" and {len(record.value) - 80} bytes more")
