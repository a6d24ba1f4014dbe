"""A model fitted to this network: features of its stored flows, and of them what `models.warmup` makes.

A step of the model's life, not something that each worker does: a version, the same for all, that can be compared,
promoted and taken back. See `docs/model-life.md`.
"""

from __future__ import annotations

import asyncpg
import numpy as np
from numpy.typing import NDArray

from ironcore.history import pages
from models.artefact import Packed
from models.features import FEATURES, FeatureExtractor
from models.reference import has_flow
from models.warmup import localised

#: Rows that are kept of a span, drawn evenly: 8 MB, and more than the rarest percent needs.
MAX_ROWS = 50_000
_SEED = 0


async def fit_locally(
    connection: asyncpg.Connection,
    packed: Packed,
    span: tuple[float, float],
    *,
    warm_up_s: float,
    window_entities: int,
) -> Packed:
    """Return a model fitted to the flows that are stored of a span. The same span and source give the same model.

    Args:
        connection: To the migrated database.
        packed: The source.
        span: Event times of its begin and its end, which is not part of it, seconds since 1970.
        warm_up_s: Seconds before the span that fill the windows.
        window_entities: Entities whose windows are kept, as in a worker.

    Raises:
        ArtefactError: The source is not valid.
        ValueError: The span has no flows, or too few that show no behaviour; the message says how many.
    """
    extractor, sample = FeatureExtractor(window_entities=window_entities), _Sample(MAX_ROWS)
    async for page in pages(connection, extractor, *span, warm_up_s=warm_up_s):
        features = extractor.extract(page.table, page.partitions)
        sample.add(features[has_flow(features)])
    if not sample.seen:
        raise ValueError("no flow is stored of that time")
    return localised(packed, sample.rows, span, flows=sample.seen)


class _Sample:
    """At most so many rows of all that were added, each as likely as any other: those with the smallest lots."""

    def __init__(self, size: int) -> None:
        self._size, self._dice = size, np.random.default_rng(_SEED)
        self._lots, self.seen = np.empty(0), 0
        self.rows: NDArray[np.float32] = np.empty((0, len(FEATURES)), np.float32)

    def add(self, rows: NDArray[np.float32]) -> None:
        lots = np.concatenate([self._lots, self._dice.random(len(rows))])
        rows, self.seen = np.concatenate([self.rows, rows]), self.seen + len(rows)
        if len(rows) > self._size:
            kept = np.sort(np.argpartition(lots, self._size)[: self._size])
            lots, rows = lots[kept], rows[kept]
        self._lots, self.rows = lots, rows
