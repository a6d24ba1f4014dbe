"""Observe: what the model sees and says is counted on samples, and appended to PostgreSQL once in a while."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections import deque
from dataclasses import astuple, dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

import asyncpg
import numpy as np
from numpy.typing import NDArray

from models.drift import COLUMNS, MIN_ROWS, Histograms
from models.lite.scorer import LiteScorer
from models.scores import Scores
from schemas.arrow import pc
from schemas.sql import models as sql
from streams.batch import Batch
from streams.errors import Fatal
from streams.logs import log
from streams.metrics import Metrics
from streams.shadow import Comparison, Shadow
from streams.store import RETRIED

if TYPE_CHECKING:
    from streams.swap import Models

#: Rows that a batch gives to the histograms, and how often one does: half a millisecond each.
SAMPLE_ROWS, SAMPLE_EVERY_S = 256, 0.2
#: Observations that wait for PostgreSQL.
MAX_UNWRITTEN = 60
WORKER = f"{socket.gethostname()}:{os.getpid()}"


@dataclass(slots=True)
class Seen:
    """Counts since the last time that they were taken."""

    sampled: int = 0
    counts: NDArray[np.int64] | None = None  #: (features + 1, bins + 1)
    comparison: Comparison = field(default_factory=Comparison)


class Observer:
    """Observes one champion and, when there is one, its challenger. The compute thread adds, the event loop takes."""

    def __init__(self, champion: LiteScorer, shadow: Shadow | None, metrics: Metrics) -> None:
        reference = champion.card.reference
        self.champion, self.shadow = champion, shadow
        self.histograms = Histograms(reference) if reference else None
        self.reference_sha256 = reference.sha256 if reference else None
        self._metrics, self._lock, self._seen = metrics, threading.Lock(), Seen()
        self._next_sample_s = 0.0

    def observe(self, batch: Batch) -> None:
        """Count samples of a scored batch's flows, the one kind that is learnt. A challenger that fails is dropped."""
        due = self.histograms is not None and monotonic() >= self._next_sample_s
        if self.shadow is None and not due:
            return
        flows = np.flatnonzero(pc.equal(batch.table.columns["kind"], "flow").to_numpy(zero_copy_only=False))
        if not flows.size:
            return
        comparison, counts = self._compare(batch, flows), self._sample(batch, flows) if due else None
        with self._lock:
            if comparison:
                self._seen.comparison.add(comparison)
            if counts is not None:
                self._seen.sampled += int(counts[-1].sum())
                self._seen.counts = counts if self._seen.counts is None else self._seen.counts + counts

    def take(self) -> Seen:
        """Return what was seen since the last time."""
        with self._lock:
            seen, self._seen = self._seen, Seen()
        return seen

    def _compare(self, batch: Batch, flows: NDArray[np.intp]) -> Comparison | None:
        if self.shadow is None:
            return None
        features, scores = _scored(batch)
        rows = _spread(flows, self.shadow.sample_events)
        try:
            return self.shadow.compare(features[rows], scores.threat[rows], self.champion)
        except Exception as fault:  # noqa: BLE001 - whatever a challenger does, events go on
            log.error("the challenger %s failed and is dropped: %s", self.shadow.challenger.version, fault)
            self.shadow = None
            self._metrics.challenger.clear()
            return None

    def _sample(self, batch: Batch, flows: NDArray[np.intp]) -> NDArray[np.int64] | None:
        assert self.histograms is not None
        self._next_sample_s = monotonic() + SAMPLE_EVERY_S
        features, scores = _scored(batch)
        rows = _spread(flows, SAMPLE_ROWS)
        return self.histograms.count(features[rows], scores.risk[rows])


def _scored(batch: Batch) -> tuple[NDArray[np.float32], Scores]:
    assert batch.features is not None
    assert batch.scores is not None
    return batch.features, batch.scores


def _spread(rows: NDArray[np.intp], limit: int) -> NDArray[np.intp]:
    """Return at most `limit` rows, evenly spread over all."""
    return rows[:: -(-len(rows) // limit)]


class Drift:
    """The index of what was seen within a sliding window."""

    def __init__(self, metrics: Metrics, *, intervals: int) -> None:
        self._metrics = metrics
        self._of: Histograms | None = None
        self._reference_sha256: str | None = None
        self._window: deque[NDArray[np.int64]] = deque(maxlen=intervals)

    def add(self, observer: Observer, seen: Seen) -> None:
        """Move the window on by one interval and set the gauges; a model with other bins begins anew."""
        if observer.reference_sha256 != self._reference_sha256:
            self._of, self._reference_sha256 = observer.histograms, observer.reference_sha256
            self._window.clear()
            self._metrics.drift_feature_psi.clear()
            self._metrics.drift_risk_psi.set(0)
            self._metrics.drift_rows.set(0)
        if self._of is None:
            return
        self._window.append(seen.counts if seen.counts is not None else np.zeros_like(self._of.expected, np.int64))
        counts = np.sum(self._window, axis=0)
        rows = int(counts[-1].sum())
        self._metrics.drift_rows.set(rows)
        if rows >= MIN_ROWS:
            *features, risk = self._of.psi(counts).tolist()
            self._metrics.drift_risk_psi.set(risk)
            for name, index in zip(COLUMNS[:-1], features, strict=True):
                self._metrics.drift_feature_psi.labels(name).set(index)


async def keep_observations(
    models: Models, pool: asyncpg.Pool, metrics: Metrics, every_s: float, window_s: float
) -> None:
    """Take what was seen, measure drift and append it to PostgreSQL, every `every_s` until cancelled."""
    drift = Drift(metrics, intervals=max(1, round(window_s / every_s)))
    unwritten: deque[tuple[object, ...]] = deque(maxlen=MAX_UNWRITTEN)
    while True:
        await asyncio.sleep(every_s)
        for observer in models.observers():
            seen = observer.take()
            drift.add(observer, seen)
            unwritten.append(_row(observer, seen))
        try:
            while unwritten:
                await pool.execute(sql.INSERT_OBSERVATION, *unwritten[0])
                unwritten.popleft()
        except asyncpg.UndefinedTableError as fault:
            raise Fatal("the database is not migrated: run `ironcore migrate` first") from fault
        except RETRIED as fault:
            log.warning("what the model sees is not written this time: %s", fault or type(fault).__name__)


def _row(observer: Observer, seen: Seen) -> tuple[object, ...]:
    shadow = observer.shadow
    return (
        WORKER,
        observer.champion.version,
        shadow.challenger.version if shadow else None,
        observer.reference_sha256,
        seen.sampled,
        None if seen.counts is None else seen.counts.astype("<i8").tobytes(),
        *astuple(seen.comparison),
    )
