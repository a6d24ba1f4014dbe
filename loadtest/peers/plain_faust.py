"""The same job as a plain Faust agent: a codec decodes record by record, `take` groups them, and writes are one by one.

As its documentation shows agents, codecs and `take`; with uvloop, which its installation guide recommends.
Source: https://faust-streaming.github.io/faust/userguide/agents.html.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Any

import mode.loop

mode.loop.use("uvloop")  # before Faust is imported

import asyncpg  # noqa: E402
import faust  # noqa: E402
from faust.serializers.codecs import Codec  # noqa: E402
from prometheus_client import Counter  # noqa: E402
from redis.asyncio import Redis  # noqa: E402

from ironcore import settings  # noqa: E402
from loadtest.peers import database  # noqa: E402
from loadtest.peers.counted import count_events  # noqa: E402
from loadtest.peers.work import TTL_S, Scoring, decode, event_rows, message_of, threat_rows  # noqa: E402
from schemas import sql  # noqa: E402
from schemas.event import SecurityEvent  # noqa: E402
from schemas.topics import RAW, THREATS  # noqa: E402
from streams.batch import Batch  # noqa: E402
from streams.cache import hot_results  # noqa: E402

TAKE_EVENTS, TAKE_S = 1024, 0.05
INSERT_EVENT = database.insert_of("events", sql.EVENT_COLUMNS)
INSERT_THREAT = database.insert_of("threats", sql.THREAT_COLUMNS)


class EventCodec(Codec):
    """Bytes of a record to its event."""

    def _loads(self, s: bytes) -> SecurityEvent:
        return decode(s)


def build() -> faust.App:
    """Return the application with its one agent."""
    told = settings.load()
    scoring, counter = Scoring(), count_events(told.worker.metrics_host, told.worker.metrics_port)
    app = faust.App(
        told.worker.group,
        broker=f"kafka://{told.broker}",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
    )
    raw = app.topic(RAW.name, key_serializer="raw", value_serializer=EventCodec())
    threats = app.topic(THREATS.name, key_serializer="raw", value_serializer="raw")

    @app.agent(raw)
    async def score(events: Any) -> None:
        pool, redis = await database.connect_pool(told.postgres_dsn), Redis.from_url(told.redis_url)
        await consume(events.take(TAKE_EVENTS, within=TAKE_S), scoring, Sinks(pool, threats, redis), counter)

    return app


class Sinks:
    """Takes one event, one threat and one hot result at a time."""

    def __init__(self, pool: asyncpg.Pool, topic: Any, redis: Redis) -> None:
        self._pool, self._topic, self._redis = pool, topic, redis

    async def write(self, batch: Batch, model_version: str) -> None:
        """Write a batch's results one by one."""
        for row in event_rows(batch, model_version):
            await self._pool.execute(INSERT_EVENT, *row)
        for threat, row in zip(batch.threats, threat_rows(batch), strict=True):
            await self._pool.execute(INSERT_THREAT, *row)
            key, value = message_of(threat)
            await self._topic.send(key=key, value=value)
            for name, hot in hot_results([threat]).items():
                await self._redis.set(name, hot, ex=TTL_S)


async def consume(
    batches: AsyncIterable[list[SecurityEvent]], scoring: Scoring, sinks: Sinks, counter: Counter
) -> None:
    """Take batches until the agent is stopped."""
    async for events in batches:
        await sinks.write(scoring.score(events), scoring.scorer.version)
        counter.inc(len(events))


if __name__ == "__main__":
    faust.Worker(build(), loglevel="WARNING").execute_from_commandline()
