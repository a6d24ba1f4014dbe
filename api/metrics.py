"""Every metric of the API, once. With several processes, Prometheus' own files hold the sums."""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
LIVE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 5, 30)


class Metrics:
    """The typed table. One instance a process, with a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "ironcore_api_requests_total", "Requests, by route and status.", ["route", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "ironcore_api_request_seconds",
            "Seconds from a request to the end of its answer, of what was not in the process's own cache.",
            ["route"],
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        self.answers = Counter(
            "ironcore_api_answers_total", "Answers to reads, by where they came from.", ["source"], registry=registry
        )
        self.sign_ins = Counter("ironcore_api_sign_ins_total", "Attempts to sign in.", ["result"], registry=registry)
        self.events = Counter(
            "ironcore_api_events_total",
            "Events sent to the API, by what became of them.",
            ["result"],
            registry=registry,
        )
        self.changes = Counter("ironcore_api_changes_total", "Acts of triage.", ["action"], registry=registry)
        self.unpublished = Counter(
            "ironcore_api_unpublished_changes_total", "Changes that Kafka did not take at once.", registry=registry
        )
        self.live_clients = Gauge(
            "ironcore_api_live_clients", "Connected live clients.", registry=registry, multiprocess_mode="livesum"
        )
        self.live_threats = Counter("ironcore_api_live_threats_total", "Threats read from Kafka.", registry=registry)
        self.live_unread = Counter(
            "ironcore_api_live_unread_total", "Records on the outbound topic that are no Threat v1.", registry=registry
        )
        self.live_dropped = Counter(
            "ironcore_api_live_dropped_total", "Threats and changes that slow clients lost.", registry=registry
        )
        self.live_seconds = Histogram(
            "ironcore_api_live_seconds",
            "Seconds from publication of a threat to its being handed to the live clients.",
            buckets=LIVE_BUCKETS,
            registry=registry,
        )

    def text(self) -> bytes:
        """Return the metrics of all processes, in Prometheus' text format."""
        return generate_latest(_all_processes() or self.registry)

    def clients(self) -> int:
        """Return the live clients of all processes."""
        folder = os.environ.get(FOLDER_VARIABLE)
        if folder is None:
            return int(self.live_clients._value.get())  # noqa: SLF001 - no accessor is public
        files = [str(path) for path in Path(folder).glob("gauge_livesum_*.db")]
        merged = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return int(sum(sample.value for metric in merged for sample in metric.samples))


def _all_processes() -> CollectorRegistry | None:
    if FOLDER_VARIABLE not in os.environ:
        return None
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
