"""GPU: the three heads on it, beside the shapes that a CPU scores in. Without one it says so and measures nothing."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from loadtest.bench import Bench
from models.features import FEATURES
from models.runtime import has_gpu
from models.scorer import GPU_SHAPES, Scorer

NONE = "no GPU: not measured"


def measure(bench: Bench) -> dict[str, Any]:
    """Return the median time of a call and the events a second, by rows a call."""
    found = bench.aside(_time, bench.scale.scorer_calls)
    for name, figures in found.items():
        bench.tell(f"  {figures if isinstance(figures, str) else name}")
        if not isinstance(figures, str):
            bench.tell(f"    {figures['median_ms']:.3f} ms, {figures['events_per_s']:,.0f} events/s")
    return found


def _time(calls: int) -> dict[str, Any]:
    if not has_gpu():
        return {"why_not": NONE}
    scorer, found = Scorer.load(), {}
    scorer.warm_up()
    generator = np.random.default_rng(0)
    for rows in GPU_SHAPES:
        features, took_s = generator.lognormal(2, 2, (rows, len(FEATURES))).astype(np.float32), []
        for _ in range(calls):
            began = time.perf_counter()
            scorer.score(features)  # copies there and back included
            took_s.append(time.perf_counter() - began)
        median_s = float(np.median(took_s))
        found[f"batch_{rows}"] = {"median_ms": 1000 * median_s, "events_per_s": rows / median_s}
    return found
