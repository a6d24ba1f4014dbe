"""Creates the topics of `schemas.topics` on a broker, and says what differs when they are there already."""

from __future__ import annotations

from collections.abc import Mapping

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from schemas.topics import TOPICS

REQUEST_TIMEOUT_MS = 15_000


async def create_topics(
    broker: str, *, partitions: Mapping[str, int] | None = None, replication: int = 1
) -> dict[str, str]:
    """Create what is missing. Returns what was done by topic: "created" or "there already".

    `partitions` overrides the table's numbers by topic name. Raises the broker's error, which names the topic.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=broker, request_timeout_ms=REQUEST_TIMEOUT_MS)
    await admin.start()
    try:
        wanted = [
            NewTopic(t.name, (partitions or {}).get(t.name, t.partitions), replication, topic_configs=t.config)
            for t in TOPICS
        ]
        answer = await admin.create_topics(wanted)
        return {name: _outcome(name, code, message) for name, code, message in answer.topic_errors}
    finally:
        await admin.close()


async def partition_counts(broker: str) -> dict[str, int | None]:
    """Return the number of partitions of each of our topics; None when a topic is missing."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker, request_timeout_ms=REQUEST_TIMEOUT_MS)
    await admin.start()
    try:
        found = {t["topic"]: t for t in await admin.describe_topics([t.name for t in TOPICS])}
        return {t.name: len(found[t.name]["partitions"]) or None if t.name in found else None for t in TOPICS}
    finally:
        await admin.close()


async def partitions_of(broker: str, topic: str) -> list[TopicPartition]:
    """Return a topic's partitions; none when it is missing.

    A consumer that has not subscribed yet does not know them: its `topics()` leaves its own metadata as they were.
    """
    return [TopicPartition(topic, number) for number in range((await partition_counts(broker))[topic] or 0)]


def _outcome(name: str, code: int, message: str | None) -> str:
    if code == 0:
        return "created"
    error = for_code(code)
    if error is TopicAlreadyExistsError:
        return "there already"
    raise error(f"{name}: {message or error.description}")
