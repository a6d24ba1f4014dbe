"""Memory: a worker under full load with ever new sources. What is remembered of them must not grow."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from typing import Any

import asyncpg

from ironcore.stack import ChildProcess
from loadtest.bench import Bench
from loadtest.drivers.contestants import IRONCORE, process_of
from loadtest.drivers.drain import events_of
from loadtest.drivers.meter import Meter
from loadtest.drivers.paced import Load, Running, producing
from loadtest.errors import BenchError
from loadtest.measurements.throughput import saturated_per_s
from loadtest.workload.live import loop_of

PARTITIONS = 4
#: The producer stays so many seconds of the saturated rate ahead of the worker.
AHEAD_S = 3.0
#: The producer is asked for more than the worker can take, and held back by `AHEAD_S`.
OVERLOAD = 1.5
SAMPLE_EVERY_S = 0.5
#: The database would fill the disk: it is emptied this often, and the topic keeps so much of a partition.
EMPTY_EVERY_S, KEPT_BYTES, SEGMENT_BYTES = 20.0, 256_000_000, 64_000_000
#: Part of the time whose median is held against that of the last such part.
EDGE_SHARE = 0.1


def measure(bench: Bench) -> dict[str, Any]:
    """Return resident memory and its growth, with the series. Raises BenchError when the load was not full."""
    rate = saturated_per_s(bench)
    loop = loop_of(bench.traffic().records, PARTITIONS)
    bench.servers.fresh_topics(
        PARTITIONS, {"retention.bytes": str(KEPT_BYTES), "segment.bytes": str(SEGMENT_BYTES), "retention.ms": "120000"}
    )
    with bench.servers.fresh_database() as endpoints:
        worker = process_of(IRONCORE, endpoints, bench.folder)
        worker.start()
        try:
            load = Load(bench.servers.broker, PARTITIONS, OVERLOAD * rate, bench.scale.sources)
            with producing(load, loop) as running:
                series = _watch(bench, worker, running, endpoints.postgres_dsn, round(AHEAD_S * rate))
        finally:
            worker.stop()
    found = _figures(series)
    bench.tell(f"  {found['rss_mb']:.0f} MB, growth of {found['rss_growth_pct']:.2f} % over {found['seconds']:.0f} s")
    return found | {"sources": bench.scale.sources, "starved_share": _starved(series)}


def _watch(
    bench: Bench, worker: ChildProcess, running: Running, dsn: str, ahead: int
) -> list[tuple[float, float, int, int]]:
    """Return (seconds, MB, events scored, events waiting) again and again, from the end of the warm-up."""
    assert worker.pid is not None
    meter, series = Meter(worker.pid), []
    began = emptied = time.monotonic()
    running.allow(ahead)
    while (at := time.monotonic() - began) < bench.scale.memory_warm_s + bench.scale.memory_s:
        worker.check_alive()
        events = events_of([worker])
        running.allow(events + ahead)
        if at >= bench.scale.memory_warm_s:
            series.append((at - bench.scale.memory_warm_s, meter.rss_mb(), events, running.sent - events))
        if time.monotonic() - emptied > EMPTY_EVERY_S:
            asyncio.run(_empty(dsn))
            emptied = time.monotonic()
        time.sleep(SAMPLE_EVERY_S)
    return series


async def _empty(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("TRUNCATE events, threats")
    finally:
        await connection.close()


def _figures(series: Sequence[tuple[float, float, int, int]]) -> dict[str, Any]:
    if not series or series[-1][2] == series[0][2]:
        raise BenchError("nothing was scored while the memory was watched")
    edge = max(round(EDGE_SHARE * len(series)), 1)
    first, last = (statistics.median(mb for _, mb, _, _ in part) for part in (series[:edge], series[-edge:]))
    return {
        "rss_mb": last,
        "rss_growth_pct": growth_pct(first, last),
        "peak_mb": max(mb for _, mb, _, _ in series),
        "seconds": series[-1][0],
        "events": series[-1][2] - series[0][2],
        "series_mb": [(round(at, 1), round(mb, 1)) for at, mb, _, _ in series[:: max(len(series) // 100, 1)]],
    }


def growth_pct(first: float, last: float) -> float:
    """Return by how many per cent a value has grown."""
    return 100 * (last / first - 1)


def _starved(series: Sequence[tuple[float, float, int, int]]) -> float:
    """Return the share of looks at which nothing waited for the worker: 0 under full load."""
    return sum(waiting <= 0 for _, _, _, waiting in series) / len(series)
