"""What every peer does with the events it has: the pipeline's own model and contracts, without its streams.

A peer differs from IronCore only in how records reach this and how results leave it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgpack
import msgspec
import numpy as np
from numpy.typing import NDArray

from models.features import FeatureExtractor
from models.scorer import Scorer, Scores
from schemas.event import Flow, SecurityEvent, entity_of
from schemas.formats import decode_record
from schemas.identity import threat_uuid
from schemas.keys import entity_key, threat_key
from schemas.render import Form, render
from schemas.threat import ATTACK, CLASSES, Contribution, Threat, severity_of

TTL_S = 3600
_POSTGRES_EPOCH_S = 946_684_800
_NO_FLOW = Flow()
_encode = msgspec.json.Encoder().encode


def decode(value: bytes) -> SecurityEvent:
    """Return the one event of a record, valid and with its identifier. Raises the Reject of a bad one."""
    decoded = decode_record(value)
    if decoded.rejects:
        raise decoded.rejects[0]
    return decoded.events[0]


@dataclass(slots=True)
class Scored:
    """A batch with its results."""

    events: Sequence[SecurityEvent]
    scores: Scores
    scored_time: float
    threats: list[Threat] = field(default_factory=list)
    threat_rows: list[int] = field(default_factory=list)
    model_version: str = ""

    def event_rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of `events`, in the order of `sql.EVENT_COLUMNS`."""
        scored = timestamp(self.scored_time)
        classes = self.scores.class_probabilities.argmax(axis=1).tolist()
        for event, anomaly, risk, number in zip(
            self.events, self.scores.anomaly.tolist(), self.scores.risk.tolist(), classes, strict=True
        ):
            flow = event.flow or _NO_FLOW
            yield (
                timestamp(event.event_time), event.event_id, event.kind, entity_of(event), event.sensor,
                event.source_id, event.src_ip, event.src_port, event.dst_ip, event.dst_port, event.proto, event.user,
                event.host, flow.service, flow.conn_state, flow.duration_s, flow.orig_bytes, flow.resp_bytes,
                flow.orig_pkts, flow.resp_pkts, flow.orig_ip_bytes, flow.resp_ip_bytes, flow.history, None,
                anomaly, CLASSES[number].value, risk, self.model_version, scored,
            )  # fmt: skip

    def threat_table_rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of `threats`, in the order of `sql.THREAT_COLUMNS`."""
        for threat, row in zip(self.threats, self.threat_rows, strict=True):
            yield (
                timestamp(threat.event_time), threat.threat_id, threat.entity, threat.severity.value,
                threat.threat_class.value, threat.risk, threat.anomaly, threat.src_ip, threat.dst_ip, threat.dst_port,
                threat.model_version, timestamp(threat.scored_time), threat.model_dump_json().encode(),
                _encode(self.events[row]),
            )  # fmt: skip


class Scoring:
    """Features and scores, on the thread that calls; the windows are its state."""

    def __init__(self) -> None:
        """Load the shipped model, traced and compiled for every shape."""
        self._scorer = _warm_scorer()
        self._extractor = FeatureExtractor()

    def score(self, events: Sequence[SecurityEvent]) -> Scored:
        """Score a batch and explain its threats."""
        features = self.features(events)
        scored = Scored(events, self.heads(features), time.time(), model_version=self._scorer.version)
        scored.threat_rows = np.flatnonzero(scored.scores.threat).tolist()
        if scored.threat_rows:
            reasons = self._scorer.explain(features[scored.threat_rows])
            scored.threats = [
                self._threat(scored, row, why) for row, why in zip(scored.threat_rows, reasons, strict=True)
            ]
        return scored

    def features(self, events: Sequence[SecurityEvent]) -> NDArray[np.float32]:
        """Return the features of a batch, updating the windows."""
        return self._extractor.extract(events, np.zeros(len(events), np.int32))

    def heads(self, features: NDArray[np.float32]) -> Scores:
        """Return the scores of rows of features."""
        return self._scorer.score(features)

    @property
    def traces(self) -> int:
        """How often TensorFlow has traced the heads so far."""
        return int(self._scorer._heads.experimental_get_tracing_count())  # noqa: SLF001 - no public way to it

    def forget(self) -> None:
        """Begin with empty windows again."""
        self._extractor = FeatureExtractor()

    def _threat(self, scored: Scored, row: int, why: list[Contribution]) -> Threat:
        event, scores = scored.events[row], scored.scores
        assert event.event_id is not None
        probabilities = scores.class_probabilities[row].tolist()
        risk = float(scores.risk[row])
        threat_class = CLASSES[1 + int(np.argmax(probabilities[1:]))]
        return Threat(
            threat_id=threat_uuid(event.event_id),
            event_ids=[event.event_id],
            entity=entity_of(event),
            severity=severity_of(risk),
            threat_class=threat_class,
            attack=ATTACK.get(threat_class),
            anomaly=float(scores.anomaly[row]),
            class_probabilities=dict(zip(CLASSES, probabilities, strict=True)),
            risk=risk,
            contributions=why,
            model_name=self._scorer.name,
            model_version=self._scorer.version,
            event_time=event.event_time,
            scored_time=scored.scored_time,
            src_ip=event.src_ip,
            dst_ip=event.dst_ip,
            dst_port=event.dst_port,
            sensor=event.sensor,
        )


@cache
def _warm_scorer() -> Scorer:
    """Return the process's one scorer: compiling its shapes takes seconds."""
    scorer = Scorer.load()
    scorer.warm_up()
    return scorer


def message_of(threat: Threat) -> tuple[bytes, bytes]:
    """Return key and value of a threat on its topic."""
    value, _ = render(threat, Form.JSON)
    return threat.threat_id.hex.encode(), value


def hot_results(threat: Threat) -> list[tuple[str, bytes]]:
    """Return the Redis keys and values of a threat: itself, and its entity's newest."""
    whole = threat.model_dump(mode="json")
    newest = {name: whole[name] for name in ("threat_id", "threat_class", "severity", "risk", "event_time")}
    return [
        (threat_key(threat.threat_id), msgpack.packb(whole)),
        (entity_key(threat.entity), msgpack.packb(newest)),
    ]


def timestamp(seconds: float) -> tuple[int]:
    """Return a time as asyncpg's tuple form of `timestamptz`: microseconds since 2000-01-01."""
    return (round((seconds - _POSTGRES_EPOCH_S) * 1_000_000),)
