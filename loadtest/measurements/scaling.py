"""Scaling: one worker and two, on a topic of 8 partitions.

On few cores the broker and the database would be the limit, so each worker gets a quota of a core that leaves the
rest to them; the figure without quotas is reported beside it, with what was the limit.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from ironcore.stack import ChildProcess, Endpoints
from loadtest.bench import Bench
from loadtest.drivers import topics
from loadtest.drivers.contestants import IRONCORE, process_of
from loadtest.drivers.drain import Drained, metrics_of, steady, watch
from loadtest.drivers.quota import quota
from loadtest.errors import BenchError
from schemas.topics import RAW

PARTITIONS = 8
#: Of one core, for each worker.
QUOTA_SHARE = 0.25
#: Of the events that are drained without a quota: a worker under it takes that much longer.
QUOTA_EVENTS_SHARE = 0.4
ASSIGNED_LIMIT_S = 90.0


def measure(bench: Bench) -> dict[str, Any]:
    """Return events per second of one and two workers, with a quota and without, and the ratios."""
    found: dict[str, Any] = {"partitions": PARTITIONS, "quota_share": QUOTA_SHARE}
    for name, share in (("quoted", QUOTA_SHARE), ("free", None)):
        runs = {workers: _drain(bench, workers, share) for workers in (1, 2)}
        ratio = runs[2]["events_per_s"] / runs[1]["events_per_s"]
        found[name] = {"one": runs[1], "two": runs[2], "ratio": ratio}
        bench.tell(
            f"  {name}: {runs[1]['events_per_s']:,.0f} and {runs[2]['events_per_s']:,.0f} events/s, {ratio:.2f} times"
        )
    return found | {"ratio": found["quoted"]["ratio"]}


def _drain(bench: Bench, workers: int, share: float | None) -> dict[str, Any]:
    """Start workers on an empty topic, and watch them once each has its partitions and the backlog is there."""
    events = bench.scale.scaling_events
    records = bench.traffic().records[: round(events * QUOTA_EVENTS_SHARE) if share else events]
    bench.servers.fresh_topics(PARTITIONS)
    with bench.servers.fresh_database() as endpoints:
        processes = _start(bench, endpoints, workers)
        try:
            if share is None:
                return _watched(bench, processes, records) | {"how": "free"}
            with quota([process.pid for process in processes if process.pid is not None], share) as how:
                return _watched(bench, processes, records) | {"how": how}
        finally:
            for process in processes:
                process.stop()


def _start(bench: Bench, endpoints: Endpoints, workers: int) -> list[ChildProcess]:
    group = f"bench-scaling-{time.time_ns()}"
    processes = [process_of(IRONCORE, endpoints, bench.folder, group=group) for _ in range(workers)]
    try:
        for process in processes:
            process.start()
        shared_out(processes)
    except BaseException:
        for process in processes:
            process.stop()
        raise
    return processes


def shared_out(processes: list[ChildProcess]) -> list[set[int]]:
    """Wait until the workers share the partitions evenly, and return whose are which. Raises BenchError."""
    deadline = time.monotonic() + ASSIGNED_LIMIT_S
    while True:
        held = [partitions_of(process) for process in processes]
        if [len(part) for part in held] == [PARTITIONS // len(processes)] * len(processes):
            return held
        if time.monotonic() > deadline:
            raise BenchError(f"after {ASSIGNED_LIMIT_S:.0f} s the workers hold {held} of {PARTITIONS} partitions")
        time.sleep(0.1)


def partitions_of(process: ChildProcess) -> set[int]:
    """Return the partitions that a worker holds, as its lag tells them."""
    labels = metrics_of(process.address).labels("ironcore_consumer_lag_records")
    return {int(label["partition"]) for label in labels}


def _watched(bench: Bench, processes: list[ChildProcess], records: Any) -> dict[str, Any]:
    asyncio.run(topics.fill(bench.servers.broker, RAW.name, records, PARTITIONS))
    samples = watch(processes, bench.servers.meters(), lambda events: events >= len(records))
    return _figures(steady(samples, len(records)))


def _figures(drained: Drained) -> dict[str, Any]:
    return {
        "events_per_s": drained.per_s,
        "cores_used": {part: used / drained.wall_s for part, used in drained.cpu_s.items()},
        "events": drained.events,
        "wall_s": drained.wall_s,
    }
