"""The pipeline at a glance, health, and events that come in."""

from __future__ import annotations

from pydantic import Field

from api.contract.base import Response
from schemas.dead_letter import Reason


class Latency(Response):
    """Quantiles in milliseconds; null when nothing was measured."""

    p50: float | None
    p95: float | None
    p99: float | None


class Lag(Response):
    """Records that wait for their commit."""

    total: int
    partitions: dict[str, int]


class Worker(Response):
    """A worker and whether it answers."""

    address: str
    up: bool


class Stats(Response):
    """The pipeline at a glance. Rates and latencies are over the last ten seconds, of all workers that answer."""

    time: float
    events_per_s: float
    threats_per_s: float
    events_total: int = Field(description="Since the workers started.")
    by_class: dict[str, int] = Field(description="Of the newest threats (api.aggregate_rows).")
    by_severity: dict[str, int] = Field(description="Of the newest threats (api.aggregate_rows).")
    end_to_end_ms: Latency
    stages_ms: dict[str, Latency]
    lag: Lag
    workers: list[Worker]
    cache_hit_ratio: float | None = Field(description="Of this API process; null before the first request.")
    live_clients: int = Field(description="Of all API processes.")


class Rejected(Response):
    """An element that is no event."""

    element: int | None = Field(description="Its place in the batch (or its line), from 1; null for the whole body.")
    reason: Reason
    detail: str


class Accepted(Response):
    """What became of the events that were sent."""

    accepted: int = Field(description="Events that Kafka has acknowledged.")
    rejected: list[Rejected]


class Health(Response):
    """Whether it is well, and in words."""

    ok: bool
    detail: str
