"""Latency: from the producer's send to the published threat in a consumer's hand, at several loads.

A threat's event time tells which record it came of, and the producer knows when it sent that one. At 100 events/s
every second record is one that was a threat in the whole traffic, or there would be a handful to judge by.

Attacks come in bursts, in which a fifth of all events are threats, and which drain at half of the mean's rate: half of
the saturated rate is nearly all of it then. So that load is held once more with the same threats spread evenly.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
from aiokafka import AIOKafkaConsumer
from numpy.typing import NDArray

from ironcore.stack import ChildProcess
from ironcore.topics import partitions_of
from loadtest.bench import Bench
from loadtest.drivers.contestants import IRONCORE, process_of
from loadtest.drivers.drain import events_of
from loadtest.drivers.paced import KEPT_TIMES, Load, producing
from loadtest.errors import BenchError
from loadtest.measurements.throughput import saturated_per_s
from loadtest.statistics import percentiles
from loadtest.workload.live import Loop, event_time_of, loop_of, spread_threats
from schemas.topics import THREATS

PARTITIONS = 4
IDLE_PER_S = 100.0
#: Shares of the saturated rate.
HALF = 0.5
SHARES = (0.25, HALF, 0.75)
#: Left out at the beginning of a load.
WARM_UP_SHARE = 0.15
DRAIN_LIMIT_S = 60.0


def measure(bench: Bench) -> dict[str, Any]:
    """Return percentiles in milliseconds for each load."""
    rate = saturated_per_s(bench)
    bench.servers.fresh_topics(PARTITIONS)
    with bench.servers.fresh_database() as endpoints:
        worker = process_of(IRONCORE, endpoints, bench.folder)
        worker.start()
        try:
            scale = bench.scale
            whole, is_threat = loop_of(bench.traffic().records, PARTITIONS), bench.traffic().is_threat
            half, even = spread_threats(whole, is_threat, alternating=True), spread_threats(whole, is_threat)
            idle = _at(bench, worker, half, IDLE_PER_S, scale.idle_latency_s)
            spread = _at(bench, worker, even, HALF * rate, scale.latency_s)
            loads = [{"share": share} | _at(bench, worker, whole, share * rate, scale.latency_s) for share in SHARES]
        finally:
            worker.stop()
    half_load = next(load for load in loads if load["share"] == HALF)
    return {"saturated_per_s": rate, "idle": idle, "half_load": half_load, "loads": loads, "spread_half_load": spread}


def _at(bench: Bench, worker: ChildProcess, loop: Loop, events_per_s: float, seconds: float) -> dict[str, Any]:
    """Hold a load for some seconds and return the latencies of the threats in it."""
    before = events_of([worker])
    load = Load(bench.servers.broker, PARTITIONS, events_per_s)
    found, achieved = asyncio.run(_listen_while(load, loop, seconds, lambda sent: _drained(worker, before + sent)))
    figures = percentiles(1000 * found)
    bench.tell(
        f"  {achieved:,.0f} events/s: "
        + ", ".join(f"{name} {value:.1f} ms" for name, value in figures.items())
        + f" of {len(found)} threats"
    )
    return {"events_per_s": achieved, "wanted_per_s": events_per_s, "threats": len(found), **figures}


async def _listen_while(
    load: Load, loop: Loop, seconds: float, drained: Callable[[int], None]
) -> tuple[NDArray[np.float64], float]:
    """Produce, and return the seconds from send to receipt of every threat but the first ones', and the rate held."""
    consumer = AIOKafkaConsumer(bootstrap_servers=load.broker, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = await partitions_of(load.broker, THREATS.name)
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        for partition in partitions:
            await consumer.position(partition)
        event_times: list[float] = []
        taken_s: list[float] = []
        with ExitStack() as production:
            running = production.enter_context(producing(load, loop))
            while not running.sent and running.alive:  # noqa: ASYNC110 - another process's count
                await asyncio.sleep(0.01)
            began, began_s = time.monotonic(), time.time()
            while (held_s := time.monotonic() - began) < seconds:
                await _take(consumer, event_times, taken_s)

            def finish() -> None:
                production.close()
                drained(running.sent)

            waiting = asyncio.create_task(asyncio.to_thread(finish))  # what is under way is still to be taken in time
            while not waiting.done():
                await _take(consumer, event_times, taken_s)
            await waiting
        await _take(consumer, event_times, taken_s)
    finally:
        await consumer.stop()
    if running.sent > KEPT_TIMES:
        raise BenchError(f"{running.sent} events were sent, and the times of {KEPT_TIMES} are kept")
    sent, taken = running.sent_s(loop.numbers(np.array(event_times), load.began_s)), np.array(taken_s)
    return (taken - sent)[sent > began_s + WARM_UP_SHARE * seconds], running.sent / held_s


async def _take(consumer: AIOKafkaConsumer, event_times: list[float], taken_s: list[float]) -> None:
    fetched = await consumer.getmany(timeout_ms=100)
    now = time.time()
    for records in fetched.values():
        event_times += [event_time_of(record.value) for record in records]
        taken_s += [now] * len(records)


def _drained(worker: ChildProcess, events: int) -> None:
    """Wait until the worker has counted what was sent. Raises BenchError when it does not."""
    deadline = time.monotonic() + DRAIN_LIMIT_S
    while (counted := events_of([worker])) != events:
        worker.check_alive()
        if time.monotonic() > deadline:
            raise BenchError(f"{events} events were sent and {counted} counted")
        time.sleep(0.1)
