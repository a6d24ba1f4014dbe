"""The figures that a run is judged by, under the names that `ironcore bench --json` prints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Found = Mapping[str, Mapping[str, Any]]

PERCENTILES = ("p50", "p95", "p99")


def figures_of(found: Found) -> dict[str, Any]:
    """Return every figure; null where it was not measured."""
    per_cpu_s = _median(found, "ironcore", "events_per_cpu_s")
    limit = _get(found, "throughput", "limit", "per_cpu_s", "median")
    latency, scorer = found.get("latency", {}), found.get("scorer", {})
    return {
        "events_per_cpu_s": _rounded(per_cpu_s, 0),
        "events_per_s": _rounded(_median(found, "ironcore", "events_per_s"), 0),
        "limit_per_cpu_s": _rounded(limit, 0),
        "ratio_to_limit": _ratio(found, "limit"),
        "ratio_to_plain_faust": _ratio(found, "plain_faust"),
        "ratio_to_quix": _ratio(found, "quix"),
        "ratio_to_faststream": _ratio(found, "faststream"),
        "latency_ms": {load: _percentiles(latency, load) for load in ("idle", "half_load")},
        "scorer_ms": {f"batch_{rows}": _rounded(_get(scorer, f"batch_{rows}", "median_ms"), 3) for rows in (32, 1024)},
        "rss_mb": _rounded(_get(found, "memory", "rss_mb"), 1),
        "rss_growth_pct": _rounded(_get(found, "memory", "rss_growth_pct"), 2),
        # Without a quota a small machine is the limit.
        "scale_2_workers": _rounded(_get(found, "scaling", "quoted", "ratio"), 2),
        "first_event_s": _rounded(_get(found, "recovery", "first_event_s"), 2),
        "takeover_s": _rounded(_get(found, "recovery", "takeover_s"), 2),
        "query_p95_ms": {
            name: _rounded(_get(found, "queries", "queries", name, "p95"), 2)
            for name in ("latest_threats", "entity_history", "counts")
        },
        "cache_hit_ratio": _rounded(_get(found, "hot_reads", "cache_hit_ratio"), 4),
    }


def _get(values: Mapping[str, Any], *path: str) -> Any:
    """Return what lies at a path, or None."""
    here: Any = values
    for name in path:
        if not isinstance(here, Mapping) or name not in here:
            return None
        here = here[name]
    return here


def _median(found: Found, contestant: str, figure: str) -> float | None:
    value: float | None = _get(found, "throughput", "contestants", contestant, figure, "median")
    return value


def _percentiles(latency: Mapping[str, Any], load: str) -> dict[str, float | None]:
    return {name: _rounded(_get(latency, load, name), 2) for name in PERCENTILES}


def _ratio(found: Found, other: str) -> float | None:
    return _rounded(_get(found, "throughput", "ratios", other, "median"), 3)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None or math.isnan(value) else round(value, digits)
