"""What an entity does adds up to a threat of its own: told once, with its evidence."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from functools import partial
from uuid import UUID

import asyncpg
import msgspec
import numpy as np
import pytest
from redis.asyncio import Redis

from ironcore.ledger import Ledger
from ironcore.stack import ChildProcess, Endpoints
from ironcore.traffic.record import Record, native_record
from ironcore.view.metrics import metrics_from_text
from ironcore.workers import scrape
from models.scores import Scores
from schemas.event import Event, SecurityEvent
from schemas.keys import threat_key
from schemas.sql.entity_risk import DROP_IDLE_RISK, SELECT_RISK_SCORE
from schemas.table import tabulate
from schemas.threat import CLASSES, Basis, Threat
from schemas.topics import THREATS
from streams.batch import Batch
from streams.risk import RiskRule
from streams.rows import write_rows
from streams.store import connect_pool, store
from tests.integration.conftest import Workers, until
from tests.integration.traffic import all_stored, consume, flows, scan, send_noted

HOST = "10.9.9.9"
#: What one scan alone stays below, and with failed logins passes.
THRESHOLD = 150.0


def failed_logins(count: int, *, source: str = HOST) -> Iterable[Record]:
    """Yield failed logins of one source to one server."""
    began = time.time()
    for number in range(count):
        yield native_record({
            "kind": "auth", "event_time": began + number * 1e-3, "sensor": "test", "src_ip": source,
            "src_port": 40_000 + number, "dst_ip": "10.0.0.5", "dst_port": 22, "proto": "tcp",
            "user": f"user{number}", "auth": {"outcome": "failure", "method": "ssh"},
        })  # fmt: skip


async def opened(database: asyncpg.Connection) -> list[Threat]:
    rows = await database.fetch("SELECT threat::text FROM threats WHERE threat ->> 'basis' = 'entity_risk'")
    return [Threat.model_validate_json(row["threat"]) for row in rows]


async def scored(workers: Iterable[ChildProcess]) -> float:
    return sum([metrics_from_text(await scrape(each.address)).total("ironcore_events_total") for each in workers])


async def test_several_classes_open_one_threat_also_when_they_come_again(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    running = [workers.start(name, risk_threshold=THRESHOLD) for name in ("first", "second")]
    # Without keys one entity's events lie on all partitions: both workers add to it.
    whole = [*flows(300), *scan(300), *failed_logins(120), *scan(20, first_port=900)]
    records = [record._replace(key=None) for record in whole]
    ledger = Ledger()
    await send_noted(endpoints.broker, records, ledger)
    await until(partial(all_stored, database, ledger), what="every event in Postgres")
    (threat,) = await opened(database)
    assert (threat.entity, threat.basis, threat.group_id) == (HOST, Basis.ENTITY_RISK, None)
    assert len({reason.name for reason in threat.contributions}) >= 2
    assert sum(reason.observed or 0 for reason in threat.contributions) >= THRESHOLD
    evidence = await database.fetch(
        "SELECT entity, risk FROM events WHERE event_id = ANY($1)", [UUID(str(each)) for each in threat.event_ids]
    )
    assert {row["entity"] for row in evidence} == {HOST}
    assert len(evidence) == len(set(threat.event_ids)) >= 2
    state = await database.fetch("SELECT * FROM entity_risk")

    # As after a crash between the commit and the publish: the cache knows nothing, and all of it comes again.
    for worker in running:
        worker.stop()
    async with Redis.from_url(endpoints.redis_url) as redis:
        assert await redis.delete(threat_key(threat.threat_id)) == 1
    again = [workers.start(name, risk_threshold=THRESHOLD) for name in ("third", "fourth")]
    await send_noted(endpoints.broker, records, Ledger())

    async def came_again() -> bool:
        return await scored(again) == len(records)

    await until(came_again, what="the repeated records")
    assert await opened(database) == [threat]
    assert await database.fetch("SELECT * FROM entity_risk") == state
    published = await consume(endpoints.broker, THREATS.name, 10_000, limit_s=3)
    assert [record.key.decode() for record in published].count(threat.threat_id.hex) == 2
    assert workers.unexpected_errors() == []


async def test_below_the_threshold_no_threat_is_opened(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    workers.start(risk_threshold=1200.0)
    ledger = Ledger()
    await send_noted(endpoints.broker, [*flows(300), *scan(300), *failed_logins(120)], ledger)
    await until(partial(all_stored, database, ledger), what="every event in Postgres")
    assert await opened(database) == []
    row = await database.fetchrow("SELECT score, is_open FROM entity_risk WHERE entity = $1", HOST)
    assert row["score"] > 50
    assert not row["is_open"]
    assert await database.fetchval(SELECT_RISK_SCORE, HOST) == pytest.approx(row["score"], rel=0.02)
    await database.execute("UPDATE entity_risk SET event_time = '2001-01-01'")
    assert await database.fetchval(SELECT_RISK_SCORE, HOST) == pytest.approx(0, abs=1e-6)
    assert await database.fetchval(SELECT_RISK_SCORE, "nobody") == 0
    await database.execute("UPDATE entity_risk SET expires_time = now() - interval '1 s'")
    await database.execute(DROP_IDLE_RISK)
    assert await database.fetchval("SELECT count(*) FROM entity_risk") == 0


async def test_batches_that_meet_on_entities_add_up_and_add_nothing_when_they_come_again(endpoints: Endpoints) -> None:
    batches, rule = [scored_batch(200, seed) for seed in range(6)], RiskRule(200.0, 30_000.0)
    async with await connect_pool(endpoints.postgres_dsn, size=6) as pool:
        await asyncio.gather(*[store(batch, pool, rule) for batch in batches])
        opened_at = sorted(threat.threat_id for batch in batches for threat in batch.risk_threats)
        kept = await pool.fetch("SELECT * FROM entity_risk ORDER BY entity")
        counted = sum(sum(msgspec.json.decode(row["state"])["counts"]) for row in kept)
        assert len(opened_at) == len(kept) == 3  # one for each entity
        assert counted == pytest.approx(6 * 200, rel=0.01)  # what is missing has faded
        await asyncio.gather(*[store(batch, pool, rule) for batch in batches])
        assert await pool.fetch("SELECT * FROM entity_risk ORDER BY entity") == kept
        assert await pool.fetchval("SELECT count(*) FROM threats") == 3
        assert sorted(threat.threat_id for batch in batches for threat in batch.risk_threats) == opened_at


def scored_batch(events: int, seed: int) -> Batch:
    """Return a batch of weak, notable events of three entities in all classes."""
    chosen, now = np.random.default_rng(seed), time.time()
    made: list[SecurityEvent] = [
        msgspec.convert(
            {"kind": "flow", "event_time": now - 10 + seed + number * 1e-3, "src_ip": f"10.0.0.{number % 3}",
             "src_port": number, "dst_ip": "10.9.0.1", "dst_port": 80, "flow": {}}, Event
        ) for number in range(events)
    ]  # fmt: skip
    table, rejects = tabulate(made)
    assert not rejects
    classes = chosen.integers(1, len(CLASSES), events)
    shares = np.full((events, len(CLASSES)), 0.01, np.float32)
    shares[np.arange(events), classes] = 0.94
    risk = chosen.uniform(41, 70, events).astype(np.float32)
    scores = Scores(np.full(events, 0.5, np.float32), shares, risk, np.zeros(events, np.bool_), classes)
    batch = Batch([], table, scores=scores, scored_time=now, model_version="test")
    write_rows(batch)
    return batch
