"""Scaling: one worker and two, on a topic of 8 partitions.

On few cores the broker and the database would be the limit, so each worker gets a quota of a core that leaves the
rest to them; the figure without quotas is reported beside it, with what was the limit.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from ironcore.stack import ChildProcess, Endpoints
from loadtest.bench import Bench
from loadtest.drivers import topics
from loadtest.drivers.contestants import IRONCORE, process_of
from loadtest.drivers.drain import events_of, metrics_of, steady, watch
from loadtest.drivers.quota import quota
from loadtest.errors import BenchError
from loadtest.workload.traffic import Record
from schemas.topics import RAW

PARTITIONS = 8
#: Of one core, for each worker under a quota.
QUOTA_SHARE = 0.25
#: Of the events that a run without quotas drains: a worker under one takes that much longer.
QUOTA_EVENTS_SHARE = 0.6
LAG = "ironcore_consumer_lag_records"
ASSIGNED_LIMIT_S = 90.0


def measure(bench: Bench) -> dict[str, Any]:
    """Return events per second of one and two workers, with a quota and without, and the ratios."""
    free_events = bench.scale.scaling_events
    quoted_events = round(free_events * QUOTA_EVENTS_SHARE)
    records = bench.traffic().records[: quoted_events + free_events]
    runs: dict[tuple[int, str], dict[str, Any]] = {}
    for count in (1, 2):
        # All is new for each count: who takes partitions over from another reads their past first.
        bench.servers.fresh_topics(PARTITIONS)
        with bench.servers.fresh_database() as endpoints:
            workers = start_together(bench, endpoints, count)
            try:
                shared_out(workers)
                runs[count, "quoted"] = _quoted(bench, workers, records[:quoted_events])
                runs[count, "free"] = _drain(bench, workers, records[quoted_events:])
            finally:
                for worker in workers:
                    worker.stop()
    found = {kind: _compared(runs[1, kind], runs[2, kind]) for kind in ("quoted", "free")}
    for kind, pair in found.items():
        one, two = (pair[count]["events_per_s"] for count in ("one", "two"))
        bench.tell(f"  {kind}: {one:,.0f} and {two:,.0f} events/s, {pair['ratio']:.2f} times")
    return {"partitions": PARTITIONS, "quota_share": QUOTA_SHARE, **found}


def start_together(bench: Bench, endpoints: Endpoints, count: int) -> list[ChildProcess]:
    """Start workers of one group side by side. Raises StackError, with none of them left."""
    group = f"bench-{time.time_ns()}"
    workers = [process_of(IRONCORE, endpoints, bench.folder, group=group) for _ in range(count)]
    with ThreadPoolExecutor(count) as threads:
        starts = [threads.submit(worker.start) for worker in workers]
    try:
        for start in starts:
            start.result()
    except BaseException:
        for worker in workers:
            worker.stop()
        raise
    return workers


def shared_out(workers: Sequence[ChildProcess]) -> list[set[int]]:
    """Wait until the workers share the partitions evenly, and return whose are which. Raises BenchError."""
    deadline = time.monotonic() + ASSIGNED_LIMIT_S
    while True:
        held = [partitions_of(worker) for worker in workers]
        if [len(part) for part in held] == [PARTITIONS // len(workers)] * len(workers):
            return held
        if time.monotonic() > deadline:
            raise BenchError(f"after {ASSIGNED_LIMIT_S:.0f} s the workers hold {held} of {PARTITIONS} partitions")
        time.sleep(0.1)


def partitions_of(worker: ChildProcess) -> set[int]:
    """Return the partitions that a worker holds, as its lag tells them."""
    labels = metrics_of(worker.address, LAG).labels(LAG)
    return {int(label["partition"]) for label in labels}


def _quoted(bench: Bench, workers: Sequence[ChildProcess], records: Sequence[Record]) -> dict[str, Any]:
    with quota([worker.pid for worker in workers if worker.pid is not None], QUOTA_SHARE) as how:
        return _drain(bench, workers, records) | {"how": how}


def _drain(bench: Bench, workers: Sequence[ChildProcess], records: Sequence[Record]) -> dict[str, Any]:
    before = events_of(workers)
    with _stopped(workers):
        asyncio.run(topics.fill(bench.servers.broker, RAW.name, records, PARTITIONS))
    samples = watch(workers, bench.servers.meters(), lambda events: events >= before + len(records))
    drained = steady([sample._replace(events=sample.events - before) for sample in samples], len(records))
    return {
        "events_per_s": drained.per_s,
        "cores_used": {part: used / drained.wall_s for part, used in drained.cpu_s.items()},
        "events": drained.events,
        "wall_s": drained.wall_s,
    }


@contextmanager
def _stopped(workers: Sequence[ChildProcess]) -> Iterator[None]:
    """Stop the workers for some three seconds, half of their session: a backlog is all there when they begin on it."""
    pids = [worker.pid for worker in workers if worker.pid is not None]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _compared(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    return {"one": one, "two": two, "ratio": two["events_per_s"] / one["events_per_s"]}
