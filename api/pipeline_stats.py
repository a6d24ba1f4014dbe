"""The pipeline at a glance, read once a second from the workers' metrics."""

from __future__ import annotations

import asyncio
import math
import socket
import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp
import asyncpg

from api.answers import Answers
from api.contract.threats import ThreatCount
from api.database import AWAY
from api.log import log
from api.metrics import Metrics as ApiMetrics
from api.reading.threats import counted
from api.selection import where_of
from api.settings import ApiSettings
from ironcore.view.metrics import Histogram, Metrics, metrics_from_text
from ironcore.view.snapshot import WINDOW_S, Quantiles, Watch

EVERY_S, COUNTS_EVERY_S, MAX_WORKERS = 1.0, 5.0, 64
TIMEOUT = aiohttp.ClientTimeout(total=2)


class PipelineStats:
    """What `/stats` and the live feed show; at most a second or so old."""

    def __init__(self, pool: asyncpg.Pool, settings: ApiSettings, metrics: ApiMetrics, answers: Answers) -> None:
        self._pool, self._settings, self._metrics, self._answers = pool, settings, metrics, answers
        self._watch = Watch("")
        self._workers: dict[str, bool] = {}
        self._partitions: dict[str, int] = {}
        self._counts: Mapping[str, Mapping[str, int]] = {"severity": {}, "threat_class": {}}
        self._counts_due = 0.0
        self._threats: deque[tuple[float, float]] = deque(maxlen=int(WINDOW_S / EVERY_S) + 1)

    async def run(self) -> None:
        """Look every second until cancelled."""
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
            while True:
                await self._look(session)
                await asyncio.sleep(EVERY_S)

    def now(self) -> dict[str, Any]:
        """Return the stats; see `api.contract.service.Stats`."""
        seen = self._watch.snapshot()
        return {
            "time": time.time(),
            "events_per_s": round(seen.scored.per_s[-1], 1) if seen.scored.per_s else 0.0,
            "threats_per_s": round(self._threats_per_s, 1),
            "events_total": int(seen.scored.total),
            "by_class": self._counts["threat_class"],
            "by_severity": self._counts["severity"],
            "end_to_end_ms": _milliseconds(seen.end_to_end),
            "stages_ms": {stage.name: _milliseconds(stage.seconds) for stage in seen.stages},
            "lag": {"total": sum(self._partitions.values()), "partitions": self._partitions},
            "workers": [{"address": address, "up": up} for address, up in sorted(self._workers.items())],
            "cache_hit_ratio": self._answers.hit_ratio(),
            "live_clients": self._metrics.clients(),
        }

    @property
    def _threats_per_s(self) -> float:
        if len(self._threats) < 2:
            return 0.0
        (then, before), (now, total) = self._threats[0], self._threats[-1]
        return max(0.0, total - before) / max(now - then, 1e-3)

    async def _look(self, session: aiohttp.ClientSession) -> None:
        addresses = await _addresses(self._settings.workers())
        texts = await asyncio.gather(*(_scrape(session, address) for address in addresses))
        self._workers = {address: text is not None for address, text in zip(addresses, texts, strict=True)}
        found = merged(metrics_from_text(text) for text in texts if text is not None)
        self._watch.read(found)
        self._threats.append((time.monotonic(), found.total("ironcore_threats_total")))
        self._partitions = _lag(found)
        await self._count()

    async def _count(self) -> None:
        if time.monotonic() < self._counts_due:
            return
        self._counts_due = time.monotonic() + COUNTS_EVERY_S
        query = ThreatCount(by=["severity", "threat_class"], suppressed="all")
        try:
            self._counts = (await counted(self._pool, where_of(query), query.by, self._settings.aggregate_rows))["by"]
        except AWAY as fault:
            log.debug("counts are those of a moment ago: %s", fault)


def merged(readings: Iterable[Metrics]) -> Metrics:
    """Return the sums of several workers' metrics."""
    values: dict[Any, float] = {}
    histograms: dict[Any, Histogram] = {}
    for reading in readings:
        for key, value in reading.values.items():
            values[key] = values.get(key, 0.0) + value
        for key, histogram in reading.histograms.items():
            histograms[key] = _sum(histograms.get(key), histogram)
    return Metrics(values, histograms)


def _sum(one: Histogram | None, other: Histogram) -> Histogram:
    if one is None or one.bounds != other.bounds:
        return other
    return Histogram(one.bounds, tuple(a + b for a, b in zip(one.counts, other.counts, strict=True)))


async def _scrape(session: aiohttp.ClientSession, address: str) -> str | None:
    try:
        async with session.get(f"http://{address}/metrics") as answer:
            return await answer.text() if answer.status == 200 else None
    except (aiohttp.ClientError, TimeoutError):
        return None


async def _addresses(given: Iterable[str]) -> list[str]:
    """Return every address behind the names: in Compose, one name stands for all workers."""
    found: dict[str, None] = {}
    for address in given:
        host, _, port = address.rpartition(":")
        try:
            infos = await asyncio.get_running_loop().getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
        except OSError:
            found[address] = None
        else:
            found.update({_joined(info[4][0], port): None for info in infos})
    return list(found)[:MAX_WORKERS]


def _joined(host: str | int, port: str) -> str:
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


def _lag(found: Metrics) -> dict[str, int]:
    name = "ironcore_consumer_lag_records"
    partitions = {labels["partition"] for labels in found.labels(name)}
    return {each: int(found.total(name, partition=each)) for each in sorted(partitions, key=int)}


def _milliseconds(seconds: Quantiles) -> dict[str, float | None]:
    values = zip(seconds._fields, seconds, strict=True)
    return {name: None if math.isnan(value) else round(value * 1000, 2) for name, value in values}
