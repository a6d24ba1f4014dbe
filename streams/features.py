"""Features: events become rows of numbers; each entity's window moves on."""

from __future__ import annotations

from models.features import FeatureExtractor
from streams.batch import Batch


def measure(batch: Batch, extractor: FeatureExtractor) -> None:
    """Fill `features`, shape (events, features), and `shown`."""
    batch.features = extractor.extract(batch.table, batch.partitions)
    batch.shown = extractor.kinds.look(batch.table, batch.partitions)


def restore(batch: Batch, extractor: FeatureExtractor) -> None:
    """Move the windows on without emitting: these events were scored before a restart or rebalance."""
    for slab in batch.slabs:
        if slab.first_of_restore:
            extractor.forget(slab.partition)
    extractor.observe(batch.table, batch.partitions)
