"""Publishes changes: at once, and later what Kafka did not take."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg

from api.database import AWAY as DATABASE_AWAY
from api.kafka import AWAY, Out, Producer
from api.log import log
from api.metrics import Metrics
from schemas.sql import deciding as sql
from schemas.topics import VERDICTS
from schemas.triage import Change

HEADERS = [("content-type", b"application/json"), ("ironcore-schema", b"change/1")]
#: What is younger than so many of the longest sends may be on its way.
AGE_SENDS = 1.5
EVERY_S, AT_ONCE = 5.0, 1000


class Outbox:
    """At least once: a change is taken out when Kafka has acknowledged it."""

    def __init__(self, pool: asyncpg.Pool, producer: Producer, metrics: Metrics, *, send_s: float) -> None:
        """Publish through a producer that waits `send_s` for an acknowledgement at most."""
        self._pool, self._producer, self._metrics = pool, producer, metrics
        self._age_s = AGE_SENDS * send_s

    async def publish(self, changes: Sequence[Change]) -> int | None:
        """Publish what was just committed; return the topic's offset after it, None when Kafka did not take it."""
        if not changes:
            return None
        try:
            offset = await self._producer.send([record_of(change) for change in changes])
        except AWAY as fault:
            self._metrics.unpublished.inc(len(changes))
            log.warning("%d changes wait for Kafka: %s", len(changes), fault or type(fault).__name__)
            return None
        try:
            await self._pool.execute(sql.DELETE_OWED, [change.change_id for change in changes])
        except DATABASE_AWAY as fault:
            log.warning("%d changes will be published again: %s", len(changes), fault or type(fault).__name__)
        return offset

    async def run(self) -> None:
        """Publish what is left over, of any process, until cancelled."""
        while True:
            try:
                while await self.catch_up() == AT_ONCE:
                    pass
            except (*AWAY, *DATABASE_AWAY) as fault:
                log.debug("left-over changes wait: %s", fault)
            await asyncio.sleep(EVERY_S)

    async def catch_up(self) -> int:
        """Publish changes that no send is at work on and that are still owed; return how many."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(sql.LOCK_OWED, AT_ONCE, self._age_s)
            if rows:
                await self._producer.send([record_of(_change(row)) for row in rows])
                await connection.execute(sql.DELETE_OWED, [row["change_id"] for row in rows])
        return len(rows)


def record_of(change: Change) -> Out:
    """Return a change as a record of the topic of verdicts."""
    return Out(VERDICTS.name, change.threat_id.hex.encode(), change.model_dump_json().encode(), HEADERS)


def _change(row: Any) -> Change:
    return Change.model_validate({**row, "threat_id": str(row["threat_id"])})
