"""Raw events in, scored threats out: every kind of record that sensors send, through real servers."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from uuid import UUID

import aiohttp
import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from redis.asyncio import Redis

from ironcore.ledger import Ledger
from ironcore.stack import ChildProcess, Endpoints
from ironcore.traffic.read import read
from ironcore.view.metrics import metrics_from_text
from ironcore.workers import scrape
from schemas import sql
from schemas.keys import threat_key
from schemas.threat import Threat
from schemas.topics import RAW, THREATS
from tests.integration.conftest import Workers, until
from tests.integration.traffic import all_stored, consume, flows, rows, scan, send_noted, tunnel

LOGS = Path(__file__).parents[3] / "shared" / "data" / "logs"
REAL = [
    "suricata_eve.jsonl.gz",
    "zeek_json_apt29_day1.jsonl.gz",
    "zeek_json_metron.jsonl.gz",
    "zeek_tsv_conn.log.labeled.gz",
    "zeek_tsv_dns.log.labeled.gz",
    "zeek_tsv_http.log.labeled.gz",
    "zeek_tsv_ssl.log.labeled.gz",
]


@pytest.fixture
def worker(workers: Workers) -> ChildProcess:
    return workers.start()


async def test_events_are_stored_once_and_threats_are_published_cached_and_explained(
    endpoints: Endpoints, worker: ChildProcess, workers: Workers, database: asyncpg.Connection
) -> None:
    ledger = Ledger()
    await send_noted(endpoints.broker, [*flows(3000), *scan(400)], ledger)
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    assert await rows(database) == (3400, 3400)

    stored = await database.fetchval("SELECT count(*) FROM threats")
    published = await consume(endpoints.broker, THREATS.name, stored)
    threats = [Threat.model_validate_json(record.value) for record in published]
    assert stored > 100
    assert len({threat.threat_id for threat in threats}) == len(threats) == stored
    scans = [threat for threat in threats if threat.entity == "10.9.9.9"]
    assert len(scans) > 100
    for threat in scans[-50:]:
        assert threat.attack is not None
        assert threat.contributions
    assert {threat.threat_class for threat in scans[-50:]} == {"scan"}

    async with Redis.from_url(endpoints.redis_url) as redis:
        keys = {threat_key(UUID(str(threat.threat_id))) for threat in threats}

        async def cached() -> bool:
            return bool(await redis.exists(*keys) == stored)

        await until(cached, what="every threat in Redis")
    metrics = metrics_from_text(await scrape(worker.address))
    assert metrics.total("ironcore_events_total", kind="flow") == 3400
    assert metrics.total("ironcore_threats_total") == stored
    assert metrics.total("ironcore_cache_requests_total", result="written") == stored
    assert metrics.histogram("ironcore_end_to_end_seconds").count == 3400
    for stage in ("decode", "features", "score", "rows", "store", "publish", "cache"):
        assert metrics.histogram("ironcore_stage_seconds", stage=stage).count > 0
    assert workers.unexpected_errors() == []


async def test_a_dns_tunnel_becomes_threats_that_name_what_gave_it_away(
    endpoints: Endpoints, worker: ChildProcess, workers: Workers, database: asyncpg.Connection
) -> None:
    assert worker.ready
    ledger = Ledger()
    await send_noted(endpoints.broker, [*flows(200), *tunnel(200)], ledger)
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    stored = await database.fetchval("SELECT count(*) FROM threats WHERE entity = '10.8.8.8'")
    assert 100 < stored < 200  # the first names might be anything
    published = await consume(endpoints.broker, THREATS.name, stored)
    threats = [Threat.model_validate_json(record.value) for record in published]
    tunnelled = [threat for threat in threats if threat.entity == "10.8.8.8"]
    assert len(tunnelled) == stored
    assert {threat.threat_class for threat in tunnelled} == {"command_and_control"}
    for threat in tunnelled[-50:]:
        named = {reason.name: reason for reason in threat.contributions}
        carried = named["dns_subdomain_bytes"]
        assert (carried.observed or 0) > (carried.expected or 0)
        assert carried.contribution > 0
    assert workers.unexpected_errors() == []


async def test_committed_offsets_equal_the_end_after_a_drain(
    endpoints: Endpoints, worker: ChildProcess, database: asyncpg.Connection
) -> None:
    ledger = Ledger()
    await send_noted(endpoints.broker, flows(5000), ledger)
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    worker.stop()
    assert await _committed(endpoints.broker) == 5000


@pytest.mark.skipif(not LOGS.exists(), reason="the sensor logs are not beside this checkout")
async def test_every_line_of_every_real_log_is_accounted_for(
    endpoints: Endpoints, worker: ChildProcess, workers: Workers, database: asyncpg.Connection
) -> None:
    assert worker.ready
    total = 0
    for name in REAL:
        ledger = Ledger()
        sent = await send_noted(endpoints.broker, read(LOGS / name), ledger)
        await until(partial(all_stored, database, ledger), what=f"every event of {name} in Postgres")
        assert ledger.bad_records == 0, name
        assert ledger.events == sent.acknowledged, name
        total += ledger.unique()
    assert await rows(database) == (total, total)
    assert workers.unexpected_errors() == []


async def test_the_same_record_sent_twice_is_one_row_and_one_threat(
    endpoints: Endpoints, worker: ChildProcess, database: asyncpg.Connection
) -> None:
    """Also when the second time would score higher, since the windows have seen more: the first score stays."""
    records = [*flows(500), *scan(300)]
    ledger = Ledger()
    await send_noted(endpoints.broker, records, ledger)
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    threats = {row["threat_id"].hex for row in await database.fetch("SELECT threat_id FROM threats")}
    groups = await database.fetch("SELECT * FROM threat_groups")
    assert sum(group["count"] for group in groups) == len(threats)
    assert await looked_up(worker) == 0  # what is stored for the first time was not published before
    await send_noted(endpoints.broker, [*records, *records[-50:]], Ledger())

    async def scored_again() -> bool:
        return metrics_from_text(await scrape(worker.address)).total("ironcore_events_total") == 1650

    await until(scored_again, what="the repeated records")
    assert await rows(database) == (800, 800)
    assert {row["threat_id"].hex for row in await database.fetch("SELECT threat_id FROM threats")} == threats
    assert await database.fetch("SELECT * FROM threat_groups") == groups
    assert await counted(database) == (800, len(threats))  # what came again is not counted again
    await database.execute(sql.FOLD_EVENT_COUNTS)
    assert await counted(database) == (800, len(threats))
    assert (
        await database.fetchval("SELECT max(n) FROM (SELECT count(*) n FROM event_counts GROUP BY hour, threat_class)")
        == 1
    )
    published = await consume(endpoints.broker, THREATS.name, len(threats) + 1, limit_s=3)
    assert sorted(record.key.decode() for record in published) == sorted(threats)
    assert await looked_up(worker) >= len(threats)


async def looked_up(worker: ChildProcess) -> float:
    """Return how many threats the worker asked Redis for."""
    metrics = metrics_from_text(await scrape(worker.address))
    return sum(metrics.total("ironcore_cache_requests_total", result=result) for result in ("hit", "miss"))


async def counted(database: asyncpg.Connection) -> tuple[int, int]:
    """Return the events and the threats of the hourly counts."""
    row = await database.fetchrow("SELECT sum(events)::bigint, sum(threats)::bigint FROM event_counts")
    return row[0], row[1]


async def test_windows_survive_a_restart_without_emitting_again(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    """A scan that began before the restart is told from its first connection after it."""
    ledger, records = Ledger(), list(scan(301))
    first = workers.start("first")
    await send_noted(endpoints.broker, records[:300], ledger)
    await until(lambda: all_stored(database, ledger), what="the first part of the scan")
    first.stop()
    second = workers.start("second")
    await send_noted(endpoints.broker, records[300:], ledger)
    await until(lambda: all_stored(database, ledger), what="the last connection")
    row = await database.fetchrow("SELECT risk, threat_class FROM events WHERE dst_port = 301")
    metrics = metrics_from_text(await scrape(second.address))
    assert metrics.total("ironcore_events_total") == 1  # the first 300 were read again, and not scored again
    second.stop()

    forgetful = workers.start("forgetful", restore_records=0)
    await send_noted(endpoints.broker, scan(1, first_port=302), ledger)
    await until(lambda: all_stored(database, ledger), what="a connection after a restart without a past")
    alone = await database.fetchrow("SELECT risk, threat_class FROM events WHERE dst_port = 302")
    forgetful.stop()
    assert row["threat_class"] == "scan"
    assert row["risk"] > alone["risk"]


async def test_health_and_readiness_answer(worker: ChildProcess) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("health", "ready"):
            async with session.get(f"http://{worker.address}/{path}") as answer:
                assert (answer.status, await answer.json()) == (200, {"ok": True, "detail": "ok"})


async def _committed(broker: str) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, group_id="ironcore", enable_auto_commit=False)
    await consumer.start()
    try:
        return sum([await consumer.committed(TopicPartition(RAW.name, p)) or 0 for p in range(RAW.partitions)])
    finally:
        await consumer.stop()
