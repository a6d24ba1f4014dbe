"""The life of a worker: acquire in order, run until told to stop, drain with a budget, release in reverse."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import asyncpg

from models.artefact import ArtefactError
from models.features import FeatureExtractor
from schemas import sql
from schemas.sql.applied import missing
from schemas.sql.entity_risk import DROP_IDLE_RISK
from schemas.sql.models import DROP_OBSERVATIONS
from streams.agents import add_agent
from streams.app import App, build_app
from streams.cache import Cache
from streams.errors import Fatal
from streams.health import Health
from streams.logs import log
from streams.memory import keep_trimmed, settle_memory
from streams.metrics import Metrics
from streams.observation import keep_observations
from streams.pipeline import Pipeline, Sinks
from streams.publish import start_producer
from streams.server import start_server
from streams.settings import WorkerSettings
from streams.store import RETRIED, connect_pool
from streams.swap import first_models

MAINTAIN_EVERY_S = 60.0
#: The consumer drains, commits and leaves its group: twice the time of a drain.
STOP_DRAINS = 2
LAST_MOMENT_S = 0.5


async def run_worker(broker: str, postgres_dsn: str, redis_url: str, settings: WorkerSettings) -> None:
    """Work until SIGTERM or SIGINT. Raises Fatal with the reason when going on would do harm."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    metrics, budget = Metrics(), Budget(STOP_DRAINS * settings.drain_s)
    async with AsyncExitStack() as acquired:

        def release(what: str, stop: Callable[[], Awaitable[object]]) -> None:
            acquired.push_async_callback(_within, budget, what, stop)

        pool = await _pool(postgres_dsn, settings)
        acquired.callback(pool.terminate)
        release("PostgreSQL", pool.close)
        if await missing(pool):
            raise Fatal("the database is not migrated: run `ironcore migrate` first")
        # The model first: ready before the group hands us a partition.
        try:
            models, extractor = await asyncio.gather(
                first_models(broker, pool, settings, metrics),
                asyncio.to_thread(FeatureExtractor, window_entities=settings.window_entities),
            )
        except ArtefactError as fault:
            raise Fatal(f"the model cannot be loaded: {fault}") from fault
        producer = await start_producer(broker, idempotent=settings.idempotent_producer)
        release("the producer", producer.stop)
        cache = Cache(redis_url, ttl_s=settings.cache_ttl_s, metrics=metrics)
        release("Redis", cache.close)
        pipeline = Pipeline(settings, extractor, models, Sinks(pool, producer, cache), metrics)
        acquired.callback(pipeline.close)
        app = build_app(broker, settings, pipeline.intake.wanted)
        add_agent(app, pipeline.take)
        _on_revocation(app, pipeline)
        health = Health(app, metrics, stuck_commit_s=settings.stuck_commit_s)
        runner, port = await start_server(settings.metrics_host, settings.metrics_port, health, metrics)
        release("the server", runner.cleanup)
        work = [pipeline.run(), health.watch(), _maintain(pool, settings), keep_trimmed()]
        work.append(
            keep_observations(models, pool, metrics, every_s=settings.observe_every_s, window_s=settings.drift_window_s)
        )
        if not settings.model_dir:  # a worker that was given a model keeps it
            work.append(models.follow(broker, pool))
        tasks = [asyncio.create_task(each) for each in work]
        release("the pipeline", partial(_cancel, tasks))  # after the app has drained
        await app.start()
        release("the consumer", app.stop)
        settle_memory()
        log.info("worker ready: model %s, metrics on port %d", models.now.champion.version, port)
        try:
            await _until_stopped(stop, app, tasks)
        except Fatal:
            app.drain_s = 0.0  # the pipeline has stopped: there is nothing to wait for
            raise
        log.info("stopping: at most %s s for the batches in hand", settings.drain_s)


async def _pool(dsn: str, settings: WorkerSettings) -> asyncpg.Pool:
    """Connect to the database. Raises Fatal when it is not there."""
    try:
        return await connect_pool(dsn, size=settings.batches_in_flight + 1)
    except (*RETRIED, asyncpg.PostgresError) as fault:
        raise Fatal(f"PostgreSQL cannot be reached at start: {fault or type(fault).__name__}") from fault


class Budget:
    """The time for a whole shutdown; it begins with the first question."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._ends = seconds, 0.0

    def left_s(self) -> float:
        """Return the seconds left; the last parts get a moment each."""
        now = time.monotonic()
        self._ends = self._ends or now + self._seconds
        return max(self._ends - now, LAST_MOMENT_S)


async def _within(budget: Budget, what: str, stop: Callable[[], Awaitable[object]]) -> None:
    """Stop something, and leave it when the time is over: what was not settled comes again."""
    try:
        await asyncio.wait_for(stop(), budget.left_s())
    except TimeoutError:
        log.warning("%s did not stop in time", what)


async def _maintain(pool: asyncpg.Pool, settings: WorkerSettings) -> None:
    """Make the days ahead, drop those past retention, fold the hourly counts; at start and every minute."""
    while True:
        try:
            made = await pool.fetchval(sql.MAKE_PARTITIONS, 1, settings.partitions_ahead_days)
            dropped = await pool.fetchval(sql.DROP_PARTITIONS, settings.retention_days)
            await pool.fetchval(sql.FOLD_EVENT_COUNTS)
            await pool.execute(DROP_OBSERVATIONS, settings.retention_days)
            await pool.execute(DROP_IDLE_RISK)
            if made or dropped:
                log.info("partitions: %d made, %d dropped", made, dropped)
        except RETRIED as fault:
            log.warning("partitions were not looked after this time: %s", fault)
        await asyncio.sleep(MAINTAIN_EVERY_S)


def _on_revocation(app: App, pipeline: Pipeline) -> None:
    @app.on_partitions_revoked.connect(weak=False)
    async def forget(_: App, revoked: set[Any], **__: Any) -> None:
        await pipeline.forget(tp.partition for tp in revoked)


async def _until_stopped(stop: asyncio.Event, app: App, tasks: list[asyncio.Task[None]]) -> None:
    """Return on a signal. Raises Fatal when a task or Faust ends before it."""
    while not stop.is_set():
        ended, _ = await asyncio.wait(tasks, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
        if app.crashed:
            raise Fatal(f"the consumer stopped: {app.crash_reason!r}") from app.crash_reason
        for task in ended:
            raise _fatal(task.exception()) from task.exception()


def _fatal(fault: BaseException | None) -> Fatal:
    """Return the first fault of a group as what it is: Fatal, or something that nobody foresaw."""
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault if isinstance(fault, Fatal) else Fatal(f"unforeseen {type(fault).__name__}: {fault}")


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
