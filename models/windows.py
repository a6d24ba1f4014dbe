"""Per-entity sliding windows over event time, in memory of a fixed size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models import kernel
from models.arrivals import ROLES, arrivals_of
from models.columns import Columns
from models.feature import Feature

WINDOW_S = kernel.SLOTS * kernel.SLOT_S

WINDOW_FEATURES: tuple[Feature, ...] = (
    Feature("window_connections", "connections", "Connections of the entity in the window"),
    Feature("window_failed", "connections", "Of these, refused or unanswered"),
    Feature("window_auth_failures", "attempts", "Failed authentications of the entity in the window"),
    Feature("window_auth_short", "connections", "Short connections of the entity to services that ask for a password"),
    Feature("window_external_bytes_out", "B", "Bytes that the entity sent to external addresses in the window"),
    Feature("window_external_bytes_in", "B", "Bytes that the entity received from external addresses in the window"),
    Feature("window_destinations", "hosts", "Distinct destinations of the entity in the window"),
    Feature("window_ports", "ports", "Distinct destination ports of the entity in the window"),
    Feature("window_peak_rate", "1/s", "Connections of the entity per second in its busiest sub-window"),
    Feature("pair_contacts", "contacts", "Contacts of the entity with this destination and port"),
    Feature("pair_interval_s", "s", "Smoothed time between these contacts"),
    Feature("pair_deviation_s", "s", "Smoothed absolute deviation of that time"),
    Feature("destination_peak_rate", "1/s", "Connections per second to this destination and port, from all entities"),
    Feature("destination_unanswered", "ratio", "Share of these that got no answer"),
    Feature("event_failed", "flag", "This connection was refused or unanswered"),
    Feature("event_auth", "flag", "This is a failed authentication or a short connection to a password service"),
    Feature("event_external", "flag", "This connection left for an external address"),
    Feature("event_external_out_ratio", "ratio", "Share of outgoing bytes in this connection to an external address"),
)
_TABLE_FEATURES = len(WINDOW_FEATURES) - len(ROLES)


class Windows:
    """What is remembered of entities, pairs and destinations. Its memory is allocated once."""

    def __init__(self, entities: int) -> None:
        """Allocate tables for so many entities, twice as many pairs and half as many destinations."""
        size = max(entities // kernel.WAYS, 1) * kernel.WAYS
        self._tables = kernel.Tables(
            entities=kernel.empty_ring(size, kernel.ENTITY_COUNTERS, 2),
            pairs=_pairs(size * 2),
            destinations=kernel.empty_ring(max(size // 16, 1) * kernel.WAYS, kernel.DESTINATION_COUNTERS, 0),
        )
        self._clock = 1
        self.late_events = 0

    @property
    def entities(self) -> int:
        """Count the entities that are remembered."""
        return int(np.count_nonzero(self._tables.entities.key))

    def advance(
        self, columns: Columns, partitions: NDArray[np.int32], out: NDArray[np.float32], first: int = 0
    ) -> None:
        """Take n events in and write the features after each, NaN for those without part.

        They go to `len(WINDOW_FEATURES)` columns of the (n, columns) matrix `out`, from the `first` on.
        """
        arrivals = arrivals_of(columns, partitions, out, first + _TABLE_FEATURES)
        self.late_events += kernel.advance(self._tables, arrivals, self._clock, out, first)
        self._clock += len(out)

    def forget(self, partition: int) -> None:
        """Free the entries of a partition."""
        for table in self._tables:
            table.key[(table.partition == partition) & (table.key != 0)] = 0


def _pairs(size: int) -> kernel.Pairs:
    return kernel.Pairs(
        key=np.zeros(size, np.uint64),
        partition=np.zeros(size, np.int32),
        seen=np.zeros(size, np.int64),
        last=np.zeros(size),
        rhythm=np.zeros((size, 3)),
    )
