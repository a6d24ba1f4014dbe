"""What the live view shows at one moment, computed from the latest readings of a worker's metrics."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from ironcore.view.metrics import Histogram, Metrics, quantile
from schemas.threat import Threat

STAGES = ("decode", "features", "score", "rows", "store", "publish", "cache")
#: Rates and quantiles are over this time: short enough to show a change, long enough to stand still.
WINDOW_S = 10.0
_HISTORY, _LATEST = 240, 64


class Quantiles(NamedTuple):
    """Estimates in seconds; NaN when nothing was measured."""

    p50: float
    p95: float
    p99: float


UNKNOWN = Quantiles(math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Flow:
    """A number that only grows, and how fast it grew between readings, the latest last."""

    total: float = 0.0
    per_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the pipeline: what it handled, how long its batches take, the share of the time that it works."""

    name: str
    handled: float
    seconds: Quantiles
    busy: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that is shown. Totals are since the worker's start; what has no reading is 0, NaN or empty."""

    broker: str = ""
    dashboard: str = ""  #: its address; empty when there is none
    model: str = ""
    uptime_s: float = 0.0
    sent: Flow | None = None  #: None when this process sends nothing
    scored: Flow = Flow()
    stages: tuple[Stage, ...] = ()
    end_to_end: Quantiles = UNKNOWN
    lag_records: float = 0.0
    in_flight_records: float = 0.0
    commit_age_s: float = 0.0
    retries: float = 0.0
    late_events: float = 0.0
    entities: float = 0.0
    dead_letters: Mapping[str, float] = field(default_factory=dict)  #: by reason
    threats: Mapping[str, float] = field(default_factory=dict)  #: by severity
    cache: Mapping[str, float] = field(default_factory=dict)  #: by result
    latest: tuple[Threat, ...] = ()  #: latest first


class _Reading(NamedTuple):
    at_s: float
    metrics: Metrics
    sent: int | None


class Watch:
    """Collects readings and threats, a bounded number of each, and makes snapshots of them."""

    def __init__(self, broker: str, clock: Callable[[], float] = time.monotonic, *, dashboard: str = "") -> None:
        self._broker, self._clock, self._began = broker, clock, clock()
        self._dashboard = dashboard
        self._readings: deque[_Reading] = deque(maxlen=_HISTORY)
        self._latest: deque[Threat] = deque(maxlen=_LATEST)

    def read(self, metrics: Metrics, sent: int | None = None) -> None:
        """Take a reading; `sent` is the number of records that this process has sent, None when it sends none."""
        self._readings.append(_Reading(self._clock(), metrics, sent))

    def show(self, threat: Threat) -> None:
        """Take a published threat."""
        self._latest.appendleft(threat)

    def snapshot(self) -> Snapshot:
        """Return what is to be shown now."""
        if not self._readings:
            uptime_s = self._clock() - self._began
            return Snapshot(self._broker, self._dashboard, uptime_s=uptime_s, latest=tuple(self._latest))
        now, then = self._readings[-1].metrics, self._before().metrics
        return Snapshot(
            broker=self._broker,
            dashboard=self._dashboard,
            model=next((f"{has['name']} {has['version']}" for has in now.labels("ironcore_model_info")), ""),
            uptime_s=self._clock() - self._began,
            sent=self._flow(lambda r: r.sent or 0) if self._readings[-1].sent is not None else None,
            scored=self._flow(lambda r: r.metrics.total("ironcore_events_total")),
            stages=tuple(self._stage(name, now, then) for name in STAGES),
            end_to_end=_recent(now, then, "ironcore_end_to_end_seconds"),
            lag_records=now.total("ironcore_consumer_lag_records"),
            in_flight_records=now.total("ironcore_in_flight_records"),
            commit_age_s=now.total("ironcore_commit_age_seconds"),
            retries=now.total("ironcore_retries_total"),
            late_events=now.total("ironcore_late_events_total"),
            entities=now.total("ironcore_window_entities"),
            dead_letters=_by(now, "ironcore_dead_letters_total", "reason"),
            threats=_by(now, "ironcore_threats_total", "severity"),
            cache=_by(now, "ironcore_cache_requests_total", "result"),
            latest=tuple(self._latest),
        )

    def _before(self) -> _Reading:
        """Return the reading that the window began with."""
        since = self._readings[-1].at_s - WINDOW_S
        return next(reading for reading in self._readings if reading.at_s >= since)

    def _flow(self, total: Callable[[_Reading], float]) -> Flow:
        points = [(reading.at_s, total(reading)) for reading in self._readings]
        return Flow(points[-1][1], tuple(max(b - a, 0.0) / max(t - s, 1e-3) for (s, a), (t, b) in pairwise(points)))

    def _stage(self, name: str, now: Metrics, then: Metrics) -> Stage:
        metric = "ironcore_stage_seconds"
        elapsed = self._readings[-1].at_s - self._before().at_s
        worked = now.total(metric + "_sum", stage=name) - then.total(metric + "_sum", stage=name)
        return Stage(
            name,
            handled=now.total(_HANDLED[name]),
            seconds=_recent(now, then, metric, stage=name),
            busy=max(worked, 0.0) / elapsed if elapsed > 0 else 0.0,
        )


#: What passes through each stage, by the metric that counts it.
_HANDLED = dict.fromkeys(STAGES, "ironcore_events_total") | {
    "decode": "ironcore_records_total",
    "publish": "ironcore_threats_total",
    "cache": "ironcore_threats_total",
}


def _recent(now: Metrics, then: Metrics, name: str, **labels: str) -> Quantiles:
    """Return quantiles over the window, or over all time when nothing happened in it."""
    everything = now.histogram(name, **labels)
    lately = everything.since(then.histogram(name, **labels))
    chosen: Histogram = lately if lately.count else everything
    return Quantiles(*(quantile(chosen, q) for q in (0.5, 0.95, 0.99)))


def _by(metrics: Metrics, name: str, label: str) -> dict[str, float]:
    return {has[label]: metrics.total(name, **has) for has in metrics.labels(name)}
