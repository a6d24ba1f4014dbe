"""Scorer: the three heads by themselves, on one thread, for a small and a large batch."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from loadtest.bench import Bench
from loadtest.peers.work import Scoring, decode
from loadtest.statistics import percentiles

BATCHES = (32, 1024)


def measure(bench: Bench) -> dict[str, Any]:
    """Return the median time of a call for each batch. Nothing is traced: the model is ready as it is."""
    values = [record.value for record in bench.traffic().records[: max(BATCHES)]]
    found = bench.aside(_time, values, bench.scale.scorer_calls)
    for rows in BATCHES:
        bench.tell(f"  batch of {rows}: {found[f'batch_{rows}']['median_ms']:.3f} ms")
    return found


def _time(values: list[bytes], calls: int) -> dict[str, Any]:
    scoring = Scoring()
    features = scoring.features([decode(value) for value in values])
    features = np.tile(features, (-(-max(BATCHES) // len(features)), 1))
    found: dict[str, Any] = {}
    for rows in BATCHES:
        batch, took_s = features[:rows], []
        used = time.process_time()
        for _ in range(calls):
            began = time.perf_counter()
            scoring.heads(batch)
            took_s.append(time.perf_counter() - began)
        used = time.process_time() - used
        found[f"batch_{rows}"] = {
            "median_ms": 1000 * float(np.median(took_s)),
            "cpu_ms": 1000 * used / calls,
            **{name: 1000 * value for name, value in percentiles(took_s).items()},
        }
    return found | {"calls": calls}
