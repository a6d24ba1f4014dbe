"""Every metric of a worker, once. Prometheus conventions: base units, `_total`, no label without a bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

#: Seconds. Fine where the limits are (25, 50, 100, 200 ms), wide enough for a backlog.
LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30, 60)
STAGE_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
BATCH_BUCKETS = (1, 4, 16, 64, 256, 512, 1024, 2048, 4096, 8192, 16384)


class BulkHistogram(Collector):
    """A histogram that takes a whole batch at once; prometheus_client's own costs a microsecond a value."""

    def __init__(self, name: str, text: str, buckets: tuple[float, ...], registry: CollectorRegistry) -> None:
        self._name, self._text = name, text
        self._bounds = np.asarray(buckets)
        self._counts = np.zeros(len(buckets) + 1, dtype=np.int64)
        self._sum = 0.0
        registry.register(self)

    def observe(self, values: NDArray[np.float64]) -> None:
        """Add values, shape (n,). A bucket counts what is less than or equal to its bound."""
        self._counts += np.bincount(np.searchsorted(self._bounds, values, side="left"), minlength=len(self._counts))
        self._sum += float(values.sum())

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """Render the buckets cumulatively, as Prometheus wants them."""
        edges = [*map(str, self._bounds.tolist()), "+Inf"]
        family = HistogramMetricFamily(self._name, self._text)
        family.add_metric([], [(e, int(c)) for e, c in zip(edges, self._counts.cumsum(), strict=True)], self._sum)
        return [family]


class Metrics:
    """The typed table. One instance a worker, with a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        of: dict[str, Any] = {"registry": registry}
        self.records = Counter("ironcore_records_total", "Records taken from the raw topic.", **of)
        self.events = Counter("ironcore_events_total", "Events scored and stored, by kind.", ["kind"], **of)
        self.dead_letters = Counter("ironcore_dead_letters_total", "Records rejected, by reason.", ["reason"], **of)
        self.threats = Counter("ironcore_threats_total", "Threats published, by severity.", ["severity"], **of)
        self.risk_threats = Counter(
            "ironcore_risk_threats_total", "Of these, opened by the risk that an entity has gathered.", **of
        )
        self.retries = Counter("ironcore_retries_total", "Faults that were waited out, by stage.", ["stage"], **of)
        self.batch_events = Histogram("ironcore_batch_events", "Events a batch.", buckets=BATCH_BUCKETS, **of)
        self.stage_seconds = Histogram(
            "ironcore_stage_seconds", "Seconds that a batch spends in a stage.", ["stage"], buckets=STAGE_BUCKETS, **of
        )
        self.end_to_end_seconds = BulkHistogram(
            "ironcore_end_to_end_seconds",
            "Seconds from the producer's time stamp to stored and published, for each event.",
            LATENCY_BUCKETS,
            registry,
        )
        self.lag = Gauge("ironcore_consumer_lag_records", "Records not yet committed.", ["partition"], **of)
        self.cache = Counter(
            "ironcore_cache_requests_total",
            "Threats written to Redis, looked up there when a batch comes again (hit, miss), or neither (error).",
            ["result"],
            **of,
        )
        self.model = Gauge("ironcore_model_info", "1 for the model in use.", ["name", "version"], **of)
        self.challenger = Gauge("ironcore_challenger_info", "1 for the model in shadow.", ["name", "version"], **of)
        self.model_refusals = Counter(
            "ironcore_model_refusals_total", "Models that could not be loaded, by role; the last stays.", ["role"], **of
        )
        self.shadow_events = Counter("ironcore_shadow_events_total", "Events that a challenger scored as well.", **of)
        self.shadow_agreed = Counter(
            "ironcore_shadow_agreed_total", "Of these, that both models call a threat, or neither.", **of
        )
        self.shadow_alerts = Counter(
            "ironcore_shadow_alerts_total", "Of these, that a model calls a threat, by role.", ["role"], **of
        )
        self.shadow_seconds = Counter(
            "ironcore_shadow_seconds_total", "Seconds of scoring the same samples, by role.", ["role"], **of
        )
        self.drift_risk_psi = Gauge(
            "ironcore_drift_risk_psi", "Population stability index of the risk against the model's reference.", **of
        )
        self.drift_feature_psi = Gauge("ironcore_drift_feature_psi", "The same of each feature.", ["feature"], **of)
        self.drift_rows = Gauge("ironcore_drift_rows", "Sampled flows that drift is measured over.", **of)
        self.commit_age = Gauge("ironcore_commit_age_seconds", "Age of the oldest record without a commit.", **of)
        self.in_flight = Gauge("ironcore_in_flight_records", "Records between intake and settlement.", **of)
        self.window_entities = Gauge("ironcore_window_entities", "Entities that have a window.", **of)
        self.late_events = Counter("ironcore_late_events_total", "Events too late for their entity's window.", **of)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage, also when it fails."""
        began = perf_counter()
        try:
            yield
        finally:
            self.stage_seconds.labels(name).observe(perf_counter() - began)
