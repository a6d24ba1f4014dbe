"""The servers of a run: Apache Kafka, PostgreSQL and Valkey on loopback, a fresh database for whoever is measured."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import asyncpg
from redis import Redis

from ironcore.migrate import migrate
from ironcore.settings import Settings
from ironcore.stack import Endpoints, Stack
from loadtest.drivers import topics
from loadtest.drivers.meter import Meter


class Servers:
    """A started stack. Topics are made anew for each measurement, databases for each contestant and round."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    @property
    def broker(self) -> str:
        """Where Kafka is, HOST:PORT."""
        return self._stack.endpoints.broker

    def fresh_topics(self, raw_partitions: int, raw_config: Mapping[str, str] | None = None) -> None:
        """Make all topics anew; what they held is gone."""
        asyncio.run(topics.recreate(self.broker, raw_partitions=raw_partitions, raw_config=raw_config))

    @contextmanager
    def fresh_database(self) -> Iterator[Endpoints]:
        """Yield endpoints with an empty, migrated database, and empty Redis; the database is dropped at the end."""
        name, dsn = f"bench_{uuid4().hex[:12]}", self._stack.endpoints.postgres_dsn
        with Redis.from_url(self._stack.endpoints.redis_url) as redis:
            redis.flushall()
        asyncio.run(_execute(dsn, f"CREATE DATABASE {name}"))
        try:
            made = replace(self._stack.endpoints, postgres_dsn=f"{dsn.rpartition('/')[0]}/{name}")
            worker = Settings().worker
            asyncio.run(
                migrate(
                    made.postgres_dsn,
                    retention_days=worker.retention_days,
                    ahead_days=worker.partitions_ahead_days,
                )
            )
            yield made
        finally:
            # Not by force: that would have to end the superuser's autovacuum, which a plain drop ends by itself.
            asyncio.run(_execute(dsn, f"DROP DATABASE {name}"))

    def meters(self) -> dict[str, Meter]:
        """Return a meter for each server, by name."""
        pids = {name: service.pid for name, service in self._stack.services.items()}
        return {name: Meter(pid, family=name == "postgres") for name, pid in pids.items() if pid is not None}


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
