"""Throughput: the whole job over a backlog, IronCore, its peers and the bare parts in turn, round by round.

A machine's speed changes within minutes, so that ratios are those of one round, and their median counts.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from redis import Redis

from ironcore.stack import Endpoints
from loadtest.bench import Bench
from loadtest.drivers import topics
from loadtest.drivers.contestants import ALL, IRONCORE, PLAIN_FAUST, Contestant, process_of
from loadtest.drivers.drain import Drained, peak_per_s, steady, watch
from loadtest.errors import BenchError
from loadtest.measurements import limit
from loadtest.statistics import spread
from loadtest.workload.traffic import Record, Traffic, evenly
from schemas.topics import RAW, THREATS

PARTITIONS = 4


def measure(bench: Bench) -> dict[str, Any]:
    """Return for each contestant its rates, with median and spread over the rounds, the limit, and ratios to others."""
    traffic = bench.traffic()
    records = traffic.records[: bench.scale.backlog_events * 4 // 3]
    few = evenly(records, bench.scale.plain_backlog_events * 4 // 3)
    rounds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    parts_us: list[dict[str, float]] = []
    for number in range(bench.rounds):
        for backlog, contestants in ((records, [c for c in ALL if c != PLAIN_FAUST]), (few, [PLAIN_FAUST])):
            _fill(bench, backlog)
            for contestant in contestants:
                found = drain(bench, contestant, len(backlog))
                rounds[contestant.name].append(found)
                bench.tell(
                    f"  round {number + 1}, {contestant.shown}: {found['events_per_cpu_s']:,.0f} events per CPU second,"
                    f" {found['events_per_s']:,.0f} per second"
                )
        parts_us.append(limit.costs_us(bench))
        bench.tell(f"  round {number + 1}, limit: {_limit_per_cpu_s(traffic, parts_us[-1]):,.0f} events per CPU second")
    others = {name: [one["events_per_cpu_s"] for one in found] for name, found in rounds.items()}
    others["limit"] = [_limit_per_cpu_s(traffic, costs) for costs in parts_us]
    ours = others.pop(IRONCORE.name)
    return {
        "traffic": traffic.described(),
        "partitions": PARTITIONS,
        "contestants": {name: _summary(found) for name, found in rounds.items()},
        "limit": limit.summary(parts_us, traffic.threat_share),
        "ratios": {name: ratio(ours, theirs) for name, theirs in others.items()},
    }


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """Return the spread of the ratios, round by round."""
    return spread([our / their for our, their in zip(ours, theirs, strict=True)])


def _limit_per_cpu_s(traffic: Traffic, costs: Mapping[str, float]) -> float:
    return limit.limit_per_cpu_s(limit.per_event_us(costs, traffic.threat_share))


def saturated_per_s(bench: Bench) -> float:
    """Return IronCore's events per second with a backlog: the throughput's median, or one drain of its own."""
    if "throughput" in bench.found:
        return float(bench.found["throughput"]["contestants"][IRONCORE.name]["events_per_s"]["median"])
    records = bench.traffic().records[: bench.scale.backlog_events * 4 // 3]
    _fill(bench, records)
    return float(drain(bench, IRONCORE, len(records))["events_per_s"])


def drain(bench: Bench, contestant: Contestant, total: int) -> dict[str, Any]:
    """Let a contestant take the whole topic into a database of its own. Raises BenchError when a row is missing."""
    published = asyncio.run(topics.end_of(bench.servers.broker, THREATS.name))
    with bench.servers.fresh_database() as endpoints:
        process = process_of(contestant, endpoints, bench.folder)
        try:
            process.start()
            samples = watch([process], bench.servers.meters(), lambda events: events >= total)
        finally:
            process.stop()
        counts = asyncio.run(_counts(endpoints))
        counts["published"] = asyncio.run(topics.end_of(bench.servers.broker, THREATS.name)) - published
    _verify(contestant, total, counts)
    if counts["redis_keys"] < counts["threats"]:
        bench.tell(f"  {contestant.shown} left {counts['redis_keys']} keys of {counts['threats']} threats in Redis")
    rows_per_event = 1 + counts["threats"] / counts["events"]
    peak = {"peak_rows_per_s": peak_per_s(samples) * rows_per_event}
    return _figures(steady(samples, total)) | peak | {"counts": counts}


def _fill(bench: Bench, records: Sequence[Record]) -> None:
    bench.servers.fresh_topics(PARTITIONS)
    asyncio.run(topics.fill(bench.servers.broker, RAW.name, records, PARTITIONS))


def _figures(drained: Drained) -> dict[str, Any]:
    return {
        "events_per_cpu_s": drained.per_cpu_s("worker"),
        "events_per_s": drained.per_s,
        "events": drained.events,
        "wall_s": drained.wall_s,
        "cpu_s": dict(drained.cpu_s),
    }


async def _counts(endpoints: Endpoints) -> dict[str, int]:
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        counts = {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in ("events", "threats")}  # noqa: S608
    finally:
        await connection.close()
    with Redis.from_url(endpoints.redis_url) as redis:
        counts["redis_keys"] = redis.dbsize()
    return counts


def _verify(contestant: Contestant, total: int, counts: dict[str, int]) -> None:
    """Hold the sinks to the job: every event a row, every threat published, hot results there.

    IronCore leaves a Redis alone that does not answer in time, so fewer keys than threats are no error; they are told.
    """
    right = counts["events"] == total and counts["published"] == counts["threats"] > 0 and counts["redis_keys"] > 0
    if not right:
        raise BenchError(f"{contestant.name} was given {total} events and left {counts}")


def _summary(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    parts = rounds[0]["cpu_s"]
    return {
        "events_per_cpu_s": spread([found["events_per_cpu_s"] for found in rounds]),
        "events_per_s": spread([found["events_per_s"] for found in rounds]),
        "cpu_share": {part: spread([found["cpu_s"][part] / found["wall_s"] for found in rounds]) for part in parts},
        "peak_rows_per_s": max(found["peak_rows_per_s"] for found in rounds),
        "rounds": rounds,
    }
