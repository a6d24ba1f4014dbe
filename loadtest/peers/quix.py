"""The same job on Quix Streams: a StreamingDataFrame into a BatchingSink, flushed with each checkpoint.

As its documentation advises: a deserialiser of one's own (msgspec), a sink that writes a partition's batch at once, and
`commit_every` beside `commit_interval` so that batches are bounded by count and by time.
Source: https://quix.io/docs/quix-streams/connectors/sinks/custom-sinks.html.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
import uvloop
from prometheus_client import Counter
from quixstreams import Application
from quixstreams.kafka import Producer
from quixstreams.models import Deserializer, SerializationContext
from quixstreams.sinks import BatchingSink, SinkBatch
from redis import Redis

from ironcore import settings
from ironcore.settings import Settings
from loadtest.peers import database
from loadtest.peers.counted import count_events
from loadtest.peers.work import TTL_S, Scoring, decode, event_rows, message_of, threat_rows
from schemas.event import SecurityEvent
from schemas.topics import RAW, THREATS
from streams.cache import hot_results

#: Of one partition; a checkpoint holds those of all partitions of the topic.
BATCH_EVENTS = 4096
CHECKPOINT_EVENTS, CHECKPOINT_S = 4 * BATCH_EVENTS, 0.5


class EventDeserializer(Deserializer):
    """Bytes of a record to its event."""

    def __call__(self, value: bytes, ctx: SerializationContext) -> SecurityEvent:  # noqa: ARG002 - Quix's signature
        """Return the event. Raises msgspec's error for a bad record."""
        return decode(value)


class Sinks(BatchingSink):
    """Scores a partition's batch and writes it to Postgres, the topic and Redis."""

    def __init__(self, told: Settings, producer: Producer, counter: Counter) -> None:
        super().__init__()
        self._told, self._producer, self._counter = told, producer, counter
        self._scoring = Scoring()
        self._redis = Redis.from_url(told.redis_url)
        self._loop = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._pool: asyncpg.Pool

    def setup(self) -> None:
        """Connect to Postgres; asyncpg's COPY is the fastest there is, so it gets a loop to run on."""
        self._pool = self._loop.run(database.connect_pool(self._told.postgres_dsn))

    def write(self, batch: SinkBatch) -> None:
        """Score and write in slices of `BATCH_EVENTS`."""
        for items in batch.iter_chunks(BATCH_EVENTS):
            self._write([item.value for item in items])

    def _write(self, events: Sequence[SecurityEvent]) -> None:
        batch = self._scoring.score(events)
        rows = event_rows(batch, self._scoring.scorer.version), threat_rows(batch)
        self._loop.run(database.copy(self._pool, *rows))
        for key, value in map(message_of, batch.threats):
            self._producer.produce(THREATS.name, value=value, key=key)
        self._producer.flush()
        pipe = self._redis.pipeline(transaction=False)
        for name, hot in hot_results(batch.threats).items():
            pipe.set(name, hot, ex=TTL_S)
        pipe.execute()
        self._counter.inc(len(events))


def run() -> None:
    """Work until SIGTERM."""
    told = settings.load()
    counter = count_events(told.worker.metrics_host, told.worker.metrics_port)
    app: Any = Application(
        broker_address=told.broker,
        consumer_group=told.worker.group,
        auto_offset_reset="earliest",
        commit_every=CHECKPOINT_EVENTS,
        commit_interval=CHECKPOINT_S,
        auto_create_topics=False,
        use_changelog_topics=False,
        loglevel="WARNING",
    )
    deserializer: Any = EventDeserializer
    raw = app.topic(RAW.name, value_deserializer=deserializer(), key_deserializer="bytes")
    with app.get_producer() as producer:
        app.dataframe(raw).sink(Sinks(told, producer, counter))
        app.run()


if __name__ == "__main__":
    run()
