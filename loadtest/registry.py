"""Every measurement, in the order in which a run takes them. One more is one file and one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from loadtest.bench import Bench
from loadtest.measurements import (
    api,
    gpu,
    hot_reads,
    latency,
    memory,
    queries,
    recovery,
    scaling,
    scorer,
    throughput,
)


class Measurement(NamedTuple):
    """A name, as `--only` takes it and the JSON holds it, and what measures it."""

    name: str
    measure: Callable[[Bench], dict[str, Any]]


MEASUREMENTS: Sequence[Measurement] = (
    Measurement("throughput", throughput.measure),
    Measurement("latency", latency.measure),
    Measurement("scorer", scorer.measure),
    Measurement("gpu", gpu.measure),
    Measurement("memory", memory.measure),
    Measurement("scaling", scaling.measure),
    Measurement("recovery", recovery.measure),
    Measurement("queries", queries.measure),
    Measurement("hot_reads", hot_reads.measure),
    Measurement("api", api.measure),
)
