"""Limit: what the parts cost by themselves, each library's own call on ready data, on one thread.

Their sum is what no arrangement of the same parts can fall below. What joins them (identities, rows, explanations,
book-keeping) is not in it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from loadtest.bench import Bench
from loadtest.drivers import topics
from loadtest.measurements import parts
from schemas.topics import RAW

PARTITIONS = 4


def measure(bench: Bench) -> dict[str, Any]:
    """Return the cost of each part in CPU microseconds per event, and the limit."""
    traffic = bench.traffic()
    records = traffic.records[: bench.scale.limit_events]
    bench.servers.fresh_topics(PARTITIONS)
    asyncio.run(topics.fill(bench.servers.broker, RAW.name, records, PARTITIONS))
    with bench.servers.fresh_database() as endpoints:
        costs = bench.aside(parts.costs_us, endpoints, [record.value for record in records])
    share = traffic.threat_share
    per_event = {
        "consume": costs["consume"],
        "decode": costs["decode"],
        "features": costs["features"],
        "score": costs["score"],
        "store": min(costs["store"], costs["store_records"]),
        "publish": costs["publish"] * share,
        "cache": min(costs["cache"], costs["cache_pipelined"]) * share,
    }
    for part, cost_us in per_event.items():
        bench.tell(f"  {part}: {cost_us:.2f} µs an event")
    return {
        "cost_us": per_event,
        "measured_us": costs,
        "what": parts.WHAT,
        "limit_per_cpu_s": limit_per_cpu_s(per_event),
        "threat_share": share,
    }


def limit_per_cpu_s(cost_us: dict[str, float]) -> float:
    """Return the events per CPU second of parts that cost so many microseconds an event each."""
    return 1e6 / sum(cost_us.values())
