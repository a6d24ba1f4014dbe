"""What every peer does with the events it has: the pipeline's own model and contracts.

A peer differs from IronCore in how records reach this and in how results leave it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from loadtest.peers.database import timestamp
from models import artefact
from models.features import FeatureExtractor
from models.lite.scorer import LiteScorer
from models.scores import Scores
from schemas.event import Event, Flow, SecurityEvent, entity_of
from schemas.render import Form, render
from schemas.struct import compile_struct
from schemas.table import EventTable, tabulate
from schemas.threat import CLASSES, Threat
from streams.batch import Batch
from streams.score import score

TTL_S = 3600
_NO_FLOW = compile_struct(Flow)()
_encode_json = msgspec.json.Encoder().encode

#: Returns the event of a record's JSON, with types and limits checked. Raises msgspec's error for anything else.
decode: Callable[[bytes], SecurityEvent] = msgspec.json.Decoder(Event).decode


class Scoring:
    """Features and scores, on the thread that calls; the windows are its state."""

    def __init__(self) -> None:
        """Load the shipped model."""
        self.scorer = LiteScorer.of(artefact.read(artefact.newest()))
        self._extractor = FeatureExtractor()

    def score(self, events: Sequence[SecurityEvent]) -> Batch:
        """Check and identify a batch of events, score it and explain its threats."""
        batch = Batch((), table=_table(events))
        batch.features = self._extracted(batch.table)
        score(batch, self.scorer)
        return batch

    def features(self, events: Sequence[SecurityEvent]) -> NDArray[np.float32]:
        """Return the features of a batch, updating the windows."""
        return self._extracted(_table(events))

    def heads(self, features: NDArray[np.float32]) -> Scores:
        """Return the scores of rows of features."""
        return self.scorer.score(features)

    def forget(self) -> None:
        """Begin with empty windows again."""
        self._extractor = FeatureExtractor()

    def _extracted(self, table: EventTable) -> NDArray[np.float32]:
        return self._extractor.extract(table, np.zeros(len(table), np.int32))


def _table(events: Sequence[SecurityEvent]) -> EventTable:
    """Return the events' table. Raises the Reject of a bad one: there is none in the traffic."""
    table, rejects = tabulate(list(events))
    for reject in rejects.values():
        raise reject
    return table


def event_rows(batch: Batch, model_version: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `events`, in the order of `sql.EVENT_COLUMNS`."""
    scores = batch.scores
    assert scores is not None
    scored = timestamp(batch.scored_time)
    for event, event_id, anomaly, risk, number in zip(
        batch.table.events,
        batch.table.columns["event_id"].to_pylist(),
        scores.anomaly.tolist(),
        scores.risk.tolist(),
        scores.class_numbers.tolist(),
        strict=True,
    ):
        flow = event.flow or _NO_FLOW
        yield (
            timestamp(event.event_time), event_id, event.kind, entity_of(event), event.sensor, event.source_id,
            event.src_ip, event.src_port, event.dst_ip, event.dst_port, event.proto, event.user, event.host,
            flow.service, flow.conn_state, flow.duration_s, flow.orig_bytes, flow.resp_bytes,
            flow.orig_pkts, flow.resp_pkts, flow.orig_ip_bytes, flow.resp_ip_bytes, flow.history, None,
            anomaly, CLASSES[number].value, risk, model_version, scored,
        )  # fmt: skip


def threat_rows(batch: Batch) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `threats`, in the order of `sql.THREAT_COLUMNS`."""
    for threat, row in zip(batch.threats, batch.threat_rows, strict=True):
        yield (
            timestamp(threat.event_time), threat.threat_id.bytes, threat.entity, threat.severity.value,
            threat.threat_class.value, threat.risk, threat.anomaly, threat.src_ip, threat.dst_ip, threat.dst_port,
            threat.sensor, threat.basis.value, threat.model_version, timestamp(threat.scored_time),
            _encode_json(threat), _encode_json(batch.table.events[row]),
        )  # fmt: skip


def message_of(threat: Threat) -> tuple[bytes, bytes]:
    """Return key and value of a threat on its topic."""
    value, _ = render(threat, Form.JSON)
    return threat.threat_id.hex.encode(), value
