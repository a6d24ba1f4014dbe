"""Sends threats and their evidence, in order, and keeps the position; what Kafka does not take now is held, bounded.

The order of a parcel is the delivery guarantee:

1. The broker has the threats (topic `ironcore.threats`).
2. The broker has the evidence (topic `ironcore.events.raw`), each event with its threat beside it.
3. The position moves behind the lines that they came from.

What was not settled is read and sent again after a restart, under the same identifiers.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from ironcore.edge.position import Position
from schemas.event import SecurityEvent, entity_of
from schemas.render import Form
from schemas.threat import Threat
from schemas.told import evidence_headers
from schemas.topics import RAW
from streams.errors import Fatal, Retry
from streams.logs import log
from streams.publish import SEND_TIMEOUT_S, publish, start_producer

_WAIT_S, _LONGEST_WAIT_S = 0.2, 10.0
_SAVE_EVERY_S = 1.0
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Parcel:
    """What came of some lines, and the position after them."""

    threats: list[Threat]
    evidence: list[SecurityEvent]
    position: Position | None


class Outbox:
    """A queue with one sender. It is full at so many threats; the reader then waits, and the log holds the rest."""

    def __init__(self, broker: str, *, limit: int, save: Callable[[Position], None]) -> None:
        self._broker, self._limit, self._save_position = broker, limit, save
        self._parcels: deque[Parcel] = deque()
        self._producer: AIOKafkaProducer | None = None
        self._position: Position | None = None
        self._saved_at, self.held, self.sent = 0.0, 0, 0
        self._empty = asyncio.Event()
        self._empty.set()

    def has_room(self, threats: int) -> bool:
        """Tell whether so many threats may be put; an empty outbox takes any number."""
        return not self.held or self.held + threats <= self._limit

    def put(self, parcel: Parcel) -> None:
        """Queue a parcel. One without threats only moves the position of the one before it."""
        if not parcel.threats and len(self._parcels) > 1:  # the first one is on its way
            self._parcels[-1].position = parcel.position
            return
        self._parcels.append(parcel)
        self._empty.clear()
        self.held += len(parcel.threats)

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            if not self._parcels:
                self._empty.set()
                self._save(at_once=False)
                await asyncio.sleep(_WAIT_S)
                continue
            parcel = self._parcels[0]
            if parcel.threats:
                await self._deliver(parcel)
            self._position = parcel.position  # 3.
            self._save(at_once=False)
            self._parcels.popleft()
            self.held -= len(parcel.threats)
            self.sent += len(parcel.threats)

    async def drain(self, limit_s: float) -> None:
        """Wait until nothing is held, at most so long."""
        try:
            await asyncio.wait_for(self._empty.wait(), limit_s)
        except TimeoutError:
            log.warning("%d threats were not sent within %s s", self.held, limit_s)

    async def close(self) -> None:
        """Save the position and leave the broker."""
        try:
            self._save(at_once=True)
        finally:
            if self._producer is not None:
                await self._producer.stop()

    async def _deliver(self, parcel: Parcel) -> None:
        """Send a parcel until the broker has all of it; waits grow."""
        wait_s = _WAIT_S
        while True:
            try:
                if self._producer is None:
                    self._producer = await start_producer(self._broker, idempotent=False)
                await publish(self._producer, parcel.threats, (), Form.JSON)  # 1.
                return await self._send_evidence(self._producer, parcel)  # 2.
            except (Retry, Fatal, KafkaError, OSError, TimeoutError) as fault:
                log.warning("%d threats are held, trying again in %.1f s: %s", self.held, wait_s, fault)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    async def _send_evidence(self, producer: AIOKafkaProducer, parcel: Parcel) -> None:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            acknowledged = [
                await producer.send(
                    RAW.name, _encode(event), key=entity_of(event).encode(), headers=evidence_headers(threat)
                )
                for threat, event in zip(parcel.threats, parcel.evidence, strict=True)
            ]
            await asyncio.gather(*acknowledged)

    def _save(self, *, at_once: bool) -> None:
        due = at_once or time.monotonic() - self._saved_at >= _SAVE_EVERY_S
        if self._position is not None and due:
            self._save_position(self._position)
            self._position, self._saved_at = None, time.monotonic()
