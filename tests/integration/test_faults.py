"""Faults with a ledger: nothing acknowledged is lost, nothing is doubled, and the pipeline comes back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import asyncpg

from ironcore.ledger import Ledger
from ironcore.stack import Endpoints, Service, Stack
from ironcore.view_metrics import Metrics, metrics_from_text
from ironcore.workers import scrape
from tests.integration.conftest import Workers, until
from tests.integration.traffic import all_stored, flows, rows, send_noted

EVENTS = 20_000


@asynccontextmanager
async def traffic(endpoints: Endpoints, ledger: Ledger, events: int = EVENTS) -> AsyncIterator[asyncio.Task[object]]:
    """Send at some thousand records a second in the background; all of them are acknowledged at the end."""
    task: asyncio.Task[object] = asyncio.create_task(
        send_noted(endpoints.broker, flows(events), ledger, pause_every=100)
    )
    try:
        yield task
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
    ledger = Ledger()
    victim = workers.start("victim")
    async with traffic(endpoints, ledger):
        await until(scored(victim.address, 2000), what="the victim at work")
        victim.kill()
        workers.start("heir")
    await until(lambda: all_stored(database, ledger), what="every acknowledged event in Postgres")
    assert await rows(database) == (EVENTS, EVENTS)


async def test_a_second_worker_joins_and_leaves_without_loss(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    ledger = Ledger()
    first = workers.start("first")
    async with traffic(endpoints, ledger, events=60_000):
        await until(scored(first.address, 1000), what="the first at work")
        second = await asyncio.to_thread(workers.start, "second")
        await until(scored(second.address, 1000), what="the second at work")
        before = (await metrics_of(first.address)).total("ironcore_events_total")
        await until(scored(first.address, int(before) + 500), what="both at work")
        await asyncio.to_thread(second.stop)
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    assert await rows(database) == (60_000, 60_000)
    assert workers.unexpected_errors() == []


async def test_postgres_killed_pauses_the_intake_and_it_resumes(
    stack: Stack, endpoints: Endpoints, workers: Workers
) -> None:
    ledger = Ledger()
    worker = workers.start(stuck_commit_s=2)
    postgres = stack.services["postgres"]
    async with traffic(endpoints, ledger):
        await until(scored(worker.address, 2000), what="the worker at work")
        await _down(postgres)
        before = await metrics_of(worker.address)
        await until(lambda: _retried(worker.address), what="a retry")
        await until(lambda: _status(worker.address, "ready", 503), what="unreadiness while commits are stuck")
        await asyncio.to_thread(postgres.restart)
        await until(lambda: _status(worker.address, "ready", 200), what="readiness again")
    assert before.total("ironcore_records_total") < EVENTS  # it had not simply read everything before
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        await until(lambda: all_stored(connection, ledger), what="every event in Postgres")
        assert await rows(connection) == (EVENTS, EVENTS)
    finally:
        await connection.close()


async def test_redis_down_neither_loses_nor_stalls(
    stack: Stack, endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    ledger = Ledger()
    worker = workers.start()
    redis = stack.services["redis"]
    await _down(redis)
    try:
        async with traffic(endpoints, ledger, events=5000):
            pass
        await until(lambda: all_stored(database, ledger), what="every event in Postgres while Redis is down")
        assert await rows(database) == (5000, 5000)
        assert (await metrics_of(worker.address)).total("ironcore_retries_total") == 0
    finally:
        await asyncio.to_thread(redis.restart)


async def test_sigterm_finishes_the_batches_in_hand(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    ledger = Ledger()
    worker = workers.start()
    async with traffic(endpoints, ledger, events=10_000):
        await until(scored(worker.address, 1000), what="the worker at work")
        await asyncio.to_thread(worker.stop)
        assert worker.pid is None
        stored = (await rows(database))[0]
        next_one = await asyncio.to_thread(workers.start, "next")
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    # What the first had stored, it had committed: the second scored only the rest.
    assert (await metrics_of(next_one.address)).total("ironcore_events_total") == 10_000 - stored
    assert workers.unexpected_errors() == []


async def _down(service: Service) -> None:
    await asyncio.to_thread(service.kill)


async def _retried(address: str) -> bool:
    return (await metrics_of(address)).total("ironcore_retries_total", stage="store") > 0


async def _status(address: str, path: str, status: int) -> bool:
    async with aiohttp.ClientSession() as session, session.get(f"http://{address}/{path}") as answer:
        return answer.status == status
