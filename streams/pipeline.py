"""The way of a batch, in order, and what is done about the three errors.

    decode -> measure -> score -> observe -> rows -> store -> publish -> remember -> settle

The first five run in one compute thread, batch after batch, so that the windows need no lock; the others run on
the event loop, of large batches while the thread works on the next one. The order of the sinks is the delivery
guarantee:

1. Postgres has the rows (events and threats, one transaction).
2. The broker has the threats that were not published before, and the dead letters.
3. Redis has the hot results, if it can.
4. The slabs are settled; the transport commits their offsets.

Reject: a dead letter beside the batch. Retry: the step is tried again with growing waits, and since the batches in
flight are bounded, the intake pauses. Fatal: nothing more is settled, and the worker stops with the reason.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import asyncpg
from aiokafka import AIOKafkaProducer

from models.features import FeatureExtractor
from streams.bad_ratio import BadRatio
from streams.batch import Batch
from streams.cache import Cache
from streams.decode import decode
from streams.errors import Retry
from streams.features import measure, restore
from streams.intake import Intake
from streams.logs import log
from streams.metrics import Metrics
from streams.publish import publish
from streams.risk import RiskRule
from streams.rows import write_rows
from streams.score import score
from streams.settings import WorkerSettings
from streams.slab import Slab
from streams.store import store
from streams.swap import Models

#: Only batches of so many records are computed while the sinks take the one before. Smaller ones are mostly what a
#: batch costs by itself: beside each other they take a fifth more of a core, and what waits makes the next one larger.
OVERLAPPED_RECORDS = 512


@dataclass(frozen=True, slots=True)
class Sinks:
    """What takes a batch's results."""

    pool: asyncpg.Pool
    producer: AIOKafkaProducer
    cache: Cache


class Pipeline:
    """Takes slabs, returns nothing: what comes of them is in the sinks, and then they are settled."""

    def __init__(
        self, settings: WorkerSettings, extractor: FeatureExtractor, models: Models, sinks: Sinks, metrics: Metrics
    ) -> None:
        self._settings, self._extractor, self._models = settings, extractor, models
        self._sinks, self._metrics = sinks, metrics
        self.intake = Intake(max_records=settings.batch_events)
        self._in_flight = asyncio.Semaphore(settings.batches_in_flight)
        self._compute = ThreadPoolExecutor(1, thread_name_prefix="compute")
        self._risk = RiskRule(settings.risk_threshold, settings.risk_half_life_s)
        self._bad_ratio = BadRatio(settings.max_bad_ratio, settings.bad_ratio_records)
        self._late_events = 0
        metrics.window_entities.set_function(
            lambda: extractor.entities
        )  # counting them takes longer than a batch's sums

    async def take(self, slab: Slab) -> None:
        """Queue a slab; waits while enough are queued."""
        await self.intake.put(slab)
        if not slab.restores:
            self._metrics.records.inc(len(slab.records))
            self._metrics.in_flight.inc(len(slab.records))

    async def run(self) -> None:
        """Work until cancelled. Raises Fatal."""
        async with asyncio.TaskGroup() as sinking:
            while True:
                await self._in_flight.acquire()  # first: what is fetched now should not wait for it
                batch = Batch(await self.intake.take())
                if batch.slabs[0].restores:
                    await self._in_compute_thread(self._restore, batch)
                    _settle(batch)
                    self._in_flight.release()
                else:
                    await self._in_compute_thread(self._score, batch)
                    sink = sinking.create_task(self._sink(batch))
                    if batch.records < OVERLAPPED_RECORDS:
                        await asyncio.wait({sink})

    async def forget(self, partitions: Iterable[int]) -> None:
        """Drop the windows of revoked partitions, and the slabs of theirs that wait."""
        revoked = set(partitions)
        for slab in self.intake.drop(revoked):
            if not slab.restores:
                self._metrics.in_flight.dec(len(slab.records))
        for partition in revoked:
            await self._in_compute_thread(self._extractor.forget, partition)

    def close(self) -> None:
        """Wait for the compute thread."""
        self._compute.shutdown(wait=True, cancel_futures=True)

    async def _in_compute_thread(self, work: Callable[..., None], *arguments: object) -> None:
        await asyncio.get_running_loop().run_in_executor(self._compute, work, *arguments)

    def _restore(self, batch: Batch) -> None:
        decode(batch, max_bytes=self._settings.record_bytes)
        restore(batch, self._extractor)

    def _score(self, batch: Batch) -> None:
        stage = self._metrics.stage
        with stage("decode"):
            decode(batch, max_bytes=self._settings.record_bytes)
        self._bad_ratio.add(batch.records, len(batch.dead_letters))
        if not len(batch.table):
            return
        with stage("features"):
            measure(batch, self._extractor)
        observer = self._models.now  # once a batch: another model takes over between two
        with stage("score"):
            score(batch, observer.champion)
        with stage("observe"):
            observer.observe(batch)
        with stage("rows"):
            write_rows(batch)

    async def _sink(self, batch: Batch) -> None:
        """Take the numbered steps of the module's docstring."""
        sinks, stage = self._sinks, self._metrics.stage
        with stage("store"):
            await self._tried(lambda: store(batch, sinks.pool, self._risk))  # 1.
        with stage("publish"):
            own = batch.own_threats()
            fresh = await sinks.cache.unpublished(own) if batch.replayed else own
            await self._tried(
                lambda: publish(sinks.producer, fresh, batch.dead_letters, self._settings.threat_form, batch.documents)
            )  # 2.
        with stage("cache"):
            await sinks.cache.remember(batch.threats + batch.risk_threats)  # 3.
        _settle(batch)  # 4.
        self._in_flight.release()
        self._count(batch)

    async def _tried(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do the step until it succeeds; between two tries wait, longer each time, with jitter."""
        wait_s = 0.05
        while True:
            try:
                return await step()
            except Retry as fault:
                self._metrics.retries.labels(fault.stage).inc()
                log.warning("waiting %.2f s after a fault: %s", wait_s, fault)
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
            wait_s = min(wait_s * 2, self._settings.retry_max_s)

    def _count(self, batch: Batch) -> None:
        metrics, extractor = self._metrics, self._extractor
        metrics.in_flight.dec(batch.records)
        metrics.late_events.inc(extractor.late_events - self._late_events)
        self._late_events = extractor.late_events
        if len(batch.table):
            metrics.batch_events.observe(len(batch.table))
            metrics.end_to_end_seconds.observe(batch.ages_s(time.time()))
        for kind, count in batch.kinds().items():
            metrics.events.labels(kind).inc(count)
        for letter in batch.dead_letters:
            metrics.dead_letters.labels(letter.reason.value).inc()
        metrics.risk_threats.inc(len(batch.risk_threats))
        for severity, count in Counter(t.severity.value for t in batch.threats + batch.risk_threats).items():
            metrics.threats.labels(severity).inc(count)


def _settle(batch: Batch) -> None:
    for slab in batch.slabs:
        slab.settle()
