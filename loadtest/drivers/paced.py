"""A producer of its own process: at a rate, or as far ahead of the worker as it is allowed to be."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import uvloop
from aiokafka import AIOKafkaProducer
from numpy.typing import NDArray

from loadtest.drivers.topics import BATCH_BYTES
from loadtest.workload.live import Loop
from schemas.topics import RAW

#: Records wait so long for others to go with (the default of Kafka's own producer since 4.0: KIP-1030), and so many go
#: at once at most. Sent each at once, they cost the broker more than the worker.
LINGER_S, MOST_AT_ONCE = 0.005, 5_000
_IN_FLIGHT = 64
STOP_LIMIT_S = 30.0
#: Sending times that are kept, those of the newest records.
KEPT_TIMES = 1 << 22


@dataclass(frozen=True, slots=True)
class Load:
    """What to send: `sources` rotates so many addresses through the records, else they keep their own."""

    broker: str
    partitions: int
    events_per_s: float
    sources: int | None = None
    began_s: float = field(default_factory=time.time)  #: event time of the first record


class Shared(NamedTuple):
    """What both processes see."""

    sent: Any
    allowed: Any
    stop: Any
    times: Any
    parent: int

    @property
    def sent_s(self) -> NDArray[np.float64]:
        """When each of the newest records was handed over, seconds since 1970, by its number modulo `KEPT_TIMES`."""
        return np.frombuffer(self.times, np.float64)

    def stopped(self) -> bool:
        """Whether the producer should end: it was told to, or nobody is there to tell it."""
        return self.stop.is_set() or os.getppid() != self.parent


class Running:
    """A producer at work, seen from outside."""

    def __init__(self, shared: Shared, process: Any) -> None:
        self._shared, self._process = shared, process

    @property
    def sent(self) -> int:
        """Events that the broker has acknowledged."""
        return int(self._shared.sent.value)

    def sent_s(self, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return when records were handed over, by their numbers; those before the newest `KEPT_TIMES` are not known.

        That is when they were due, so that what they wait for in the producer counts as well.
        """
        return self._shared.sent_s[numbers % KEPT_TIMES]

    def allow(self, events: int) -> None:
        """Let it send up to so many events in all, since it started."""
        self._shared.allowed.value = events

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return bool(self._process.is_alive())


@contextmanager
def producing(load: Load, loop: Loop) -> Iterator[Running]:
    """Produce in a process of its own until the block ends; then all that was sent is acknowledged."""
    context = multiprocessing.get_context("spawn")
    times = context.RawArray("d", KEPT_TIMES)
    shared = Shared(context.Value("q", 0), context.Value("q", 2**62), context.Event(), times, os.getpid())
    process = context.Process(target=_main, args=(load, loop, shared), name="producer", daemon=True)
    process.start()
    try:
        yield Running(shared, process)
    finally:
        shared.stop.set()
        process.join(STOP_LIMIT_S)
        process.kill()


def _main(load: Load, loop: Loop, shared: Shared) -> None:
    uvloop.run(_produce(load, loop, shared))


async def _produce(load: Load, loop: Loop, shared: Shared) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=load.broker, acks="all", max_batch_size=BATCH_BYTES)
    await producer.start()
    waiting: set[asyncio.Future[Any]] = set()
    try:
        began, began_s, number = time.monotonic(), time.time(), 0
        last = began
        while not shared.stopped():
            await _sleep_until(max(last + LINGER_S, began + number / load.events_per_s))
            last = time.monotonic()
            due = min(int((time.monotonic() - began) * load.events_per_s) + 1, shared.allowed.value)
            if (wanted := min(due - number, MOST_AT_ONCE)) <= 0:
                continue
            numbers = np.arange(number, number + wanted)
            shared.sent_s[numbers % KEPT_TIMES] = began_s + numbers / load.events_per_s
            for batch, partition, events in _batches(producer, load, loop, range(number, number + wanted)):
                future = await producer.send_batch(batch, RAW.name, partition=partition)
                future.add_done_callback(lambda done, events=events: _count(shared, done, events))
                waiting.add(future)
            number += wanted
            waiting = {future for future in waiting if not future.done()}
            if len(waiting) > _IN_FLIGHT:
                _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if waiting:
            await asyncio.wait(waiting)
    finally:
        await producer.stop()


async def _sleep_until(moment: float) -> None:
    """Sleep until a moment of the monotonic clock; uvloop's timers may be some hundred microseconds early."""
    await asyncio.sleep(0)
    while (wait_s := moment - time.monotonic()) > 0:  # noqa: ASYNC110 - the clock is waited for
        await asyncio.sleep(wait_s)


def _count(shared: Shared, done: asyncio.Future[Any], events: int) -> None:
    if not done.cancelled() and done.exception() is None:
        shared.sent.value += events


def _batches(producer: AIOKafkaProducer, load: Load, loop: Loop, numbers: range) -> Iterator[tuple[Any, int, int]]:
    """Yield closed batches of records with their partition and length."""
    open_batches: dict[int, Any] = {}
    for number in numbers:
        template = loop.templates[number % len(loop.templates)]
        if load.sources is not None:
            template = template.from_source(number, load.sources, load.partitions)
        value = template.stamped(loop.event_time(number, load.began_s))
        batch = open_batches.get(template.partition)
        if batch is not None and batch.append(key=template.key, value=value, timestamp=None) is not None:
            continue
        if batch is not None:
            batch.close()
            yield batch, template.partition, batch.record_count()
        open_batches[template.partition] = batch = producer.create_batch()
        batch.append(key=template.key, value=value, timestamp=None)
    for partition, batch in open_batches.items():
        batch.close()
        yield batch, partition, batch.record_count()
