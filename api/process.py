"""The life of one API process: acquire in order, serve, release in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from api.access.attempts import Attempts
from api.access.authenticate import Authenticator
from api.access.passwords import Passwords
from api.access.tokens import Tokens
from api.answers import Answers, Limits
from api.context import Context, Token
from api.database import AWAY, connect_pool
from api.deciding.outbox import Outbox
from api.deciding.suppressions import Suppressions
from api.edge.headers import security_headers
from api.kafka import Producer
from api.live.feed import Feed
from api.live.hub import Hub
from api.log import log
from api.metrics import Metrics
from api.pipeline_stats import PipelineStats
from api.redis import Remote

if TYPE_CHECKING:
    from ironcore.settings import Settings


class StartError(RuntimeError):
    """The process cannot serve; the message says why and what to do."""


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Context]:
    """Give a context whose parts work, and end them after. Raises StartError."""
    async with AsyncExitStack() as acquired:
        context = await _acquire(settings, acquired)
        tasks = [
            asyncio.create_task(part, name=name)
            for name, part in (
                ("producer", context.producer.start()),
                ("feed", context.feed.run()),
                ("hub", context.hub.run()),
                ("suppressions", context.suppressions.watch()),
                ("outbox", context.outbox.run()),
                ("stats", context.stats.run()),
            )
        ]
        for task in tasks:
            task.add_done_callback(_watched)
        log.info("serving on http://%s:%d", settings.api.host, settings.api.port)
        try:
            yield context
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _acquire(settings: Settings, acquired: AsyncExitStack) -> Context:
    api, metrics = settings.api, Metrics()
    if api.secret is None:
        raise StartError("api.secret is not set: it signs tokens and must be the same for all processes")
    pool = await _pool(settings)
    acquired.callback(pool.terminate)
    remote = Remote(settings.redis_url)
    acquired.push_async_callback(remote.close)
    limits = Limits(api.cache_ttl_s, api.cache_entries, api.cache_bytes)
    answers = Answers(remote, metrics, limits, security_headers(local=api.local))
    token = Token(answers)
    suppressions = Suppressions(pool, lambda: token.suppressions_at(suppressions.token))
    await _refresh(suppressions)
    producer = Producer(settings.broker, api.send_s)
    acquired.push_async_callback(producer.stop)
    tokens = Tokens(api.secret.get_secret_value(), token_s=api.token_s, session_s=api.session_s)
    hub = Hub(api, metrics, suppressions.covers)
    stats = PipelineStats(pool, api, metrics, answers)
    hub.show_stats(stats.now)
    return Context(
        settings=api,
        metrics=metrics,
        pool=pool,
        remote=remote,
        answers=answers,
        token=token,
        tokens=tokens,
        authenticator=Authenticator(pool, remote, tokens, api.recheck_s),
        attempts=Attempts(remote, api.sign_in_attempts),
        passwords=Passwords(),
        producer=producer,
        outbox=Outbox(pool, producer, metrics, send_s=api.send_s),
        suppressions=suppressions,
        hub=hub,
        feed=Feed(settings.broker, api, metrics, hub, token.verdicts_at),
        stats=stats,
    )


async def _pool(settings: Settings) -> asyncpg.Pool:
    try:
        return await connect_pool(settings.postgres_dsn, size=settings.api.connections, query_s=settings.api.query_s)
    except (*AWAY, asyncpg.PostgresError) as fault:
        raise StartError(f"PostgreSQL cannot be reached at start: {fault or type(fault).__name__}") from fault


async def _refresh(suppressions: Suppressions) -> None:
    try:
        await suppressions.refresh()
    except asyncpg.UndefinedTableError as fault:
        raise StartError("the database is not migrated: run `ironcore migrate` first") from fault


def _watched(task: asyncio.Task[None]) -> None:
    """Say when a part ends that should not; `/ready` fails then."""
    if not task.cancelled() and (fault := task.exception()) is not None:
        log.error("the part %s has ended: %r", task.get_name(), fault, exc_info=fault)
