"""Store: every scored event and every threat becomes a row of Postgres, once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

import asyncpg
import msgspec

from schemas import sql
from schemas.event import Flow, SecurityEvent, entity_of
from schemas.threat import CLASSES
from streams.batch import Batch
from streams.errors import Retry

#: Postgres counts microseconds from 2000-01-01.
_POSTGRES_EPOCH_S = 946_684_800
_NO_FLOW = Flow()
_CLASS_NAMES = [name.value for name in CLASSES]
_encode = msgspec.json.Encoder().encode

#: What passes by itself: the server restarts, is full for the moment, or two batches met on the same rows.
RETRIED = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.InternalClientError,
    asyncpg.ReadOnlySQLTransactionError,
)


async def connect_pool(dsn: str, *, size: int) -> asyncpg.Pool:
    """Return a pool whose connections know our types. Raises what asyncpg raises when the server is not there."""
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        init=_teach_types,
        command_timeout=60.0,
        server_settings={"application_name": "ironcore-worker", "jit": "off", "timezone": "UTC"},
    )


async def store(batch: Batch, pool: asyncpg.Pool, model_version: str) -> None:
    """Write the batch in one transaction: all rows or none. Raises Retry; doing it twice leaves one row each."""
    if not batch.events:
        return
    events, threats = list(_event_rows(batch, model_version)), list(_threat_rows(batch))
    try:
        async with pool.acquire() as connection:
            try:
                await _copy(connection, events, threats, staged=False)
            except asyncpg.UniqueViolationError:  # something of it is there already: a replay
                await _copy(connection, events, threats, staged=True)
    except RETRIED as fault:
        raise Retry("store", fault) from fault


async def _copy(connection: Any, events: list[Any], threats: list[Any], *, staged: bool) -> None:
    async with connection.transaction():
        for table, columns, rows in (
            ("events", sql.EVENT_COLUMNS, events),
            ("threats", sql.THREAT_COLUMNS, threats),
        ):
            if not rows:
                continue
            if staged:
                await connection.execute(sql.CREATE_STAGING.format(table=table))
            target = f"{table}_staging" if staged else table
            await connection.copy_records_to_table(target, records=rows, columns=columns)
            if staged:
                await connection.execute(sql.MERGE_STAGING.format(table=table))


def _event_rows(batch: Batch, model_version: str) -> Iterator[tuple[Any, ...]]:
    assert batch.scores is not None
    scored = _timestamp(batch.scored_time)
    classes = batch.scores.class_probabilities.argmax(axis=1).tolist()
    for event, anomaly, risk, number in zip(
        batch.events, batch.scores.anomaly.tolist(), batch.scores.risk.tolist(), classes, strict=True
    ):
        flow = event.flow or _NO_FLOW
        yield (
            _timestamp(event.event_time), event.event_id, event.kind, entity_of(event), event.sensor, event.source_id,
            event.src_ip, event.src_port, event.dst_ip, event.dst_port, event.proto, event.user, event.host,
            flow.service, flow.conn_state, flow.duration_s, flow.orig_bytes, flow.resp_bytes,
            flow.orig_pkts, flow.resp_pkts, flow.orig_ip_bytes, flow.resp_ip_bytes, flow.history, _detail(event),
            anomaly, _CLASS_NAMES[number], risk, model_version, scored,
        )  # fmt: skip


def _threat_rows(batch: Batch) -> Iterable[tuple[Any, ...]]:
    for threat, row in zip(batch.threats, batch.threat_rows, strict=True):
        yield (
            _timestamp(threat.event_time), threat.threat_id, threat.entity, threat.severity.value,
            threat.threat_class.value, threat.risk, threat.anomaly, threat.src_ip, threat.dst_ip, threat.dst_port,
            threat.model_version, _timestamp(threat.scored_time), threat.model_dump_json().encode(),
            _encode(batch.events[row]),
        )  # fmt: skip


def _detail(event: SecurityEvent) -> bytes | None:
    """Return the section of the kind (a flow's own columns say it all) as JSON."""
    return None if event.kind == "flow" else _encode(getattr(event, event.kind))


def _timestamp(seconds: float) -> tuple[int]:
    return (round((seconds - _POSTGRES_EPOCH_S) * 1_000_000),)


async def _teach_types(connection: Any) -> None:
    """Use plain values instead of the objects that asyncpg builds for these types: rows are written by the thousand."""
    for name, encoder, decoder, form in (
        ("timestamptz", lambda value: value, lambda value: value, "tuple"),
        ("inet", _inet, bytes, "binary"),
        ("jsonb", lambda text: b"\x01" + text, lambda data: data[1:], "binary"),  # 1 is jsonb's version
    ):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=encoder, decoder=decoder, format=form)


@lru_cache(maxsize=65_536)
def _inet(address: str) -> bytes:
    """Encode an address as `inet_send` does: family (2 or 3), prefix length, is-cidr, length, bytes."""
    if ":" in address:
        return b"\x03\x80\x00\x10" + inet_pton(AF_INET6, address)
    return b"\x02\x20\x00\x04" + inet_pton(AF_INET, address)
