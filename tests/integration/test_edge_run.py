"""A sensor's log in, threats out: the whole command as a process, through a real broker, beside a real worker."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from ironcore.stack import Endpoints
from ironcore.stack.ports import free_port
from ironcore.stack.tansu import tansu
from ironcore.topics import create_topics
from models.lite.export import export
from schemas.threat import Threat
from schemas.topics import DEAD_LETTERS, RAW, THREATS
from tests.integration.conftest import Workers, until
from tests.integration.traffic import consume, decoded, flows, scan

LIMIT_MB, THRESHOLD = 80.0, 50.0


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edge") / "model"
    export(None, folder)
    return folder


@pytest.fixture
def other_broker(tmp_path: Path) -> Iterator[Any]:
    broker = tansu(tmp_path / "other.log", free_port())
    yield broker
    broker.stop()


@pytest.fixture
def lines() -> list[bytes]:
    """A morning of plain connections, and one scan of 400 ports amid them."""
    before, scanning, after = flows(1500), scan(400), flows(1500, first=1500)
    return [record.value for records in (before, scanning, after) for record in records]


class Sensor:
    """`ironcore edge run` as a process."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-m", "ironcore", "edge", "run", *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def counts(self, stdin: bytes = b"") -> dict[str, Any]:
        """Return the last line, once it has ended."""
        out, told = self.process.communicate(stdin.decode(), timeout=120)
        assert out, told
        return dict(json.loads(out.splitlines()[-1]), status=self.process.returncode)

    def wait_until_it_tells(self, text: str) -> None:
        """Read its log until a line has this text."""
        assert self.process.stderr is not None
        assert any(text in line for line in self.process.stderr), f"it ended and did not tell {text!r}"

    def stop(self) -> dict[str, Any]:
        self.process.send_signal(signal.SIGTERM)
        return self.counts()


