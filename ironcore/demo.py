"""One run of the whole pipeline on traffic that we play, with a ledger of what became of every event."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer

from ironcore import dead_letters
from ironcore.ledger import Ledger
from ironcore.stack import Endpoints
from ironcore.topics import partitions_of
from ironcore.traffic.pace import Timetable, paced
from ironcore.traffic.record import Record
from ironcore.traffic.send import Sent, connected, send
from ironcore.view.metrics import metrics_from_text, quantile
from ironcore.view.snapshot import Watch
from ironcore.workers import scrape
from schemas import sql
from schemas.threat import Threat
from schemas.topics import RAW, THREATS

#: After the last send: how long nothing may arrive before what is missing counts as lost.
QUIET_LIMIT_S = 30.0


@dataclass(slots=True)
class Outbound:
    """What a consumer of the threats topic saw."""

    messages: int = 0
    ids: set[bytes] = field(default_factory=set)


@dataclass(slots=True)
class Run:
    """A run in progress."""

    endpoints: Endpoints
    worker: str  #: HOST:PORT of the worker's metrics
    watch: Watch
    check_alive: Callable[[], None]  #: raises when the worker has ended, with the end of its log
    ledger: Ledger = field(default_factory=Ledger)
    outbound: Outbound = field(default_factory=Outbound)
    sent: Sent = field(default_factory=lambda: Sent(0, 0, 0, 0.0))
    began: float = field(default_factory=time.time)  #: seconds since 1970


async def play(run: Run, records: Iterable[Record], timetable: Timetable, stop: asyncio.Event) -> dict[str, Any]:
    """Play until the records end or `stop` is set, wait until all has arrived, and return the summary."""
    async with _listening(run), connected(run.endpoints.broker) as producer:
        began = time.monotonic()
        await send(_noted(run, paced(records, timetable), stop), producer, RAW.name, lambda sent: _progress(run, sent))
        connection = await asyncpg.connect(run.endpoints.postgres_dsn)
        try:
            found = await _settled(run, connection)
            return await _summary(run, found, time.monotonic() - began)
        finally:
            await connection.close()


async def _noted(run: Run, records: AsyncIterator[Record], stop: asyncio.Event) -> AsyncIterator[Record]:
    async for record in records:
        if stop.is_set():
            return
        run.check_alive()
        run.ledger.add(record.value, record.headers)
        yield record


def _progress(run: Run, sent: Sent) -> None:
    run.sent = sent


@dataclass(frozen=True, slots=True)
class _Found:
    """What arrived. A letter is known by where its record lay on the raw topic, so a repeated one counts once."""

    stored: int
    letters: int
    threats: int

    def complete(self, run: Run) -> bool:
        return (
            self.stored == run.ledger.unique()
            and self.letters >= run.ledger.bad_records
            and self.threats == len(run.outbound.ids)
        )


async def _settled(run: Run, connection: asyncpg.Connection) -> _Found:
    """Return what has arrived once all has, or once nothing more has come for `QUIET_LIMIT_S`."""
    found, since = await _find(run, connection), time.monotonic()
    while not found.complete(run) and time.monotonic() - since < QUIET_LIMIT_S:
        run.check_alive()
        await asyncio.sleep(0.25)
        if (now := await _find(run, connection)) != found:
            found, since = now, time.monotonic()
    return found


async def _find(run: Run, connection: asyncpg.Connection) -> _Found:
    stored = await run.ledger.stored(connection)
    threats = await connection.fetchval(sql.COUNT_THREATS_SINCE, run.began)
    letters = await _letters_since(run) if run.ledger.bad_records and stored == run.ledger.unique() else 0
    return _Found(stored, letters, threats)


async def _letters_since(run: Run) -> int:
    letters = await dead_letters.read(run.endpoints.broker, limit=run.ledger.bad_records + 1000)
    return len({
        (stored.letter.partition, stored.letter.offset)
        for stored in letters
        if stored.timestamp_ms >= run.began * 1000
    })  # fmt: skip


async def _summary(run: Run, found: _Found, seconds: float) -> dict[str, Any]:
    metrics = metrics_from_text(await scrape(run.worker))
    end_to_end = metrics.histogram("ironcore_end_to_end_seconds")
    ledger, outbound = run.ledger, run.outbound
    missing = ledger.unique() - found.stored
    unexplained = max(0, ledger.bad_records - found.letters)
    unpublished = max(0, found.threats - len(outbound.ids))
    return {
        "events_sent": ledger.events,
        "events_repeated": ledger.events - ledger.unique(),
        "events_scored": int(metrics.total("ironcore_events_total")),
        "events_in_postgres": found.stored,
        "threats_published": len(outbound.ids),
        "dead_letters": found.letters,
        "lost": missing + unexplained + unpublished,
        "duplicates": outbound.messages - len(outbound.ids),
        "events_per_s": round(ledger.events / seconds, 1),
        "latency_ms": {f"p{int(q * 100)}": round(1000 * quantile(end_to_end, q), 1) for q in (0.5, 0.95, 0.99)},
    }


@asynccontextmanager
async def _listening(run: Run) -> AsyncIterator[None]:
    """Consume the threats topic beside the run, from where it ends now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=run.endpoints.broker, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = await partitions_of(run.endpoints.broker, THREATS.name)
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        for partition in partitions:
            await consumer.position(partition)
        task = asyncio.create_task(_listen(consumer, run))
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    finally:
        await consumer.stop()


async def _listen(consumer: AIOKafkaConsumer, run: Run) -> None:
    async for record in consumer:
        run.outbound.messages += 1
        run.outbound.ids.add(record.key)
        run.watch.show(Threat.model_validate_json(record.value))
