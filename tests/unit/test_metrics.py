"""The bulk histogram counts what prometheus_client's own would."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

from streams.metrics import BulkHistogram

BOUNDS = (0.5, 1.0, 2.0)


@given(st.lists(st.one_of(st.floats(0, 3), st.sampled_from(BOUNDS)), min_size=1))
def test_bulk_histogram_agrees_with_the_plain_one(values: list[float]) -> None:
    bulk_registry, plain_registry = CollectorRegistry(), CollectorRegistry()
    bulk = BulkHistogram("h", "text", BOUNDS, bulk_registry)
    plain = Histogram("h", "text", buckets=BOUNDS, registry=plain_registry)
    bulk.observe(np.asarray(values))
    for value in values:
        plain.observe(value)
    for bound in ("0.5", "1.0", "2.0", "+Inf"):
        labels = {"le": bound}
        assert bulk_registry.get_sample_value("h_bucket", labels) == plain_registry.get_sample_value("h_bucket", labels)
    assert bulk_registry.get_sample_value("h_count") == len(values)
