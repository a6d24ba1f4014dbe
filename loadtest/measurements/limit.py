"""Limit: what the parts cost by themselves, each library's own call on ready data, on one thread.

Their sum is what no arrangement of the same calls can fall below. What joins them (identities, rows, explanations,
book-keeping) is not in it. IronCore's own way of consuming is measured as well, and not counted: it is no library's.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from loadtest.bench import Bench
from loadtest.drivers import topics
from loadtest.measurements import parts
from loadtest.statistics import spread
from schemas.topics import RAW

PARTITIONS = 4


def costs_us(bench: Bench) -> dict[str, float]:
    """Measure once, and return CPU microseconds by the names of `parts.WHAT`."""
    records = bench.traffic().records[: bench.scale.limit_events]
    bench.servers.fresh_topics(PARTITIONS)
    asyncio.run(topics.fill(bench.servers.broker, RAW.name, records, PARTITIONS))
    own = bench.aside(parts.own_costs_us, bench.servers.broker, len(records))
    with bench.servers.fresh_database() as endpoints:
        return own | bench.aside(parts.costs_us, endpoints, [record.value for record in records])


def per_event_us(costs: Mapping[str, float], threat_share: float) -> dict[str, float]:
    """Return what each part of the limit costs an event; of two ways that do the same, the cheaper one."""
    return {
        "consume": costs["consume"],
        "decode": costs["decode"],
        "features": costs["features"],
        "score": costs["score"],
        "store": min(costs["store"], costs["store_records"]),
        "publish": costs["publish"] * threat_share,
        "cache": min(costs["cache"], costs["cache_pipelined"]) * threat_share,
    }


def summary(rounds: Sequence[Mapping[str, float]], threat_share: float) -> dict[str, Any]:
    """Return the medians of the rounds' costs, part by part, and the spread of the limits that each round's make."""
    measured = {part: statistics.median(costs[part] for costs in rounds) for part in rounds[0]}
    return {
        "cost_us": per_event_us(measured, threat_share),
        "measured_us": measured,
        "rounds": list(rounds),
        "what": parts.WHAT,
        "per_cpu_s": spread([limit_per_cpu_s(per_event_us(costs, threat_share)) for costs in rounds]),
        "threat_share": threat_share,
    }


def limit_per_cpu_s(cost_us: Mapping[str, float]) -> float:
    """Return the events per CPU second of parts that cost so many microseconds an event each."""
    return 1e6 / sum(cost_us.values())
