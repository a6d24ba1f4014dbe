"""Medians, spreads and percentiles of a few or of many values."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, lowest and highest of a few rounds. Raises ValueError without any."""
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def percentiles(values: ArrayLike) -> dict[str, float]:
    """Return p50, p95 and p99 of many values, by linear interpolation between ranks; NaN without any."""
    found = np.asarray(values, np.float64)
    if not found.size:
        return dict.fromkeys(("p50", "p95", "p99"), float("nan"))
    p50, p95, p99 = np.percentile(found, (50, 95, 99)).tolist()
    return {"p50": p50, "p95": p95, "p99": p99}
