"""Looks at the events of a batch that are no flows, kind by kind. A batch of flows costs one look at a count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.addresses import SCOPE_MASK, Scope, keys_of, mixed
from models.kinds.auth import Auth
from models.kinds.dns import Dns
from models.kinds.http import Http
from models.kinds.kind import KindModel, Part, Sightings, strengths_of
from models.kinds.tally import hash_of
from models.kinds.tls import Tls
from schemas.addresses import MISSING
from schemas.table import EventTable

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Detectors:
    """Every kind's model. Not thread-safe: the thread that owns the windows owns it."""

    def __init__(self, entries: int) -> None:
        """Allocate windows for so many keys in each of the kinds' tables."""
        self._kinds: tuple[KindModel, ...] = (Dns(entries), Http(entries), Tls(), Auth(entries))

    def look(self, table: EventTable, partitions: NDArray[np.int32]) -> list[Part]:
        """Return what the events show, a part for each kind that is there; the windows move on in their order."""
        detail = table.columns["detail"]  # null for flows
        if detail.null_count == len(table):
            return []
        rows = np.flatnonzero(~detail.is_null().to_numpy(zero_copy_only=False))
        kinds = np.array([table.events[row].kind for row in rows.tolist()])
        return [
            self._part(kind, table, partitions, rows[kinds == kind.kind])
            for kind in self._kinds
            if (kinds == kind.kind).any()
        ]

    def forget(self, partition: int) -> None:
        """Drop what is remembered of a revoked partition's entities."""
        for kind in self._kinds:
            kind.forget(partition)

    @staticmethod
    def _part(kind: KindModel, table: EventTable, partitions: NDArray[np.int32], rows: NDArray[np.intp]) -> Part:
        seen = _sightings(table, partitions, rows)
        traits = kind.look(seen)
        return Part(kind, rows, traits, strengths_of(kind, traits))


def _sightings(table: EventTable, partitions: NDArray[np.int32], rows: NDArray[np.intp]) -> Sightings:
    at = rows.tolist()
    sources = table.sources.take(at)
    entity = keys_of(sources)
    for n in np.flatnonzero(sources.family == MISSING).tolist():
        entity[n] = hash_of(table.columns["entity"][at[n]].as_py())
    partition = partitions[rows].astype(np.int32, copy=False)
    part = (partition.astype(np.uint64) + np.uint64(1)) * _GOLDEN
    return Sightings(
        rows=rows,
        events=[table.events[row] for row in at],
        event_time=table.columns["event_time"].to_numpy()[rows],
        partition=partition,
        entity=np.maximum(mixed(entity ^ part), np.uint64(1)),
        external=keys_of(table.destinations.take(at)) & np.uint64(SCOPE_MASK) == Scope.EXTERNAL,
    )
