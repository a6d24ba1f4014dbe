"""One started stack for all tests here; a broker and a database of its own for each test."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from ironcore.migrate import migrate
from ironcore.settings import Settings
from ironcore.stack import ChildProcess, Endpoints, Service, Stack
from ironcore.stack.jars import cache_folder
from ironcore.stack.kafka import kafka
from ironcore.stack.ports import free_port
from ironcore.stack.tansu import tansu
from ironcore.topics import create_topics
from ironcore.workers import worker_process

WAIT_S = 60.0


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with Stack() as started:
        yield started


@pytest.fixture
def endpoints(stack: Stack, tmp_path: Path) -> Iterator[Endpoints]:
    """A fresh broker and a fresh, migrated database on the shared stack."""
    with fresh_endpoints(stack, tmp_path) as made:
        yield made


@contextmanager
def fresh_endpoints(stack: Stack, folder: Path) -> Iterator[Endpoints]:
    """Give a fresh broker and a fresh, migrated database on the shared stack."""
    name = f"test_{uuid4().hex}"
    template = _migrated(stack.endpoints.postgres_dsn)
    asyncio.run(_execute(stack.endpoints.postgres_dsn, f"CREATE DATABASE {name} TEMPLATE {template}"))
    broker = tansu(folder / "tansu.log", free_port())
    broker.start()
    try:
        made = replace(
            stack.endpoints,
            broker=broker.address,
            postgres_dsn=_named(stack.endpoints.postgres_dsn, name),
        )
        asyncio.run(create_topics(broker.address))
        yield made
    finally:
        broker.stop()
        asyncio.run(_drop(stack.endpoints.postgres_dsn, name))


@cache
def _migrated(dsn: str) -> str:
    """Migrate a database once, for all tests to copy, and return its name."""
    name, worker = f"template_{uuid4().hex}", Settings().worker
    asyncio.run(_execute(dsn, f"CREATE DATABASE {name}"))
    ahead_days, retention_days = worker.partitions_ahead_days, worker.retention_days
    asyncio.run(migrate(_named(dsn, name), retention_days=retention_days, ahead_days=ahead_days))
    return name


def _named(dsn: str, name: str) -> str:
    return f"{dsn.rpartition('/')[0]}/{name}"


def kafka_or_skip() -> None:
    """Skip where Apache Kafka cannot be had."""
    if not shutil.which("mvn") and not list(cache_folder().glob("kafka-*")):
        pytest.skip("Apache Kafka's jars are not there, and Maven, which would fetch them, is not on PATH")


@pytest.fixture
def apache_kafka(tmp_path: Path) -> Iterator[Service]:
    kafka_or_skip()
    broker = kafka(tmp_path / "kafka", tmp_path / "kafka.log", free_port(), free_port())
    broker.start()
    yield broker
    broker.stop()


@dataclass
class Workers:
    """Starts workers on a test's endpoints and holds their logs against what is expected."""

    endpoints: Endpoints
    folder: Path
    held: ExitStack

    def start(self, name: str = "worker", **overrides: Any) -> ChildProcess:
        log = self.folder / f"{name}.log"
        process = worker_process(self.endpoints, Settings(), log, name=name, **overrides)
        self.held.callback(process.stop)
        process.start()
        return process

    def unexpected_errors(self, *expected: str) -> list[str]:
        lines = [line for log in self.folder.glob("*.log") for line in log.read_text().splitlines()]
        return [line for line in lines if " ERROR " in line and not any(text in line for text in expected)]


@pytest.fixture
def workers(endpoints: Endpoints, tmp_path: Path) -> Iterator[Workers]:
    (folder := tmp_path / "workers").mkdir()
    with ExitStack() as held:
        yield Workers(endpoints, folder, held)


@pytest.fixture
async def database(endpoints: Endpoints) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    yield connection
    await connection.close()


async def until(condition: Callable[[], Any], *, limit_s: float = WAIT_S, what: str = "condition") -> Any:
    """Wait for a condition (a coroutine function) to become true; fail with its name when it does not."""
    deadline = time.monotonic() + limit_s
    while not (value := await condition()):
        assert time.monotonic() < deadline, f"{what} did not come within {limit_s} s"
        await asyncio.sleep(0.1)
    return value


async def _drop(dsn: str, name: str) -> None:
    """Drop a database and whoever is still connected, but for the superuser's autovacuum, which a drop ends itself."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = current_user", name
        )
        await connection.execute(f"DROP DATABASE {name}")
    finally:
        await connection.close()


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
