"""Store: every scored event and every threat becomes a row of Postgres, once."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any
from uuid import UUID

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
    """Write the batch in one transaction: all rows or none. Raises Retry; doing it twice leaves one row each.

    The score that was stored first stays. When an event is there already, a threat that contradicts its stored score
    is taken out of the batch; one that was stored with it remains, since it may not have been published.
    """
    if not batch.events:
        return
    events = list(_event_rows(batch, model_version))
    try:
        async with pool.acquire() as connection:
            try:
                await _copy(connection, batch, events)
            except asyncpg.UniqueViolationError:  # something of it is there already: a replay
                await _merge(connection, batch, events)
    except (*RETRIED, asyncpg.UniqueViolationError) as fault:
        raise Retry("store", fault) from fault


async def _copy(connection: Any, batch: Batch, events: list[Any]) -> None:
    async with connection.transaction():
        await connection.copy_records_to_table("events", records=events, columns=sql.EVENT_COLUMNS)
        await _copy_threats(connection, batch, known=frozenset())


async def _merge(connection: Any, batch: Batch, events: list[Any]) -> None:
    async with connection.transaction():
        await connection.execute(sql.CREATE_STAGING)
        await connection.copy_records_to_table("events_staging", records=events, columns=sql.EVENT_COLUMNS)
        fresh = {row["event_id"] for row in await connection.fetch(sql.MERGE_EVENTS)}
        times, ids = [t.event_time for t in batch.threats], [t.threat_id for t in batch.threats]
        known = {row["threat_id"] for row in await connection.fetch(sql.SELECT_KNOWN_THREATS, times, ids)}
        batch.keep_threats(fresh, known)
        await _copy_threats(connection, batch, known)


async def _copy_threats(connection: Any, batch: Batch, known: AbstractSet[UUID]) -> None:
    rows = list(_threat_rows(batch, known))
    if rows:
        await connection.copy_records_to_table("threats", records=rows, columns=sql.THREAT_COLUMNS)


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


def _threat_rows(batch: Batch, known: AbstractSet[UUID]) -> Iterator[tuple[Any, ...]]:
    for threat, row in zip(batch.threats, batch.threat_rows, strict=True):
        if threat.threat_id in known:
            continue
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
