"""Shadow: a challenger scores a sample of each batch after the champion, unseen; only figures come of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from models.lite.scorer import LiteScorer
from schemas.assignment import Role
from streams.metrics import Metrics

#: Every so many samples both models score the same rows one after the other, and are timed.
TIMED_EVERY = 16


@dataclass(slots=True)
class Comparison:
    """What two models said of the same events. Sums, so that those of workers and minutes add up."""

    compared: int = 0
    agreed: int = 0  #: both called them threats, or neither
    champion_alerts: int = 0
    challenger_alerts: int = 0
    timed: int = 0
    champion_s: float = 0.0
    challenger_s: float = 0.0

    def add(self, other: Comparison) -> None:
        """Add another's figures."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


class Shadow:
    """A challenger beside the champion. Used by the compute thread alone."""

    def __init__(self, challenger: LiteScorer, metrics: Metrics, *, sample_events: int) -> None:
        self.challenger, self.sample_events = challenger, sample_events
        self._metrics, self._samples = metrics, 0

    def compare(self, features: NDArray[np.float32], threat: NDArray[np.bool_], champion: LiteScorer) -> Comparison:
        """Score a sample and hold it against what the champion said: one call, two more for one in `TIMED_EVERY`.

        Args:
            features: (n, features) rows, n from 1 to `sample_events`.
            threat: (n,) what the champion calls a threat.
            champion: For the timing.
        """
        theirs = self.challenger.score(features).threat
        result = Comparison(len(threat), int((threat == theirs).sum()), int(threat.sum()), int(theirs.sum()))
        if self._samples % TIMED_EVERY == 0:
            result.timed = len(threat)  # both have just scored these rows: neither is timed cold
            result.champion_s, result.challenger_s = _time_s(champion, features), _time_s(self.challenger, features)
        self._samples += 1
        self._count(result)
        return result

    def _count(self, result: Comparison) -> None:
        metrics = self._metrics
        metrics.shadow_events.inc(result.compared)
        metrics.shadow_agreed.inc(result.agreed)
        for role, alerts, seconds in (
            (Role.CHAMPION, result.champion_alerts, result.champion_s),
            (Role.CHALLENGER, result.challenger_alerts, result.challenger_s),
        ):
            metrics.shadow_alerts.labels(role.value).inc(alerts)
            metrics.shadow_seconds.labels(role.value).inc(seconds)


def _time_s(scorer: LiteScorer, features: NDArray[np.float32]) -> float:
    began = perf_counter()
    scorer.score(features)
    return perf_counter() - began