def written(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def test_threats_arrive_with_their_evidence_in_little_memory(
    endpoints: Endpoints, model: Path, lines: list[bytes], tmp_path: Path
) -> None:
    log = written(tmp_path / "conn.log", [*lines, b"{broken"])
    counts = Sensor(log, "--model", model, "--broker", endpoints.broker).counts()
    assert counts["status"] == 0
    assert (counts["lines_read"], counts["events_scored"], counts["lines_rejected"]) == (3401, 3400, 1)
    assert counts["threats"] == counts["threats_sent"] > 100
    assert counts["peak_mb"] < LIMIT_MB

    published = asyncio.run(consume(endpoints.broker, THREATS.name, counts["threats"]))
    threats = [Threat.model_validate_json(record.value) for record in published]
    assert len({threat.threat_id for threat in threats}) == counts["threats"]
    scanned = [threat for threat in threats if threat.entity == "10.9.9.9"]
    assert {threat.threat_class for threat in scanned} == {"scan"}
    assert all(threat.contributions for threat in scanned)
    evidence = decoded(asyncio.run(consume(endpoints.broker, RAW.name, counts["threats"])))
    assert {event["event_id"] for event in evidence} == {str(threat.event_ids[0]) for threat in threats}


def test_a_position_that_cannot_be_written_ends_the_run_and_is_named(
    endpoints: Endpoints, model: Path, lines: list[bytes], tmp_path: Path
) -> None:
    log = written(tmp_path / "conn.log", lines[:100])
    sensor = Sensor(log, "-F", "--model", model, "--broker", endpoints.broker, "--position", tmp_path / "no" / "where")
    _, told = sensor.process.communicate(timeout=60)
    assert sensor.process.returncode == 1
    assert f"No such file or directory: '{tmp_path}/no/where.lock'" in told


def test_a_log_written_anew_in_the_same_file_is_read_from_its_beginning(
    endpoints: Endpoints, model: Path, lines: list[bytes], tmp_path: Path
) -> None:
    log, place = tmp_path / "conn.log", tmp_path / "position"
    arguments = (log, "--position", place, "--model", model, "--broker", endpoints.broker)
    assert Sensor(written(log, lines[:1000]), *arguments[1:]).counts()["lines_read"] == 1000
    written(log, lines[1500:])  # the same inode, longer than before: logrotate's copytruncate, and a night passed
    counts = Sensor(*arguments).counts()
    assert (counts["lines_read"], counts["status"]) == (len(lines) - 1500, 0)


def test_a_log_that_ends_is_not_read_on_for_ever_without_kafka(model: Path, lines: list[bytes], tmp_path: Path) -> None:
    log = written(tmp_path / "conn.log", lines)
    sensor = Sensor(log, "--model", model, "--broker", f"127.0.0.1:{free_port()}", "--held", "10", "--drain", "0.2")
    counts = sensor.counts()
    assert (counts["threats_sent"], counts["status"]) == (0, 1)
    assert counts["lines_read"] < len(lines)


async def test_the_centre_stores_what_the_sensor_saw_once_and_counts_it_once(
    endpoints: Endpoints, model: Path, lines: list[bytes], workers: Workers, database: asyncpg.Connection
) -> None:
    """Standard input; the same threats as a worker finds that sees the whole log; sent again, nothing is doubled."""
    workers.start()
    whole = b"".join(line + b"\n" for line in lines)
    arguments = ("-", "--model", model, "--broker", endpoints.broker)
    counts = await asyncio.to_thread(Sensor(*arguments).counts, whole)
    again = await asyncio.to_thread(Sensor(*arguments).counts, whole)
    assert counts["threats"] == again["threats"] == again["threats_sent"]

    async def stored() -> bool:
        return bool(await database.fetchval("SELECT count(*) FROM threats") == counts["threats"])

    await until(stored, what="every threat in Postgres")
    assert await database.fetchval("SELECT count(*) FROM events") == counts["threats"]
    published = await consume(endpoints.broker, THREATS.name, 2 * counts["threats"] + 1, limit_s=5)
    assert len(published) == 2 * counts["threats"]  # by the sensor, twice; not by the worker
    told = {threat["threat_id"]: threat for threat in decoded(published)}
    rows = await database.fetch("SELECT threat_id, risk, model_version, threat_class FROM threats")
    assert {str(row["threat_id"]) for row in rows} == set(told)
    for row in rows:
        theirs = told[str(row["threat_id"])]
        assert row["risk"] == pytest.approx(theirs["risk"], rel=1e-5)
        assert (row["model_version"], row["threat_class"]) == (theirs["model_version"], theirs["threat_class"])
    events, threats = await database.fetchrow("SELECT sum(events)::int, sum(threats)::int FROM event_counts")
    assert (events, threats) == (counts["threats"], counts["threats"])
    assert not await consume(endpoints.broker, DEAD_LETTERS.name, 1, limit_s=1)


async def test_a_worker_that_sees_the_whole_log_finds_the_same_threats(  # noqa: PLR0917 - fixtures
    endpoints: Endpoints,
    other_broker: Any,
    model: Path,
    lines: list[bytes],
    workers: Workers,
    database: asyncpg.Connection,
) -> None:
    other_broker.start()  # the sensor's evidence must not move the worker's windows
    await create_topics(other_broker.address)
    sensor = Sensor("-", "--model", model, "--broker", other_broker.address)
    counts = await asyncio.to_thread(sensor.counts, b"\n".join(lines))
    told = decoded(await consume(other_broker.address, THREATS.name, counts["threats"]))
    workers.start()
    async with AIOKafkaProducer(bootstrap_servers=endpoints.broker) as producer:  # one partition: one order
        for line in lines:
            await producer.send(RAW.name, line, partition=0)

    async def stored() -> bool:
        return bool(await database.fetchval("SELECT count(*) FROM events") == len(lines))

    await until(stored, what="every event in Postgres")
    sensors = {threat["threat_id"]: threat["risk"] for threat in told}
    workers_own = {
        str(row["threat_id"]): row["risk"] for row in await database.fetch("SELECT threat_id, risk FROM threats")
    }
    assert len(sensors.keys() & workers_own.keys()) > 100
    for threat_id in sensors.keys() ^ workers_own.keys():  # int8 moves a risk by tenths: at the threshold that tells
        assert (sensors | workers_own)[threat_id] < THRESHOLD + 0.5
    for threat_id in sensors.keys() & workers_own.keys():
        assert sensors[threat_id] == pytest.approx(workers_own[threat_id], abs=1.0)


async def test_rotation_an_absent_broker_and_a_restart_lose_nothing(
    other_broker: Any, model: Path, lines: list[bytes], tmp_path: Path
) -> None:
    log, place = tmp_path / "conn.log", tmp_path / "position"
    written(log, lines[:1700])
    arguments = (log, "-F", "--position", place, "--model", model, "--broker", other_broker.address, "--held", "50")
    sensor = Sensor(*arguments, "--drain", "0.1")
    await asyncio.to_thread(sensor.wait_until_it_tells, "threats are held, trying again")
    held = await asyncio.to_thread(sensor.stop)
    assert held["threats_sent"] == 0
    assert 0 < held["threats_held"] <= held["threats"]
    assert held["status"] == 1

    other_broker.start()
    await create_topics(other_broker.address)
    log.rename(tmp_path / "conn.2026.log")  # while it is down
    written(log, lines[1700:])
    sensor = Sensor(*arguments)
    found = await consume(other_broker.address, THREATS.name, 200, limit_s=60)
    log.rename(tmp_path / "conn.2027.log")  # while it reads
    more = [record.value for record in scan(100, source="10.9.9.8", at=time.time() + 5)]
    written(log, more)

    async def second_scan() -> bool:
        nonlocal found
        found = await consume(other_broker.address, THREATS.name, 10_000, limit_s=2)
        return len([threat for threat in decoded(found) if threat["entity"] == "10.9.9.8"]) > 50

    await until(second_scan, what="the scan after the rotation")
    counts = await asyncio.to_thread(sensor.stop)
    assert counts["peak_mb"] < LIMIT_MB
    at_once = written(tmp_path / "whole.log", [*lines, *more])
    whole = await asyncio.to_thread(Sensor(at_once, *arguments[4:]).counts)
    again = await consume(other_broker.address, THREATS.name, len(found) + whole["threats"])
    told = [threat["threat_id"] for threat in decoded(again)]
    assert set(told) == {threat["threat_id"] for threat in decoded(found)}
    assert len(set(told)) == whole["threats"]
    begun_again = Sensor(*arguments[:1], *arguments[2:])
    assert (await asyncio.to_thread(begun_again.counts))["events_scored"] == 0
