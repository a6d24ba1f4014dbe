"""Health and readiness: what of the worker can be trusted right now, as numbers and as a verdict."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import NamedTuple, cast

from faust.types import TP

from streams.app import App
from streams.metrics import Metrics
from streams.transport import Consumer

WATCH_EVERY_S = 1.0


class Verdict(NamedTuple):
    """Whether it is well, and in words."""

    ok: bool
    detail: str


class Health:
    """Watches the consumer: its assignment, its lag, and how long the oldest record waits for its commit."""

    def __init__(self, app: App, metrics: Metrics, *, stuck_commit_s: float) -> None:
        self._app, self._metrics, self._stuck_commit_s = app, metrics, stuck_commit_s
        self._oldest_since: dict[TP, tuple[int, float]] = {}
        self._assigned = False
        self.age_s = 0.0

    async def watch(self) -> None:
        """Look once a second until cancelled."""
        while True:
            self.look(time.monotonic())
            await asyncio.sleep(WATCH_EVERY_S)

    def look(self, now: float) -> None:
        """Take the numbers. A partition is stuck when it owes records and its committed offset does not move."""
        standings = cast(Consumer, self._app.consumer).standings()
        self._assigned = bool(standings)
        waiting = {}
        for tp, (committed, end, owes) in standings.items():
            self._metrics.lag.labels(str(tp.partition)).set(max(0, end - committed))
            before = self._oldest_since.get(tp)
            if owes:
                waiting[tp] = before if before and before[0] == committed else (committed, now)
        for partition in self._lost(standings):
            self._metrics.lag.remove(partition)
        self._oldest_since = waiting
        self.age_s = max((now - since for _, since in waiting.values()), default=0.0)
        self._metrics.commit_age.set(self.age_s)

    def healthy(self) -> Verdict:
        """Return whether commits move on."""
        if self.age_s > self._stuck_commit_s:
            return Verdict(ok=False, detail=f"no commit for {self.age_s:.0f} s while records wait")
        return Verdict(ok=True, detail="ok")

    def ready(self) -> Verdict:
        """Return whether partitions are assigned and commits move on."""
        if not self._assigned:
            return Verdict(ok=False, detail="no partitions assigned")
        return self.healthy()

    def _lost(self, assigned: Iterable[TP]) -> list[str]:
        """Return the partitions that the lag still shows and that are another worker's now."""
        held = {str(tp.partition) for tp in assigned}
        known = {sample.labels["partition"] for metric in self._metrics.lag.collect() for sample in metric.samples}
        return sorted(known - held)
