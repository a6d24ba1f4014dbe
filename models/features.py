"""Events to the feature matrix: the same code trains, evaluates and serves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.columns import columns_of
from models.feature import Feature
from models.flow_features import FLOW_FEATURES, flow_features
from models.kinds.detectors import Detectors
from models.windows import WINDOW_FEATURES, Windows
from schemas.table import EventTable, tabulate

EVIDENCE_FEATURES = (Feature("alert_severity", "level", "Another detector's alert: 1 is the highest of 4"),)

#: Columns of the matrix: of the flow alone, of the windows, of other detectors.
FEATURES: tuple[Feature, ...] = (*FLOW_FEATURES, *WINDOW_FEATURES, *EVIDENCE_FEATURES)
#: Where the windows' columns begin and end.
_FLOW, _EVIDENCE = len(FLOW_FEATURES), len(FLOW_FEATURES) + len(WINDOW_FEATURES)


class FeatureExtractor:
    """Turns events into features and keeps the windows. Not thread-safe: one thread owns it."""

    def __init__(self, *, window_entities: int = 65_536) -> None:
        """Allocate windows for so many entities and compile the loops (from numba's cache where there is one).

        Raises:
            ValueError: `window_entities` is not positive.
        """
        if window_entities < 1:
            raise ValueError(f"window_entities must be at least 1, not {window_entities}")
        self._windows = Windows(window_entities)
        self.kinds = Detectors(window_entities // 4)
        self.extract(tabulate([])[0], np.empty(0, np.int32))

    @property
    def entities(self) -> int:
        """Entities that the windows remember now."""
        return self._windows.entities

    @property
    def late_events(self) -> int:
        """Events so far that were older than their entity's window and were not added."""
        return self._windows.late_events

    def extract(self, table: EventTable, partitions: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the features of n events, updating the windows in the given order.

        Args:
            table: Events in the order of their partitions.
            partitions: (n,) partition of each event's record; entities of different partitions are kept apart.

        Returns:
            (n, len(FEATURES)), NaN where missing. How events are split into batches makes no difference.
        """
        columns, matrix = columns_of(table), np.empty((len(table), len(FEATURES)), np.float32)
        flow_features(columns, matrix)
        self._windows.advance(columns, partitions, matrix, _FLOW)
        matrix[:, _EVIDENCE] = columns.alert_severity
        return matrix

    def observe(self, table: EventTable, partitions: NDArray[np.int32]) -> None:
        """Update the windows only: a partition's last window is read again after a rebalance."""
        self._windows.advance(columns_of(table), partitions, np.empty((len(table), len(WINDOW_FEATURES)), np.float32))
        self.kinds.look(table, partitions)

    def forget(self, partition: int) -> None:
        """Drop what is remembered of a revoked partition's entities."""
        self._windows.forget(partition)
        self.kinds.forget(partition)
