"""Reads a worker's metrics (Prometheus text) and what happened between two readings of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Cumulative counts, shape (n,), of values at or below each bound; the last bound is infinite."""

    bounds: tuple[float, ...] = ()
    counts: tuple[float, ...] = ()

    @property
    def count(self) -> float:
        """Number of values."""
        return self.counts[-1] if self.counts else 0.0

    def since(self, earlier: Histogram) -> Histogram:
        """Return the values that came after an earlier reading; all of them when the worker was restarted since."""
        if earlier.bounds != self.bounds or earlier.count > self.count:
            return self
        return Histogram(self.bounds, tuple(now - then for now, then in zip(self.counts, earlier.counts, strict=True)))


@dataclass(frozen=True, slots=True)
class Metrics:
    """One reading: values and histograms by name and labels."""

    values: Mapping[tuple[str, Labels], float] = field(default_factory=dict)
    histograms: Mapping[tuple[str, Labels], Histogram] = field(default_factory=dict)

    def total(self, name: str, **labels: str) -> float:
        """Return the sum of a metric over all label values but those given; 0 when there is none."""
        wanted = frozenset(labels.items())
        return sum(value for (found, has), value in self.values.items() if found == name and wanted <= has)

    def histogram(self, name: str, **labels: str) -> Histogram:
        """Return a histogram; an empty one when there is none."""
        return self.histograms.get((name, frozenset(labels.items())), Histogram())

    def labels(self, name: str) -> Iterator[dict[str, str]]:
        """Yield the label sets of a metric."""
        return (dict(has) for found, has in self.values if found == name)


def metrics_from_text(text: str) -> Metrics:
    """Parse the text format of Prometheus. Raises ValueError for what is not that."""
    values: dict[tuple[str, Labels], float] = {}
    buckets: dict[tuple[str, Labels], dict[float, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.endswith("_bucket"):
                _put_bucket(buckets, family.name, sample)
            else:
                values[sample.name, frozenset(sample.labels.items())] = sample.value
    return Metrics(values, {key: _histogram(found) for key, found in buckets.items()})


def quantile(histogram: Histogram, q: float) -> float:
    """Estimate a quantile as Prometheus' `histogram_quantile` does, by linear interpolation within its bucket.

    The lowest bucket begins at 0 when its bound is positive. A quantile in the last, infinite bucket is the bound
    before it. Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile

    Args:
        histogram: At least one finite bound and the infinite one.
        q: From 0 to 1; below it gives -inf, above it +inf.

    Returns:
        The estimate in the histogram's unit; NaN when q is NaN, when there are no values, or when q is 0 and the
        lowest bucket is empty.
    """
    if math.isnan(q) or histogram.count == 0 or len(histogram.bounds) < 2:
        return math.nan
    if not 0 <= q <= 1:
        return math.copysign(math.inf, q)
    rank = q * histogram.count
    at = next(index for index, count in enumerate(histogram.counts) if count >= rank)
    return _within(histogram.bounds, histogram.counts, at, rank)


def _within(bounds: Sequence[float], counts: Sequence[float], at: int, rank: float) -> float:
    if at == len(bounds) - 1:
        return bounds[-2]
    if at == 0 and bounds[0] <= 0:
        return bounds[0]
    low, below = (bounds[at - 1], counts[at - 1]) if at else (0.0, 0.0)
    inside = counts[at] - below
    return low + (bounds[at] - low) * (rank - below) / inside if inside else math.nan


def _put_bucket(buckets: dict[tuple[str, Labels], dict[float, float]], name: str, sample: Sample) -> None:
    labels = frozenset((label, value) for label, value in sample.labels.items() if label != "le")
    buckets.setdefault((name, labels), {})[float(sample.labels["le"])] = sample.value


def _histogram(buckets: Mapping[float, float]) -> Histogram:
    bounds = tuple(sorted(buckets))
    return Histogram(bounds, tuple(buckets[bound] for bound in bounds))
