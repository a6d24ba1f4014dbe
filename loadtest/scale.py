"""How much of everything: the full run, a quick look, and the smoke test of CI."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts and lengths of all measurements."""

    name: str
    rounds: int
    #: Events that a contestant drains while its CPU seconds are counted; the topic holds a third more.
    backlog_events: int
    #: The same for the plain Faust agent, which would take minutes over the others' backlog.
    plain_backlog_events: int
    limit_events: int
    #: Seconds of paced load for each load of the latency picture, and at 100 events/s.
    latency_s: float
    idle_latency_s: float
    scorer_calls: int
    #: Seconds under full load, and distinct sources in it.
    memory_s: float
    memory_warm_s: float
    sources: int
    #: Events of one drain without a quota; the traffic has a little more than half as many besides.
    scaling_events: int
    takeover_past_events: int
    stored_events: int
    query_runs: int
    hot_events: int
    hot_reads: int
    api_s: float
    live_clients: int


FULL = Scale(
    name="full",
    rounds=3,
    backlog_events=500_000,
    plain_backlog_events=30_000,
    limit_events=200_000,
    latency_s=25.0,
    idle_latency_s=60.0,
    scorer_calls=2000,
    memory_s=600.0,
    memory_warm_s=60.0,
    sources=1_000_000,
    scaling_events=400_000,
    takeover_past_events=200_000,
    stored_events=10_000_000,
    query_runs=300,
    hot_events=200_000,
    hot_reads=100_000,
    api_s=5.0,
    live_clients=1000,
)
QUICK = Scale(
    name="quick",
    rounds=1,
    backlog_events=50_000,
    plain_backlog_events=5_000,
    limit_events=40_000,
    latency_s=8.0,
    idle_latency_s=10.0,
    scorer_calls=300,
    memory_s=30.0,
    memory_warm_s=10.0,
    sources=1_000_000,
    scaling_events=20_000,
    takeover_past_events=20_000,
    stored_events=200_000,
    query_runs=100,
    hot_events=30_000,
    hot_reads=20_000,
    api_s=3.0,
    live_clients=1000,
)
SMOKE = Scale(
    name="smoke",
    rounds=1,
    backlog_events=3_000,
    plain_backlog_events=600,
    limit_events=4_096,
    latency_s=1.5,
    idle_latency_s=2.0,
    scorer_calls=20,
    memory_s=3.0,
    memory_warm_s=1.0,
    sources=20_000,
    scaling_events=1_200,
    takeover_past_events=2_000,
    stored_events=20_000,
    query_runs=10,
    hot_events=3_000,
    hot_reads=2_000,
    api_s=0.5,
    live_clients=20,
)
