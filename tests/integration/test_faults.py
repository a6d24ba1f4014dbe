"""Faults with a ledger: nothing acknowledged is lost, nothing is doubled, and the pipeline comes back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from itertools import takewhile

import aiohttp
import asyncpg

from ironcore import dead_letters
from ironcore.ledger import Ledger
from ironcore.stack import Endpoints, Service, Stack
from ironcore.topics import create_topics
from ironcore.traffic.record import Record
from ironcore.view.metrics import Metrics, metrics_from_text
from ironcore.workers import scrape
from tests.integration.conftest import Workers, until
from tests.integration.traffic import all_stored, flows, raw, rows, scan, send_noted

#: Three batches in flight, three queued and one held; small ones, so that what is sent meanwhile is far more.
BATCH_EVENTS = 256
MAX_HELD_RECORDS = 7 * BATCH_EVENTS


@asynccontextmanager
async def traffic(endpoints: Endpoints) -> AsyncIterator[Ledger]:
    """Send some thousand records a second while the block runs; all that was sent is acknowledged at its end."""
    ledger, stop = Ledger(), False

    def until_stopped() -> Iterator[Record]:
        return takewhile(lambda _: not stop, flows(10_000_000))

    task = asyncio.create_task(send_noted(endpoints.broker, until_stopped(), ledger, pause_every=50))
    try:
        yield ledger
        stop = True
        await task
    finally:
        task.cancel()


async def metrics_of(address: str) -> Metrics:
    return metrics_from_text(await scrape(address))


def scored(address: str, at_least: int) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        return (await metrics_of(address)).total("ironcore_events_total") >= at_least

    return condition


async def test_a_worker_killed_in_mid_batch_loses_and_doubles_nothing(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    victim = workers.start("victim")
    async with traffic(endpoints) as ledger:
        await until(scored(victim.address, 2000), what="the victim at work")
        victim.kill()
        heir = await asyncio.to_thread(workers.start, "heir")
        await until(scored(heir.address, 1000), what="the heir at work")
    await until(lambda: all_stored(database, ledger), what="every acknowledged event in Postgres")
    assert await rows(database) == (ledger.events, ledger.events)


async def test_a_second_worker_joins_and_leaves_without_loss(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    first = workers.start("first")
    async with traffic(endpoints) as ledger:
        await until(scored(first.address, 1000), what="the first at work")
        second = await asyncio.to_thread(workers.start, "second")
        await until(scored(second.address, 1000), what="the second at work")
        before = (await metrics_of(first.address)).total("ironcore_events_total")
        await until(scored(first.address, int(before) + 500), what="both at work")
        await asyncio.to_thread(second.stop)
        before = (await metrics_of(first.address)).total("ironcore_events_total")
        await until(scored(first.address, int(before) + 500), what="the first alone again")
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    assert await rows(database) == (ledger.events, ledger.events)
    assert workers.unexpected_errors() == []


async def test_postgres_killed_pauses_the_intake_and_it_resumes(
    stack: Stack, endpoints: Endpoints, workers: Workers
) -> None:
    worker = workers.start(stuck_commit_s=2, batch_events=BATCH_EVENTS)
    postgres = stack.services["postgres"]
    async with traffic(endpoints) as ledger:
        await until(scored(worker.address, 2000), what="the worker at work")
        await asyncio.to_thread(postgres.kill)
        await until(lambda: _retried(worker.address), what="a retry")
        await until(lambda: _status(worker.address, "ready", 503), what="unreadiness while commits are stuck")
        held = (await metrics_of(worker.address)).total("ironcore_in_flight_records")
        assert held <= MAX_HELD_RECORDS, "the intake goes on while nothing leaves"
        await asyncio.to_thread(postgres.restart)
        await until(lambda: _status(worker.address, "ready", 200), what="readiness again")
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        await until(lambda: all_stored(connection, ledger), what="every event in Postgres")
        assert await rows(connection) == (ledger.events, ledger.events)
    finally:
        await connection.close()


async def test_redis_down_neither_loses_nor_stalls(
    stack: Stack, endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    worker = workers.start()
    redis = stack.services["redis"]
    await asyncio.to_thread(redis.kill)
    try:
        async with traffic(endpoints) as ledger:
            await until(scored(worker.address, 3000), what="the worker at work without Redis")
            await send_noted(endpoints.broker, scan(400), ledger)
        await until(lambda: all_stored(database, ledger), what="every event in Postgres while Redis is down")
        assert await rows(database) == (ledger.events, ledger.events)
        assert (await metrics_of(worker.address)).total("ironcore_retries_total") == 0
        threats = await database.fetchval("SELECT count(*) FROM threats")
        assert threats > 0

        async def told() -> bool:
            errors = (await metrics_of(worker.address)).total("ironcore_cache_requests_total", result="error")
            return bool(errors == threats)

        await until(told, what="every threat that Redis did not take as an error")
    finally:
        await asyncio.to_thread(redis.restart)


async def test_sigterm_finishes_the_batches_in_hand(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    worker = workers.start()
    async with traffic(endpoints) as ledger:
        await until(scored(worker.address, 1000), what="the worker at work")
        await asyncio.to_thread(worker.stop)
        assert worker.pid is None
        stored = (await rows(database))[0]
        next_one = await asyncio.to_thread(workers.start, "next")
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    # What the first had stored, it had committed: the second scores the rest and no more.
    rest = ledger.events - stored
    await until(scored(next_one.address, rest), what="the count of the rest")
    assert (await metrics_of(next_one.address)).total("ironcore_events_total") == rest
    assert workers.unexpected_errors() == []


async def _retried(address: str) -> bool:
    return (await metrics_of(address)).total("ironcore_retries_total", stage="store") > 0


async def _status(address: str, path: str, status: int) -> bool:
    async with aiohttp.ClientSession() as session, session.get(f"http://{address}/{path}") as answer:
        return answer.status == status


async def test_kafka_killed_pauses_the_intake_and_it_resumes(
    apache_kafka: Service, endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    """With Apache Kafka, which keeps its records over a SIGKILL; traffic goes on as soon as it is back."""
    there = replace(endpoints, broker=apache_kafka.address)
    await create_topics(there.broker)
    workers.endpoints = there
    worker = await asyncio.to_thread(workers.start)
    process, ledger = worker.pid, Ledger()
    async with traffic(there) as before:
        await until(scored(worker.address, 3000), what="the worker at work")
    await asyncio.to_thread(apache_kafka.kill)
    await asyncio.to_thread(apache_kafka.start)
    await send_noted(there.broker, flows(3000, first=20_000_000), ledger)
    for sent in (before, ledger):
        await until(partial(all_stored, database, sent), what="every event in Postgres")
    assert await rows(database) == (before.events + 3000, before.events + 3000)
    assert worker.pid == process, "the worker did not survive the fault"

    await send_noted(there.broker, raw(b"{broken"), Ledger())

    async def letters() -> list[dead_letters.Stored]:
        return await dead_letters.read(there.broker)

    [stored] = await until(letters, what="a dead letter")
    assert stored.letter.value == b"{broken"
    # Still bad, it becomes a new letter, which is not returned again by the same call.
    assert await dead_letters.replay(there.broker) == 1
