"""Stored events, read back in their order as the events that they were, with the windows that they came into.

PostgreSQL is read, not the raw topic: it keeps the whole event for `worker.retention_days`, the topic for three days.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
import numpy as np
from aiokafka.partitioner import murmur2
from numpy.typing import NDArray

from models.features import FeatureExtractor
from schemas.event import Event, SecurityEvent
from schemas.sql import backfill as statements
from schemas.table import EventTable, tabulate
from schemas.topics import RAW

#: Events that are held at once.
PAGE = 8192
_FIRST_ID = UUID(int=0)
_HEAD = ("kind", "event_time", "event_id", "source_id", "sensor", "src_ip", "src_port", "dst_ip", "dst_port", "proto",
         "host")  # fmt: skip
_FLOW = ("duration_s", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "orig_ip_bytes", "resp_ip_bytes",
         "conn_state", "history", "service")  # fmt: skip


class Page(NamedTuple):
    """Up to `PAGE` stored events."""

    rows: Sequence[Mapping[str, Any]]  #: as `SELECT_EVENTS` gives them
    table: EventTable
    partitions: NDArray[np.int32]


async def pages(
    connection: asyncpg.Connection, extractor: FeatureExtractor, begin: float, end: float, *, warm_up_s: float
) -> AsyncIterator[Page]:
    """Yield the events from one time and before another (seconds since 1970), a page at a time.

    Those of `warm_up_s` before only fill the extractor's windows; the caller extracts the rest.
    """
    after = (begin - warm_up_s, _FIRST_ID)
    while rows := await connection.fetch(statements.SELECT_EVENTS, *after, end, PAGE):
        after = (rows[-1]["event_time"], rows[-1]["event_id"])
        fresh = next((at for at, row in enumerate(rows) if row["event_time"] >= begin), len(rows))
        if old := rows[:fresh]:
            page = _page(old)
            extractor.observe(page.table, page.partitions)
        if new := rows[fresh:]:
            yield _page(new)


def _page(rows: Sequence[Mapping[str, Any]]) -> Page:
    table, _ = tabulate([event_of(row) for row in rows])  # what is stored was checked when it came
    # As Kafka's own clients choose it: windows are kept by partition.
    return Page(rows, table, np.array([_partition(row["entity"]) for row in rows], np.int32))


def event_of(row: Mapping[str, Any]) -> SecurityEvent:
    """Return a stored row as the event that it was."""
    native: dict[str, Any] = {name: row[name] for name in _HEAD if row[name] is not None}
    native["event_id"] = UUID(bytes=row["event_id"].bytes)
    if row["username"] is not None:
        native["user"] = row["username"]
    flow = {name: row[name] for name in _FLOW if row[name] is not None}
    if flow or row["kind"] == "flow":
        native["flow"] = flow
    if row["detail"] is not None:
        native[row["kind"]] = msgspec.json.decode(row["detail"])
    event: SecurityEvent = msgspec.convert(native, Event)
    return event


@lru_cache(maxsize=65_536)
def _partition(entity: str) -> int:
    return int(murmur2(entity.encode()) & 0x7FFF_FFFF) % RAW.partitions
