"""The same job on FastStream: a batch subscriber of its Confluent broker, the faster of its two.

As its documentation advises: `batch=True` with `max_records`, a decoder of one's own in place of the general one,
`publish_batch` with a key a message, offsets committed after the handler, uvloop as its command line takes it.
Source: https://faststream.ag2.ai/latest/confluent/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import uvloop
from faststream import AckPolicy, FastStream
from faststream.confluent import KafkaBroker, KafkaMessage, KafkaPublishMessage
from redis.asyncio import Redis

from ironcore import settings
from loadtest.peers import database
from loadtest.peers.counted import count_events
from loadtest.peers.work import TTL_S, Scoring, decode, event_rows, message_of, threat_rows
from schemas.event import SecurityEvent
from schemas.threat import Threat
from schemas.topics import RAW, THREATS
from streams.cache import hot_results

BATCH_EVENTS = 4096


async def run() -> None:
    """Work until SIGTERM."""
    told = settings.load()
    broker = KafkaBroker(told.broker, logger=None, apply_types=False, acks="all")
    app = FastStream(broker, logger=None)
    scoring, counter = Scoring(), count_events(told.worker.metrics_host, told.worker.metrics_port)
    pool, redis = await database.connect_pool(told.postgres_dsn), Redis.from_url(told.redis_url)

    @broker.subscriber(
        RAW.name,
        group_id=told.worker.group,
        batch=True,
        max_records=BATCH_EVENTS,
        auto_offset_reset="earliest",
        decoder=decoded,
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )
    async def score(events: list[SecurityEvent]) -> None:
        batch = scoring.score(events)
        await database.copy(pool, event_rows(batch, scoring.scorer.version), threat_rows(batch))
        await tell(batch.threats, broker, redis)
        counter.inc(len(events))

    await app.run()


async def decoded(message: KafkaMessage) -> list[SecurityEvent]:
    """Decode a batch: its body is the list of the records' values."""
    values: Any = message.body
    return [decode(value) for value in values]


async def tell(threats: Sequence[Threat], broker: KafkaBroker, redis: Redis) -> None:
    """Publish threats in one batch, then set their hot results in one round trip."""
    if not threats:
        return
    messages = [KafkaPublishMessage(value, key=key) for key, value in map(message_of, threats)]
    await broker.publish_batch(*messages, topic=THREATS.name)
    pipe = redis.pipeline(transaction=False)
    for key, value in hot_results(threats).items():
        pipe.set(key, value, ex=TTL_S)
    await pipe.execute()


if __name__ == "__main__":
    uvloop.run(run())
