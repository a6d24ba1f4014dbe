"""A micro-batch on its way: what was read, what became of it, and the slabs that it owes."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from models.kinds.kind import Part
from models.scores import Scores
from schemas.dead_letter import DeadLetter
from schemas.table import EventTable, tabulate
from schemas.threat import Threat
from streams.slab import Slab

#: The pieces of one COPY in their order; joined they would be copied once more.
Copy = tuple[bytes, ...]

#: An identifier that a producer gave may stand in two events.
DocumentKey = tuple[UUID, float]

_NOTHING, _ = tabulate([])


def document_key(threat: Threat) -> DocumentKey:
    """Return what a batch's threat is found by: the key of its row."""
    return threat.threat_id, threat.event_time


@dataclass(slots=True)
class Batch:
    """Filled stage by stage. Arrays have one entry for each event."""

    slabs: Sequence[Slab]
    records: int = field(init=False)  # how many Kafka records it owes: decoding lets go of them
    # decode
    table: EventTable = _NOTHING
    partitions: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    sent_ms: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # the record's time stamp
    dead_letters: list[DeadLetter] = field(default_factory=list)
    told: dict[int, Threat] = field(default_factory=dict)  # by row: scored and published by a sensor (schemas.told)
    # features: (n, number of features), NaN where missing
    features: NDArray[np.float32] | None = None
    shown: list[Part] = field(default_factory=list)  # by the kinds that are no flows
    # score
    scores: Scores | None = None
    scored_time: float = 0.0
    model_version: str = ""
    threats: list[Threat] = field(default_factory=list)
    threat_rows: list[int] = field(default_factory=list)  # row in `table` of each threat
    # rows: what is stored when nothing of the batch is there already
    event_copy: Copy = ()
    threat_copy: Copy = ()
    documents: dict[DocumentKey, bytes] = field(default_factory=dict)  # threats as JSON, as they were stored
    # store
    replayed: bool = False  # an event of it was there already: stored before, and published perhaps, or held twice
    risk_threats: list[Threat] = field(default_factory=list)  # of what entities have gathered, this batch included

    def __post_init__(self) -> None:
        self.records = sum(len(slab.records) for slab in self.slabs)

    def own_threats(self) -> list[Threat]:
        """Return the threats that no sensor has published already."""
        own = [threat for threat, row in zip(self.threats, self.threat_rows, strict=True) if row not in self.told]
        return own + self.risk_threats

    def first_rows(self) -> dict[bytes, int]:
        """Return the row of each event identifier; of an event that the batch holds twice, the first."""
        first: dict[bytes, int] = {}
        for row, event_id in enumerate(self.table.columns["event_id"].to_pylist()):
            first.setdefault(event_id, row)
        return first

    def keep_threats(self, fresh: AbstractSet[UUID], known: AbstractSet[UUID]) -> None:
        """Keep the threats that are `known` (by threat_id), and those of events that are `fresh` (by event_id).

        Of an event that the batch holds twice, the first score counts.
        """
        first = self.first_rows()
        kept = {
            threat.threat_id: (threat, row)
            for threat, row in zip(reversed(self.threats), reversed(self.threat_rows), strict=True)
            if threat.threat_id in known or (threat.event_ids[0] in fresh and first[threat.event_ids[0].bytes] == row)
        }
        self.threats = [threat for threat, _ in reversed(kept.values())]
        self.threat_rows = [row for _, row in reversed(kept.values())]
        self.threat_copy, self.documents = (), {}  # they were of all of them

    def ages_s(self, now: float) -> NDArray[np.float64]:
        """Return the seconds since each event's record was sent, shape (events,)."""
        return now - self.sent_ms / 1000.0

    def kinds(self) -> dict[str, int]:
        """Return how many events there are of each kind."""
        return {found["values"]: found["counts"] for found in self.table.columns["kind"].value_counts().to_pylist()}
