"""Traffic for the tests: flows that are told apart by their ports, sent with a ledger."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import asyncpg
import msgspec
from aiokafka import AIOKafkaConsumer

from ironcore.ledger import Ledger
from ironcore.topics import partitions_of
from ironcore.traffic.record import Record, native_record, records_of
from ironcore.traffic.send import Sent, connected, send
from schemas.topics import RAW


def flows(count: int, *, sources: int = 50, first: int = 0) -> Iterator[Record]:
    """Yield plain web connections from `sources` hosts, each its own event."""
    began = time.time()
    for number in range(first, first + count):
        yield native_record({
            "kind": "flow",
            "event_time": began + number * 1e-4,
            "sensor": "test",
            "src_ip": f"10.0.{number % sources // 250}.{number % sources % 250 + 1}",
            "src_port": 1024 + number % 60_000,
            "dst_ip": "93.184.216.34",
            "dst_port": 443,
            "proto": "tcp",
            "flow": {
                "duration_s": 0.5, "orig_bytes": 900 + number % 100, "resp_bytes": 40_000, "orig_pkts": 12,
                "resp_pkts": 33, "orig_ip_bytes": 1500, "resp_ip_bytes": 41_800, "conn_state": "SF",
                "history": "ShADadFf", "service": "ssl",
            },
        })  # fmt: skip


def scan(count: int, *, source: str = "10.9.9.9", first_port: int = 1, at: float | None = None) -> Iterator[Record]:
    """Yield refused connections of one source to ever new ports: a port scan."""
    began = at or time.time()
    for number in range(count):
        yield native_record({
            "kind": "flow",
            "event_time": began + number * 1e-3,
            "sensor": "test",
            "src_ip": source,
            "src_port": 40_000 + number % 20_000,
            "dst_ip": "10.0.0.5",
            "dst_port": first_port + number,
            "proto": "tcp",
            "flow": {
                "duration_s": 0.001, "orig_bytes": 0, "resp_bytes": 0, "orig_pkts": 1, "resp_pkts": 1,
                "orig_ip_bytes": 44, "resp_ip_bytes": 40, "conn_state": "REJ", "history": "Sr",
            },
        })  # fmt: skip


def tunnel(count: int, *, source: str = "10.8.8.8") -> Iterator[Record]:
    """Yield queries for ever new long names below one domain: data that leaves by DNS."""
    began = time.time()
    for number in range(count):
        carried = base64.b32encode(hashlib.sha256(str(number).encode()).digest()).decode().strip("=").lower()
        yield native_record({
            "kind": "dns",
            "event_time": began + number * 0.01,
            "sensor": "test",
            "src_ip": source,
            "dst_ip": "10.0.0.53",
            "dst_port": 53,
            "proto": "udp",
            "dns": {"query": f"{carried}.t.example.com", "qtype": "TXT", "rcode": "NOERROR"},
        })  # fmt: skip


def raw(*values: bytes) -> list[Record]:
    """Return records with these bytes and no headers."""
    return list(records_of(values, []))


async def send_noted(broker: str, records: Iterable[Record], ledger: Ledger, *, pause_every: int = 0) -> Sent:
    """Send, note what was sent, and return when the broker has acknowledged all of it."""

    async def noted() -> AsyncIterator[Record]:
        for number, record in enumerate(records):
            ledger.add(record.value, record.headers)
            yield record
            if pause_every and number % pause_every == pause_every - 1:
                await asyncio.sleep(0.02)

    async with connected(broker) as producer:
        return await send(noted(), producer, RAW.name)


async def all_stored(database: asyncpg.Connection, ledger: Ledger) -> bool:
    """Return whether every event of the ledger is a row."""
    return await ledger.stored(database) == ledger.unique()


async def rows(database: asyncpg.Connection) -> tuple[int, int]:
    """Return how many rows `events` has, and how many different identifiers."""
    row = await database.fetchrow("SELECT count(*), count(DISTINCT event_id) FROM events")
    return row[0], row[1]


async def consume(broker: str, topic: str, count: int, *, limit_s: float = 30.0) -> list[Any]:
    """Return the first `count` records of a topic from its beginning; fewer when no more come in time."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker, auto_offset_reset="earliest", enable_auto_commit=False,
        max_partition_fetch_bytes=16 * 1024 * 1024,
    )  # fmt: skip
    await consumer.start()
    try:
        consumer.assign(await partitions_of(broker, topic))
        found: list[Any] = []
        deadline = time.monotonic() + limit_s
        while len(found) < count and time.monotonic() < deadline:
            fetched = await consumer.getmany(timeout_ms=500)
            found += [record for records in fetched.values() for record in records]
        return found
    finally:
        await consumer.stop()


def decoded(records: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the JSON of records."""
    return [msgspec.json.decode(record.value) for record in records]
