"""Reads the outbound topic and the topic of verdicts: one consumer a process, without a group, all partitions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from api.item import Item, Published, item_of_published
from api.kafka import AWAY
from api.live.hub import Hub
from api.log import log
from api.metrics import Metrics
from api.settings import ApiSettings
from ironcore.topics import partitions_of
from schemas.topics import MAX_MESSAGE_BYTES, THREATS, VERDICTS
from schemas.triage import Change

RETRY_S, POLL_MS = 1.0, 500
_FROM_JSON = msgspec.json.Decoder(Published).decode
_FROM_MSGPACK = msgspec.msgpack.Decoder(Published).decode


class Feed:
    """Feeds the hub. `on_verdicts` is told the offset after the latest change that was read."""

    def __init__(
        self, broker: str, settings: ApiSettings, metrics: Metrics, hub: Hub, on_verdicts: Callable[[int], None]
    ) -> None:
        self._broker, self._settings, self._metrics = broker, settings, metrics
        self._hub, self._on_verdicts = hub, on_verdicts
        self._behind: dict[TopicPartition, int] = {}
        self.ready = False

    async def run(self) -> None:
        """Read until cancelled; begin anew when the broker was away for good."""
        while True:
            try:
                await self._read()
            except AWAY as fault:
                log.warning("the live feed waits for the broker %s: %s", self._broker, fault or type(fault).__name__)
            self.ready = False
            await asyncio.sleep(RETRY_S)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._broker,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=int(self._settings.fetch_wait_s * 1000),
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        )
        try:
            await consumer.start()
            await self._seek(consumer)
            while True:
                fetched = await consumer.getmany(timeout_ms=POLL_MS)
                self._take(fetched)
        finally:
            await consumer.stop()

    async def _seek(self, consumer: AIOKafkaConsumer) -> None:
        """Go on from where the hub stands; at first, go back by the length of the history.

        The embedded broker tells an end that is a batch too early, so an end is never held against a position.
        """
        threats = await partitions_of(self._broker, THREATS.name)
        verdicts = await partitions_of(self._broker, VERDICTS.name)
        if not threats or not verdicts:
            raise OSError(f"the topics {THREATS.name} and {VERDICTS.name} are not both there: run `ironcore topics`")
        consumer.assign([*threats, *verdicts])
        ends: Mapping[TopicPartition, int] = await consumer.end_offsets([*threats, *verdicts])
        begins: Mapping[TopicPartition, int] = await consumer.beginning_offsets(threats)
        back = self._settings.live_history // len(threats)
        threats.sort(key=lambda tp: tp.partition)
        stands = dict(zip(threats, self._hub.position, strict=False))
        goes_on = len(stands) == len(threats) and all(begins[tp] <= offset for tp, offset in stands.items())
        starts = stands if goes_on else {tp: max(begins[tp], ends[tp] - back) for tp in threats}
        for tp, offset in {**starts, **{tp: ends[tp] for tp in verdicts}}.items():
            consumer.seek(tp, offset)
        self._behind = {} if goes_on else {tp: ends[tp] for tp in threats if starts[tp] < ends[tp]}
        if not goes_on:
            self._hub.begin(tuple(starts.values()))
        self._on_verdicts(max(ends[tp] for tp in verdicts))
        self.ready = not self._behind

    def _take(self, fetched: Mapping[TopicPartition, list[Any]]) -> None:
        for tp, records in fetched.items():
            if tp.topic == VERDICTS.name:
                self._take_changes(records)
            else:
                self._take_threats(tp, records)

    def _take_threats(self, tp: TopicPartition, records: list[Any]) -> None:
        end = self._behind.get(tp, 0)
        for record in records:
            item = self._item(record)
            if item is None:
                self._hub.passed(tp.partition, record.offset)
            else:
                self._hub.arrive(
                    item, tp.partition, record.offset, record.timestamp / 1e3 if record.offset >= end else None
                )
        if records[-1].offset + 1 >= end:
            self._behind.pop(tp, None)
            self.ready = not self._behind

    def _take_changes(self, records: list[Any]) -> None:
        changes = []
        for record in records:
            try:
                changes.append(Change.model_validate_json(record.value or b""))
            except ValueError:
                log.warning("offset %d of %s is no change", record.offset, VERDICTS.name)
        self._hub.changed(changes)
        self._on_verdicts(records[-1].offset + 1)

    def _item(self, record: Any) -> Item | None:
        """Return the threat of a record; None for another form (OCSF) or another version."""
        headers = dict(record.headers)
        as_msgpack = b"msgpack" in (headers.get("content-type") or b"")
        try:
            if (headers.get("ironcore-schema") or b"threat/1") != b"threat/1":
                raise ValueError  # noqa: TRY301 - counted with what cannot be read
            return item_of_published((_FROM_MSGPACK if as_msgpack else _FROM_JSON)(record.value or b""))
        except (msgspec.MsgspecError, ValueError):
            self._metrics.live_unread.inc()
            return None
