"""Migrations and partitions: safe to repeat, safe at once, and nothing is moved out of sight."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg

from ironcore.migrate import migrate
from ironcore.stack import Endpoints
from schemas import sql
from tests.integration.test_cli import ironcore


async def test_a_second_migration_does_nothing(endpoints: Endpoints) -> None:
    assert await migrate(endpoints.postgres_dsn, retention_days=30, ahead_days=3) == []


async def test_two_at_once_apply_each_step_once(endpoints: Endpoints, database: asyncpg.Connection) -> None:
    await database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    both = await asyncio.gather(
        *[migrate(endpoints.postgres_dsn, retention_days=30, ahead_days=3) for _ in range(2)], return_exceptions=True
    )
    applied = [step.version for steps in both if isinstance(steps, list) for step in steps]
    assert sorted(applied) == [step.version for step in sql.migrations()], both  # they may share the steps


async def test_a_worker_refuses_a_database_that_lacks_a_migration(
    endpoints: Endpoints, database: asyncpg.Connection
) -> None:
    await database.execute("DELETE FROM ironcore_migrations WHERE version = $1", sql.migrations()[-1].version)
    done = await asyncio.to_thread(ironcore, "worker", endpoints=endpoints, IRONCORE_WORKER__METRICS_PORT="0")
    assert done.returncode == 1
    assert "run `ironcore migrate` first" in done.stderr


async def test_threats_that_are_there_keep_their_documents_and_show_sensor_and_basis(
    endpoints: Endpoints, database: asyncpg.Connection
) -> None:
    await database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await database.execute(sql.CREATE_MIGRATIONS_TABLE)
    for step in sql.migrations()[:7]:
        await database.execute(step.sql)
        await database.execute(sql.INSERT_APPLIED, step.version, step.name)
    now, old = datetime.now(UTC), datetime.now(UTC) - timedelta(days=99)  # a day of its own, and none
    await database.fetchval("SELECT ironcore_make_partitions($1, $1)", now.date())
    for at, document in (
        (now, '{"sensor": "office", "basis": "entity_risk", "text": "\u2400"}'),
        (old, '{"sensor": null}'),  # from before there was a basis
    ):
        await database.execute(
            "INSERT INTO threats (event_time, threat_id, entity, severity, threat_class, risk, anomaly, model_version, "
            "scored_time, threat, event) VALUES ($1, gen_random_uuid(), 'x', 'high', 'scan', 80, 0, '1', $1, $2, '{}')",
            at,
            document,
        )
    assert [step.version for step in await migrate(endpoints.postgres_dsn, retention_days=999, ahead_days=3)] == [
        step.version for step in sql.migrations()[7:]
    ]
    found = await database.fetch(
        "SELECT sensor, basis, threat ->> 'text' AS text, event::text AS event, tableoid::regclass::text AS part "
        "FROM threats ORDER BY event_time DESC"
    )
    assert [tuple(row) for row in found] == [
        ("office", "entity_risk", "\u2400", "{}", f"threats_{now:%Y%m%d}"),
        (None, "event", None, "{}", "threats_default"),
    ]


async def test_days_are_made_ahead_and_their_rows_come_out_of_the_default(database: asyncpg.Connection) -> None:
    old = datetime.now(UTC) - timedelta(days=10)
    await _insert(database, old)
    assert await _where(database, old) == "events_default"
    await database.fetchval("SELECT ironcore_make_partitions($1, $1)", old.date())
    assert await _where(database, old) == f"events_{old:%Y%m%d}"
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await _insert(database, tomorrow)
    assert await _where(database, tomorrow) == f"events_{tomorrow:%Y%m%d}"


async def test_retention_drops_old_days_and_no_others(database: asyncpg.Connection) -> None:
    old, now = datetime.now(UTC) - timedelta(days=40), datetime.now(UTC)
    await database.fetchval("SELECT ironcore_make_partitions($1, $1)", old.date())
    await _insert(database, old)
    await _insert(database, now)
    assert await database.fetchval(sql.DROP_PARTITIONS, 30) == 2  # of events and of threats
    assert [row["event_time"] for row in await database.fetch("SELECT event_time FROM events")] == [now]


async def _insert(database: asyncpg.Connection, at: datetime) -> None:
    await database.execute(
        "INSERT INTO events (event_time, event_id, kind, entity, anomaly, threat_class, risk, model_version, "
        "scored_time) VALUES ($1, gen_random_uuid(), 'flow', 'x', 0, 'benign', 0, '1', $1)",
        at,
    )


async def _where(database: asyncpg.Connection, at: datetime) -> str:
    return str(await database.fetchval("SELECT tableoid::regclass::text FROM events WHERE event_time = $1", at))
