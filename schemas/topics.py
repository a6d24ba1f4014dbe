"""Every Kafka topic, once: name, key, value, partitions, retention, who writes and who reads."""

from __future__ import annotations

from dataclasses import dataclass

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's contract. `partitions` is what `ironcore topics --create` asks for.

    `retention_s` is in seconds; None keeps the last message of every key for good (log compaction).
    """

    name: str
    key: str
    value: str
    partitions: int
    retention_s: float | None
    written_by: str
    read_by: str

    @property
    def config(self) -> dict[str, str]:
        """Return the broker's settings for this topic."""
        size = {"max.message.bytes": str(MAX_MESSAGE_BYTES)}
        if self.retention_s is None:
            return {"cleanup.policy": "compact", **size}
        return {"cleanup.policy": "delete", "retention.ms": str(int(self.retention_s * 1000)), **size}

    @property
    def kept(self) -> str:
        """Return how long records stay, for people."""
        return "last of each key" if self.retention_s is None else f"{self.retention_s / DAY_S:g} days"


#: Larger than the largest record that a worker accepts (1 MiB), so that an oversized record reaches the dead letters
#: with its bytes instead of being refused to a producer that may not look.
MAX_MESSAGE_BYTES = 16 * 1024 * 1024

RAW = Topic(
    name="ironcore.events.raw",
    key="source entity (address, else host, user or sensor), so that an entity's state stays on one partition",
    value="one event or a batch of them: native, Zeek, Suricata EVE, OCSF or ECS; JSON, JSON lines or msgpack",
    partitions=8,
    retention_s=3 * DAY_S,
    written_by="sensors, collectors, applications, ironcore replay, ironcore edge, API",
    read_by="ironcore worker",
)
THREATS = Topic(
    name="ironcore.threats",
    key="threat_id",
    value="Threat v1 as JSON or msgpack, or an OCSF Detection Finding; ironcore-schema and content-type headers tell",
    partitions=4,
    retention_s=7 * DAY_S,
    written_by="ironcore worker, ironcore edge",
    read_by="API, SIEM and SOAR connectors",
)
DEAD_LETTERS = Topic(
    name="ironcore.events.dead-letter",
    key="the original key, unchanged",
    value="the original bytes, unchanged; the reason in __connect.errors.* headers",
    partitions=2,
    retention_s=14 * DAY_S,
    written_by="ironcore worker",
    read_by="ironcore dead-letters",
)
VERDICTS = Topic(
    name="ironcore.verdicts",
    key="threat_id",
    value="Change v1 as JSON: one act of an analyst on one threat",
    partitions=1,
    retention_s=365 * DAY_S,
    written_by="API",
    read_by="API",
)
MODELS = Topic(
    name="ironcore.models",
    key="role: champion or challenger",
    value="Assignment v1 as JSON: which model artefact has the role; the last one of each role counts",
    partitions=1,
    retention_s=None,
    written_by="ironcore model",
    read_by="ironcore worker",
)
TOPICS: tuple[Topic, ...] = (RAW, THREATS, DEAD_LETTERS, VERDICTS, MODELS)
