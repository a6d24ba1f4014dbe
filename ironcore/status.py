"""The state of a pipeline at a glance, asked of its broker, its database and one of its workers."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from redis.exceptions import RedisError

from ironcore.settings import Settings
from ironcore.stack import probes
from ironcore.topics import partition_counts
from ironcore.view.metrics import metrics_from_text
from ironcore.workers import check_ready, scrape
from schemas import sql
from schemas.topics import RAW

RATE_OVER_S = 1.0


async def look(settings: Settings) -> dict[str, Any]:
    """Return what is up and how it goes; what cannot be reached is a text that says so. Never raises for that."""
    worker = f"{settings.worker.metrics_host}:{settings.worker.metrics_port}"
    names = ("broker", "topics", "committed", "postgres", "redis", "worker")
    answers = await asyncio.gather(
        probes.broker(settings.broker),
        partition_counts(settings.broker),
        _committed(settings),
        _postgres(settings.postgres_dsn),
        probes.redis(settings.redis_url),
        _worker(worker),
        return_exceptions=True,
    )
    return {name: _plain(answer) for name, answer in zip(names, answers, strict=True)}


def healthy(status: dict[str, Any]) -> bool:
    """Return whether everything that the pipeline needs answered; Redis is not needed."""
    return not any(isinstance(status[name], str) and status[name] != "ok" for name in status if name != "redis")


def _plain(answer: object) -> Any:
    if isinstance(answer, (OSError, TimeoutError, asyncpg.PostgresError, KafkaError, RedisError)):
        return f"{type(answer).__name__}: {answer}"
    if isinstance(answer, BaseException):
        raise answer
    return "ok" if answer is None else answer


async def _committed(settings: Settings) -> dict[int, int]:
    """Return the group's committed offset of each partition of the raw topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker, request_timeout_ms=5000)
    await admin.start()
    try:
        partitions = [TopicPartition(RAW.name, number) for number in range(RAW.partitions)]
        offsets = await admin.list_consumer_group_offsets(settings.worker.group, partitions=partitions)
        return {tp.partition: found.offset for tp, found in offsets.items() if found.offset >= 0}
    finally:
        await admin.close()


async def _postgres(dsn: str) -> dict[str, Any]:
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        return dict(await connection.fetchrow(sql.SELECT_STATUS))
    finally:
        await connection.close()


async def _worker(address: str) -> dict[str, Any]:
    await check_ready(address)
    before = metrics_from_text(await scrape(address))
    await asyncio.sleep(RATE_OVER_S)
    now = metrics_from_text(await scrape(address))
    scored = now.total("ironcore_events_total")
    return {
        "address": address,
        "model": next((f"{has['name']} {has['version']}" for has in now.labels("ironcore_model_info")), ""),
        "events": int(scored),
        "events_per_s": round((scored - before.total("ironcore_events_total")) / RATE_OVER_S, 1),
        "lag_records": int(now.total("ironcore_consumer_lag_records")),
        "threats": int(now.total("ironcore_threats_total")),
        "dead_letters": int(now.total("ironcore_dead_letters_total")),
        "retries": int(now.total("ironcore_retries_total")),
        "commit_age_s": round(now.total("ironcore_commit_age_seconds"), 1),
    }
